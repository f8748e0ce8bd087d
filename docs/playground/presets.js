// Examples: a state each, two sentences, and the clause that they show.
//
// Numbers that the standard gives are taken from it; the tests hold every stated effect to the
// operator.
(function (page) {
  "use strict";

  const seven = [[2, 0.5], [0.6, 2.1], [-1.5, 1.4], [-2.2, -0.9], [-0.3, -2], [1.7, -1.6], [0.2, 0.4]];
  // mirror images of one point: norms that are equal exactly, not up to rounding
  const onCircle = [[0.56, 1.92], [1.92, -0.56], [-0.56, -1.92], [-1.92, 0.56], [1.92, 0.56]];

  // [id, title, fields of the state, sentences, clause, chapter]
  const ALL = [
    ["start", "Start: one query, four keys",
      {},
      ["The query (q) selects the key of least alignment energy, and the diamond on the passage between them is the alignment point.",
        "Drag the query over a border: the selected key changes at once, without any blend."],
      "GDA-def-selection", "07-selection"],
    ["nearest", "One weight: the nearest key",
      { query: [-0.6, 0.3], keys: seven, alpha: 0.4 },
      ["With one weight for all keys the selected key is the nearest, and the cells of selection are Voronoi cells.",
        "Changing the weight or the precision changes the energies and no border."],
      "GDA-thm-nearest", "14-theorems-selection"],
    ["curved", "A weight for each key: curved cells",
      { query: [-0.6, 0.3], keys: seven, alphas: [0.5, 0.2, 0.7, 0.35, 0.9, 0.45, 0.6] },
      ["With a weight for each key the order follows the energy and no longer the distance: borders curve.",
        "A key whose weight is far from 1/2 has a low ceiling and takes the ground far away."],
      "GDA-select-priors", "07-selection"],
    ["reversed", "Weights reverse the order",
      { query: [0, 0], keys: [[1, 0], [2, 0]], alphas: [0.5, 127 / 128] },
      ["Key 0 is nearer, with energy 1/4. Key 1 is selected: its energy stays below −log(127/128), which is less than 1/100.",
        "Two keys are the smallest example of an order that is not that of the distances."],
      "GDA-thm-symmetry", "13-theorems-pair"],
    ["two", "Erratum: two alignment points",
      { query: [0, 0], keys: [[2, 0]], alpha: 0.5 },
      ["Published: the alignment point is always unique. At weight 1/2 and a separation above 2 there are two of equal energy, mirror images.",
        "The rule takes the one nearer to the key; any other weight has one alone."],
      "GDA-erratum-uniqueness", "15-sources"],
    ["midpoint", "Erratum: the midpoint is a maximum",
      { query: [0, 0], keys: [[3, 0]], alpha: 0.5 },
      ["The published bisection stops at the midpoint of the passage, by symmetry, and reports the energy 9/4.",
        "The midpoint is a local maximum of the energy, here the largest on the passage; the alignment energy is 0.693024."],
      "GDA-erratum-bisection", "15-sources"],
    ["saturation", "Erratum: saturated energies",
      { query: [0, 0], keys: [[20, 0], [11, 0], [30, 0]], alpha: 0.5, view: [14, 0, 20] },
      ["All three energies round to the same float, that of log 2, and the published code returns the key at 30.",
        "The exact energies differ: the key at distance 11 is selected, since the order comes from a quantity that does not saturate."],
      "GDA-erratum-saturation", "15-sources"],
    ["iris", "Erratum: flowers and their nearest neighbours",
      {
        query: [4.5, 1.5], alpha: 0.5, view: [3.7, 1.2, 2.9],
        keys: [[1.4, 0.2], [1.7, 0.4], [1.3, 0.3], [4.7, 1.4], [4.9, 1.5], [3.5, 1], [6, 2.5], [5.1, 1.9], [5.8, 2.2]],
      },
      ["Keys are nine flowers of Iris, by length and width of a petal in cm: three setosa (0–2), three versicolor (3–5), three virginica (6–8).",
        "The published accuracy of 0.9467 on all of Iris is that of the nearest neighbour, as it must be with one weight."],
      "GDA-erratum-iris", "15-sources"],
    ["radius", "A threshold is a radius",
      { query: [1.2, 1.2], keys: seven, alpha: 0.5, tau: 0.45 },
      ["With one weight a common threshold is a circle round the query: keys outside are excluded.",
        "Hatched is where a query would find no key inside the circle and abstain."],
      "GDA-def-radius", "06-admission"],
    ["abstain", "Abstention",
      { query: [0, 2.2], keys: [[-1.6, -0.6], [1.5, -0.9], [0.2, -1.8]], alpha: 0.5, tau: 0.3 },
      ["Every energy exceeds the threshold, so no key is admitted and the query abstains: the index is −1.",
        "An abstention is a result, not an error; move the query down and a key is admitted."],
      "GDA-abstain-none", "08-abstention"],
    ["idle", "A ceiling makes the threshold idle",
      { query: [-2.5, 0], keys: [[2.5, 0.5], [1.5, -2], [-0.8, 2.6]], alpha: 0.9, tau: 0.15 },
      ["At weight 0.9 no energy exceeds the ceiling −log 0.9 = 0.105361, so a threshold of 0.15 excludes nothing, however far the key.",
        "The radius of this threshold is infinite."],
      "GDA-thm-vacuous", "14-theorems-selection"],
    ["log2", "log 2, rounded, is below the ceiling",
      { query: [0, 0], keys: [[6.3, 0], [0, 6.1]], alpha: 0.5, tau: Math.LN2, view: [2, 2, 7.5] },
      ["The float nearest to log 2 is about 2.3e−17 below the real ceiling, so it has a radius: keys with a separation above 38.31 are excluded.",
        "Key 0 (separation 39.69) is out and key 1 (37.21) is in; no threshold at all is written as infinity."],
      "GDA-admit-ceiling", "06-admission"],
    ["zero", "A threshold of 0",
      { query: [0.5, 0.25], keys: [[0.5001, 0.25], [0.5, 0.25], [-1, 1]], alpha: 0.3, tau: 0 },
      ["A threshold of 0 admits exactly the keys that equal the query in every component: key 1 alone.",
        "Key 0 is 0.0001 away and excluded, although its energy is only about 2e−9."],
      "GDA-admit-zero", "06-admission"],
    ["tie", "A tie goes to the least index",
      { query: [0, 0], keys: [[2, 1], [-1, 0.5], [0.5, -1], [1, 0.5]], alpha: 0.4 },
      ["Keys 1, 2 and 3 have exactly the same distance from the query, so their energies tie exactly.",
        "The least of their indices is selected: key 1."],
      "GDA-select-ties", "07-selection"],
    ["filter", "Filtering first is not checking the winner",
      { query: [0, 0], keys: [[0.5, 0], [1, 0]], alpha: 0.5, taus: [0, Infinity], view: [0.5, 0, 1.2] },
      ["Key 0 is nearer and has threshold 0: it is excluded, and key 1 is selected.",
        "To select first and check the winner afterwards would abstain; the two agree only where all keys have one threshold."],
      "GDA-thm-filter-select", "14-theorems-selection"],
    ["critical", "The critical separation",
      { query: [-1, 0], keys: [[1, 0]], alpha: 0.5, beta: 0.5, view: [0, 0, 2] },
      ["The separation is exactly 2: the last at which the landscape is convex for every weight, and at weight 1/2 the last with one alignment point, the midpoint.",
        "Drag the key outwards and the midpoint parts into two minima."],
      "GDA-thm-convexity", "13-theorems-pair"],
    ["metastable", "A second minimum that is not selected",
      { query: [-1.25, 0], keys: [[1.25, 0]], alpha: 0.4, view: [0, 0, 2.4] },
      ["Three points of the passage are stationary: the alignment point, a saddle, and a second minimum on the query's side.",
        "Give the query less weight, or bring the key nearer, and the second minimum meets the saddle and vanishes: that is the spinodal."],
      "GDA-thm-counting", "13-theorems-pair"],
    ["onward", "Reconstruction changes the key",
      { query: [0, 0], keys: [[6, 0], [5, 0]], alphas: [0.7, 0.5], beta: 0.05, view: [3, 0, 4], step: 2 },
      ["With a weight for each key the path can change its key: the steps select 0, 0, 1, 1, …",
        "The energy falls at every step all the same. With one weight and one threshold the key never changes."],
      "GDA-thm-reconstruction", "14-theorems-selection"],
    ["stuck", "Reconstruction that cannot move",
      { query: [1, 1], keys: [[9, 7]], alpha: 0.9, view: [5, 4, 6] },
      ["At weight 0.9 and separation 100 the alignment point is nearer to the query than floats can tell.",
        "The rounded query does not change and the reconstruction stops: stagnated."],
      "GDA-def-reconstruction-status", "10-reconstruction"],
    ["blend", "Selection beside blending",
      { query: [1.1, 0.8], keys: onCircle, alpha: 0.4, view: [0, 0, 2.8] },
      ["All keys have exactly the same norm, so the key of the largest dot product is the nearest: hard attention selects the same key.",
        "Softmax and sparsemax return blends, points between the keys; a selection returns a key."],
      "GDA-thm-nearest", "14-theorems-selection"],
  ];

  const list = ALL.map(([id, title, fields, text, clause, chapter]) => {
    const state = { ...page.state.copy(page.state.DEFAULTS), ...fields };
    if (fields.keys && !fields.view) state.view = page.view.fitted([state.query, ...state.keys]);
    return { id, title, text, clause, chapter, state: page.state.checked(page.state.copy(state)) };
  });

  // In the repository the pages of the site do not exist; their sources do.
  const inRepository =
    location.protocol === "file:" && /\/docs\/playground\/(index\.html)?$/.test(location.pathname);

  const siteLink = ({ clause, chapter }) => `../standard/${chapter}.html#${clause.toLowerCase()}`;

  /** Where the clause of an example is to be read, seen from this page. */
  const link = (preset) => inRepository ? `../../spec/text/${preset.chapter}.md` : siteLink(preset);

  page.presets = { list, link, siteLink, inRepository };
})((globalThis.gdaPage ??= {}));
