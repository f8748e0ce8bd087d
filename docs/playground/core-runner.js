// The core of the playground behind the line protocol of the standard (chapter 17):
//   gd-attention verify --command "node docs/playground/core-runner.js"
//
// Shapes, dtypes and the rules on bad calls are here; what is selected, and every number of it,
// comes from core.js, one query at a time. The contract is `exact`, with every capability.
"use strict";

const gda = require("./core.js");

const { ArgumentTypeError, ArgumentRangeError } = gda;

const DECLARATION = {
  protocol: "gda-lines/1",
  name: "gd-attention playground",
  version: "1.0",
  contract: "exact",
  capabilities: ["alpha", "alpha-per-key", "beta", "threshold", "threshold-per-key", "mask",
    "values", "fill", "batch", "masked-nan", "empty", "errors", "mixed-dtype"],
  fields: ["index", "output", "energy", "coordinate", "alignment_point", "unique"],
};

// Precision in bits, exponent of the least positive number, exponent that no number reaches.
const FLOATS = {
  float64: [53, -1074, 1024],
  float32: [24, -149, 128],
  float16: [11, -24, 16],
  bfloat16: [8, -133, 128],
};
const INTEGER = /^(u?)int(8|16|32|64)$/;

const number = (dtype, value) => ({ dtype, shape: [], data: [value] });
const DEFAULTS = {
  alpha: number("float64", "0x1p-1"),
  beta: number("float64", "0x1p+0"),
  threshold: number("float64", "inf"),
  mask: number("bool", true),
  fill: number("float64", "0x0p+0"),
};
const NAMES = ["query", "keys", "values", ...Object.keys(DEFAULTS)];

const sizeOf = (shape) => shape.reduce((size, n) => size * n, 1);

// ---------------------------------------------------------------- arrays

// An argument: its items as they came, their numbers, and where an integer is no double.
function read(name, array) {
  const isArray = typeof array === "object" && array !== null
    && typeof array.dtype === "string" && Array.isArray(array.shape) && Array.isArray(array.data);
  if (!isArray) throw new ArgumentTypeError(`${name}: expected an array of dtype, shape and data`);
  const { dtype, shape, data } = array;
  if (name === "mask" ? dtype !== "bool" : !(dtype in FLOATS || INTEGER.test(dtype)))
    throw new ArgumentTypeError(
      `${name}: expected ${name === "mask" ? "booleans" : "real numbers"}, got dtype ${dtype}`);
  if (!shape.every((n) => Number.isInteger(n) && n >= 0) || data.length !== sizeOf(shape))
    throw new ArgumentRangeError(
      `${name}: expected as many elements as shape [${shape}] says, got ${data.length}`);
  if (name === "mask") return { dtype, shape, items: data, numbers: data, inexact: null };
  const numbers = new Float64Array(data.length);
  let inexact = null;
  data.forEach((item, place) => {
    if (dtype in FLOATS) numbers[place] = fromItem(name, item);
    else {
      const whole = wholeItem(name, item);
      numbers[place] = Number(whole);
      if (BigInt(numbers[place]) !== whole) (inexact ??= new Set()).add(place);
    }
  });
  return { dtype, shape, items: data, numbers, inexact };
}

function fromItem(name, item) {
  try {
    return gda.fromHex(item);
  } catch {
    throw new ArgumentRangeError(
      `${name}: expected hexadecimal floats, got ${JSON.stringify(item)}`);
  }
}

// JSON's own numbers are doubles: beyond 2^53 they may have been rounded on their way.
function wholeItem(name, item) {
  if (Number.isInteger(item) && Math.abs(item) <= 2 ** 53) return BigInt(item);
  if (typeof item === "string" && /^-?\d{1,20}$/.test(item)) return BigInt(item);
  throw new ArgumentRangeError(
    `${name}: expected integers, as strings beyond 2^53, got ${JSON.stringify(item)}`);
}

function broadcast(shapes) {
  const rank = shapes.reduce((most, { shape }) => Math.max(most, shape.length), 0);
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const { name, shape } of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1 && size !== 1 && own !== size)
        throw new ArgumentRangeError(
          `${name}: expected leading dimensions that broadcast, got ${own} beside ${size}`);
      if (own !== 1) size = own;
    }
    return size;
  });
}

// Where the elements of an array lie that broadcasts to `shape` without enlarging it: a function of
// the position, an array of indices.
function aligned(name, array, shape) {
  const ahead = shape.length - array.shape.length;
  const fits = ahead >= 0 && array.shape.every((n, axis) => n === 1 || n === shape[axis + ahead]);
  if (!fits)
    throw new ArgumentRangeError(
      `${name}: expected a shape that broadcasts to [${shape}], got [${array.shape}]`);
  const strides = new Array(shape.length).fill(0);
  let step = 1;
  for (let axis = array.shape.length - 1; axis >= 0; axis--) {
    if (array.shape[axis] !== 1) strides[axis + ahead] = step;
    step *= array.shape[axis];
  }
  return (position) => position.reduce((sum, n, axis) => sum + n * strides[axis], 0);
}

function* positions(shape) {
  if (sizeOf(shape) === 0) return;
  const position = new Array(shape.length).fill(0);
  for (;;) {
    yield position;
    let axis = shape.length - 1;
    while (axis >= 0 && ++position[axis] === shape[axis]) position[axis--] = 0;
    if (axis < 0) return;
  }
}

// ---------------------------------------------------------------- rules of a call

function readArguments(inputs) {
  if (typeof inputs !== "object" || inputs === null)
    throw new ArgumentTypeError("inputs: expected an object");
  for (const name of Object.keys(inputs))
    if (!NAMES.includes(name))
      throw new ArgumentTypeError(`${name}: expected one of ${NAMES.join(", ")}`);
  const given = {};
  for (const name of NAMES) {
    const array = inputs[name] ?? DEFAULTS[name];
    if (array !== undefined) given[name] = read(name, array);
    else if (name !== "values") throw new ArgumentTypeError(`${name}: expected an array, got none`);
  }
  given.values ??= given.keys;
  return given;
}

function checkShapes({ query, keys, values, beta }) {
  for (const [name, { shape }] of Object.entries({ query, keys, values }))
    if (shape.length < 2)
      throw new ArgumentRangeError(`${name}: expected at least 2 dimensions, got [${shape}]`);
  const [d, other] = [query.shape.at(-1), keys.shape.at(-1)];
  if (d < 1) throw new ArgumentRangeError("query: expected a dimension of at least 1, got 0");
  if (other !== d) throw new ArgumentRangeError(`keys: expected dimension ${d}, got ${other}`);
  const [n, rows] = [keys.shape.at(-2), values.shape.at(-2)];
  if (rows !== n) throw new ArgumentRangeError(`values: expected ${n} rows, got ${rows}`);
  if (beta.shape.length)
    throw new ArgumentRangeError(`beta: expected a number, got shape [${beta.shape}]`);
}

// alpha, beta and threshold are arguments, not rows that a pair reads: a mask excuses nothing.
function checkNumbers(name, { numbers, inexact, items }, expected, holds) {
  const place = numbers.findIndex((x, i) => !holds(x) || (inexact !== null && inexact.has(i)));
  if (place >= 0)
    throw new ArgumentRangeError(
      `${name}: expected ${expected}, got ${items[place]} at element ${place}`);
}

// The item of fill in the dtype of the values; an error where that dtype does not hold it.
function filled(item, from, to) {
  const refused = () => new ArgumentRangeError(
    `fill: expected numbers that ${to} represents, got ${item}`);
  const whole = from in FLOATS ? null : wholeItem("fill", item);
  const value = whole === null ? fromItem("fill", item) : Number(whole);
  if (to in FLOATS) {
    const exact = whole === null || BigInt(value) === whole;
    if (!exact || !holdsFloat(value, ...FLOATS[to])) throw refused();
    return gda.toHex(value);
  }
  if (whole === null && !Number.isInteger(value)) throw refused();
  const integer = whole ?? BigInt(value);
  const [, unsigned, bits] = INTEGER.exec(to);
  const cast = (unsigned ? BigInt.asUintN : BigInt.asIntN)(Number(bits), integer);
  if (cast !== integer) throw refused();
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer.toString();
}

function holdsFloat(value, precision, least, limit) {
  if (value === 0 || !Number.isFinite(value)) return true;
  if (Math.abs(value) >= 2 ** Math.min(limit, 1023) * (limit > 1023 ? 2 : 1)) return false;
  // the grid of the format at this size
  let exponent = Math.floor(Math.log2(Math.abs(value)));
  if (2 ** exponent > Math.abs(value)) exponent -= 1;
  if (2 ** (exponent + 1) <= Math.abs(value)) exponent += 1;
  return Number.isInteger(value / 2 ** Math.max(exponent - precision + 1, least));
}

// ---------------------------------------------------------------- the call

function call(inputs) {
  const given = readArguments(inputs);
  checkShapes(given);
  const { query, keys, values } = given;
  const batch = broadcast(["query", "keys", "values"].map((name) => (
    { name, shape: given[name].shape.slice(0, -2) })));
  const [m, d] = query.shape.slice(-2);
  const [n, v] = values.shape.slice(-2);
  const at = {};
  for (const [name, tail] of Object.entries({ query: [m, d], keys: [n, d], values: [n, v],
    alpha: [n], threshold: [m, n], mask: [m, n], fill: [m, v] }))
    at[name] = aligned(name, given[name], [...batch, ...tail]);
  checkNumbers("alpha", given.alpha, "numbers between 0 and 1", (x) => x > 0 && x < 1);
  checkNumbers("beta", given.beta, "a positive number", (x) => x > 0 && x < Infinity);
  checkNumbers("threshold", given.threshold, "numbers", (x) => !Number.isNaN(x));
  const fills = given.fill.items.map((item) => filled(item, given.fill.dtype, values.dtype));

  const row = (name, start, size) => given[name].numbers.subarray(start, start + size);
  const demandExact = (name, start) => {
    for (let c = 0; given[name].inexact !== null && c < d; c++)
      if (given[name].inexact.has(start + c))
        throw new ArgumentRangeError(`${name}: expected integers that float64 represents, got `
          + `${given[name].items[start + c]}`);
  };
  const found = { index: [], output: [], energy: [], coordinate: [], point: [], unique: [] };
  for (const position of positions([...batch, m])) {
    const outer = position.slice(0, -1);
    const range = Array.from({ length: n }, (_, i) => i);
    const mask = range.map((i) => given.mask.items[at.mask([...position, i])]);
    const starts = range.map((i) => at.keys([...outer, i, 0]));
    const start = at.query([...position, 0]);
    if (mask.includes(true)) demandExact("query", start);
    range.forEach((i) => mask[i] && demandExact("keys", starts[i]));
    const one = gda.select({
      query: row("query", start, d),
      keys: starts.map((place) => row("keys", place, d)),
      alpha: range.map((i) => given.alpha.numbers[at.alpha([...outer, i])]),
      beta: given.beta.numbers[0],
      threshold: range.map((i) => given.threshold.numbers[at.threshold([...position, i])]),
      mask,
    });
    found.index.push(one.index);
    found.energy.push(gda.toHex(one.energy));
    found.coordinate.push(gda.toHex(one.coordinate));
    found.unique.push(one.unique);
    for (const x of one.alignmentPoint) found.point.push(gda.toHex(x));
    // rows are copied as they came and never computed with
    for (let c = 0; c < v; c++)
      found.output.push(one.index >= 0
        ? values.items[at.values([...outer, one.index, c])]
        : fills[at.fill([...position, c])]);
  }
  const shape = [...batch, m];
  return {
    index: { dtype: "int64", shape, data: found.index },
    output: { dtype: values.dtype, shape: [...shape, v], data: found.output },
    energy: { dtype: "float64", shape, data: found.energy },
    coordinate: { dtype: "float64", shape, data: found.coordinate },
    alignment_point: { dtype: "float64", shape: [...shape, d], data: found.point },
    unique: { dtype: "bool", shape, data: found.unique },
  };
}

// ---------------------------------------------------------------- the protocol

function answer({ id, inputs }) {
  try {
    return { id, result: call(inputs) };
  } catch (error) {
    let kind = "Error";
    if (error instanceof ArgumentTypeError) kind = "TypeError";
    if (error instanceof ArgumentRangeError) kind = "ValueError";
    return { id, error: { kind, message: error.message } };
  }
}

// A line that is no message has no id to answer with.
function refuse(line, reason) {
  process.stderr.write(`core-runner: ${reason}: ${line.slice(0, 200)}\n`);
  process.exit(2);
}

function respond(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return refuse(line, "expected a line of JSON");
  }
  const { cmd, id, protocol } = message ?? {};
  if (cmd === "stop") return process.exit(0);
  if (cmd === "start" && protocol === DECLARATION.protocol) return DECLARATION;
  if (cmd === "run" && Number.isInteger(id)) return answer(message);
  return refuse(line, `expected a message of ${DECLARATION.protocol}`);
}

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(respond(line))}\n`);
});
