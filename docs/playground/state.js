// The state of the page: one plain object, its checks, and its form in the address.
//
// Numbers are written as JavaScript prints them: the shortest decimal that reads back as the same
// float64. So an address holds the state exactly, and a call in any other language can repeat it.
(function (page) {
  "use strict";

  const MOST_KEYS = 50;
  // the core takes every float; a picture of numbers beyond these shows nothing
  const FARTHEST = 1e9;
  const LAYERS = ["landscape", "cells", "path", "others"];

  const DEFAULTS = Object.freeze({
    query: [-1, -0.5],
    keys: [[1.2, 0.6], [-0.4, 1.9], [0.9, -1.7], [-2.3, 0.8]],
    masked: [],
    // null: the key's own numbers count
    alpha: 0.4,
    alphas: null,
    beta: 1,
    tau: Infinity,
    taus: null,
    // "selected" follows the selected key, a number stays on that key
    pair: "selected",
    step: 0,
    view: [0, 0, 3],
    layers: LAYERS,
  });

  class StateError extends Error {}

  function number(name, text, expected, holds) {
    const trimmed = String(text).trim();
    const value = trimmed === "inf" ? Infinity : trimmed === "-inf" ? -Infinity : Number(trimmed);
    if (trimmed === "" || Number.isNaN(value) || !holds(value)) {
      throw new StateError(`${name}: expected ${expected}, got ${JSON.stringify(text)}`);
    }
    return value;
  }

  // Also used by the form, so that a field and the address refuse the same numbers.
  const read = {
    coordinate: (name, text) =>
      number(name, text, "a number from -1e9 to 1e9", (v) => Math.abs(v) <= FARTHEST),
    alpha: (name, text) =>
      number(name, text, "a number between 0 and 1, both excluded", (v) => v > 0 && v < 1),
    beta: (name, text) =>
      number(name, text, "a number from 1e-9 to 1e9", (v) => v >= 1 / FARTHEST && v <= FARTHEST),
    tau: (name, text) => number(name, text, "a number, inf or -inf", () => true),
    count: (name, text) =>
      number(name, text, "a whole number from 0", (v) => Number.isSafeInteger(v) && v >= 0),
  };

  function print(value) {
    return value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
  }

  function point(name, text, length, reader) {
    const parts = text.split(",");
    if (parts.length !== length) {
      throw new StateError(`${name}: expected ${length} numbers, got ${JSON.stringify(text)}`);
    }
    return parts.map((part) => reader(name, part));
  }

  const list = (text) => (text === "" ? [] : text.split(";"));

  /** The fragment of the address that stands for a state, without the "#". */
  function encode(state) {
    const fields = [
      ["q", state.query.map(print).join(",")],
      ["k", state.keys.map((key) => key.map(print).join(",")).join(";")],
      state.alphas ? ["alphas", state.alphas.map(print).join(";")] : ["alpha", print(state.alpha)],
      ["beta", print(state.beta)],
      state.taus ? ["taus", state.taus.map(print).join(";")] : ["tau", print(state.tau)],
    ];
    if (state.masked.length) fields.push(["masked", state.masked.join(";")]);
    if (state.pair !== "selected") fields.push(["pair", String(state.pair)]);
    if (state.step) fields.push(["step", String(state.step)]);
    fields.push(["view", state.view.map(print).join(",")]);
    if (state.layers.length !== LAYERS.length) fields.push(["show", state.layers.join(";")]);
    return fields.map(([name, text]) => `${name}=${text}`).join("&");
  }

  /** The state that a fragment stands for; throws a StateError that names the field. */
  function decode(fragment) {
    const state = copy(DEFAULTS);
    const fields = new Map();
    for (const part of fragment.replace(/^#/, "").split("&").filter(Boolean)) {
      const at = part.indexOf("=");
      const name = at < 0 ? part : part.slice(0, at);
      if (fields.has(name)) throw new StateError(`${name}: given twice`);
      fields.set(name, at < 0 ? "" : decodeURIComponent(part.slice(at + 1)));
    }
    const take = (name, use) => {
      if (fields.has(name)) use(fields.get(name));
      fields.delete(name);
    };
    take("q", (text) => (state.query = point("q", text, 2, read.coordinate)));
    take("k", (text) => (state.keys = list(text).map((part) => point("k", part, 2, read.coordinate))));
    take("alpha", (text) => (state.alpha = read.alpha("alpha", text)));
    take("alphas", (text) => (state.alphas = list(text).map((part) => read.alpha("alphas", part))));
    take("beta", (text) => (state.beta = read.beta("beta", text)));
    take("tau", (text) => (state.tau = read.tau("tau", text)));
    take("taus", (text) => (state.taus = list(text).map((part) => read.tau("taus", part))));
    take("masked", (text) => (state.masked = list(text).map((part) => read.count("masked", part))));
    take("pair", (text) => (state.pair = text === "selected" ? text : read.count("pair", text)));
    take("step", (text) => (state.step = read.count("step", text)));
    take("view", (text) => (state.view = point("view", text, 3, read.coordinate)));
    take("show", (text) => (state.layers = LAYERS.filter((layer) => list(text).includes(layer))));
    for (const name of fields.keys()) throw new StateError(`${name}: not a field of this page`);
    return checked(state);
  }

  /** The state itself if its parts fit together, else a StateError. */
  function checked(state) {
    const count = state.keys.length;
    const fail = (text) => {
      throw new StateError(text);
    };
    if (count > MOST_KEYS) fail(`k: expected at most ${MOST_KEYS} keys, got ${count}`);
    for (const name of ["alphas", "taus"]) {
      if (state[name] && state[name].length !== count) {
        fail(`${name}: expected one number for each of ${count} keys, got ${state[name].length}`);
      }
    }
    for (const index of state.masked) {
      if (index >= count) fail(`masked: expected keys below ${count}, got ${index}`);
    }
    if (new Set(state.masked).size !== state.masked.length) fail("masked: a key is given twice");
    if (state.pair !== "selected" && state.pair >= count) {
      fail(`pair: expected a key below ${count}, got ${state.pair}`);
    }
    if (!(state.view[2] >= 1 / FARTHEST)) fail(`view: expected a half width of at least 1e-9, got ${state.view[2]}`);
    return state;
  }

  function copy(state) {
    return {
      ...state,
      query: [...state.query],
      keys: state.keys.map((key) => [...key]),
      masked: [...state.masked],
      alphas: state.alphas && [...state.alphas],
      taus: state.taus && [...state.taus],
      view: [...state.view],
      layers: [...state.layers],
    };
  }

  const drop = (list, index) => list && list.filter((_, place) => place !== index);

  /** The state with a key more. */
  function withKey(state, position) {
    const next = copy(state);
    next.keys.push([...position]);
    if (next.alphas) next.alphas.push(next.alpha);
    if (next.taus) next.taus.push(next.tau);
    return next;
  }

  /** The state without key `index`; later keys move up. */
  function withoutKey(state, index) {
    const next = copy(state);
    const moved = (other) => (other > index ? other - 1 : other);
    next.keys = drop(next.keys, index);
    next.alphas = drop(next.alphas, index);
    next.taus = drop(next.taus, index);
    next.masked = next.masked.filter((other) => other !== index).map(moved);
    if (next.pair !== "selected") next.pair = next.pair === index ? "selected" : moved(next.pair);
    return next;
  }

  const alphaOf = (state, index) => (state.alphas ? state.alphas[index] : state.alpha);
  const tauOf = (state, index) => (state.taus ? state.taus[index] : state.tau);

  page.state = {
    DEFAULTS, LAYERS, MOST_KEYS, StateError, read, print, encode, decode, checked, copy, withKey,
    withoutKey, alphaOf, tauOf,
  };
})((globalThis.gdaPage ??= {}));
