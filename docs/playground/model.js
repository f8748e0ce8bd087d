// Everything that the page shows of a state, asked of the core. Nothing is decided here.
(function (page, gda) {
  "use strict";

  const { alphaOf, tauOf } = page.state;
  // more steps than these are neither seen nor read
  const MOST_STEPS = 40;

  // shape and kind of the mark of a stationary point, by its role
  const MARK_OF = {
    alignment: ["diamond", "alignment"],
    twin: ["diamond", "twin"],
    minimum: ["disc", "minimum"],
    saddle: ["cross", "saddle"],
  };
  const WORDS = {
    alignment: "alignment point", twin: "second global minimum", minimum: "other minimum", saddle: "saddle",
  };

  /** The problem that a state poses, in the form of the core. */
  const problemOf = (state) => ({
    query: state.query,
    keys: state.keys,
    alpha: state.alphas ?? state.alpha,
    beta: state.beta,
    threshold: state.taus ?? state.tau,
    mask: state.keys.map((_, index) => !state.masked.includes(index)),
  });

  function keysOf(state, problem, selected) {
    return gda.admission(problem).map((entry, index) => ({
      ...entry,
      index,
      position: state.keys[index],
      alpha: alphaOf(state, index),
      tau: tauOf(state, index),
      masked: entry.reason === "masked",
      status: index === selected ? "selected" : entry.reason ?? "admitted",
    }));
  }

  /** The key whose landscape is drawn: as chosen, else the selected one, else that of least energy. */
  function drawnKey(state, problem, selected) {
    if (state.pair !== "selected") return state.pair;
    return selected >= 0 ? selected : gda.selector({ ...problem, threshold: Infinity })(state.query);
  }

  function pairOf(state, index) {
    const [query, key, alpha, beta] = [state.query, state.keys[index], alphaOf(state, index), state.beta];
    const alone = { query, keys: [key], alpha, beta };
    const aligned = gda.select(alone);
    const separation = gda.separation(query, key, beta);
    const tau = tauOf(state, index);
    const points = gda.stationaryPoints(separation, alpha);
    const last = points.length - 1;
    const stationary = points.map((point, n) => {
      // of two global minima the rule takes the one nearer to the key
      const role = point.kind === "saddle" ? "saddle" : point.kind === "metastable" ? "minimum"
        : n < last && points[last].kind === "global" ? "twin" : "alignment";
      const t = role === "alignment" ? aligned.coordinate : point.coordinate;
      const position = role === "alignment" ? aligned.alignmentPoint
        : query.map((x, axis) => (1 - t) * x + t * key[axis]);
      // the two global minima have one energy, and the core's correctly rounded one is of the alignment point
      const energy = point.kind === "global" ? aligned.energy : point.energy;
      return { t, energy, role, position, words: WORDS[role] };
    });
    return {
      index, query, key, alpha, tau, separation, stationary,
      energy: aligned.energy,
      coordinate: aligned.coordinate,
      alignmentPoint: aligned.alignmentPoint,
      unique: aligned.unique,
      ceiling: gda.ceiling(alpha),
      deficit: gda.align(separation, alpha).deficit,
      coherence: gda.coherence(aligned.energy),
      logOdds: gda.logOdds(alpha),
      spinodal: separation > 2 ? gda.spinodal(separation) : null,
      barrier: gda.barrier(separation, alpha),
      radius: gda.radius(tau, alpha, beta),
      convex: separation <= 2,
      energyAt: (point) => gda.landscape(point, query, key, alpha, beta),
      energyAlong: (t) => gda.passage(t, separation, alpha),
    };
  }

  /** The unmasked key of least distance, -1 if there is none. */
  const nearestKey = (problem) => gda.selector({ ...problem, alpha: 0.5, threshold: Infinity })(problem.query);

  function derive(state) {
    const problem = problemOf(state);
    const selection = gda.select(problem);
    const drawn = drawnKey(state, problem, selection.index);
    const found = gda.reconstruct(problem, { maxSteps: MOST_STEPS });
    const path = found.queries.map((query, n) =>
      ({ query, index: found.indices[n], energy: found.energies[n] }));
    return {
      state,
      selection,
      keys: keysOf(state, problem, selection.index),
      pair: drawn < 0 ? null : pairOf(state, drawn),
      nearest: nearestKey(problem),
      steps: { status: found.status, path },
      step: Math.min(state.step, path.length - 1),
      others: page.others.of(problem),
      labelAt: gda.selector(problem),
      // the cells depend on all but the query
      cellsName: JSON.stringify({ ...problem, query: null, alpha: problem.alpha, threshold: String(problem.threshold) }),
    };
  }

  const energyOf = (separation, alpha) => gda.align(separation, alpha).energy;

  page.model = { MARK_OF, derive, energyOf, ceilingOf: gda.ceiling };
})((globalThis.gdaPage ??= {}), globalThis.gda);
