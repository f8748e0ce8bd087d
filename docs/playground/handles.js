// The query and the keys as handles: moved by mouse, finger and arrow keys.
//
// To assistive technology a handle is a slider whose text says both coordinates; the role is the one
// that hands arrow keys through. A press takes the handle nearest to it, so that handles which
// overlap can all be had.
(function (page) {
  "use strict";

  const { svg, set } = page.dom;
  const REACH = 22;
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  const STATUS = {
    selected: "selected", admitted: "admitted", threshold: "excluded by its threshold", masked: "masked",
  };

  function build(which) {
    const isQuery = which === "query";
    const group = svg("g", {
      tabindex: 0, role: "slider", "aria-roledescription": "handle in the plane",
      "data-handle": which, class: "handle",
    });
    group.append(
      svg("circle", { r: REACH, class: "touch" }),
      svg("circle", { r: 16, class: "focus" }),
      isQuery
        ? svg("circle", { r: 9, class: "body" })
        : svg("rect", { x: -9, y: -9, width: 18, height: 18, rx: 3, class: "body" }),
      svg("path", { d: "M-9 9L9 -9", class: "struck" }),
      // beside the handle: an alignment point may lie on it
      svg("text", isQuery ? { x: -13, y: 13, class: "halo" } : { x: 13, y: -13, class: "halo" },
        isQuery ? "q" : String(which)),
    );
    return group;
  }

  /**
   * @param {SVGElement} layer Where the handles are drawn, in the document.
   * @param {object} act move(which, point), choose(index), remove(index), reveal(which).
   */
  function create(layer, act) {
    const groups = new Map();
    let view = null;
    let model = null;
    const drags = new Map();

    const whichOf = (group) => {
      const name = group.getAttribute("data-handle");
      return name === "query" ? name : Number(name);
    };
    const positionOf = (which) => (which === "query" ? model.state.query : model.state.keys[which]);

    function pixelOf(event) {
      const box = layer.ownerSVGElement.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    }

    function nearest(pixel) {
      let best = null;
      let least = Infinity;
      for (const which of groups.keys()) {
        const [x, y] = view.toPixel(positionOf(which));
        const distance = Math.hypot(x - pixel[0], y - pixel[1]);
        if (distance < least) [best, least] = [which, distance];
      }
      return best;
    }

    function press(event) {
      if (event.button !== 0) return;
      const pixel = pixelOf(event);
      const which = nearest(pixel);
      const [x, y] = view.toPixel(positionOf(which));
      drags.set(event.pointerId, { which, offset: [x - pixel[0], y - pixel[1]], start: pixel, moved: false });
      layer.setPointerCapture(event.pointerId);
      groups.get(which).focus({ preventScroll: true });
      event.preventDefault();
      event.stopPropagation();
    }

    function drag(event) {
      const found = drags.get(event.pointerId);
      if (!found) return;
      const [x, y] = pixelOf(event);
      // a tap that trembles moves nothing
      found.moved ||= Math.hypot(x - found.start[0], y - found.start[1]) > 2;
      if (!found.moved) return;
      const step = page.view.decade(1 / view.scale);
      const inside = [
        Math.min(Math.max(x + found.offset[0], 0), view.width),
        Math.min(Math.max(y + found.offset[1], 0), view.height),
      ];
      act.move(found.which, view.toPlane(inside).map((value) => page.view.snapped(value, step)));
    }

    function release(event) {
      drags.delete(event.pointerId);
    }

    function type(event) {
      const group = event.target.closest(".handle");
      if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
      const which = whichOf(group);
      if (ARROWS[event.key]) {
        const step = view.nudge * (event.shiftKey ? 0.1 : 1);
        const moved = positionOf(which).map((value, axis) =>
          ARROWS[event.key][axis] ? page.view.snapped(value + ARROWS[event.key][axis] * step, step) : value);
        act.move(which, moved);
      } else if (which !== "query" && (event.key === "Enter" || event.key === " ")) {
        act.choose(which);
      } else if (which !== "query" && (event.key === "Delete" || event.key === "Backspace")) {
        act.remove(which);
        focus(model.state.keys.length ? Math.min(which, model.state.keys.length - 1) : "query");
      } else {
        return;
      }
      event.preventDefault();
    }

    function focus(which) {
      groups.get(which)?.focus({ preventScroll: true });
    }

    // a finger on a handle must not scroll the page, and touch-action does nothing inside an SVG
    layer.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    layer.addEventListener("pointerdown", press);
    layer.addEventListener("pointermove", drag);
    layer.addEventListener("pointerup", release);
    layer.addEventListener("pointercancel", release);
    layer.addEventListener("keydown", type);
    // not at the layer: an SVG element that listens to focus becomes a stop of the Tab key itself
    layer.ownerSVGElement.parentElement.addEventListener("focusin", (event) => {
      const [x, y] = view.toPixel(positionOf(whichOf(event.target)));
      if (x < 0 || y < 0 || x > view.width || y > view.height) act.reveal();
    });

    function update(newModel, newView) {
      [model, view] = [newModel, newView];
      // the query comes last, so that it lies above a key that it meets
      for (const which of [...model.state.keys.keys(), "query"]) {
        if (!groups.has(which)) {
          groups.set(which, build(which));
          layer.append(groups.get(which));
        }
        const position = positionOf(which);
        const [x, y] = view.toPixel(position);
        const [left] = view.toPlane([0, 0]);
        const [right] = view.toPlane([view.width, 0]);
        const status = which === "query" ? null : model.keys[which].status;
        set(groups.get(which), {
          transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`,
          class: which === "query" ? "handle query"
            : `handle ${status}${status === "threshold" || status === "masked" ? " excluded" : ""}`,
          "aria-label": which === "query" ? "Query" : `Key ${which}, ${STATUS[status]}`,
          "aria-valuemin": Math.min(left, position[0]),
          "aria-valuemax": Math.max(right, position[0]),
          "aria-valuenow": position[0],
          "aria-valuetext": `x ${position[0]}, y ${position[1]}`,
        });
      }
      for (const which of [...groups.keys()]) {
        if (which !== "query" && which >= model.state.keys.length) {
          groups.get(which).remove();
          groups.delete(which);
        }
      }
      if (layer.lastChild !== groups.get("query")) {
        const focused = document.activeElement;
        layer.append(groups.get("query"));
        if (focused === groups.get("query")) focus("query");
      }
    }

    return { update, focus };
  }

  page.handles = { create, STATUS };
})((globalThis.gdaPage ??= {}));
