// Level lines of a function given on a grid, by marching squares.
(function (page) {
  "use strict";

  /**
   * Values on the corners of a grid of squares.
   * @returns {{columns: number, rows: number, cell: number, value: Float64Array}}
   */
  function sample(width, height, cell, f) {
    const columns = Math.ceil(width / cell) + 1;
    const rows = Math.ceil(height / cell) + 1;
    const value = new Float64Array(columns * rows);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) value[at++] = f(column * cell, row * cell);
    }
    return { columns, rows, cell, value };
  }

  const place = (from, to, level) => (level - from) / (to - from);
  const text = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;

  /** The path data of the line f = level. Corners at the level itself count as above it. */
  function line(grid, level) {
    const { columns, rows, cell, value } = grid;
    const parts = [];
    for (let row = 0; row + 1 < rows; row++) {
      for (let column = 0; column + 1 < columns; column++) {
        const at = row * columns + column;
        const [a, b, d, c] = [value[at], value[at + 1], value[at + columns], value[at + columns + 1]];
        const above = (a >= level) + 2 * (b >= level) + 4 * (c >= level) + 8 * (d >= level);
        if (above === 0 || above === 15) continue;
        const [x, y] = [column * cell, row * cell];
        const top = () => text(x + cell * place(a, b, level), y);
        const right = () => text(x + cell, y + cell * place(b, c, level));
        const bottom = () => text(x + cell * place(d, c, level), y + cell);
        const left = () => text(x, y + cell * place(a, d, level));
        // at a saddle of the square its centre says which corners belong together
        const joined = (above === 5 || above === 10) && (a + b + c + d) / 4 >= level;
        const segments = {
          1: [left, top], 14: [left, top], 2: [top, right], 13: [top, right],
          4: [right, bottom], 11: [right, bottom], 8: [bottom, left], 7: [bottom, left],
          3: [left, right], 12: [left, right], 6: [top, bottom], 9: [top, bottom],
          5: joined ? [top, right, bottom, left] : [left, top, right, bottom],
          10: joined ? [left, top, right, bottom] : [top, right, bottom, left],
        }[above];
        for (let n = 0; n < segments.length; n += 2) {
          parts.push(`M${segments[n]()}L${segments[n + 1]()}`);
        }
      }
    }
    return parts.join("");
  }

  page.contours = { sample, line };
})((globalThis.gdaPage ??= {}));
