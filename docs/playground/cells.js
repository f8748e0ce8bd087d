// Where in the plane a query selects which key: borders between cells, and areas of one label.
//
// The label of a place is asked of the operator itself. Squares whose corners and marked places agree are
// taken as whole; the others are quartered down to the finest size. There the border crosses
// an edge between two labels at a place found by bisection. So straight and curved borders are
// drawn alike, and no formula for a border is assumed. A cell narrower than the coarse squares
// that holds none of the marked places can be missed; the numbers of the page are not read from here.
(function (page) {
  "use strict";

  const COARSE = 32;
  const HALVINGS = 6;

  const text = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const polygon = (corners) => `M${corners.map(text).join("L")}Z`;

  /**
   * @param {number} width, height Pixels.
   * @param {(pixel: number[]) => number} label Label of a place.
   * @param {number[][]} marks Places at which a small cell may lie, in pixels.
   * @param {number} finest Size of the smallest squares, in pixels.
   * @returns {{border: string, areas: Map<number, string>}} Path data, areas by label.
   */
  function trace(width, height, label, marks, finest) {
    const known = new Map();
    const at = (x, y) => {
      const name = x * 16384 + y;
      if (!known.has(name)) known.set(name, label([x, y]));
      return known.get(name);
    };
    const border = [];
    const areas = new Map();
    const add = (of, piece) => {
      if (!areas.has(of)) areas.set(of, []);
      areas.get(of).push(piece);
    };

    function crossing(from, to, first) {
      let [low, high] = [from, to];
      for (let n = 0; n < HALVINGS; n++) {
        const middle = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
        if (label(middle) === first) low = middle;
        else high = middle;
      }
      return [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
    }

    function smallest(corners, labels) {
      // going round the square: corners and crossings; a run of one label is one piece
      const round = [];
      const cuts = [];
      for (let n = 0; n < 4; n++) {
        const next = (n + 1) % 4;
        round.push([corners[n], labels[n]]);
        if (labels[n] !== labels[next]) {
          const cut = crossing(corners[n], corners[next], labels[n]);
          cuts.push(cut);
          round.push([cut, null]);
        }
      }
      const middle = [0, 1].map((axis) => cuts.reduce((sum, cut) => sum + cut[axis], 0) / cuts.length);
      if (cuts.length === 2) border.push(`M${text(cuts[0])}L${text(cuts[1])}`);
      else for (const cut of cuts) border.push(`M${text(cut)}L${text(middle)}`);
      const start = round.findIndex(([, of]) => of === null);
      const turned = [...round.slice(start), ...round.slice(0, start), round[start]];
      let piece = [];
      for (const [place, of] of turned) {
        piece.push(place);
        if (of !== null) piece.label = of;
        else if (piece.label !== undefined) {
          if (cuts.length !== 2) piece.push(middle);
          add(piece.label, polygon(piece));
          piece = [place];
        }
      }
    }

    function square(x, y, size) {
      const corners = [[x, y], [x + size, y], [x + size, y + size], [x, y + size]];
      const labels = corners.map(([a, b]) => at(a, b));
      const same = labels.every((of) => of === labels[0]);
      const marked = marks.some(([a, b]) => a >= x && a < x + size && b >= y && b < y + size);
      const middle = size > finest ? at(x + size / 2, y + size / 2) : labels[0];
      if (same && middle === labels[0] && (!marked || size <= finest)) {
        add(labels[0], polygon(corners));
      } else if (size <= finest) {
        smallest(corners, labels);
      } else {
        const half = size / 2;
        for (const [a, b] of [[x, y], [x + half, y], [x, y + half], [x + half, y + half]]) {
          square(a, b, half);
        }
      }
    }

    for (let y = 0; y < height; y += COARSE) {
      for (let x = 0; x < width; x += COARSE) square(x, y, COARSE);
    }
    const joined = new Map([...areas].map(([of, pieces]) => [of, pieces.join("")]));
    return { border: border.join(""), areas: joined };
  }

  page.cells = { trace };
})((globalThis.gdaPage ??= {}));
