"""Selective attention [17]."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from gd_attention.prior.dot_product import causal_mask
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.selective import accumulated_selection, selective_weights
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
EIGHTHS = st.integers(-32, 32).map(lambda k: k / 8)
SQUARE = hnp.arrays(np.float64, (5, 5), elements=EIGHTHS)
HEADS = hnp.arrays(np.float64, (2, 5, 5), elements=EIGHTHS)


def by_definition(logits: np.ndarray, strict: bool) -> np.ndarray:
    size = len(logits)
    total = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            for k in range(i if strict else i + 1):
                if 0 < j < k:
                    total[i, j] += max(logits[k, j], 0.0)
    return total


@given(logits=SQUARE, strict=st.booleans())
def test_it_is_the_sum_of_its_definition(logits, strict):
    # sums of eighths are exact
    assert np.array_equal(
        accumulated_selection(logits, strict=strict), by_definition(logits, strict)
    )


@pytest.mark.property_of("selective.accumulated_selection", "P-sign")
@pytest.mark.property_of("selective.accumulated_selection", "P-monotone")
@pytest.mark.property_of("selective.accumulated_selection", "P-successor")
@given(logits=SQUARE)
def test_what_was_masked_stays_masked(logits):
    for strict in (True, False):
        f = accumulated_selection(logits, strict=strict)
        assert (f >= 0).all()
        assert not f[:, 0].any()
        assert not np.diag(f).any()
        assert (np.diff(f, axis=0) >= 0).all()
    assert not np.diag(accumulated_selection(logits), k=-1).any()


def test_the_inclusive_convention_masks_for_the_successor():
    logits = np.zeros((3, 3))
    logits[2, 1] = 1.0
    assert accumulated_selection(logits, strict=False)[2, 1] == 1.0
    assert accumulated_selection(logits)[2, 1] == 0.0


@pytest.mark.property_of("selective.accumulated_selection", "P-causal")
@given(logits=SQUARE, later=SQUARE, row=st.integers(0, 4))
def test_a_row_depends_on_earlier_rows_alone(logits, later, row):
    rows = np.arange(5)[:, None]
    for strict, first in ((True, row), (False, row + 1)):
        changed = np.where(rows >= first, later, logits)
        before, after = (accumulated_selection(x, strict=strict)[row] for x in (logits, changed))
        assert np.array_equal(before, after)


@given(logits=SQUARE)
def test_future_logits_do_not_leak(logits):
    noisy = np.where(causal_mask(5, 5), logits, np.inf)
    assert np.array_equal(accumulated_selection(noisy), accumulated_selection(logits))
    assert np.array_equal(selective_weights(noisy[None]), selective_weights(logits[None]))


@pytest.mark.property_of("selective.accumulated_selection", "P-inert")
@pytest.mark.property_of("selective.selective_weights", "P-plain")
@given(heads=HEADS)
def test_selecting_logits_below_zero_do_nothing(heads):
    heads[0] = -np.abs(heads[0])
    assert not accumulated_selection(heads[0]).any()
    assert np.array_equal(selective_weights(heads), gibbs_weights(heads, 1.0, causal_mask(5, 5)))


@pytest.mark.property_of("selective.selective_weights", "P-sum")
@given(heads=HEADS, mask=hnp.arrays(np.bool_, (5, 5)))
def test_rows_sum_to_one_over_the_visible_past(heads, mask):
    w = selective_weights(heads, mask)
    visible = mask & causal_mask(5, 5)
    assert (w[:, ~visible] == 0).all()
    assert np.abs(w.sum(axis=-1) - visible.any(axis=-1)).max() <= 10 * EPS


@pytest.mark.property_of("selective.selective_weights", "P-shared")
@given(logits=SQUARE)
def test_all_heads_are_lowered_alike(logits):
    first, second = selective_weights(np.stack([logits, logits]))
    assert np.array_equal(first, second)


@pytest.mark.property_of("selective.selective_weights", "P-not-shift-invariant")
def test_the_zero_of_the_relu_is_absolute():
    logits = np.array([[[0.0, 0, 0, 0], [0, 0, 0, 0], [0, 1.0, 0, 0], [0, 1.0, 0, 0]]])
    assert np.abs(selective_weights(logits) - selective_weights(logits - 4)).max() > 0.1


@pytest.mark.property_of("selective.selective_weights", "P-no-rejection")
@given(score=EIGHTHS)
def test_one_visible_token_is_always_taken(score):
    mask = np.zeros((3, 3), dtype=bool)
    mask[2, 1] = True
    assert selective_weights(np.full((1, 3, 3), score), mask)[0, 2].tolist() == [0.0, 1.0, 0.0]
    assert selective_weights([[[score]]]).tolist() == [[[1.0]]]


def test_overflowing_sums_mask_and_do_not_leak_nan():
    logits = np.full((1, 5, 5), 1e308)
    w = selective_weights(logits)
    assert np.isfinite(w).all()
    assert w[0, 4, 1] == 0.0
    assert abs(w[0, 4].sum() - 1) <= 8 * EPS


def test_x_transformers_agrees_with_the_strict_convention():
    """As many queries as keys: with cached keys the peer spares another column than the first."""
    torch = pytest.importorskip("torch", reason="the peer's arrays")
    with warnings.catch_warnings():
        # the peer compiles its normalisers at import, which torch deprecates
        warnings.simplefilter("ignore")
        pytest.importorskip("x_transformers", reason="a peer of the extra `peers`")
        from x_transformers.attend import Attend, selective_attn
    logits = np.random.default_rng(17).integers(-32, 33, (3, 6, 6)) / 8
    past = causal_mask(6, 6)
    # it masks before the relu, as here; eighths add without rounding
    masked = torch.from_numpy(np.where(past, logits, -np.inf))[None]
    theirs = selective_attn(masked)[0].numpy()
    expected = logits - accumulated_selection(logits[0])
    assert np.array_equal(theirs[:, past], expected[:, past])
    assert not np.array_equal(
        theirs[:, past], (logits - accumulated_selection(logits[0], strict=False))[:, past]
    )
    # identities as keys and values at scale 1: the scores are the logits, the output the weights
    eye = torch.eye(6, dtype=torch.float64).expand(1, 3, 6, 6)
    attend = Attend(causal=True, selective=True, scale=1.0)
    weights = attend(torch.from_numpy(logits)[None], eye, eye)[0][0].numpy()
    # its softmax is of float32, where these logits are exact: an exponential, a sum and a quotient
    assert np.abs(weights - selective_weights(logits)).max() <= (4 + 6 + 1) * 2.0**-23


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: selective_weights(np.zeros((0, 2, 2))), r"logits: expected \(H, N, N\)"),
        (lambda: accumulated_selection(np.zeros((2, 3))), "logits: expected a square matrix"),
        (lambda: selective_weights(np.full((1, 2, 2), np.nan)), "logits: expected finite"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
