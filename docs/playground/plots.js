// Both plots of energies: along the passage of a pair, and against the separation.
(function (page) {
  "use strict";

  const { svg } = page.dom;
  const { placed } = page.marks;
  const EDGE = { left: 46, right: 14, top: 14, bottom: 36 };

  /** Axes with round numbers; gives the map to pixels and the layer to draw in. */
  function axes(root, name, [x0, x1], [y0, y1], xName, yName) {
    const width = Math.max(root.clientWidth, 160);
    const height = Math.round(Math.min(Math.max(width * 0.55, 210), 320));
    const inner = [width - EDGE.left - EDGE.right, height - EDGE.top - EDGE.bottom];
    const toPixel = ([x, y]) => [
      EDGE.left + ((x - x0) / (x1 - x0)) * inner[0],
      EDGE.top + ((y1 - y) / (y1 - y0)) * inner[1],
    ];
    const picture = svg("svg", { role: "img", viewBox: `0 0 ${width} ${height}`, height });
    const title = svg("title", {}, name);
    const words = svg("desc", {});
    picture.append(title, words);
    const [left, right] = [EDGE.left, width - EDGE.right];
    const [top, bottom] = [EDGE.top, height - EDGE.bottom];
    for (const x of page.view.ticks(x0, x1, inner[0] / 75)) {
      const [at] = toPixel([x, 0]);
      picture.append(svg("path", { d: `M${at.toFixed(1)} ${top}V${bottom}`, class: "gridline" }),
        svg("text", { x: at, y: bottom + 15, class: "tick", "text-anchor": "middle" }, page.dom.shown(x)));
    }
    for (const y of page.view.ticks(y0, y1, inner[1] / 45)) {
      const [, at] = toPixel([0, y]);
      picture.append(svg("path", { d: `M${left} ${at.toFixed(1)}H${right}`, class: "gridline" }),
        svg("text", { x: left - 5, y: at + 4, class: "tick", "text-anchor": "end" }, page.dom.shown(y)));
    }
    picture.append(
      svg("text", { x: (left + right) / 2, y: height - 4, class: "axis-name", "text-anchor": "middle" }, xName),
      svg("text", { x: 12, y: (top + bottom) / 2, class: "axis-name", "text-anchor": "middle",
        transform: `rotate(-90 12 ${(top + bottom) / 2})` }, yName));
    root.replaceChildren(picture);
    const line = (kind, points) => {
      const d = points.map(toPixel).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
      picture.append(svg("path", { d: `M${d}`, class: kind }));
    };
    const label = (text, [x, y], attributes = {}) =>
      picture.append(svg("text", { x, y, class: "halo", ...attributes }, text));
    return { picture, words, toPixel, line, label, left, right, top, bottom, named: [] };
  }

  /**
   * A level across the plot with its name, if it lies inside. The name stands where the curve is
   * farthest from the level, on the side away from it, and not where the name of a close level is.
   */
  function level(plot, [x0, x1], [y0, y1], kind, text, value, curve) {
    if (!(value >= y0 && value <= y1)) return;
    plot.line(kind, [[x0, value], [x1, value]]);
    const places = [0.14, 0.3, 0.5, 0.7, 0.86].map((part) => x0 + part * (x1 - x0));
    const gap = (x) => curve(x) - value;
    const [, y] = plot.toPixel([x0, value]);
    const half = 3.2 * text.length;
    const spots = places.map((place) => {
      const [at] = plot.toPixel([place, value]);
      return { place, x: Math.min(Math.max(at, plot.left + half), plot.right - half) };
    }).filter((spot) => !plot.named.some((name) =>
      Math.abs(name.y - y) < 34 && Math.abs(name.x - spot.x) < name.half + half + 6));
    if (!spots.length) return;
    const best = spots.reduce((a, b) => (Math.abs(gap(b.place)) > Math.abs(gap(a.place)) ? b : a));
    plot.named.push({ x: best.x, y, half });
    const below = gap(best.place) > 0 && y + 18 < plot.bottom;
    plot.label(text, [best.x, below ? y + 15 : y - 6], { "text-anchor": "middle" });
  }

  function profile(root, model) {
    const { pair } = model;
    if (!pair) return root.replaceChildren();
    const [x0, x1] = [-0.12, 1.12];
    const steps = 240;
    const points = Array.from({ length: steps + 1 }, (_, n) => {
      const t = x0 + ((x1 - x0) * n) / steps;
      return [t, pair.energyAlong(t)];
    });
    const inside = points.filter(([t]) => t >= 0 && t <= 1).map(([, energy]) => energy);
    const named = [pair.ceiling, ...pair.stationary.map((point) => point.energy)];
    const most = Math.max(...inside, ...named);
    const ys = [Math.min(0, pair.energy), most * 1.12 || 1];
    const plot = axes(root, "Energy along the passage", [x0, x1], ys, "coordinate t (0 query, 1 key)", "energy");
    for (const t of [0, 1]) plot.line("guide", [[t, ys[0]], [t, ys[1]]]);
    plot.line("curve-line", points.filter(([, energy]) => energy <= ys[1]));
    level(plot, [x0, x1], ys, "ceiling", "ceiling", pair.ceiling, pair.energyAlong);
    level(plot, [x0, x1], ys, "threshold", "threshold", pair.tau, pair.energyAlong);
    for (const point of pair.stationary) {
      const [shape, kind] = page.model.MARK_OF[point.role];
      plot.picture.append(placed(shape, kind, plot.toPixel([point.t, point.energy]), point.words));
    }
    if (!pair.stationary.some((point) => point.role === "alignment")) {
      plot.picture.append(placed("diamond", "alignment", plot.toPixel([pair.coordinate, pair.energy])));
    }
    plot.words.textContent = `Pair of the query with key ${pair.index}. ` +
      pair.stationary.map((p) => `${p.words} at t = ${page.dom.shown(p.t)}, energy ${page.dom.shown(p.energy)}`).join("; ");
  }

  function curve(root, model) {
    const { keys, state } = model;
    const far = Math.max(4, ...keys.filter((key) => !key.masked).map((key) => key.separation)) * 1.08;
    const xs = [0, Math.min(far, 60)];
    const taking = keys.filter((key) => !key.masked);
    const ceilings = taking.map((key) => key.ceiling);
    const tau = model.pair ? model.pair.tau : state.taus ? Infinity : state.tau;
    const most = Math.max(0.05, ...ceilings, Number.isFinite(tau) ? Math.min(tau, 1.2) : 0);
    const ys = [0, most * 1.15];
    const plot = axes(root, "Energy against separation", xs, ys, "separation Λ = β|k−q|²", "energy E*");
    const alphas = new Set(taking.map((key) => key.alpha));
    const drawn = model.pair ? model.pair.alpha : state.alpha;
    const along = (alpha) => Array.from({ length: 121 }, (_, n) => {
      // denser near 0, where the curve bends
      const separation = xs[1] * (n / 120) ** 2;
      return [separation, page.model.energyOf(separation, alpha)];
    });
    for (const alpha of alphas) if (alpha !== drawn) plot.line("curve-line weak", along(alpha));
    plot.line("curve-line", along(drawn));
    const ceiling = page.model.ceilingOf(drawn);
    const on = (separation) => page.model.energyOf(separation, drawn);
    level(plot, xs, ys, "ceiling", `ceiling at alpha ${page.dom.shown(drawn)}`, ceiling, on);
    level(plot, xs, ys, "threshold", "threshold", tau, on);
    const radius = model.pair ? model.pair.radius : Infinity;
    const cut = state.beta * radius * radius;
    if (radius > 0 && cut < xs[1]) plot.line("threshold", [[cut, 0], [cut, Math.max(tau, 0)]]);
    const order = [...taking].sort((a, b) => a.separation - b.separation);
    // numbers hang below their keys, and lower where they would meet
    let [right, depth] = [-Infinity, 0];
    for (const key of order) {
      const beyond = key.separation > xs[1];
      const [x, y] = plot.toPixel([Math.min(key.separation, xs[1]), key.energy]);
      const kind = key.status === "threshold" ? "excluded" : key.status;
      plot.picture.append(svg("rect", { x: x - 5, y: y - 5, width: 10, height: 10, rx: 2, class: `dot-key ${kind}` }));
      depth = x - right < 16 ? depth + 1 : 0;
      right = x;
      plot.label(beyond ? `${key.index} →` : String(key.index), [x, y + 19 + 14 * depth],
        { "text-anchor": beyond ? "end" : "middle" });
    }
    plot.words.textContent = taking.map((key) =>
      `key ${key.index}: separation ${page.dom.shown(key.separation)}, energy ${page.dom.shown(key.energy)}`).join("; ");
  }

  page.plots = { profile, curve };
})((globalThis.gdaPage ??= {}));
