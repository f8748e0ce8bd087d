// The marks of the plots. Each differs from the others in shape, not in colour alone.
(function (page) {
  "use strict";

  const ring = (n, from, radii) =>
    Array.from({ length: n }, (_, i) => {
      const angle = from + (2 * Math.PI * i) / n;
      const radius = radii[i % radii.length];
      return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
    }).join("L");
  const closed = (n, from, ...radii) => `M${ring(n, from, radii)}Z`;
  const UP = -Math.PI / 2;
  const circle = (r) => `M${-r} 0A${r} ${r} 0 1 1 ${r} 0A${r} ${r} 0 1 1 ${-r} 0Z`;

  const SHAPES = {
    disc: circle(5),
    diamond: closed(4, UP, 8),
    triangle: closed(3, UP, 7.5),
    wedge: closed(3, -UP, 7.5),
    square: closed(4, UP / 2, 7),
    pentagon: closed(5, UP, 7),
    hexagon: closed(6, UP, 7),
    star: closed(10, UP, 8.5, 3.6),
    plus: "M-7 0H7M0 -7V7",
    cross: "M-5.5 -5.5L5.5 5.5M-5.5 5.5L5.5 -5.5",
    bars: "M-6 -3H6M-6 3H6",
    dot: circle(2.6),
    ring: circle(8),
  };

  /** A mark at the origin; `kind` is the class that gives it its colours. */
  function mark(shape, kind, attributes = {}) {
    return page.dom.svg("path", { d: SHAPES[shape], class: `mark ${kind}`, ...attributes });
  }

  function placed(shape, kind, [x, y], title) {
    const path = mark(shape, kind, { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})` });
    if (title) path.append(page.dom.svg("title", {}, title));
    return path;
  }

  /** The same mark as a picture for a legend. */
  function icon(shape, kind) {
    const picture = page.dom.svg("svg", {
      viewBox: "-10 -10 20 20", width: 18, height: 18, "aria-hidden": "true", class: "icon",
    });
    picture.append(mark(shape, kind));
    return picture;
  }

  page.marks = { mark, placed, icon };
})((globalThis.gdaPage ??= {}));
