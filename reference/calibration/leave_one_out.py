"""Beta by leaving one out of labelled data, by a criterion that beta has a say in.

With one alpha for all keys the selected key is the nearest one, whatever beta is (T7). So the
accuracy of leave-one-out is the same for every beta, and so is everything that only ranks: energies
of different queries are in the order of their lengths, and no rejection curve moves. What does
depend on beta is how the energies lie between 0 and the ceiling:

- "gap": mean energy of the wrong answers minus that of the right ones, over the ceiling of each. It
  tends to 0 for small beta, where all energies do, and for large beta, where all are saturated; in
  between one threshold has most room between the two.
- "brier": mean square of ``c - right``, c the share ``1 - energy/ceiling`` of the ceiling that is
  left: how good c is as a probability of being right. A proper score, small is good.
- "accuracy": for alpha per key alone, where beta moves the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..alignment import align
from ..arguments import element_message, first_index, positive_scalar, real_array, weight_array
from ..distances import pair_separations
from ..intervals import minor_weights
from ..search import search
from ..validation import checked
from .samples import axes_of

__all__ = ["LeaveOneOut", "leave_one_out"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_CRITERIA = ("gap", "brier", "accuracy")


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """The best of the given precisions, and the curve that says so.

    Attributes
    ----------
    beta : float
        The least of those with the best score.
    criterion : str
    score : float
        Its score: large is good for "gap" and "accuracy", small for "brier".
    betas, scores : float64 (T,)
        The curve. "gap" is nan where there are no wrong answers, or no right ones.
    accuracy : float64 (T,)
        Share of right answers; the same for all with one alpha.
    saturated : float64 (T,)
        Share of answers whose energy lies within 2**-52 of the ceiling, relatively: float64 has
        nothing left to tell them apart.
    samples : int
    limited_by : str
        Whether the best lies at an end of the curve, or several are as good.
    """

    beta: float
    criterion: str
    score: float
    betas: Float
    scores: Float
    accuracy: Float
    saturated: Float
    samples: int
    limited_by: str

    def plot(self, ax: Any | None = None) -> Any:
        """Score, and saturated share, against beta; returns the axes."""
        axes = axes_of(ax)
        axes.semilogx(self.betas, self.scores, "o-", color="C0", label=self.criterion)
        axes.semilogx(self.betas, self.saturated, color="0.6", label="saturated share")
        axes.axvline(self.beta, color="C3", linestyle=":", label="chosen")
        axes.set(xlabel="beta", ylabel=self.criterion)
        axes.legend()
        return axes


def leave_one_out(
    points: ArrayLike,
    labels: ArrayLike,
    betas: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    criterion: str = "gap",
) -> LeaveOneOut:
    """Select for every point among the others, at every beta, and take the best beta.

    Parameters
    ----------
    points : array_like (N, D)
        N >= 2, finite. Each is a query, and a key for the others.
    labels : array_like (N,)
        Compared for equality; an answer is right if the selected key has the query's label.
    betas : array_like (T,)
        Finite, positive, strictly rising, T >= 1. `beta_from_scale` gives where to look.
    alpha : array_like, broadcasts to (N,)
        Mixing weights of the keys.
    criterion : {"gap", "brier", "accuracy"}

    Returns
    -------
    LeaveOneOut

    Raises
    ------
    TypeError, ValueError
        Naming the argument. ValueError for "accuracy" with one alpha for all keys, which cannot
        choose beta, and for "gap" where there are no wrong answers or no right ones.

    Notes
    -----
    The answers share their keys, so they are not independent: this chooses a scale, and certifies
    nothing. A threshold with a guarantee needs a sample that was not used here.
    """
    rows = real_array("points", points)
    if rows.ndim != 2 or len(rows) < 2:
        raise ValueError(f"points: expected shape (N, D) with N >= 2, got {rows.shape}")
    kinds = np.asarray(labels)
    if kinds.shape != (len(rows),):
        raise ValueError(f"labels: expected shape {(len(rows),)}, got {kinds.shape}")
    grid = _rising(betas)
    if criterion not in _CRITERIA:
        raise ValueError(f"criterion: expected one of {_CRITERIA}, got {criterion!r}")
    weights = weight_array("alpha", alpha)
    minor = np.unique(minor_weights(weights))
    if criterion == "accuracy" and minor.size == 1:
        raise ValueError(
            "criterion: expected 'gap' or 'brier' with one alpha for all keys, got 'accuracy': "
            "the selected key is then the nearest one, whatever beta is"
        )
    scores, accuracy, saturated = [], [], []
    index: NDArray[np.int64] | None = None
    others = ~np.eye(len(rows), dtype=np.bool_)
    for beta in grid.tolist():
        if index is None or minor.size > 1:
            inputs = checked(rows, rows, None, weights, beta, np.inf, others)
            index, _ = search(inputs)
        separation = pair_separations(inputs.query, inputs.keys[index], beta)
        pairs = align(separation, inputs.alpha[index])
        right: Bool = kinds[index] == kinds
        scores.append(_score(criterion, pairs.energy / pairs.ceiling, right))
        accuracy.append(float(right.mean()))
        saturated.append(float((pairs.deficit <= 2.0**-52 * pairs.ceiling).mean()))
    curve = np.array(scores)
    if np.isnan(curve).all():
        what = "wrong" if accuracy[0] == 1.0 else "right"
        raise ValueError(f"labels: expected right and wrong answers for 'gap', got no {what} one")
    signed = -curve if criterion == "brier" else curve
    best = int(np.nanargmax(signed))
    return LeaveOneOut(
        beta=float(grid[best]),
        criterion=criterion,
        score=float(curve[best]),
        betas=grid,
        scores=curve,
        accuracy=np.array(accuracy),
        saturated=np.array(saturated),
        samples=len(rows),
        limited_by=_limit(signed, best),
    )


def _rising(betas: ArrayLike) -> Float:
    grid = real_array("betas", betas)
    if grid.ndim != 1 or not grid.size:
        raise ValueError(f"betas: expected shape (T,) with T >= 1, got {grid.shape}")
    for beta in grid.tolist():
        positive_scalar("betas", beta)
    if (np.diff(grid) <= 0.0).any():
        at = first_index(np.diff(grid) <= 0.0)[0] + 1
        raise ValueError(element_message("betas", "rising numbers", grid, (at,)))
    return grid


def _score(criterion: str, share: Float, right: Bool) -> float:
    if criterion == "accuracy":
        return float(right.mean())
    if criterion == "brier":
        return float(np.mean((1.0 - share - right) ** 2))
    if right.all() or not right.any():
        return float("nan")
    return float(share[~right].mean() - share[right].mean())


def _limit(signed: Float, best: int) -> str:
    if int((signed == signed[best]).sum()) > 1:
        return "several betas are as good: the least is taken"
    if len(signed) > 1 and best in (0, len(signed) - 1):
        return "the betas given: the best is the first or last of them"
    return "nothing"
