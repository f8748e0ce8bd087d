// The plane: landscape, cells, passage, marks and handles, drawn as one SVG in pixels of the screen.
(function (page) {
  "use strict";

  const { svg, set, html, byId } = page.dom;
  const { placed, icon } = page.marks;

  const LEVELS = 9;
  const LAYERS = [
    "ground", "cells", "grid", "borders", "contours", "radii", "passage", "path", "others", "handles", "marks",
  ];

  const LEGEND = [
    ["alignment", "diamond", "alignment point s* of the drawn pair"],
    ["twin", "diamond", "second global minimiser"],
    ["minimum", "disc", "other minimum on the passage"],
    ["saddle", "cross", "saddle, the barrier's top"],
    ["faint", "diamond", "alignment points of the other keys"],
    ["here", "ring", "query at the shown step"],
  ];
  const LINES = [
    ["passage", "M1 9H33", "passage"],
    ["contour", "M1 9H33", "equal energy"],
    ["contour pass", "M1 9H33", "energy of the saddle"],
    ["border", "M1 9H33", "border of cells"],
    ["radius", "M1 9H33", "radius of a threshold"],
    ["path", "M1 9H33", "reconstruction"],
  ];

  function create(root, act) {
    const picture = svg("svg", { role: "group", "aria-label": "The plane with query and keys" });
    picture.append(svg("defs", {}, svg("pattern", {
      id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
    }, svg("path", { d: "M0 0V8", class: "hatch-line" }))));
    const layers = {};
    for (const name of LAYERS) {
      layers[name] = svg("g", { class: name, "aria-hidden": name === "handles" ? null : "true" });
      picture.append(layers[name]);
    }
    root.append(picture);
    const handles = page.handles.create(layers.handles, act);
    let drawnCells = "";
    let abstaining = false;
    panning(picture, act);

    function viewOf(state) {
      const width = Math.max(root.clientWidth, 100);
      const view = page.view.make(state.view, width, Math.min(width, 624));
      view.nudge = page.view.roundStep(2 * state.view[2], 60);
      return view;
    }

    function draw(model, fine) {
      const view = viewOf(model.state);
      set(picture, { viewBox: `0 0 ${view.width} ${view.height}`, height: view.height });
      byId("nudge").textContent = page.dom.shown(view.nudge);
      drawGround(layers, view);
      const on = new Set(model.state.layers);
      drawCells(model, view, on.has("cells"), fine);
      drawLandscape(layers, model, view, on.has("landscape"));
      drawRadii(layers.radii, model, view);
      drawPath(layers.path, model, view, on.has("path"));
      drawOthers(layers.others, model, view, on.has("others"));
      handles.update(model, view);
      return view;
    }

    function drawCells(model, view, on, fine) {
      const name = JSON.stringify([on, fine, view.width, view.height, model.state.view, model.cellsName]);
      if (name === drawnCells) return;
      drawnCells = name;
      layers.cells.replaceChildren();
      layers.borders.replaceChildren();
      if (!on) return;
      const found = page.cells.trace(
        view.width, view.height, (pixel) => model.labelAt(view.toPlane(pixel)),
        model.state.keys.map(view.toPixel), fine ? 4 : 8);
      abstaining = found.areas.has(-1);
      for (const [label, d] of found.areas) {
        layers.cells.append(svg("path", { d, "data-cell": label, class: label < 0 ? "cell-of-none" : "cell" }));
      }
      layers.borders.append(svg("path", { d: found.border, class: "border" }));
    }

    function tint(model) {
      for (const area of layers.cells.children) {
        const label = Number(area.getAttribute("data-cell"));
        if (label < 0) continue;
        set(area, { class: label === model.selection.index ? "cell-of-selected" : "cell", fill: "none" });
      }
    }

    return {
      draw(model, fine) {
        const view = draw(model, fine);
        tint(model);
        legend(model, abstaining);
        return view;
      },
      focus: handles.focus,
    };
  }

  function panning(picture, act) {
    let last = null;
    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType !== "mouse") return;
      last = [event.clientX, event.clientY];
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (!last) return;
      act.pan([event.clientX - last[0], event.clientY - last[1]]);
      last = [event.clientX, event.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) {
      picture.addEventListener(name, () => (last = null));
    }
  }

  function drawGround(layers, view) {
    layers.ground.replaceChildren(
      svg("rect", { width: view.width, height: view.height, class: "ground" }));
    const [left, top] = view.toPlane([0, 0]);
    const [right, bottom] = view.toPlane([view.width, view.height]);
    const many = view.width / 80;
    const parts = [];
    for (const x of page.view.ticks(left, right, many)) {
      const [at] = view.toPixel([x, 0]);
      parts.push(svg("path", { d: `M${at.toFixed(1)} 0V${view.height}`, class: `gridline${x ? "" : " origin"}` }));
      if (at > 20 && at < view.width - 24) {
        parts.push(svg("text", { x: at + 3, y: view.height - 5, class: "tick halo" }, page.dom.shown(x)));
      }
    }
    for (const y of page.view.ticks(bottom, top, many)) {
      const [, at] = view.toPixel([0, y]);
      parts.push(svg("path", { d: `M0 ${at.toFixed(1)}H${view.width}`, class: `gridline${y ? "" : " origin"}` }));
      if (at > 16 && at < view.height - 20) {
        parts.push(svg("text", { x: 4, y: at - 3, class: "tick halo" }, page.dom.shown(y)));
      }
    }
    layers.grid.replaceChildren(...parts);
  }

  function drawLandscape(layers, model, view, on) {
    layers.contours.replaceChildren();
    layers.passage.replaceChildren();
    layers.marks.replaceChildren();
    const { pair } = model;
    if (!pair || !on) return;
    const grid = page.contours.sample(view.width, view.height, 6, (x, y) => pair.energyAt(view.toPlane([x, y])));
    // equal steps in the root of the energy: the landscape grows like a square
    const top = grid.value.reduce((most, value) => Math.max(most, value), 0);
    for (let n = 1; n <= LEVELS; n++) {
      const level = pair.energy + (top - pair.energy) * (n / (LEVELS + 1)) ** 2;
      layers.contours.append(svg("path", {
        d: page.contours.line(grid, level), class: "contour", "data-level": level,
      }));
    }
    const saddle = pair.stationary.find((point) => point.kind === "saddle");
    if (saddle) {
      layers.contours.append(
        svg("path", { d: page.contours.line(grid, saddle.energy), class: "contour pass" }));
    }
    layers.passage.append(segments([pair.query, pair.key].map(view.toPixel), view, "passage"));
    for (const key of model.keys) {
      if (key.index !== pair.index && key.status !== "masked") {
        layers.marks.append(placed("diamond", "faint", view.toPixel(key.alignmentPoint),
          `alignment point with key ${key.index}`));
      }
    }
    for (const point of pair.stationary) {
      const [shape, kind] = page.model.MARK_OF[point.role];
      layers.marks.append(placed(shape, kind, view.toPixel(point.position), point.words));
    }
    if (!pair.stationary.some((point) => point.role === "alignment")) {
      layers.marks.append(placed("diamond", "alignment", view.toPixel(pair.alignmentPoint), "alignment point"));
    }
  }

  /** A line through places in pixels, as far as it is near the window. */
  function segments(places, view, kind) {
    const parts = places.slice(1).map((place, n) => page.view.clipped([places[n], place], view));
    const d = parts.filter(Boolean).map(([[a, b], [x, y]]) =>
      `M${a.toFixed(1)} ${b.toFixed(1)}L${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    return svg("path", { d, class: kind });
  }

  /** One threshold for all keys is a circle round the query; else each key has its own. */
  function drawRadii(layer, model, view) {
    layer.replaceChildren();
    const { state } = model;
    const ring = (centre, radius) => {
      if (!Number.isFinite(radius) || radius <= 0) return;
      const [cx, cy] = view.toPixel(centre);
      const r = radius * view.scale;
      // of a circle far larger than the window only the part in it
      const wide = () => page.contours.line(page.contours.sample(view.width, view.height, 12,
        (x, y) => Math.hypot(x - cx, y - cy)), r);
      layer.append(r < 2 * view.width ? svg("circle", { cx, cy, r, class: "radius" })
        : svg("path", { d: wide(), class: "radius" }));
    };
    if (!state.alphas && !state.taus) {
      if (model.keys.length) ring(state.query, model.keys[0].radius);
    } else {
      for (const key of model.keys) if (!key.masked) ring(key.position, key.radius);
    }
  }

  function drawPath(layer, model, view, on) {
    layer.replaceChildren();
    const { path } = model.steps;
    if (!on || path.length < 2) return;
    const places = path.map((step) => view.toPixel(step.query));
    layer.append(segments(places, view, "path"));
    places.slice(1).forEach((place, n) => layer.append(placed("dot", "step", place, `query after step ${n + 1}`)));
    if (model.step) layer.append(placed("ring", "here", places[model.step], `query at step ${model.step}`));
  }

  function drawOthers(layer, model, view, on) {
    layer.replaceChildren();
    if (!on) return;
    for (const other of model.others) {
      if (other.point) {
        layer.append(placed(other.shape, "other", view.toPixel(other.point), other.name));
      }
    }
  }

  function legend(model, abstaining) {
    const on = new Set(model.state.layers);
    const roles = new Set(model.pair && on.has("landscape") ? model.pair.stationary.map((p) => p.role) : []);
    const present = {
      alignment: model.pair && on.has("landscape"),
      twin: roles.has("twin"),
      minimum: roles.has("minimum"),
      saddle: roles.has("saddle"),
      faint: on.has("landscape") && model.keys.length > 1,
      here: on.has("path") && model.step > 0,
      passage: model.pair && on.has("landscape"),
      contour: model.pair && on.has("landscape"),
      "contour pass": roles.has("saddle"),
      border: on.has("cells"),
      radius: model.keys.some((key) => Number.isFinite(key.radius) && key.radius > 0),
      path: on.has("path") && model.steps.path.length > 1,
    };
    const items = [];
    for (const [kind, d, words] of LINES) {
      if (!present[kind]) continue;
      items.push(html("li", {}, svg("svg", {
        viewBox: "0 0 34 18", width: 34, height: 18, "aria-hidden": "true",
      }, svg("path", { d, class: kind })), words));
    }
    for (const [kind, shape, words] of LEGEND) {
      if (present[kind]) items.push(html("li", {}, icon(shape, kind), words));
    }
    if (on.has("others")) {
      for (const other of model.others) {
        if (other.point) items.push(html("li", {}, icon(other.shape, "other"), other.name));
      }
    }
    if (on.has("cells")) {
      items.push(html("li", {}, swatch("cell-of-selected"), "a query here selects the same key"));
      if (abstaining) items.push(html("li", {}, swatch("cell-of-none"), "a query here abstains"));
    }
    byId("legend").replaceChildren(...items);
  }

  const swatch = (kind) => svg("svg", { viewBox: "0 0 24 16", width: 24, height: 16, "aria-hidden": "true" },
    svg("rect", { width: 24, height: 16, class: kind }), svg("rect", { x: 0.5, y: 0.5, width: 23, height: 15, class: "guide" }));

  page.plane = { create };
})((globalThis.gdaPage ??= {}));
