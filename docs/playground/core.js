// The mathematics of the playground: GD-Attention and what stands beside it, in one file.
//
// A classic script without dependencies. In a browser it sets `globalThis.gda`; in node it is also
// `module.exports`. Written from the text of the standard; clause ids stand beside what they
// define.
//
// Two arithmetics. What is drawn is computed in doubles. What is decided (the order of the keys,
// admission, `unique`, the number of stationary points) is decided as for real numbers, and the
// fields of a selected pair are rounded correctly: doubles with a proved bound come first, and
// where they do not tell, exact integers (distances) or balls of rising precision (energies) do.
"use strict";

(function (root) {
  // ---------------------------------------------------------------- arguments

  /** An argument of a wrong type. */
  class ArgumentTypeError extends TypeError {}

  /** An argument of the right type that is outside its domain, or of a wrong length. */
  class ArgumentRangeError extends RangeError {}

  const show = (x) => (typeof x === "object" && x !== null ? JSON.stringify(x) : String(x));

  function asNumber(name, x) {
    if (typeof x !== "number")
      throw new ArgumentTypeError(`${name}: expected a number, got ${show(x)}`);
    if (Number.isNaN(x)) throw new ArgumentRangeError(`${name}: expected a number, got NaN`);
    return x;
  }

  function asFinite(name, x) {
    if (!Number.isFinite(asNumber(name, x)))
      throw new ArgumentRangeError(`${name}: expected a finite number, got ${x}`);
    return x;
  }

  function asWeight(name, x) {
    if (!(asNumber(name, x) > 0 && x < 1))
      throw new ArgumentRangeError(`${name}: expected a number between 0 and 1, got ${x}`);
    return x;
  }

  function asPositive(name, x) {
    if (!(asFinite(name, x) > 0))
      throw new ArgumentRangeError(`${name}: expected a positive number, got ${x}`);
    return x;
  }

  function asSize(name, x) {
    if (!(asNumber(name, x) >= 0))
      throw new ArgumentRangeError(`${name}: expected a number of at least 0, got ${x}`);
    return x;
  }

  function asCount(name, x, least) {
    if (!Number.isInteger(asNumber(name, x)) || x < least)
      throw new ArgumentRangeError(`${name}: expected an integer of at least ${least}, got ${x}`);
    return x;
  }

  function asList(name, x) {
    if (!Array.isArray(x) && !ArrayBuffer.isView(x))
      throw new ArgumentTypeError(`${name}: expected an array, got ${show(x)}`);
    return x;
  }

  function asVector(name, x, dimension) {
    const size = asList(name, x).length;
    if (size === 0)
      throw new ArgumentRangeError(`${name}: expected at least one coordinate, got none`);
    if (dimension !== undefined && size !== dimension)
      throw new ArgumentRangeError(`${name}: expected ${dimension} coordinates, got ${size}`);
    for (let c = 0; c < size; c++) asFinite(`${name}[${c}]`, x[c]);
    return x;
  }

  const oneOrEach = (x, i) => (typeof x === "object" && x !== null ? x[i] : x);

  function asEach(name, x, count, check) {
    if (typeof x !== "object" || x === null) return check(name, x);
    if (asList(name, x).length !== count)
      throw new ArgumentRangeError(`${name}: expected one number or ${count}, got ${x.length}`);
    for (let i = 0; i < count; i++) check(`${name}[${i}]`, x[i]);
    return x;
  }

  // ---------------------------------------------------------------- dyadic numbers
  // {m, e} is the rational number m 2^e: every double is one, and so are sums and products.

  const scratch = new DataView(new ArrayBuffer(8));

  function dyadic(x) {
    scratch.setFloat64(0, x);
    const word = scratch.getBigUint64(0);
    const field = Number((word >> 52n) & 0x7ffn);
    const fraction = word & 0xfffffffffffffn;
    const m = field ? fraction | 0x10000000000000n : fraction;
    return { m: word >> 63n ? -m : m, e: (field || 1) - 1075 };
  }

  const shifted = (m, by) => (by >= 0 ? m << BigInt(by) : m >> BigInt(-by));
  const size = (m) => (m < 0n ? -m : m);
  const signOf = (m) => (m > 0n ? 1 : m < 0n ? -1 : 0);

  // Number of bits of an integer, 0 for 0.
  function bits(m) {
    if (m === 0n) return 0;
    const digits = size(m).toString(16);
    return 4 * digits.length - Math.clz32(parseInt(digits[0], 16)) + 28;
  }

  function difference(x, y) {
    const e = Math.min(x.e, y.e);
    return { m: shifted(x.m, x.e - e) - shifted(y.m, y.e - e), e };
  }

  const compareDyadic = (x, y) => signOf(difference(x, y).m);

  // The double nearest to m 2^e, ties to even.
  function nearest({ m, e }) {
    if (m === 0n) return 0;
    const sign = m < 0n ? -1 : 1;
    let whole = size(m);
    const top = bits(whole) + e; // |value| < 2^top
    const grid = Math.max(top - 53, -1074);
    const drop = grid - e;
    if (drop > 0) {
      const by = BigInt(drop);
      const rest = whole & ((1n << by) - 1n);
      const half = 1n << (by - 1n);
      whole >>= by;
      if (rest > half || (rest === half && whole & 1n)) whole += 1n;
    } else whole <<= BigInt(-drop);
    if (bits(whole) + grid > 1024) return sign * Infinity;
    // two factors: 2^grid alone may be too small for a double's normal range
    const half = Math.trunc(grid / 2);
    return sign * Number(whole) * 2 ** half * 2 ** (grid - half);
  }

  /**
   * A double in C99 hexadecimal, every bit of it; "inf", "-inf" and "nan" for the others.
   * @param {number} x
   * @returns {string}
   */
  function toHex(x) {
    if (Number.isNaN(x)) return "nan";
    if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
    if (x === 0) return Object.is(x, -0) ? "-0x0.0p+0" : "0x0.0p+0";
    scratch.setFloat64(0, x);
    const word = scratch.getBigUint64(0);
    const field = Number((word >> 52n) & 0x7ffn);
    const digits = (word & 0xfffffffffffffn).toString(16).padStart(13, "0");
    const power = field ? field - 1023 : -1022;
    const sign = word >> 63n ? "-" : "";
    return `${sign}0x${field ? 1 : 0}.${digits}p${power < 0 ? "" : "+"}${power}`;
  }

  /**
   * The double nearest to a number in C99 hexadecimal, or one of "inf", "-inf", "nan".
   * @param {string} text
   * @returns {number}
   */
  function fromHex(text) {
    const found =
      /^(-?)(?:0x([0-9a-f]+)(?:\.([0-9a-f]*))?p([+-]?\d{1,5})|(inf)|(nan))$/i.exec(text);
    if (typeof text !== "string" || found === null)
      throw new ArgumentRangeError(`text: expected a hexadecimal number, got ${show(text)}`);
    const [, sign, whole, fraction = "", power, infinite, nothing] = found;
    if (nothing) return NaN;
    const value = infinite
      ? Infinity
      : nearest({ m: BigInt(`0x${whole}${fraction}`), e: Number(power) - 4 * fraction.length });
    return sign ? -value : value;
  }

  // |q - k|^2 exactly (GDA-def-jump).
  function exactSquare(q, k) {
    const parts = [];
    for (let c = 0; c < q.length; c++) {
      const d = difference(dyadic(k[c]), dyadic(q[c]));
      if (d.m !== 0n) parts.push(d);
    }
    if (!parts.length) return { m: 0n, e: 0 };
    const e = parts.reduce((least, d) => Math.min(least, d.e), Infinity);
    let sum = 0n;
    for (const d of parts) {
      const whole = shifted(d.m, d.e - e);
      sum += whole * whole;
    }
    return { m: sum, e: 2 * e };
  }

  const product = (x, y) => ({ m: x.m * y.m, e: x.e + y.e });

  // ---------------------------------------------------------------- balls
  // {m, r, e} encloses a real number: it lies in (m - r, m + r) 2^e, ends included. Every operation
  // rounds outward to about p bits. What a ball is too wide for throws IMPRECISE, and the caller
  // comes back with more bits.

  const IMPRECISE = new Error("a ball is too wide");
  const MOST_BITS = 1 << 16;

  const ball = ({ m, e }) => ({ m, r: 0n, e });
  const integer = (n) => ({ m: BigInt(n), r: 0n, e: 0 });
  const scaled = (x, by) => ({ m: x.m, r: x.r, e: x.e + by });
  const negative = (x) => ({ m: -x.m, r: x.r, e: x.e });
  const middle = (x) => ({ m: x.m, r: 0n, e: x.e });

  function trimmed(m, r, e, p) {
    const drop = bits(m) - p;
    if (drop <= 0) return { m, r, e };
    const by = BigInt(drop);
    // the shift rounds down by less than one unit, and so does that of the radius
    return { m: m >> by, r: (r >> by) + 2n, e: e + drop };
  }

  function plus(x, y, p) {
    const e = Math.min(x.e, y.e);
    const [a, b] = [x.e - e, y.e - e];
    return trimmed(shifted(x.m, a) + shifted(y.m, b), shifted(x.r, a) + shifted(y.r, b), e, p);
  }

  const minus = (x, y, p) => plus(x, negative(y), p);

  const times = (x, y, p) =>
    trimmed(x.m * y.m, size(x.m) * y.r + size(y.m) * x.r + x.r * y.r, x.e + y.e, p);

  function over(x, y, p) {
    const [dividend, divisor] = [size(x.m), size(y.m)];
    if (divisor <= y.r) throw IMPRECISE;
    const by = Math.max(0, p + 4 + bits(divisor) - bits(dividend));
    const m = (x.m << BigInt(by)) / y.m;
    // |x/y - mid x/mid y| <= (|x| ry + |y| rx) / (|y| (|y| - ry)); then two truncations
    const off = (dividend * y.r + divisor * x.r) << BigInt(by);
    return trimmed(m, off / (divisor * (divisor - y.r)) + 2n, x.e - y.e - by, p);
  }

  function rootOf(x, p) {
    if (x.m <= x.r) throw IMPRECISE;
    let by = Math.max(0, 2 * p - bits(x.m));
    if ((x.e - by) % 2) by += 1;
    const square = x.m << BigInt(by);
    let m = 1n << BigInt((bits(square) + 1) >> 1);
    for (;;) {
      const next = (m + square / m) >> 1n;
      if (next >= m) break;
      m = next;
    }
    // |sqrt y - sqrt x| <= |y - x| / sqrt x, and the integer root is below by less than 1
    return { m, r: (x.r << BigInt(by)) / m + 2n, e: (x.e - by) / 2 };
  }

  // A ball's middle in units of 2^-w, rounded down.
  const fixed = (x, w) => shifted(x.m, x.e + w);

  const logTwo = new Map();

  // log 2 in units of 2^-w, less than 1 off: log 2 = 2 artanh(1/3).
  function fixedLogTwo(w) {
    let found = logTwo.get(w);
    if (found === undefined) {
      let term = (2n << BigInt(w + 20)) / 3n;
      let sum = 0n;
      for (let n = 1n; term > 0n; n += 2n, term /= 9n) sum += term / n;
      found = sum >> 20n;
      logTwo.set(w, found);
    }
    return found;
  }

  // sum of x^n / (n + lag)! for |x| <= 1/2 in units of 2^-w, lag 0 or 1. A term is rounded twice,
  // by less than a unit each, and what that does to later terms halves: 4 units a term.
  function exponential(x, w, lag) {
    const by = BigInt(w);
    let term = 1n << by;
    let sum = 0n;
    let count = 0;
    while (term !== 0n) {
      sum += term;
      count += 1;
      term = ((term * x) >> by) / BigInt(count + lag);
    }
    return { sum, off: BigInt(4 * count + 4) };
  }

  function expOf(x, p) {
    if (x.r && bits(x.r) + x.e > -2) throw IMPRECISE;
    const halvings = Math.round(Math.sqrt(p));
    const w = p + halvings + 44;
    const two = fixedLogTwo(w);
    const whole = fixed(x, w);
    const turns = (2n * whole + two) / (2n * two);
    const part = (whole - turns * two) >> BigInt(halvings);
    const { sum, off } = exponential(part, w, 0);
    let m = sum;
    for (let n = 0; n < halvings; n++) m = (m * m) >> BigInt(w);
    // A squaring doubles the relative error and adds two units. The argument is off by a unit and
    // by one for every log 2, and the result is below 2. A radius r <= 1/4 moves exp by 2 r exp.
    const r = ((off + 4n) << BigInt(halvings + 3)) + 2n * size(turns) + 4n;
    const wide = x.r ? shifted((m + r) * 2n * x.r, x.e) + 1n : 0n;
    return trimmed(m, r + wide, Number(turns) - w, p);
  }

  function expm1Of(x, p) {
    if (bits(x.m) + x.e > -1) return minus(expOf(x, p + 4), integer(1), p);
    if (x.r && bits(x.r) + x.e > -2) throw IMPRECISE;
    const w = p + 24;
    const { sum, off } = exponential(fixed(x, w), w, 1);
    const value = times(middle(x), { m: sum, r: off + 2n, e: -w }, p);
    // |x| <= 3/4 on the ball, and exp(3/4) < 3
    return x.r ? plus(value, { m: 0n, r: 3n * x.r, e: x.e }, p) : value;
  }

  // 2 artanh z for |z| <= 1/4.
  function artanhTwice(z, p) {
    const w = p + 24;
    const by = BigInt(w);
    const y = fixed(z, w);
    const square = (y * y) >> by;
    let term = 1n << by;
    let sum = 0n;
    let count = 0;
    for (; term !== 0n; count += 1) {
      sum += term / BigInt(2 * count + 1);
      term = (term * square) >> by;
    }
    const factor = { m: sum, r: BigInt(6 * count + 6), e: -w };
    const value = scaled(times(middle(z), factor, p), 1);
    // 2 artanh has a slope of at most 2/(1 - 1/9) < 3 where the ball leaves 1/4 by little
    if (z.r && bits(z.r) + z.e > -5) throw IMPRECISE;
    return plus(value, { m: 0n, r: 3n * z.r, e: z.e }, p);
  }

  function logOf(x, p) {
    if (x.m <= 2n * x.r) throw IMPRECISE;
    // x = f 2^k with f from 3/4 to 3/2
    const length = bits(x.m);
    const low = 4n * x.m < 3n << BigInt(length);
    const k = length + x.e - (low ? 1 : 0);
    const f = { m: x.m, r: 0n, e: low ? 1 - length : -length };
    const z = over(minus(f, integer(1), p + 8), plus(f, integer(1), p + 8), p + 8);
    const w = p + 24;
    const turns = times(integer(k), { m: fixedLogTwo(w), r: 1n, e: -w }, p + 8);
    // r moves the logarithm by at most r / (m - r) <= 2 r / m
    const off = { m: 0n, r: x.r ? (2n * x.r << BigInt(w)) / x.m + 1n : 0n, e: -w };
    return plus(plus(turns, artanhTwice(z, p + 8), p + 4), off, p);
  }

  function log1pOf(x, p) {
    if (bits(x.m) + x.e > -2) return logOf(plus(x, integer(1), p + 8), p);
    if (x.r && bits(x.r) + x.e > -2) throw IMPRECISE;
    const own = middle(x);
    const z = over(own, plus(own, integer(2), p + 8), p + 8);
    // 1 + x is at least 1/2 on the ball: the slope is at most 2
    return plus(artanhTwice(z, p + 8), { m: 0n, r: 2n * x.r, e: x.e }, p);
  }

  // The double nearest to every number of a ball.
  function rounded(x) {
    const low = nearest({ m: x.m - x.r, e: x.e });
    if (x.r && low !== nearest({ m: x.m + x.r, e: x.e })) throw IMPRECISE;
    return low;
  }

  // -1, 0 or 1; 0 only for balls without radius.
  function signOfBall(x) {
    if (size(x.m) <= x.r && x.r) throw IMPRECISE;
    return signOf(x.m);
  }

  // What `question` answers with the least of the precisions that it can answer with.
  function refine(question, first = 128) {
    for (let p = first; p <= MOST_BITS; p *= 2) {
      try {
        return question(p);
      } catch (error) {
        if (error !== IMPRECISE) throw error;
      }
    }
    throw new Error(`not decided with ${MOST_BITS} bits`);
  }

  // ---------------------------------------------------------------- one pair, in doubles

  // The lesser of the two weights, exactly: 1 - alpha is a double for alpha >= 1/2.
  const lighter = (alpha) => (alpha <= 0.5 ? alpha : 1 - alpha);

  // |h| (GDA-def-log-odds) of the lesser weight, by the forms that keep its relative precision.
  const oddsOf = (light) =>
    light > 0.25 ? Math.log1p((1 - 2 * light) / light) : Math.log1p(-light) - Math.log(light);

  // tanh z = z - z^3 c_1 - ..., from tanh' = 1 - tanh^2: what z - tanh z consists of near 0.
  const CURVE = [1];
  for (let n = 1; n < 14; n++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum -= CURVE[i] * CURVE[n - 1 - i];
    CURVE.push(sum / (2 * n + 1));
  }

  function lagOfTanh(z) {
    if (z > 0.25) return z - Math.tanh(z);
    let sum = 0;
    for (let n = CURVE.length - 1; n > 0; n--) sum = sum * z * z - CURVE[n];
    return sum * z * z * z;
  }

  // F(z) = z - h/2 - (separation/2) tanh z (GDA-thm-computation), for z >= 0, and its slope; what
  // cancels next to the critical point is taken together.
  function residual(z, separation, odds) {
    if (z > 0.25) return z - odds / 2 - (separation / 2) * Math.tanh(z);
    return (z * (2 - separation)) / 2 + (separation / 2) * lagOfTanh(z) - odds / 2;
  }

  function slope(z, separation) {
    const m = Math.tanh(z);
    if (z < 0.5) return (2 - separation) / 2 + (separation / 2) * m * m;
    return 1 - separation / 2 / Math.cosh(z) ** 2;
  }

  // The largest zero of F: Newton's iteration descends to it from (h + separation)/2.
  function zeroOf(separation, odds) {
    if (odds === 0 && separation <= 2) return 0;
    let z = (odds + separation) / 2;
    for (let n = 0; n < 400; n++) {
      const next = z - residual(z, separation, odds) / slope(z, separation);
      if (!(next < z && next >= 0)) break;
      z = next;
    }
    return z;
  }

  // The minor coordinate u = min(t*, 1 - t*) and the energy (GDA-thm-closed-form).
  function minorOf(separation, light) {
    if (separation === 0) return { minor: light, energy: 0 };
    if (light === 0.5 && separation <= 2) return { minor: 0.5, energy: separation / 4 };
    if (separation === Infinity) return { minor: 0, energy: -Math.log1p(-light) };
    const push = separation * Math.tanh(zeroOf(separation, oddsOf(light)));
    const minor = push < 700
      ? light / (light + (1 - light) * Math.exp(push))
      : (light / (1 - light)) * Math.exp(-push);
    const grown = push < 30
      ? minor * Math.expm1(push)
      : ((1 - minor) * light) / (1 - light) - minor;
    return { minor, energy: separation * minor * minor + Math.log1p(grown) };
  }

  // -log(alpha e^-x + (1 - alpha) e^-y), without cancellation near 0 and without underflow far off.
  function mixture(x, y, alpha) {
    const loss = alpha * Math.expm1(-x) + (1 - alpha) * Math.expm1(-y);
    if (loss > -0.5) return -Math.log1p(loss);
    const a = Math.log(alpha) - x;
    const b = Math.log1p(-alpha) - y;
    const top = Math.max(a, b);
    return top === -Infinity ? Infinity : -top - Math.log1p(Math.exp(Math.min(a, b) - top));
  }

  // Squared distance in doubles, NaN where it says nothing: a sum of D rounded squares of rounded
  // differences has a relative error below (D + 2) 2^-53 (1 + 2^-40), unless something overflows or
  // underflows, which a sum between these bounds excludes down to D 2^-1074.
  function plainSquare(q, k) {
    let sum = 0;
    for (let c = 0; c < q.length; c++) {
      const d = k[c] - q[c];
      sum += d * d;
    }
    return sum > 1e-280 && sum < 1e290 ? sum : NaN;
  }

  function separationOf(q, k, beta) {
    const value = beta * plainSquare(q, k);
    if (value > 1e-290 && value < 1e300) return value;
    return nearest(product(dyadic(beta), exactSquare(q, k)));
  }

  /**
   * The jump from a query to a key (GDA-def-jump).
   * @param {number[]} query
   * @param {number[]} key
   * @returns {{delta: number[], length: number, direction: number[]}} `direction` is zero where the
   *   key equals the query; `delta` and `length` may overflow to Infinity, `direction` does not.
   */
  function jump(query, key) {
    const d = asVector("query", query).length;
    asVector("key", key, d);
    const delta = Array.from(key, (x, c) => x - query[c]);
    // where a difference overflows, half of it does not; halves of subnormal numbers are inexact
    const unit = delta.every(Number.isFinite) ? 1 : 2;
    const parts = unit === 1 ? delta : Array.from(key, (x, c) => x / 2 - query[c] / 2);
    const top = parts.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    if (top === 0) return { delta, length: 0, direction: delta.map(() => 0) };
    const shares = parts.map((x) => x / top);
    const norm = Math.sqrt(shares.reduce((sum, x) => sum + x * x, 0));
    return { delta, length: unit * (top * norm), direction: shares.map((x) => x / norm) };
  }

  /**
   * Separation beta |k - q|^2 (GDA-def-separation); dimensionless. Infinity where it overflows.
   * @param {number[]} query
   * @param {number[]} key
   * @param {number} [beta=1] finite and positive
   * @returns {number}
   */
  function separation(query, key, beta = 1) {
    asVector("key", key, asVector("query", query).length);
    return separationOf(query, key, asPositive("beta", beta));
  }

  /**
   * Key log-odds log((1 - alpha)/alpha) (GDA-def-log-odds).
   * @param {number} alpha in (0, 1)
   * @returns {number}
   */
  function logOdds(alpha) {
    const odds = oddsOf(lighter(asWeight("alpha", alpha)));
    return alpha <= 0.5 ? odds : -odds;
  }

  /**
   * The landscape phi at a point (GDA-def-landscape).
   * @param {number[]} point
   * @param {number[]} query
   * @param {number[]} key
   * @param {number} [alpha=0.5] weight of the query's well, in (0, 1)
   * @param {number} [beta=1] finite and positive
   * @returns {number} at least 0; Infinity where it overflows
   */
  function landscape(point, query, key, alpha = 0.5, beta = 1) {
    const d = asVector("point", point).length;
    asVector("query", query, d);
    asVector("key", key, d);
    asWeight("alpha", alpha);
    asPositive("beta", beta);
    return mixture(separationOf(point, query, beta), separationOf(point, key, beta), alpha);
  }

  /**
   * The landscape along the axis, f(t) = phi(q + t (k - q)).
   * @param {number} coordinate any finite t: 0 is the query, 1 the key
   * @param {number} separation finite, at least 0
   * @param {number} [alpha=0.5] in (0, 1)
   * @returns {number}
   */
  function passage(coordinate, separation, alpha = 0.5) {
    const t = asFinite("coordinate", coordinate);
    asSize("separation", asFinite("separation", separation));
    asWeight("alpha", alpha);
    return mixture(separation * t * t, separation * (1 - t) * (1 - t), alpha);
  }

  /**
   * Alignment coordinate and energy of a separation (GDA-def-alignment-point, GDA-def-energy), in
   * doubles: for curves. `select` returns the correctly rounded ones.
   * @param {number} separation at least 0, Infinity allowed
   * @param {number} [alpha=0.5] in (0, 1)
   * @returns {{coordinate: number, minor: number, energy: number, deficit: number,
   *   coherence: number, unique: boolean}} `minor` is min(t, 1 - t) with its relative precision,
   *   `deficit` the ceiling less the energy.
   */
  function align(separation, alpha = 0.5) {
    asSize("separation", separation);
    const light = lighter(asWeight("alpha", alpha));
    const { minor, energy } = minorOf(separation, light);
    const far = minor > 0 ? separation * minor * minor : 0;
    return {
      coordinate: alpha <= 0.5 ? 1 - minor : minor,
      minor,
      energy,
      deficit: separation === 0 ? -Math.log1p(-light) : -Math.log1p(-minor) - far,
      coherence: Math.exp(-energy),
      unique: alpha !== 0.5 || separation <= 2,
    };
  }

  /**
   * Ceiling of the energy, -log max(alpha, 1 - alpha) (GDA-def-energy).
   * @param {number} [alpha=0.5] in (0, 1)
   * @returns {number}
   */
  const ceiling = (alpha = 0.5) => -Math.log1p(-lighter(asWeight("alpha", alpha)));

  /**
   * Coherence exp(-energy) (GDA-def-coherence).
   * @param {number} energy at least 0
   * @returns {number}
   */
  const coherence = (energy) => Math.exp(-asSize("energy", energy));

  /**
   * Spinodal field h_c of a separation (GDA-thm-counting): with log-odds inside it there are three
   * stationary points.
   * @param {number} separation at least 0
   * @returns {number} NaN below separation 2, where no field is spinodal
   */
  function spinodal(separation) {
    asSize("separation", separation);
    if (separation < 2) return NaN;
    if (separation === Infinity) return Infinity;
    const m = Math.sqrt((separation - 2) / separation);
    if (m > 0.7) return separation * m - 2 * Math.log1p(m) - Math.log(separation / 2);
    // separation = 2/(1 - m^2) makes the difference the series of 2 (2n/(2n+1)) m^(2n+1)
    let sum = 0;
    for (let n = 60; n > 0; n--) sum = sum * m * m + (2 * n) / (2 * n + 1);
    return 2 * sum * m * m * m;
  }

  /**
   * The number of stationary points on the passage (GDA-thm-counting), decided exactly.
   * @param {number} separation at least 0
   * @param {number} [alpha=0.5] in (0, 1)
   * @returns {0|1|3} 0 at separation 0, where every coordinate is the same point
   */
  function regime(separation, alpha = 0.5) {
    asSize("separation", separation);
    const light = lighter(asWeight("alpha", alpha));
    if (separation === 0) return 0;
    if (separation <= 2) return 1;
    if (light === 0.5 || separation === Infinity) return 3;
    const gap = oddsOf(light) / spinodal(separation) - 1;
    if (Math.abs(gap) > 2 ** -30) return gap < 0 ? 3 : 1;
    return refine((p) => {
      const y = ball(dyadic(separation));
      const m = rootOf(over(plus(y, integer(-2), p), y, p), p);
      const turned = minus(log1pOf(m, p), log1pOf(negative(m), p), p);
      const edge = minus(times(y, m, p), turned, p);
      return signOfBall(minus(edge, oddsBall(light, p), p)) > 0 ? 3 : 1;
    });
  }

  // The zeros x > 0 of x + h/2 - (separation/2) tanh x: the negative zeros of F, the saddle and the
  // metastable minimum. The function falls to artanh m_c and rises from there.
  function outerZeros(separation, odds) {
    const m = Math.sqrt((separation - 2) / separation);
    const turn = m < 0.5 ? Math.atanh(m) : Math.log1p(m) + Math.log(separation / 2) / 2;
    const value = (x) => residual(x, separation, -odds);
    const between = (low, high) => {
      for (;;) {
        const middle = (low + high) / 2;
        if (middle <= Math.min(low, high) || middle >= Math.max(low, high)) return middle;
        if (value(middle) > 0) low = middle;
        else high = middle;
      }
    };
    return [between(0, turn), between(separation / 2, turn)];
  }

  // t = sigmoid(h - separation tanh x), the coordinate at -x, by the weights.
  function backward(x, separation, light) {
    const shrunk = (1 - light) * Math.exp(-separation * Math.tanh(x));
    return shrunk / (shrunk + light);
  }

  /**
   * All stationary points on the passage, ascending (GDA-thm-stationarity, GDA-thm-barriers).
   * @param {number} separation finite, at least 0
   * @param {number} [alpha=0.5] in (0, 1)
   * @returns {{coordinate: number, energy: number,
   *   kind: "global" | "metastable" | "saddle"}[]} empty at separation 0. At alpha = 1/2 and
   *   separation above 2 both outer ones are "global".
   */
  function stationaryPoints(separation, alpha = 0.5) {
    asSize("separation", asFinite("separation", separation));
    const light = lighter(asWeight("alpha", alpha));
    const count = regime(separation, alpha);
    if (count === 0) return [];
    const { minor, energy } = minorOf(separation, light);
    // from the heavier well on: t and 1 - t, each with its own relative precision
    const found = [{ near: minor, far: 1 - minor, energy, kind: "global" }];
    if (count === 3 && light === 0.5) {
      found.push({ near: 0.5, far: 0.5, energy: separation / 4, kind: "saddle" });
      found.push({ near: 1 - minor, far: minor, energy, kind: "global" });
    } else if (count === 3) {
      outerZeros(separation, oddsOf(light)).forEach((x, n) => {
        const far = backward(x, separation, light);
        const height = passage(far, separation, light);
        found.push({ near: 1 - far, far, energy: height, kind: ["saddle", "metastable"][n] });
      });
    }
    const heavyQuery = alpha > 0.5;
    const points = found.map(({ near, far, ...rest }) => (
      { coordinate: heavyQuery ? near : far, ...rest }));
    return heavyQuery ? points : points.reverse();
  }

  /**
   * Heights of the saddle above the two minima (GDA-thm-barriers).
   * @param {number} separation finite, at least 0
   * @param {number} [alpha=0.5] in (0, 1)
   * @returns {{fromGlobal: number, fromMetastable: number} | null} null where there is no saddle
   */
  function barrier(separation, alpha = 0.5) {
    const points = stationaryPoints(separation, alpha);
    if (points.length !== 3) return null;
    const [deep, saddle, high] = alpha > 0.5 ? points : [...points].reverse();
    const fromMetastable = Math.max(saddle.energy - high.energy, 0);
    // in two parts: the first barrier is not the smaller one, whatever rounding does
    return { fromGlobal: fromMetastable + Math.max(high.energy - deep.energy, 0), fromMetastable };
  }

  /**
   * The energy at a length, as a threshold: E*(beta radius^2).
   * @param {number} radius at least 0, Infinity allowed
   * @param {number} [alpha=0.5] in (0, 1)
   * @param {number} [beta=1] finite and positive
   * @returns {number}
   */
  function threshold(radius, alpha = 0.5, beta = 1) {
    asSize("radius", radius);
    asWeight("alpha", alpha);
    asPositive("beta", beta);
    const value = radius === Infinity ? Infinity : separationOf([0], [radius], beta);
    return minorOf(value, lighter(alpha)).energy;
  }

  /**
   * Radius of a threshold (GDA-def-radius): the largest length that it admits.
   * @param {number} threshold any number, infinities included
   * @param {number} [alpha=0.5] in (0, 1)
   * @param {number} [beta=1] finite and positive
   * @returns {number} -Infinity for a negative threshold, Infinity at or above the real ceiling
   */
  function radius(threshold, alpha = 0.5, beta = 1) {
    asNumber("threshold", threshold);
    const light = lighter(asWeight("alpha", alpha));
    asPositive("beta", beta);
    if (threshold < 0) return -Infinity;
    if (threshold === 0) return 0;
    const reach = separationAt(threshold, light);
    return reach === Infinity ? Infinity : Math.sqrt(reach) / Math.sqrt(beta);
  }

  // The separation at which the energy is tau > 0; Infinity at or above the ceiling.
  function separationAt(tau, light) {
    if (tau === Infinity) return Infinity;
    if (light === 0.5 && tau <= 0.5) return 4 * tau;
    // the ceiling is no double: its distance from tau is formed before it is rounded
    const a = ball(dyadic(light));
    const [room, share] = refine((p) => {
      const gap = minus(negative(log1pOf(negative(a), p)), ball(dyadic(tau)), p);
      return signOfBall(gap) > 0 ? [rounded(gap), rounded(over(gap, a, p))] : [0, 0];
    });
    if (share === 0) return Infinity;
    // Where the weight is tiny, u = a exp(-y) and the deficit is u, both up to a factor 1 + 4 a y;
    // numbers of the size of the weight may be subnormal, their quotients are not.
    if (light < 2 ** -70) return tau < light / 2 ? -Math.log1p(-tau / light) : -Math.log(share);
    const reached = (y) => {
      const { minor, energy } = minorOf(y, light);
      return room > tau ? energy >= tau : -Math.log1p(-minor) - y * minor * minor <= room;
    };
    // the deficit is at most 4 light exp(2 - y)
    let low = 0;
    let high = Math.max(2 + Math.log(4) + Math.log(light) - Math.log(room), 0) + 1;
    high = Math.max(high, 1);
    for (;;) {
      const middle = low === 0 && high > 1e-300 ? high / 1024 : (low + high) / 2;
      if (middle <= low || middle >= high) return high;
      if (reached(middle)) high = middle;
      else low = middle;
    }
  }

  // ---------------------------------------------------------------- one pair, certified

  const oddsKept = new Map();

  // A ball around |h|: (1 - 2a)/a keeps the relative precision of h near a = 1/2.
  function oddsBall(light, p) {
    const name = `${light} ${p}`;
    let found = oddsKept.get(name);
    if (found === undefined) {
      if (oddsKept.size > 500) oddsKept.clear();
      const a = dyadic(light);
      const gap = difference({ m: 1n, e: 0 }, { m: a.m, e: a.e + 1 });
      found = log1pOf(over(ball(gap), ball(a), p), p);
      oddsKept.set(name, found);
    }
    return found;
  }

  // A ball around x = logit(1 - u) > 0, which solves x = h + separation tanh(x/2): the largest zero
  // of the convex function G(x) = x - h - separation tanh(x/2), negative between 0 and that zero
  // (GDA-thm-computation). Newton's steps prove nothing; the signs of G beside the result do.
  function logitBall(exact, light, p) {
    const y = trimmed(exact.m, 0n, exact.e, p);
    const odds = oddsBall(light, p);
    const bend = (x) => {
      const grown = expm1Of(x, p);
      return over(grown, plus(grown, integer(2), p), p);
    };
    const value = (x) => minus(minus(x, odds, p), times(y, bend(x), p), p);
    const rise = (x) => {
      const m = bend(x);
      const kept = minus(integer(1), times(m, m, p), p);
      return minus(integer(1), scaled(times(y, kept, p), -1), p);
    };
    let x = middle(firstGuess(exact, light, p));
    for (let n = 0; n < 80; n++) {
      const step = middle(over(middle(value(x)), middle(rise(x)), p));
      x = middle(minus(x, step, p));
      if (x.m <= 0n) throw IMPRECISE;
      // the steps square their error: half of the digits settled, the last step settled them all
      if (step.m === 0n || bits(step.m) + step.e < bits(x.m) + x.e - p / 2 - 4) break;
    }
    const [off, tilt] = [value(x), rise(x)];
    if (tilt.m <= tilt.r) throw IMPRECISE;
    const least = { m: 1n, r: 0n, e: bits(x.m) + x.e - p };
    const most = ball({ m: size(off.m) + off.r, e: off.e });
    const way = over(most, ball({ m: tilt.m - tilt.r, e: tilt.e }), p);
    const reach = middle(plus(scaled(way, 2), least, p));
    // off the ends by less than 2^-63 of the reach, which the radius below has room for
    const [low, high] = [middle(minus(x, reach, p + 64)), middle(plus(x, reach, p + 64))];
    if (low.m <= 0n) throw IMPRECISE;
    if (signOfBall(value(low)) >= 0 || signOfBall(value(high)) <= 0) throw IMPRECISE;
    return plus(x, { m: 0n, r: reach.m + (reach.m >> 20n) + 1n, e: reach.e }, p + 4);
  }

  function firstGuess(exact, light, p) {
    const y = nearest(exact);
    if (light === 0.5 && y < 2.001) {
      // x^2 = 12 (1 - 2/separation) next to the critical point; the separation exceeds 2
      const above = ball(difference(exact, TWO));
      return rootOf(over(scaled(times(above, integer(3), p), 2), ball(exact), p), p);
    }
    return ball(dyadic(2 * zeroOf(y, oddsOf(light))));
  }

  const TWO = { m: 2n, e: 0 };
  const isMidpoint = (exact, light) => light === 0.5 && compareDyadic(exact, TWO) <= 0;

  // A ball around the minor coordinate u = 1/(1 + exp(x)), for a separation that is not 0.
  const minorBall = (exact, light, p) =>
    over(integer(1), plus(expOf(logitBall(exact, light, p), p), integer(1), p), p);

  // A ball around the energy of a pair whose separation is not 0; exact at the midpoint.
  function energyBall(exact, light, p) {
    if (isMidpoint(exact, light)) return ball({ m: exact.m, e: exact.e - 2 });
    const a = ball(dyadic(light));
    if (nearest(exact) > p) {
      // The deficit is below 2 u, and u < 2 a exp(2 - separation) (GDA-thm-asymptotics); the
      // ceiling is above a. So the deficit is less than 4 exp(2 - p) < 2^-p of the ceiling.
      const top = negative(log1pOf(negative(a), p));
      return { m: top.m, r: top.r + shifted(size(top.m), -p) + 1n, e: top.e };
    }
    const minor = minorBall(exact, light, p);
    const major = minus(integer(1), minor, p);
    const part = trimmed(-exact.m, 0n, exact.e, p);
    const loss = (share, weight) =>
      times(weight, expm1Of(times(part, times(share, share, p), p), p), p);
    const sum = plus(loss(major, a), loss(minor, minus(integer(1), a, p)), p);
    return negative(log1pOf(sum, p));
  }

  // The fields of a pair, each the double nearest to the real number.
  function fieldsOf(q, k, exact, alpha) {
    const light = lighter(alpha);
    const whole = { m: 1n, e: 0 };
    // t as a dyadic number where it is one: at separation 0, and at the midpoint
    let share = null;
    if (exact.m === 0n) share = difference(whole, dyadic(alpha));
    else if (isMidpoint(exact, light)) share = { m: 1n, e: -1 };
    const jumps = Array.from(k, (x, c) => difference(dyadic(x), dyadic(q[c])));
    if (share !== null) {
      return {
        energy: nearest({ m: exact.m, e: exact.e - 2 }),
        coordinate: nearest(share),
        alignmentPoint: jumps.map((d, c) =>
          nearest(difference(dyadic(q[c]), product({ m: -d.m, e: d.e }, share)))),
      };
    }
    const energy = refine((p) => rounded(energyBall(exact, light, p)));
    return refine((p) => {
      // beyond 1472, u < exp(2 - 1472) < 2^-2110: it vanishes beside a double, and times a double
      const minor = nearest(exact) > 1472
        ? { m: 1n, r: 1n, e: -2110 }
        : minorBall(exact, light, p);
      const t = alpha <= 0.5 ? minus(integer(1), minor, p) : minor;
      return {
        energy,
        coordinate: rounded(t),
        alignmentPoint: jumps.map((d, c) =>
          rounded(plus(ball(dyadic(q[c])), times(t, ball(d), p), p))),
      };
    });
  }

  // ---------------------------------------------------------------- selection

  // Bounds of the energy in doubles, or null where they prove nothing. What is assumed of exp,
  // expm1, log, log1p, tanh and cosh is a relative error below 2^-40; engines keep about 2^-52.
  //
  // For every t the landscape is an upper bound of its minimum. Let z lie in a bracket of relative
  // width 2^-25 around the zero, which the signs of F at its ends prove beyond their own error.
  // Then u has a relative error below 2^-25 z, the landscape there exceeds the minimum by less than
  // separation (u 2^-25 z)^2, and the energy is at least separation u^2 (GDA-thm-closed-form): with
  // z < 450 a relative excess below 2^-32. A relative error of the separation enters with a factor
  // of at most 1 (GDA-thm-envelope), and rounding and the functions with less than 2^-36.
  const TRUST = 2 ** -30;

  function energyBounds(y, light) {
    if (y === 0) return null;
    if (!(y > 1e-200 && light > 1e-290)) return null;
    const top = -Math.log1p(-light);
    if (y > 64) return { low: top * (1 - TRUST), high: top * (1 + TRUST) };
    let value;
    if (light === 0.5 && y <= 2) value = y / 4;
    else {
      const odds = oddsOf(light);
      const z = zeroOf(y, odds);
      const blur = 2 ** -38 * (z + odds / 2 + (y / 2) * Math.tanh(z));
      const near = 2 ** -38 * ((z * Math.abs(2 - y)) / 2 + (y * z * z * z) / 5 + odds / 2);
      const noise = z > 0.2 ? blur : near;
      const width = 2 ** -26;
      if (!(residual(z * (1 - width), y, odds) < -noise)) return null;
      if (!(residual(z * (1 + width), y, odds) > noise)) return null;
      const { minor } = minorOf(y, light);
      value = mixture(y * (1 - minor) * (1 - minor), y * minor * minor, light);
    }
    return { low: value * (1 - TRUST), high: value * (1 + TRUST) };
  }

  // What is known of one key for one query; computed when asked for, and kept.
  class Pair {
    constructor(q, k, alpha, beta, index) {
      this.q = q;
      this.k = k;
      this.alpha = alpha;
      this.beta = beta;
      this.index = index;
      this.light = lighter(alpha);
      this.square = plainSquare(q, k);
      // relative: (D + 2) 2^-53 and a margin of more than 2
      this.off = (q.length + 8) * 2 ** -52;
      this.kept = {};
    }

    exactSquare() {
      return (this.kept.square ??= exactSquare(this.q, this.k));
    }

    exact() {
      return (this.kept.exact ??= product(dyadic(this.beta), this.exactSquare()));
    }

    same() {
      return !(this.square > 0) && this.exactSquare().m === 0n;
    }

    separation() {
      return (this.kept.separation ??= separationOf(this.q, this.k, this.beta));
    }

    bounds() {
      if (this.kept.bounds === undefined) {
        const y = this.separation();
        // of a separation outside this range the relative error is not that of `off`
        const plain = (y > 1e-200 && y < 1e290) || this.same() || y > 64;
        this.kept.bounds = plain && this.off < 2 ** -32 ? energyBounds(y, this.light) : null;
      }
      return this.kept.bounds;
    }

    // A cheap lower bound of the energy: with u <= 1/2 the mixture at the alignment point is at
    // most (1 - a) exp(0) + a exp(-separation/4).
    floor() {
      if (this.kept.floor === undefined) {
        const y = this.separation();
        const plain = y > 1e-200 && this.light > 1e-290 && this.off < 2 ** -32;
        const value = -Math.log1p(this.light * Math.expm1(-y / 4));
        this.kept.floor = plain ? value * (1 - TRUST) : 0;
      }
      return this.kept.floor;
    }

    energyBall(p) {
      return energyBall(this.exact(), this.light, p);
    }

    // Whether the energy, a real number, is at most tau (GDA-admit-threshold).
    within(tau) {
      if (tau === Infinity) return true;
      if (!(tau >= 0)) return false;
      if (this.same()) return true;
      if (tau === 0) return false;
      const bounds = this.bounds();
      if (bounds !== null) {
        if (bounds.high <= tau) return true;
        if (bounds.low > tau) return false;
      }
      // beyond the ceiling by more than its error nothing is excluded; a subnormal ceiling may be
      // off by half of itself
      if (this.light > 1e-290 && -Math.log1p(-this.light) * (1 + TRUST) <= tau) return true;
      return refine((p) => signOfBall(minus(this.energyBall(p), ball(dyadic(tau)), p)) <= 0);
    }

    // Sign of the difference of the energies, as real numbers (GDA-thm-decidability).
    compare(other) {
      if (this.light === other.light) return this.compareSquares(other);
      if (this.same() || other.same()) return Number(other.same()) - Number(this.same());
      const its = other.bounds();
      if (its !== null && this.floor() > its.high) return 1;
      const mine = this.bounds();
      if (mine !== null && its !== null) {
        if (mine.high < its.low) return -1;
        if (mine.low > its.high) return 1;
      }
      // the energy increases with the separation and with the lesser weight (GDA-thm-envelope,
      // GDA-thm-prior-monotone)
      const order = this.compareSquares(other);
      if (this.light < other.light && order <= 0) return -1;
      if (this.light > other.light && order >= 0) return 1;
      return refine((p) => signOfBall(minus(this.energyBall(p), other.energyBall(p), p)));
    }

    compareSquares(other) {
      const [a, b] = [this.square, other.square];
      if (a * (1 + this.off) < b * (1 - other.off)) return -1;
      if (a * (1 - this.off) > b * (1 + other.off)) return 1;
      return compareDyadic(this.exactSquare(), other.exactSquare());
    }

    unique() {
      if (this.alpha !== 0.5) return true;
      const y = this.separation();
      if (y < 2 * (1 - 2 * this.off)) return true;
      if (y > 2 * (1 + 2 * this.off)) return false;
      return compareDyadic(this.exact(), TWO) <= 0;
    }
  }

  // The selected pair of a checked problem, or null (GDA-def-selection).
  function selected(query, given) {
    let best = null;
    for (let i = 0; i < given.keys.length; i++) {
      if (given.mask !== undefined && !given.mask[i]) continue;
      const tau = oneOrEach(given.threshold, i);
      if (!(tau >= 0)) continue;
      const pair = new Pair(query, given.keys[i], oneOrEach(given.alpha, i), given.beta, i);
      // a later key needs a lesser energy
      if ((best === null || pair.compare(best) < 0) && pair.within(tau)) best = pair;
    }
    return best;
  }

  /**
   * A selection problem of one query.
   * @typedef {object} Problem
   * @property {number[]} query D finite coordinates
   * @property {number[][]} keys N keys of D finite coordinates; N may be 0
   * @property {number[][]} [values=keys] N rows of anything
   * @property {number | number[]} [alpha=0.5] in (0, 1), one or one a key
   * @property {number} [beta=1] finite and positive
   * @property {number | number[]} [threshold=Infinity] one or one a key
   * @property {boolean[]} [mask] true where a key may be selected; a masked key may hold anything
   * @property {*} [fill=0] output of an abstention
   */

  // The problem with its defaults, its arguments checked.
  function checked(problem) {
    if (typeof problem !== "object" || problem === null)
      throw new ArgumentTypeError(`problem: expected an object, got ${show(problem)}`);
    const given = { alpha: 0.5, beta: 1, threshold: Infinity, fill: 0 };
    for (const name of Object.keys(problem))
      if (problem[name] !== undefined) given[name] = problem[name];
    const count = asList("keys", given.keys).length;
    if (given.mask !== undefined && given.mask !== null) {
      if (asList("mask", given.mask).length !== count)
        throw new ArgumentRangeError(`mask: expected ${count} booleans, got ${given.mask.length}`);
      for (let i = 0; i < count; i++)
        if (typeof given.mask[i] !== "boolean")
          throw new ArgumentTypeError(`mask[${i}]: expected a boolean, got ${show(given.mask[i])}`);
    } else given.mask = undefined;
    asEach("alpha", given.alpha, count, asWeight);
    asPositive("beta", given.beta);
    asEach("threshold", given.threshold, count, asNumber);
    const read = (i) => given.mask === undefined || given.mask[i];
    const reads = Array.from({ length: count }, (_, i) => i).some(read);
    const size = asList("query", given.query).length;
    if (size === 0)
      throw new ArgumentRangeError("query: expected at least one coordinate, got none");
    if (reads) asVector("query", given.query);
    for (let i = 0; i < count; i++) {
      if (read(i)) asVector(`keys[${i}]`, given.keys[i], size);
      else if (asList(`keys[${i}]`, given.keys[i]).length !== size)
        throw new ArgumentRangeError(
          `keys[${i}]: expected ${size} coordinates, got ${given.keys[i].length}`);
    }
    if (given.values !== undefined && asList("values", given.values).length !== count)
      throw new ArgumentRangeError(`values: expected ${count} rows, got ${given.values.length}`);
    return given;
  }

  /**
   * Which keys are admitted, and why not (GDA-def-admission); energies in doubles, for display.
   * @param {Problem} problem
   * @returns {{admitted: boolean, reason: null | "masked" | "threshold", separation: number,
   *   energy: number, coordinate: number, alignmentPoint: number[] | null, ceiling: number,
   *   radius: number, unique: boolean}[]} one entry a key. A masked key is not read: its numbers
   *   are NaN.
   */
  function admission(problem) {
    const given = checked(problem);
    return given.keys.map((k, i) => entryOf(given, i));
  }

  function entryOf(given, i) {
    const alpha = oneOrEach(given.alpha, i);
    const tau = oneOrEach(given.threshold, i);
    const limits = { ceiling: ceiling(alpha), radius: radius(tau, alpha, given.beta) };
    if (given.mask !== undefined && !given.mask[i])
      return { admitted: false, reason: "masked", separation: NaN, energy: NaN, coordinate: NaN,
        alignmentPoint: null, unique: false, ...limits };
    const pair = new Pair(given.query, given.keys[i], alpha, given.beta, i);
    const admitted = pair.within(tau);
    const { minor, energy } = minorOf(pair.separation(), pair.light);
    const t = pair.same() ? 1 - alpha : alpha <= 0.5 ? 1 - minor : minor;
    const rest = pair.same() ? alpha : alpha <= 0.5 ? minor : 1 - minor;
    return {
      admitted,
      reason: admitted ? null : "threshold",
      separation: pair.separation(),
      energy,
      coordinate: t,
      alignmentPoint: Array.from(given.query, (x, c) =>
        x === given.keys[i][c] ? x : rest * x + t * given.keys[i][c]),
      unique: pair.unique(),
      ...limits,
    };
  }

  /**
   * GD-Attention for one query (GDA-def-selection, GDA-def-output): decided exactly, fields
   * correctly rounded.
   * @param {Problem} problem
   * @returns {{index: number, output: *, energy: number, coordinate: number,
   *   alignmentPoint: number[], unique: boolean}} where no key is admitted: index -1, the fill (in
   *   every component if it is a number), Infinity, 0, the query, false.
   */
  function select(problem) {
    const given = checked(problem);
    const best = selected(given.query, given);
    const values = given.values ?? given.keys;
    if (best === null) {
      const width = values.length ? values[0].length : given.query.length;
      const { fill } = given;
      const output = typeof fill === "number" ? new Array(width).fill(fill) : fill;
      return { index: -1, output, energy: Infinity, coordinate: 0,
        alignmentPoint: Array.from(given.query), unique: false };
    }
    return { index: best.index, output: values[best.index],
      ...fieldsOf(best.q, best.k, best.exact(), best.alpha), unique: best.unique() };
  }

  /**
   * The index alone, for many queries against the same keys: checks the problem once. For cells.
   * @param {Problem} problem `query` gives the dimension
   * @returns {(query: number[]) => number} index of the selected key, -1 for an abstention
   */
  function selector(problem) {
    const given = checked(problem);
    const size = given.query.length;
    return (query) => selected(asVector("query", query, size), given)?.index ?? -1;
  }

  /**
   * Reconstruction (GDA-def-reconstruction): the query moves to its alignment point, and again.
   * @param {Problem} problem
   * @param {object} [options]
   * @param {number} [options.tolerance=1e-12] separation at which it has converged, at least 0
   * @param {number} [options.maxSteps=100]
   * @returns {{status: "converged" | "stagnated" | "max_steps" | "abstained", steps: number,
   *   queries: number[][], indices: number[], energies: number[], coordinates: number[]}} one entry
   *   more than steps
   */
  function reconstruct(problem, { tolerance = 1e-12, maxSteps = 100 } = {}) {
    const given = checked(problem);
    asSize("tolerance", asFinite("tolerance", tolerance));
    asCount("maxSteps", maxSteps, 0);
    const stays = indexStays(given);
    const path = { status: "max_steps", steps: 0, queries: [], indices: [], energies: [],
      coordinates: [] };
    const limit = dyadic(tolerance);
    let query = Array.from(given.query);
    let index = null;
    for (;;) {
      // rounding may break what the theorem proves of exact steps: then the index before is kept
      if (index === null || !stays) index = selected(query, given)?.index ?? index ?? -1;
      path.queries.push(query);
      path.indices.push(index);
      if (index < 0) {
        path.energies.push(Infinity);
        path.coordinates.push(0);
        return { ...path, status: "abstained" };
      }
      const alpha = oneOrEach(given.alpha, index);
      const pair = new Pair(query, given.keys[index], alpha, given.beta, index);
      const fields = fieldsOf(query, pair.k, pair.exact(), alpha);
      path.energies.push(fields.energy);
      path.coordinates.push(fields.coordinate);
      if (compareDyadic(pair.exact(), limit) <= 0) return { ...path, status: "converged" };
      if (path.steps === maxSteps) return path;
      const next = fields.alignmentPoint;
      if (next.every((x, c) => x === query[c])) return { ...path, status: "stagnated" };
      query = next;
      path.steps += 1;
    }
  }

  // Whether all keys that the mask allows have one weight and one threshold: then the index stays
  // (GDA-thm-reconstruction).
  function indexStays(given) {
    const read = given.keys.map((_, i) => i).filter((i) => given.mask?.[i] ?? true);
    return read.every((i) =>
      oneOrEach(given.alpha, i) === oneOrEach(given.alpha, read[0]) &&
      oneOrEach(given.threshold, i) === oneOrEach(given.threshold, read[0]));
  }

  // ---------------------------------------------------------------- operators beside it
  // For contrast; definitions as in the modules of gd_attention.prior that are named. A score of
  // -Infinity hides its key. Where nothing is left, all weights are 0.

  function asScores(name, scores) {
    for (let i = 0; i < asList(name, scores).length; i++)
      if (asNumber(`${name}[${i}]`, scores[i]) === Infinity)
        throw new ArgumentRangeError(
          `${name}[${i}]: expected a finite number or -Infinity, got Infinity`);
    return scores;
  }

  const largest = (scores) => scores.reduce((top, x) => Math.max(top, x), -Infinity);

  /**
   * Softmax, dense blending [1, 2] (prior.gibbs).
   * @param {number[]} scores
   * @param {number} [scale=1] finite and positive; multiplies the scores
   * @returns {number[]} weights
   */
  function softmax(scores, scale = 1) {
    asScores("scores", scores);
    asPositive("scale", scale);
    const top = largest(scores);
    const powers = Array.from(scores, (x) => (x === -Infinity ? 0 : Math.exp(scale * (x - top))));
    const sum = powers.reduce((total, x) => total + x, 0);
    return powers.map((x) => (sum > 0 ? x / sum : 0));
  }

  /**
   * Sparsemax [3]: the projection of the scores onto the simplex (prior.sparsemax).
   * @param {number[]} scores
   * @returns {number[]} weights, exact zeros outside the support
   */
  function sparsemax(scores) {
    asScores("scores", scores);
    const top = largest(scores);
    // a score 1 below the largest has no weight
    const gaps = Array.from(scores, (x) => (x === -Infinity ? -1 : Math.max(x - top, -1)));
    const ranked = gaps.filter((x) => x > -1).sort((a, b) => b - a);
    let [sum, level] = [0, 0];
    ranked.forEach((x, n) => {
      sum += x;
      if (1 + (n + 1) * x > sum) level = (sum - 1) / (n + 1);
    });
    return gaps.map((x, i) => (scores[i] === -Infinity ? 0 : Math.max(x - level, 0)));
  }

  /**
   * Top-k [7]: softmax of the k largest scores, of equal ones the first (prior.topk).
   * @param {number[]} scores
   * @param {number} k at least 1; more than there are means all
   * @param {number} [scale=1] finite and positive
   * @returns {number[]} weights, zeros outside
   */
  function topK(scores, k, scale = 1) {
    asScores("scores", scores);
    asCount("k", k, 1);
    const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
    const kept = new Set(order.slice(0, k));
    return softmax(Array.from(scores, (x, i) => (kept.has(i) ? x : -Infinity)), scale);
  }

  /**
   * Unique-hard attention [18, 19]: the index of the largest score (prior.unique_hard).
   * @param {number[]} scores
   * @param {"leftmost" | "rightmost"} [tie="leftmost"]
   * @returns {number} -1 where every score is -Infinity
   */
  function hard(scores, tie = "leftmost") {
    asScores("scores", scores);
    if (tie !== "leftmost" && tie !== "rightmost")
      throw new ArgumentRangeError(`tie: expected "leftmost" or "rightmost", got ${show(tie)}`);
    const top = largest(scores);
    if (top === -Infinity) return -1;
    return tie === "leftmost" ? scores.indexOf(top) : scores.lastIndexOf(top);
  }

  /**
   * The blend of the rows of values.
   * @param {number[]} weights
   * @param {number[][]} values one row a weight
   * @returns {number[]} a weight of 0 keeps out whatever its row holds
   */
  function blend(weights, values) {
    const count = asList("weights", weights).length;
    if (asList("values", values).length !== count)
      throw new ArgumentRangeError(`values: expected ${count} rows, got ${values.length}`);
    const sum = new Array(count ? values[0].length : 0).fill(0);
    weights.forEach((weight, i) => {
      if (weight !== 0) sum.forEach((x, c) => (sum[c] = x + weight * values[i][c]));
    });
    return sum;
  }

  function scoresOf(query, keys, mask, score) {
    const size = asList("query", query).length;
    return asList("keys", keys).map((k, i) => {
      if (mask !== undefined && !mask[i]) return -Infinity;
      return score(asVector("query", query), asVector(`keys[${i}]`, k, size));
    });
  }

  /**
   * Inner products of a query with the keys, the scores of dot-product attention.
   * @param {number[]} query
   * @param {number[][]} keys
   * @param {boolean[]} [mask] true where a key takes part
   * @returns {number[]}
   */
  const dotScores = (query, keys, mask) =>
    scoresOf(query, keys, mask, (q, k) => q.reduce((sum, x, c) => sum + x * k[c], 0));

  /**
   * Negative separations, -beta |q - k|^2: the scores for which hard attention is GD-Attention with
   * one weight and no threshold.
   * @param {number[]} query
   * @param {number[][]} keys
   * @param {number} [beta=1] finite and positive
   * @param {boolean[]} [mask] true where a key takes part
   * @returns {number[]}
   */
  const distanceScores = (query, keys, beta = 1, mask = undefined) =>
    scoresOf(query, keys, mask, (q, k) => -separation(q, k, beta));

  /**
   * Scaled dot-product attention [2], softmax(q k / sqrt(D)) (prior.dot_product).
   * @param {number[]} query
   * @param {number[][]} keys
   * @param {number[][]} [values=keys]
   * @param {boolean[]} [mask]
   * @returns {{weights: number[], output: number[]}}
   */
  function attention(query, keys, values = keys, mask = undefined) {
    const weights = softmax(dotScores(query, keys, mask), 1 / Math.sqrt(query.length));
    return { weights, output: blend(weights, values) };
  }

  /**
   * One update of a modern Hopfield network [9], X^T softmax(beta X state) (prior.hopfield).
   * @param {number[][]} patterns
   * @param {number[]} state
   * @param {number} [beta=1] finite and positive
   * @param {boolean[]} [mask]
   * @returns {{weights: number[], output: number[]}}
   */
  function hopfield(patterns, state, beta = 1, mask = undefined) {
    const weights = softmax(dotScores(state, patterns, mask), asPositive("beta", beta));
    return { weights, output: blend(weights, patterns) };
  }

  /**
   * Softmin of the energies over the admitted keys (GDA-thm-relaxation): the smooth operator whose
   * limit for temperature to 0 is the selection.
   * @param {Problem} problem
   * @param {number} [temperature=1] finite and positive
   * @returns {number[]} weights, 0 for a key that is not admitted
   */
  function softmin(problem, temperature = 1) {
    asPositive("temperature", temperature);
    const scores = admission(problem).map((one) => (one.admitted ? -one.energy : -Infinity));
    return softmax(scores, 1 / temperature);
  }

  const prior = { softmax, sparsemax, topK, hard, blend, dotScores, distanceScores, attention,
    hopfield, softmin };

  const gda = { ArgumentTypeError, ArgumentRangeError, toHex, fromHex, jump, separation, logOdds,
    landscape, passage, align, ceiling, coherence, spinodal, regime, stationaryPoints, barrier,
    threshold, radius, admission, select, selector, reconstruct, prior };

  root.gda = gda;
  if (typeof module === "object" && module.exports) module.exports = gda;
})(typeof globalThis === "object" ? globalThis : this);
