// The numbers: facts of the selection and of the drawn pair, and the tables below the plots.
(function (page) {
  "use strict";

  const { html, byId, datum, pointDatum } = page.dom;

  function facts(root, entries) {
    root.replaceChildren(...entries.flatMap(([term, ...parts]) =>
      [html("dt", {}, term), html("dd", {}, ...parts)]));
  }

  function selection(model) {
    const { selection: found, state } = model;
    facts(byId("facts"), [
      ["index", datum(found.index, "index")],
      ["energy", datum(found.energy, "energy")],
      ["coordinate", datum(found.coordinate, "coordinate")],
      ["alignment point", pointDatum(found.alignmentPoint, "alignment-point")],
      ["unique", html("span", { "data-name": "unique" }, found.index < 0 ? "no pair" : found.unique ? "yes" : "no, two")],
      ["output", found.index < 0 ? "none" : pointDatum(state.keys[found.index], "output")],
    ]);
  }

  function pair(model) {
    const { pair: drawn } = model;
    const root = byId("pair-facts");
    if (!drawn) return facts(root, [["pair", "none: there is no key"]]);
    const kinds = drawn.stationary.map((point) => html("div", {}, `${point.words}: t = `, datum(point.t, `${point.role}-t`),
      ", energy ", datum(point.energy, `${point.role}-energy`)));
    facts(root, [
      ["separation Λ", datum(drawn.separation, "pair-separation")],
      ["alpha", datum(drawn.alpha, "pair-alpha")],
      ["landscape", html("span", { "data-name": "convex" }, drawn.convex ? "convex" : "not convex")],
      ["stationary", ...(kinds.length ? kinds : ["the key is the query"])],
      ["barrier", ...(drawn.barrier
        ? ["from the alignment point ", datum(drawn.barrier.fromGlobal, "barrier-global"),
          ", from the other minimum ", datum(drawn.barrier.fromMetastable, "barrier-metastable")]
        : ["none: one stationary point"])],
      ["spinodal", ...(drawn.spinodal === null ? ["none: separation at most 2"]
        : ["|h| = ", datum(Math.abs(drawn.logOdds), "log-odds"), " against ", datum(drawn.spinodal, "spinodal")])],
      ["energy E*", datum(drawn.energy, "pair-energy")],
      ["ceiling", datum(drawn.ceiling, "pair-ceiling"), ", deficit ", datum(drawn.deficit, "pair-deficit")],
      ["coherence", datum(drawn.coherence, "pair-coherence")],
      ["midpoint", "energy ", datum(drawn.energyAlong(0.5), "midpoint-energy")],
    ]);
  }

  const REASON = {
    selected: () => "selected",
    admitted: () => "admitted",
    threshold: (key) => `excluded by threshold ${page.dom.shown(key.tau)}`,
    masked: () => "excluded by mask",
  };

  function rows(id, head, body, chosen = -1) {
    const table = byId(id);
    table.tHead.replaceChildren(html("tr", {}, ...head.map((text) => html("th", { scope: "col" }, text))));
    table.tBodies[0].replaceChildren(...body.map(([first, ...cells], index) =>
      html("tr", { class: index === chosen ? "chosen" : null },
        html("th", { scope: "row" }, first), ...cells.map((cell) => html("td", {}, cell)))));
  }

  function energies(model) {
    rows("energies",
      ["key", "state", "separation", "energy", "ceiling", "coordinate", "radius"],
      model.keys.map((key) => [
        String(key.index),
        html("span", { "data-name": "state", "data-status": key.status }, REASON[key.status](key)),
        datum(key.separation, "separation"),
        datum(key.energy, "key-energy"),
        datum(key.ceiling, "key-ceiling"),
        datum(key.coordinate, "key-coordinate"),
        datum(key.radius, "radius"),
      ]), model.selection.index);
  }

  function others(model) {
    rows("outputs", ["operator, with its weights", "output", "weights of the keys"], model.others.map((other) => [
      html("span", {}, page.marks.icon(other.shape, "other"), ` ${other.name}`,
        html("span", { class: "note" }, other.note)),
      other.point ? pointDatum(other.point, `other-${other.id}`) : "none",
      other.point ? html("span", { "data-name": `weights-${other.id}` }, other.weights.map((w) =>
        page.dom.shown(Number(w.toFixed(3)))).join(", ")) : "",
    ]));
  }

  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  /** One sentence for the ear. */
  function summary(model) {
    const { selection: found, keys } = model;
    if (!keys.length) return "Abstained: there is no key.";
    const excluded = keys.filter((key) => key.status === "threshold").length;
    const masked = keys.filter((key) => key.status === "masked").length;
    const rest = `${excluded} excluded by threshold${masked ? `, ${masked} masked` : ""}`;
    if (found.index < 0) return `Abstained: none of ${plural(keys.length, "key")} is admitted; ${rest}.`;
    const nearest = model.nearest;
    const against = nearest === found.index || nearest < 0 ? "" : ` Key ${nearest} is nearer.`;
    const two = found.unique ? "" : " There are two alignment points.";
    return `Selected key ${found.index}, energy ${page.dom.shown(found.energy)}; ${rest}.${against}${two}`;
  }

  function draw(model) {
    selection(model);
    pair(model);
    energies(model);
    others(model);
  }

  page.tables = { draw, rows, summary };
})((globalThis.gdaPage ??= {}));
