// From the plane to pixels and back, and the grids of round numbers on both axes.
(function (page) {
  "use strict";

  /** The window on the plane: centre and half width in the plane, size in pixels. */
  function make([x, y, half], width, height) {
    const scale = Math.min(width, height) / (2 * half);
    const toPixel = ([a, b]) => [width / 2 + (a - x) * scale, height / 2 - (b - y) * scale];
    const toPlane = ([a, b]) => [x + (a - width / 2) / scale, y - (b - height / 2) / scale];
    return { width, height, scale, toPixel, toPlane };
  }

  /** The power of ten next below a length. */
  const decade = (length) => 10 ** Math.floor(Math.log10(length));

  /** A step of 1, 2 or 5 times a power of ten, so that about `count` steps fill `span`. */
  function roundStep(span, count) {
    const raw = span / count;
    const unit = decade(raw);
    const factor = raw / unit;
    return (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10) * unit;
  }

  /** The multiple of `step`, a power of ten times 1, 2 or 5, nearest to `value`, without a tail. */
  function snapped(value, step) {
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const multiple = Math.round(value / step) * step;
    // toFixed knows at most 100 digits; a finer step leaves the number alone
    return digits > 100 ? value : Number(multiple.toFixed(digits)) + 0;
  }

  /** Round numbers inside an interval. */
  function ticks(low, high, count) {
    const step = roundStep(high - low, count);
    const found = [];
    for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(snapped(n * step, step));
    return found;
  }

  /** A window that shows all points with a margin; square, on round numbers. */
  function fitted(points) {
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const reach = Math.max(right - left, high - low, 1e-3) * 0.68;
    const step = decade(reach) / 10;
    return [
      snapped(left / 2 + right / 2, step),
      snapped(low / 2 + high / 2, step),
      snapped(reach, step) + step,
    ];
  }

  /**
   * The part of a segment inside a rectangle round the window, null if there is none. Browsers take
   * seconds for dashes along lines of millions of pixels.
   */
  function clipped([a, b], { width, height }) {
    const room = width + height;
    let [from, to] = [0, 1];
    for (const [axis, most] of [[0, width + room], [1, height + room]]) {
      const way = b[axis] - a[axis];
      const ends = [(-room - a[axis]) / way, (most - a[axis]) / way].sort((x, y) => x - y);
      if (way !== 0) [from, to] = [Math.max(from, ends[0]), Math.min(to, ends[1])];
      else if (a[axis] < -room || a[axis] > most) return null;
    }
    if (from > to) return null;
    return [from, to].map((t) => [0, 1].map((axis) => a[axis] + t * (b[axis] - a[axis])));
  }

  page.view = { clipped, make, decade, roundStep, snapped, ticks, fitted };
})((globalThis.gdaPage ??= {}));
