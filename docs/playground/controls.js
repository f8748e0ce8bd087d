// The form: weight, precision, threshold, and the table in which points are typed.
(function (page) {
  "use strict";

  const { html, set, byId } = page.dom;
  const { read, print, copy } = page.state;

  /** A text field for one number; a number that is refused leaves the state alone and says why. */
  function numberField(label, reader, use) {
    const input = html("input", {
      type: "text", inputmode: "decimal", "aria-label": label, autocomplete: "off", spellcheck: "false",
    });
    const error = html("span", { class: "error", id: `error-${numberField.count++}`, hidden: true });
    input.addEventListener("change", () => {
      let value;
      try {
        value = reader(label, input.value);
      } catch (fault) {
        if (!(fault instanceof page.state.StateError)) throw fault;
        set(input, { "aria-invalid": "true", "aria-describedby": error.id });
        set(error, { hidden: false, role: "alert" });
        error.textContent = fault.message;
        return;
      }
      use(value);
    });
    const show = (value) => {
      set(input, { "aria-invalid": null, "aria-describedby": null });
      set(error, { hidden: true });
      input.value = print(value);
    };
    return { input, error, show };
  }
  numberField.count = 0;

  function slider(label, low, high, step, toValue, toPlace, use) {
    const input = html("input", { type: "range", min: low, max: high, step, "aria-label": label });
    input.addEventListener("input", () => use(toValue(Number(input.value))));
    const show = (value) => {
      input.value = String(Math.min(Math.max(toPlace(value), low), high));
      set(input, { "aria-valuetext": page.dom.shown(value) });
    };
    return { input, show };
  }

  const tidy = (value) => Number(value.toPrecision(3));

  function create(root, app) {
    const change = (name) => (value) => app.change((state) => (state[name] = value));
    const parts = [];

    function setting(name, key, reader, range, each) {
      const field = numberField(name, reader, change(key));
      const ranged = slider(`${name}, slider`, ...range, change(key));
      const box = html("div", { class: "setting", role: "group", "aria-label": name },
        html("span", { class: "name" }, name), ranged.input, field.input);
      const toggle = each && checkbox(each.label, (on) => app.change((state) => each.set(state, on)));
      if (toggle) box.append(toggle.label);
      const note = html("p", { class: "note" });
      box.append(field.error, note);
      root.append(box);
      parts.push((model) => {
        const { state } = model;
        const perKey = Boolean(each && state[each.key]);
        for (const input of [field.input, ranged.input]) input.disabled = perKey;
        if (document.activeElement !== field.input || field.input.value !== print(state[key])) {
          field.show(state[key]);
        }
        ranged.show(state[key]);
        if (toggle) toggle.input.checked = perKey;
        note.textContent = page.controls.NOTES[key](state);
      });
      return box;
    }

    setting("alpha", "alpha", read.alpha, [0.01, 0.99, 0.01, (v) => v, (v) => v], {
      key: "alphas", label: "one for each key",
      set: (state, on) => (state.alphas = on ? state.keys.map(() => state.alpha) : null),
    });
    setting("beta", "beta", read.beta,
      [-2, 2, 0.05, (v) => tidy(10 ** v), (v) => Math.log10(v)]);
    const box = setting("threshold", "tau", read.tau,
      [0, 0.8, 0.01, (v) => v, (v) => (Number.isFinite(v) ? v : v > 0 ? 0.8 : 0)], {
        key: "taus", label: "one for each key",
        set: (state, on) => (state.taus = on ? state.keys.map(() => state.tau) : null),
      });
    const none = html("button", { type: "button" }, "No threshold");
    none.addEventListener("click", () => app.change((state) => {
      state.tau = Infinity;
      state.taus = null;
    }));
    box.insertBefore(none, box.querySelector("label"));
    const points = pointsTable(byId("points"), app);
    return {
      update(model) {
        for (const part of parts) part(model);
        points(model);
      },
    };
  }

  function checkbox(text, use) {
    const input = html("input", { type: "checkbox" });
    input.addEventListener("change", () => use(input.checked));
    return { input, label: html("label", {}, input, ` ${text}`) };
  }

  /** Rows of fields; made anew only where their number or their columns change. */
  function pointsTable(table, app) {
    let made = "";
    let refresh = [];

    function cell(label, reader, get, put) {
      const field = numberField(label, reader, (value) => app.change((state) => put(state, value)));
      refresh.push((state) => {
        if (document.activeElement !== field.input || field.input.value !== print(get(state))) field.show(get(state));
      });
      return html("td", {}, field.input, field.error);
    }

    function build(state) {
      refresh = [];
      const head = ["point", "x", "y", state.alphas && "alpha", state.taus && "threshold", "may be selected", ""];
      table.tHead.replaceChildren(html("tr", {}, ...head.filter((text) => text !== null).map((text) =>
        html(text ? "th" : "td", text ? { scope: "col" } : {}, text))));
      const row = (name, get) => html("tr", {}, html("th", { scope: "row" }, name),
        ...[0, 1].map((axis) => cell(`${name}, ${"xy"[axis]}`, read.coordinate,
          (from) => get(from)[axis], (to, value) => (get(to)[axis] = value))));
      const body = [row("query", (of) => of.query)];
      const gap = (state.alphas ? 1 : 0) + (state.taus ? 1 : 0) + 2;
      body[0].append(html("td", { colspan: gap }));
      state.keys.forEach((_, index) => {
        const made = row(`key ${index}`, (of) => of.keys[index]);
        for (const [name, word, reader] of [["alphas", "alpha", read.alpha], ["taus", "threshold", read.tau]]) {
          if (state[name]) {
            made.append(cell(`key ${index}, ${word}`, reader, (of) => of[name][index],
              (to, value) => (to[name][index] = value)));
          }
        }
        const allowed = html("input", { type: "checkbox", "aria-label": `key ${index} may be selected` });
        allowed.addEventListener("change", () => app.change((to) => {
          to.masked = to.masked.filter((other) => other !== index);
          if (!allowed.checked) to.masked.push(index);
          to.masked.sort((a, b) => a - b);
        }));
        refresh.push((of) => (allowed.checked = !of.masked.includes(index)));
        const remove = html("button", { type: "button", "aria-label": `Remove key ${index}` }, "Remove");
        remove.addEventListener("click", () => app.remove(index));
        made.append(html("td", {}, allowed), html("td", {}, remove));
        body.push(made);
      });
      table.tBodies[0].replaceChildren(...body);
    }

    return ({ state }) => {
      const shape = JSON.stringify([state.keys.length, Boolean(state.alphas), Boolean(state.taus)]);
      if (shape !== made) build(state);
      made = shape;
      for (const part of refresh) part(state);
    };
  }

  const NOTES = {
    alpha: (state) => state.alphas
      ? "Each key has its own weight, in the table of points."
      : `On the query's well; the key's has ${page.dom.shown(1 - state.alpha)}.`,
    beta: () => "Precision: the separation is beta times the squared distance.",
    tau: (state) => state.taus
      ? "Each key has its own threshold, in the table of points."
      : state.tau === Infinity ? "inf: no threshold." : "A key is admitted if its energy is at most this.",
  };

  page.controls = { create, NOTES };
})((globalThis.gdaPage ??= {}));
