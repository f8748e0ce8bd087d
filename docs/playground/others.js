// Other operators on the same points, each with its mark. Values are the keys, so that an output is
// a point of the plane. Numbers in brackets are those of the list of prior work.
(function (page, gda) {
  "use strict";

  const { prior } = gda;
  // dot-product attention divides by the root of the dimension, which is 2 here
  const SCALE = Math.SQRT1_2;
  const TEMPERATURE = 0.1;

  const oneHot = (index, count) => Array.from({ length: count }, (_, i) => (i === index ? 1 : 0));

  // [id, mark, name, what its weights are, weights]
  const ALL = [
    ["attention", "square", "softmax attention [2]", "softmax of q·k/√2",
      ({ query, keys, mask }) => prior.attention(query, keys, keys, mask).weights],
    ["sparsemax", "triangle", "sparsemax [3]", "nearest weights to q·k/√2, some exactly 0",
      ({ query, keys, mask }) =>
        prior.sparsemax(prior.dotScores(query, keys, mask).map((score) => score * SCALE))],
    ["top2", "wedge", "top-2 [7]", "softmax of the two largest q·k/√2",
      ({ query, keys, mask }) => prior.topK(prior.dotScores(query, keys, mask), 2, SCALE)],
    ["hopfield", "hexagon", "Hopfield update [9]", "softmax of beta q·k",
      ({ query, keys, mask, beta }) => prior.hopfield(keys, query, beta, mask).weights],
    ["hard", "star", "hard attention [18, 19]", "the key of largest q·k",
      ({ query, keys, mask }) => oneHot(prior.hard(prior.dotScores(query, keys, mask)), keys.length)],
    ["nearest", "plus", "nearest key", "the key of least distance",
      ({ query, keys, mask, beta }) =>
        oneHot(prior.hard(prior.distanceScores(query, keys, beta, mask)), keys.length)],
    ["gaussian", "pentagon", "softmax of distances", "softmax of −β|k−q|²",
      ({ query, keys, mask, beta }) => prior.softmax(prior.distanceScores(query, keys, beta, mask))],
    ["softmin", "bars", "softmin of energies", `softmax of −E*/T over the admitted keys, T = ${TEMPERATURE}`,
      (problem) => prior.softmin(problem, TEMPERATURE)],
  ];

  /** Every operator's weights and output; no point where no key takes part. */
  function of(problem) {
    return ALL.map(([id, shape, name, note, weigh]) => {
      const weights = weigh(problem);
      const some = weights.some((weight) => weight > 0);
      return { id, shape, name, note, weights, point: some ? prior.blend(weights, problem.keys) : null };
    });
  }

  page.others = { of };
})((globalThis.gdaPage ??= {}), globalThis.gda);
