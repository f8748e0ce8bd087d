"use strict";
// GD-Attention in plain JavaScript, behind the line protocol of the standard: run
//   gd-attention verify --command "node examples/javascript/gda.js"
// Contract float64: separations by the difference form, energies in doubles.

const CAPABILITIES = ["alpha", "alpha-per-key", "beta", "threshold", "threshold-per-key", "mask",
  "values", "fill", "batch", "empty", "masked-nan", "mixed-dtype"];
const FIELDS = ["index", "output", "energy", "coordinate", "alignment_point", "unique"];
const DEFAULTS = {
  alpha: { dtype: "float64", shape: [], data: ["0x1p-1"] },
  beta: { dtype: "float64", shape: [], data: ["0x1p+0"] },
  threshold: { dtype: "float64", shape: [], data: ["inf"] },
  mask: { dtype: "bool", shape: [], data: [true] },
  fill: { dtype: "float64", shape: [], data: ["0x0p+0"] },
};

// The protocol's numbers. Hexadecimal floats carry every bit; integers may come as strings.
const bits = new DataView(new ArrayBuffer(8));

function toHex(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const fraction = (word & 0xfffffffffffffn).toString(16).padStart(13, "0");
  const sign = word >> 63n ? "-" : "";
  const power = exponent ? exponent - 1023 : -1022;
  return `${sign}0x${exponent ? 1 : 0}.${fraction}p${power < 0 ? "" : "+"}${power}`;
}

function toNumber(item) {
  const hex = /^(-?)0x([0-9a-f])(?:\.([0-9a-f]*))?p([+-]\d+)$/.exec(item);
  if (hex) {
    const fraction = hex[3] || "";
    const size = parseInt(hex[2] + fraction, 16) * 2 ** (Number(hex[4]) - 4 * fraction.length);
    return hex[1] ? -size : size;
  }
  const names = { inf: Infinity, "-inf": -Infinity, nan: NaN };
  return item in names ? names[item] : Number(item);
}

// An item of fill in the dtype of values, which represents it.
function asItem(item, from, to) {
  if (to.startsWith("float")) return from.startsWith("float") ? item : toHex(toNumber(item));
  const whole = from.startsWith("float") ? BigInt(toNumber(item)) : BigInt(item);
  const safe = whole <= 2n ** 53n && whole >= -(2n ** 53n);
  return safe ? Number(whole) : whole.toString();
}

// Where an element of a broadcast array lies: `array` aligned at the right with `shape`.
function offsets(array, shape) {
  const strides = new Array(shape.length).fill(0);
  let step = 1;
  for (let axis = array.shape.length - 1; axis >= 0; axis--) {
    const size = array.shape[axis];
    if (size !== 1) strides[axis + shape.length - array.shape.length] = step;
    step *= size;
  }
  return (place) => place.reduce((sum, p, axis) => sum + p * strides[axis], 0);
}

function broadcast(...shapes) {
  const result = [];
  for (let back = 1; back <= Math.max(...shapes.map((shape) => shape.length)); back++) {
    const sizes = shapes.map((shape) => (back <= shape.length ? shape[shape.length - back] : 1));
    const size = sizes.find((n) => n !== 1);
    result.unshift(size === undefined ? 1 : size);
  }
  return result;
}

function* places(shape, from = 0) {
  if (from === shape.length) yield [];
  else
    for (let i = 0; i < shape[from]; i++)
      for (const rest of places(shape, from + 1)) yield [i, ...rest];
}

// Coordinate and energy of a pair. With h the log-odds of the heavier weight and
// z = (h + separation * m) / 2, the alignment point solves m = tanh(z); Newton's method comes from
// the right, where the function is convex and increases.
function align(separation, alpha) {
  const light = Math.min(alpha, 1 - alpha);
  if (separation === 0) return { left: alpha, right: 1 - alpha, energy: 0 };
  if (alpha === 0.5 && separation <= 2) return { left: 0.5, right: 0.5, energy: separation / 4 };
  let minor = 0;
  let energy = -Math.log1p(-light);
  if (separation < Infinity) {
    const odds = light > 0.25
      ? Math.log1p((1 - 2 * light) / light)
      : Math.log1p(-light) - Math.log(light);
    let z = odds / 2 + separation / 2;
    for (let step = 0; step < 200; step++) {
      const m = Math.tanh(z);
      const slope = 1 - (separation / 2) * (1 - m * m);
      const next = z - (z - odds / 2 - (separation / 2) * m) / slope;
      if (slope <= 0 || !(next < z)) break;
      z = next;
    }
    const push = separation * Math.tanh(z);
    if (push < 30) {
      minor = light / (light + (1 - light) * Math.exp(push));
      energy = separation * minor * minor + Math.log1p(minor * Math.expm1(push));
    } else {
      const faded = light * Math.exp(-push);
      minor = faded / (faded + 1 - light);
      energy = separation * minor * minor
        + Math.log1p(((1 - minor) * light) / (1 - light) - minor);
    }
  }
  // at alpha = 1/2 the point lies on the key's side
  const [left, right] = alpha <= 0.5 ? [minor, 1 - minor] : [1 - minor, minor];
  return { left, right, energy };
}

function select(inputs) {
  const given = { values: inputs.keys, ...DEFAULTS, ...inputs };
  const number = (name) => given[name].data.map(toNumber);
  const [query, keys, alpha, threshold] = ["query", "keys", "alpha", "threshold"].map(number);
  const beta = number("beta")[0];
  const batch = broadcast(...["query", "keys", "values"].map((n) => given[n].shape.slice(0, -2)));
  const [m, d] = given.query.shape.slice(-2);
  const [n, v] = given.values.shape.slice(-2);
  const at = {
    query: offsets(given.query, [...batch, m, d]),
    keys: offsets(given.keys, [...batch, n, d]),
    values: offsets(given.values, [...batch, n, v]),
    alpha: offsets(given.alpha, [...batch, n]),
    threshold: offsets(given.threshold, [...batch, m, n]),
    mask: offsets(given.mask, [...batch, m, n]),
    fill: offsets(given.fill, [...batch, m, v]),
  };
  const range = (size) => Array.from({ length: size }, (_, i) => i);
  const found = { index: [], output: [], energy: [], coordinate: [], point: [], unique: [] };
  for (const place of places([...batch, m])) {
    const b = place.slice(0, -1);
    const q = range(d).map((c) => query[at.query([...place, c])]);
    const weights = range(n).map((i) => alpha[at.alpha([...b, i])]);
    const shared = weights.every((weight) => weight === weights[0]);
    let best = null;
    for (let i = 0; i < n; i++) {
      if (!given.mask.data[at.mask([...place, i])]) continue; // and read nothing of the pair
      const k = range(d).map((c) => keys[at.keys([...b, i, c])]);
      const separation = beta * k.reduce((sum, x, c) => sum + (x - q[c]) ** 2, 0);
      const pair = align(separation, weights[i]);
      const limit = threshold[at.threshold([...place, i])];
      const same = k.every((x, c) => x === q[c]);
      // the energy of another key may underflow to 0, but is not 0
      const admitted = same ? limit >= 0 : limit > 0 && pair.energy <= limit;
      const rank = shared ? separation : pair.energy;
      if (admitted && (best === null || rank < best.rank))
        best = { i, k, rank, ...pair, unique: weights[i] !== 0.5 || separation <= 2 };
    }
    found.index.push(best ? best.i : -1);
    found.energy.push(toHex(best ? best.energy : Infinity));
    found.coordinate.push(toHex(best ? best.right : 0));
    found.unique.push(best ? best.unique : false);
    for (let c = 0; c < d; c++) {
      const moved = best && best.k[c] !== q[c];
      found.point.push(toHex(moved ? best.left * q[c] + best.right * best.k[c] : q[c]));
    }
    for (let c = 0; c < v; c++)
      found.output.push(best
        ? given.values.data[at.values([...b, best.i, c])]
        : asItem(given.fill.data[at.fill([...place, c])], given.fill.dtype, given.values.dtype));
  }
  const shape = [...batch, m];
  return {
    index: { dtype: "int64", shape, data: found.index },
    output: { dtype: given.values.dtype, shape: [...shape, v], data: found.output },
    energy: { dtype: "float64", shape, data: found.energy },
    coordinate: { dtype: "float64", shape, data: found.coordinate },
    alignment_point: { dtype: "float64", shape: [...shape, d], data: found.point },
    unique: { dtype: "bool", shape, data: found.unique },
  };
}

function answer({ cmd, id, inputs }) {
  if (cmd === "start")
    return { protocol: "gda-lines/1", name: "gda.js", version: "1.0", contract: "float64",
      capabilities: CAPABILITIES, fields: FIELDS };
  return { id, result: select(inputs) };
}

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.cmd === "stop") process.exit(0);
  process.stdout.write(JSON.stringify(answer(message)) + "\n");
});
