"""Every chooser draws its evidence, on axes of its own or on those given."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from gd_attention import calibration


def chosen():
    rng = np.random.default_rng(7)
    level, wrong = rng.random(300) / 2, rng.random(300) < 0.02
    points, labels = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
    return {
        "risk": calibration.threshold_for_risk(level, wrong, 0.1, 0.1),
        "no risk": calibration.threshold_for_risk(level[:9], wrong[:9], 0.1, 0.1),
        "coverage": calibration.threshold_for_coverage(level, 0.8),
        "no coverage": calibration.threshold_for_coverage([0.1, np.inf], 1.0),
        "novelty": calibration.threshold_for_false_admission(level, 0.1),
        "no novelty": calibration.threshold_for_false_admission(level[:3], 0.1),
        "scale": calibration.beta_from_scale(points[:9], points[9:]),
        "leave one out": calibration.leave_one_out(points, labels, [0.1, 1.0, 10.0]),
        "boundary": calibration.pair_boundary(2.0, [0.5, 0.1]),
        "weights": calibration.alpha_from_counts([1, 2, 3], threshold=0.1),
    }


@pytest.mark.parametrize("name", list(chosen()))
def test_a_choice_draws_itself(name: str) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    choice, given = chosen()[name], figure.subplots()
    assert choice.plot(given) is given
    own = choice.plot()
    assert own is not given and own.get_xlabel() and own.get_ylabel()
    own.figure.canvas.draw()
    drawn = [line.get_xdata() for line in own.get_lines()]
    assert drawn and all(len(points) for points in drawn)
    # a refusal says so in the picture
    if not getattr(choice, "certified", True):
        assert own.get_title() == "not certifiable"


def test_matplotlib_comes_with_the_plots_alone() -> None:
    code = (
        "import sys, gd_attention; assert 'scipy' not in sys.modules\n"
        "assert 'gd_attention.calibration' not in sys.modules\n"
        "import gd_attention.calibration as c\n"
        "r = c.threshold_for_coverage([0.1, 0.2], 0.5); assert 'matplotlib' not in sys.modules\n"
        "assert all(hasattr(c, name) for name in c.__all__)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
