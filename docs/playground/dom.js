// Making and changing elements, and the way in which numbers are shown.
(function (page) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) element.removeAttribute(name);
      else element.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children) element.append(child);
    return element;
  }

  const html = (name, attributes = {}, ...children) =>
    fill(document.createElement(name), attributes, children);
  const svg = (name, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);
  const set = (element, attributes) => fill(element, attributes, []);
  const byId = (id) => document.getElementById(id);

  /** Six significant digits, for reading; the full number stands in the element's value. */
  function shown(value) {
    if (Number.isNaN(value)) return "none";
    if (value === Infinity) return "∞";
    if (value === -Infinity) return "−∞";
    const rounded = Number(value.toPrecision(6));
    const size = Math.abs(rounded);
    const text = size !== 0 && (size < 1e-4 || size >= 1e6)
      ? rounded.toExponential()
      : String(rounded);
    return text.replace(/-/g, "−").replace("e+", "e");
  }

  /** A number in the page: short to read, exact in its attribute. */
  function datum(value, name) {
    return html("data", { value: page.state.print(value), "data-name": name }, shown(value));
  }

  const pointDatum = (point, name) => {
    const cell = html("span", {}, "(");
    point.forEach((value, axis) => {
      if (axis) cell.append(", ");
      cell.append(datum(value, `${name}-${"xy"[axis]}`));
    });
    cell.append(")");
    return cell;
  };

  page.dom = { html, svg, set, byId, shown, datum, pointDatum };
})((globalThis.gdaPage ??= {}));
