"""The edits: what each replaces in which file, why someone would write it, what it breaks.

``plain`` edits touch code that runs without compilation as well, so that a judgement takes a
second; the others are compiled. An edit that changes nothing says why in ``harmless``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EDITS", "Edit"]

NEAREST, SCREEN = "GDA-thm-nearest", "GDA-thm-screening"
TIES, PRIORS = "GDA-select-ties", "GDA-select-priors"
MASK, THRESHOLD = "GDA-admit-mask", "GDA-admit-threshold"
MONOTONE, INDEX = "GDA-thm-prior-monotone", "GDA-select-index"
FINITE = "GDA-input-finite"


@dataclass(frozen=True)
class Edit:
    """One wrong edit of a file of the compiled package.

    Attributes
    ----------
    name, why : str
        What is wrong; why someone would write it.
    file, old, new : str
        ``old`` occurs once in the file.
    breaks : tuple of str
        Clauses.
    trials : tuple of str
        Each must see it, or for a harmless edit must not; names of `trial.TRIALS`.
    plain : bool
        Judged without compilation.
    harmless : str
        The proof that it changes no answer; empty for a mutant.
    crashes : str
        The exception or signal that ends its trials; empty for a wrong answer. A mutant that
        crashes in another way is not seen.
    control : bool
        Obviously lethal or obviously harmless: if it ends otherwise the run is void.
    """

    name: str
    why: str
    file: str
    old: str
    new: str
    breaks: tuple[str, ...]
    trials: tuple[str, ...]
    plain: bool = False
    harmless: str = ""
    crashes: str = ""
    control: bool = False


EDITS = (
    Edit("all-first", "The answer is thrown away.", "nearest.py",
         "    return winners.index\n", "    return winners.index * 0\n",
         (NEAREST,), ("scanned",), plain=True, control=True),
    Edit("other-stride", "Another stride of the same count.", "contenders.py",
         "_STRIDE = 64", "_STRIDE = 3", (INDEX,), ("priors", "masks", "ties"), plain=True,
         harmless="The stride only says how many distances are counted before they are looked at "
         "one by one.", control=True),
    Edit("query-tile-edge", "Only whole tiles of queries are read.", "screen.py",
         "min((t + 1) * height, count_rows)):", "(t + 1) * height * ((t + 1) * height <= "
         "count_rows)):", (NEAREST,), ("edges",)),
    Edit("key-panel-edge", "Only whole panels of keys pass.", "screen.py",
         "half.size // width)", "order.size // width)", (NEAREST,), ("edges",)),
    Edit("share-edge", "The shares are rounded down, and the rest is nobody's.", "search.py",
         "edges = [key_blocks * i // cuts for", "edges = [key_blocks // cuts * i for",
         (NEAREST,), ("shares", "edges")),
    Edit("tie-by-arrival", "The first to arrive keeps a tie.", "contest.py",
         "if sign < 0 or (sign == 0 and key < best):", "if sign < 0:", (TIES,), ("clouds",)),
    Edit("race-on-the-best", "Each share writes its best; the last to write wins.", "contest.py",
         "best[0, i], squares[0, i], status[0, i] = contest(\n"
         "                    query, rows[i], keys, best[part, i], relative, best[0, i], "
         "squares[0, i]\n                )",
         "best[0, i], squares[0, i] = best[part, i], squares[part, i]",
         (NEAREST, TIES), ("shares",)),
    Edit("scan-strict", "The scan asks for less, without the margin.", "contest.py",
         "> squares[i] * (1.0 + 4.0 * relative) + tiny:", ">= squares[i]:", (TIES, SCREEN),
         ("scanned",), plain=True),
    Edit("contest-without-gap", "Rounded distances decide.", "contest.py",
         "gap = relative * (found + best_square) + tiny", "gap = 0.0", (SCREEN,),
         ("scanned",), plain=True),
    Edit("bound-halved", "A typical error instead of the largest.", "bounds.py",
         "lost=slack * share * squared,", "lost=0.5 * slack * share * squared,",
         (SCREEN,), ("line",)),
    Edit("rounding-slack-dropped", "The sum's own rounding is surely small.", "bounds.py",
         "half=slack * share * (iota + stored + 2.1 * g),", "half=0.0,", (SCREEN,),
         ("clouds",)),
    Edit("query-not-centred", "Only the keys are packed once, so only they are centred.",
         "encode.py", "square, _ = _centre_row(query[rows[i]], unit, centre, values)",
         "square, _ = _centre_row(query[rows[i]], unit, 0.0 * centre, values)",
         (SCREEN,), ("clouds",)),
    Edit("unit-once", "A square scaled by the unit instead of its square.", "contest.py",
         "scaled = best_square * unit * unit", "scaled = best_square * unit", (SCREEN,),
         ("clouds",)),
    Edit("raw-scale", "Keys are used in their own scale.", "packing.py",
         "unit = 2.0**-exponent if top > 0.0 else 1.0", "unit = 1.0", (SCREEN,),
         ("far",)),
    Edit("place-for-index", "The place after sorting by norm is returned.", "screen.py",
         "key = order[places[i, nearest]]", "key = places[i, nearest]", (NEAREST,), ("clouds",)),
    Edit("byte-loss-unmeasured", "What was cut to the last level is taken for what was kept.",
         "encode.py", "decoded[c] = level * scale", "decoded[c] = values[c]", (SCREEN,),
         ("line",)),
    Edit("byte-scale-unchecked", "Half squares are of the size of the products.", "screen.py",
         "least_scale = np.float64(np.float32(least_scale * (1.0 + 2.0**-20)))",
         "least_scale = 0.0", (SCREEN,), ("central",)),
    Edit("byte-offset-forgotten", "Key bytes are signed in the formula.", "screen.py",
         "base = np.float64(limit[i]) + 128.0 * row_facts[i, 2]", "base = np.float64(limit[i])",
         (SCREEN,), ("clouds",)),
    Edit("far-queries-unnoticed", "The engines pass infinities on.", "nearest.py",
         "plain = ~(squares <= _FAR)", "plain = np.isnan(squares)", (SCREEN,), ("far",)),
    Edit("checksum-ignored", "Checking costs a pass over the file.", "index.py",
         'if zlib.crc32(array.data.cast("B")) != entry["crc32"]:', "if array.ndim == 0:",
         (NEAREST,), ("stored",)),
    Edit("stale-screens", "A screen of the right name is a screen.", "index.py",
         ' and header["widths"][engine.name] == engine.width', "", (SCREEN,), ("foreign",)),
    Edit("keys-of-the-first-entry", "Keys are the same in every entry.", "groups.py",
         "here, inputs.query[here], keys[entry],", "here, inputs.query[here], "
         "keys[(0,) * len(entry)],", (INDEX,), ("batches",), plain=True),
    Edit("contender-tile-edge", "Only whole tiles of keys pass.", "contenders.py",
         "for first in range(0, order.size, size):",
         "for first in range(0, order.size - size + 1, size):", (INDEX,), ("masks", "priors"),
         plain=True),
    Edit("dimension-tail", "Coordinates in fours.", "contenders.py", "while c < dimension:",
         "while c + 1 < dimension:", (INDEX,), ("priors",), plain=True),
    Edit("margin-dropped", "The nearest so far is the limit.", "rivals.py",
         "return near * (1.0 + 4.0 * relative) + _LOW", "return near", (SCREEN, TIES), ("ties",),
         plain=True),
    Edit("list-without-margin", "Rounded distances order the list.", "rivals.py",
         "alpha, 1.0 + 4.0 * relative,", "alpha, 1.0,", (SCREEN, TIES), ("ties",), plain=True),
    Edit("later-tie-wins", "A tie replaces the listed key.", "rivals.py",
         "if sign > 0 or (sign == 0 and other < key):", "if sign > 0:", (TIES,), ("ties",),
         plain=True),
    Edit("mask-of-the-tile", "The mask is read at the place in the tile.", "contenders.py",
         "if masked and not mask[i, key]:", "if masked and not mask[i, t]:", (MASK,), ("masks",),
         plain=True),
    Edit("mask-of-the-first-block", "Every block of queries reads the first rows.",
         "entry.py", "return table[first:last] if", "return table[: last - first] if",
         (MASK,), ("masks",), plain=True),
    Edit("threshold-of-the-tile", "As the mask's.", "contenders.py",
         "tau = threshold[min(i, threshold.shape[0] - 1), key]",
         "tau = threshold[min(i, threshold.shape[0] - 1), t]", (THRESHOLD,), ("masks",),
         plain=True),
    Edit("radius-of-the-heaviest", "The radius of the tile's last weight.", "contenders.py",
         "lightest = light(alpha, order[first])", "lightest = light(alpha, order[last - 1])",
         (MONOTONE,),
         ("priors",), plain=True),
    Edit("radius-halved", "A diameter is taken for a radius.", "solve.py",
         "            return x\n", "            return 0.5 * x\n", (MONOTONE, PRIORS),
         ("priors",), plain=True),
    Edit("alpha-not-mirrored", "alpha itself orders the keys.", "rivals.py",
         "return min(a, 1.0 - a)", "return a", (PRIORS, MONOTONE), ("priors",),
         plain=True),
    Edit("weights-unsorted", "The order of the keys is as good as any.", "entry.py",
         "return keys if self.shared else by_weight(self.alpha, keys, self.least, self.most)",
         "return keys",
         (PRIORS, MONOTONE), ("priors",), plain=True),
    Edit("parts-unsorted", "The parts are in order.", "sorting.py",
         "while place > 0 and weights[place - 1] > weight:", "while place < 0:",
         (PRIORS, MONOTONE), ("priors",), plain=True),
    Edit("full-list-drops", "A list is long enough.", "rivals.py",
         "    if count == listed.size:\n        return UNDECIDED\n",
         "    if count == listed.size:\n        return count\n", (INDEX,), ("rivals",),
         plain=True),
    Edit("reach-in-other-units", "A separation is beta times a squared distance.", "rivals.py",
         "reach / beta", "reach * beta", (MONOTONE, PRIORS), ("priors", "passing"), plain=True),
    Edit("pruned-by-any", "A key that may be refused prunes the list as well.", "rivals.py",
         "if count == UNDECIDED or not admitted:", "if count == UNDECIDED:", (THRESHOLD,),
         ("rivals",), plain=True),
    Edit("ranges-not-joined", "The last range's list is the query's.", "routes.py",
         "keys = np.unique(np.concatenate(listed))", "keys = np.unique(listed[-1])", (INDEX,),
         ("passing",), plain=True),
    Edit("mask-of-thresholds", "Masks are asked where thresholds are.", "passers.py",
         "if masked and not mask[i, key]:", "if masked and filtered and not mask[i, key]:",
         (MASK,), ("passing",), plain=True),
    Edit("stride-edge", "Only whole strides of keys pass.", "passers.py",
         "for begin in range(first, last, size):",
         "for begin in range(first, last - size + 1, size):", (INDEX,), ("passing",), plain=True),
    Edit("limit-of-the-last-class", "A stride is asked about by one limit.", "passers.py",
         "out[t] <= limits[places[t]]", "out[t] <= limits[-1]", (MONOTONE, PRIORS), ("passing",),
         plain=True),
    Edit("places-of-the-stride-before", "The classes of a stride are found once.", "passers.py",
         "places[t - first] = max(", "places[t - first] = places[0] if t > first else max(",
         (MONOTONE, PRIORS), ("passing",), plain=True),
    Edit("not-finite-unseen", "The caller has looked at the keys.", "passers.py",
         "odd[0] = True", "odd[0] = False", (FINITE,), ("unread",), plain=True),
    Edit("doubt-dropped", "What the search finds is no error.", "routes.py",
         "        doubt()\n", "        pass\n", (FINITE,), ("unread",), plain=True),
    Edit("infinity-let-by", "NaN alone is not finite.", "passers.py",
         "if not s < np.inf:", "if s != s:", (FINITE,), ("unread",), plain=True),
    Edit("own-class-limited", "Keys of one class have one weight.", "passers.py",
         "range(0 if shared else place + 1, classes)", "range(0 if shared else place, classes)",
         (MONOTONE, PRIORS), ("passing",), plain=True),
    Edit("last-class-unbounded", "The last class is as wide as the others.", "passers.py",
         "edges[0] = least", "edges[0] = max(edges[0], least)", (MONOTONE, PRIORS), ("passing",),
         plain=True),
    Edit("screened-panel-edge", "Only whole panels of keys pass.", "pretenders.py",
         "min((g + 1) * panels, half.size // width)", "min((g + 1) * panels, order.size // width)",
         (INDEX,), ("screened",)),
    Edit("screened-place-for-index", "The place after sorting by weight is met.", "pretenders.py",
         "key = order[place]", "key = place", (INDEX,), ("screened",)),
    Edit("screened-weight-of-the-end", "The radius of the panel's last weight.", "pretenders.py",
         "lightest = light(alpha, order[panel * width])",
         "lightest = light(alpha, order[min((panel + 1) * width, order.size) - 1])",
         (MONOTONE, PRIORS), ("screened",)),
    Edit("screened-block-of-the-first", "The first block's norm bounds every block's.",
         "pretenders.py", "norm = norms[g]", "norm = 0.0 * norms[g]", (SCREEN,), ("screened",)),
    Edit("panel-dimension-tail", "Coordinates in whole registers.", "panels.py",
         "for c in range(whole, dimension):", "for c in range(whole, whole):", (SCREEN,),
         ("screened",)),
    Edit("over-budget-forgotten", "A screen decides every query.", "routes.py",
         "left = rivals.lengths == OVER_BUDGET", "left = np.zeros(len(rivals.lengths), np.bool_)",
         (INDEX,), ("coarse",)),
    Edit("budget-ignored", "Every distance is worth its time.", "pretenders.py",
         "if spent[i] > budget and", "if spent[i] < 0 and", (SCREEN,),
         ("screened", "coarse", "opposite"),
         harmless="The budget says when the float64 tiles take a query over; without it the screen "
         "forms every distance that it cannot tell apart, and meets the same keys."),
    Edit("root-stops-early", "Three digits of the root are enough.", "solve.py",
         "if abs(following - z) <= _EPS * z:", "if abs(following - z) <= 1e-3 * z:", (PRIORS,),
         ("priors", "masks", "ties", "passing"), plain=True,
         harmless="`energy_bounds` asks at a nearby question whose answer is exact, so that a bad "
         "root widens the interval; what the interval leaves open the reference decides."),
)  # fmt: skip
