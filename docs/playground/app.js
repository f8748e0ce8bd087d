// One state, one model of it, and everything drawn from the model, once a frame.
(function (page) {
  "use strict";

  const { html, byId } = page.dom;
  const { StateError, DEFAULTS, LAYERS, copy, checked, decode, encode } = page.state;

  const REST = 250; // milliseconds without a change, after which the fine picture and the address follow
  const app = {
    state: null,
    // derived when it is asked for: pointers move more often than frames are drawn
    get model() {
      return (model ??= page.model.derive(app.state));
    },
  };
  let model = null;
  let frame = 0;
  let rest = 0;
  let settled = 0;
  let views = null;

  function notice(text) {
    byId("notice").hidden = !text;
    byId("notice").textContent = text;
  }

  /** Change a copy of the state, and take it. */
  app.change = (edit) => {
    const next = copy(app.state);
    edit(next);
    take(next);
  };

  function take(state) {
    app.state = checked(state);
    model = null;
    delete document.body.dataset.settled;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw(false));
    clearTimeout(rest);
    rest = setTimeout(settle, REST);
  }

  function settle() {
    // a path that became shorter
    app.state.step = app.model.step;
    history.replaceState(null, "", `#${encode(app.state)}`);
    draw(true);
    byId("summary").textContent = page.tables.summary(app.model);
    // says to scripts that drive the page that all of it shows the state
    document.body.dataset.settled = String(++settled);
  }

  function draw(fine) {
    const { model } = app;
    views.plane.draw(model, fine);
    page.plots.profile(byId("profile"), model);
    page.plots.curve(byId("curve"), model);
    page.tables.draw(model);
    views.controls.update(model);
    views.steps.update(model);
    choices(model);
  }

  function choices(model) {
    const pair = byId("pair");
    const names = ["selected", ...model.keys.keys()];
    if (pair.options.length !== names.length) {
      pair.replaceChildren(...names.map((name) => html("option", { value: name },
        name === "selected" ? "the selected key" : `key ${name}`)));
    }
    pair.value = String(model.state.pair);
    for (const box of document.querySelectorAll("[data-layer]")) {
      box.checked = model.state.layers.includes(box.dataset.layer);
    }
    byId("add-key").disabled = model.keys.length >= page.state.MOST_KEYS;
    const preset = presetOf(model.state);
    byId("preset").value = preset ? preset.id : "";
    explain(preset);
  }

  // the example that the state is, whatever of it is shown
  function presetOf(state) {
    const bare = (of) => encode({ ...of, step: 0, view: [0, 0, 1], layers: LAYERS, pair: "selected" });
    return page.presets.list.find((preset) => bare(preset.state) === bare(state)) ?? null;
  }

  // The text of an example stays while its state is changed: were it to go, the plane would jump
  // under the finger that drags.
  let explained; // undefined: nothing is shown yet
  function explain(preset) {
    const own = byId("preset").options[0];
    own.textContent = explained && !preset ? `changed: ${explained.title}` : "your own";
    if (preset ? preset === explained : explained !== undefined) return;
    explained = preset;
    if (!preset) {
      byId("preset-text").replaceChildren(html("p", { class: "soft" },
        "A state of your own. Choose an example to see a theorem or an erratum at work."));
      return;
    }
    const link = html("a", { href: page.presets.link(preset) }, preset.clause);
    const where = html("p", {}, "Clause ", link);
    if (page.presets.inRepository) where.append(", in the source of its chapter");
    byId("preset-text").replaceChildren(html("p", {}, preset.text.join(" ")), where);
  }

  const forget = () => (explained = undefined);

  function freePlace(state) {
    const [x, y, half] = state.view;
    const step = page.view.decade(half / 20);
    for (let n = 0; ; n++) {
      // a spiral of places, far enough apart to be told apart
      const [angle, radius] = [2.4 * n, (half * Math.sqrt(n)) / 8];
      const place = [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]
        .map((value) => page.view.snapped(value, step));
      const near = [state.query, ...state.keys].some(([a, b]) =>
        Math.hypot(a - place[0], b - place[1]) < half / 12);
      if (!near) return place;
    }
  }

  app.add = () => {
    app.change((state) => Object.assign(state, page.state.withKey(state, freePlace(state))));
    draw(false);
    views.plane.focus(app.state.keys.length - 1);
  };
  app.remove = (index) => {
    app.change((state) => Object.assign(state, page.state.withoutKey(state, index)));
    draw(false);
  };

  const act = {
    move: (which, place) => app.change((state) => {
      if (which === "query") state.query = place;
      else state.keys[which] = place;
    }),
    choose: (index) => app.change((state) => (state.pair = index)),
    remove: (index) => app.remove(index),
    reveal: () => fit(),
    pan: ([dx, dy]) => app.change((state) => {
      const scale = byId("plane").clientWidth / (2 * state.view[2]);
      const step = page.view.decade(1 / scale);
      state.view[0] = page.view.snapped(state.view[0] - dx / scale, step / 10);
      state.view[1] = page.view.snapped(state.view[1] + dy / scale, step / 10);
    }),
  };

  const fit = () => app.change((state) => (state.view = page.view.fitted([state.query, ...state.keys])));
  const zoom = (factor) => app.change((state) => (state.view[2] = Number((state.view[2] * factor).toPrecision(3))));

  async function copyLink() {
    settle();
    try {
      await navigator.clipboard.writeText(location.href);
      byId("copy").textContent = "Copied";
    } catch {
      notice(`Copying is not allowed here; the address is ${location.href}`);
    }
    setTimeout(() => (byId("copy").textContent = "Copy link"), 2000);
  }

  function fromAddress() {
    forget();
    try {
      take(location.hash.length > 1 ? decode(location.hash) : copy(DEFAULTS));
      notice("");
    } catch (fault) {
      if (!(fault instanceof StateError) && !(fault instanceof URIError)) throw fault;
      take(copy(DEFAULTS));
      notice(`The address holds no state of this page: ${fault.message}. The first example is shown.`);
    }
  }

  function start() {
    byId("preset").append(html("option", { value: "" }, "your own"),
      ...page.presets.list.map((preset) => html("option", { value: preset.id }, preset.title)));
    byId("preset").addEventListener("change", (event) => {
      const preset = page.presets.list.find(({ id }) => id === event.target.value);
      if (preset) take(copy(preset.state));
    });
    if (page.presets.inRepository) byId("home").parentElement.hidden = true;
    views = {
      plane: page.plane.create(byId("plane"), act),
      controls: page.controls.create(byId("controls"), app),
      steps: page.steps.create(app),
    };
    const press = {
      "zoom-in": () => zoom(1 / 1.25), "zoom-out": () => zoom(1.25), fit, "add-key": app.add,
      reset: () => take(copy(DEFAULTS)), copy: copyLink,
    };
    for (const [id, use] of Object.entries(press)) byId(id).addEventListener("click", use);
    byId("pair").addEventListener("change", (event) => app.change((state) => {
      state.pair = event.target.value === "selected" ? "selected" : Number(event.target.value);
    }));
    for (const box of document.querySelectorAll("[data-layer]")) {
      box.addEventListener("change", () => app.change((state) => {
        const name = box.dataset.layer;
        state.layers = LAYERS.filter((layer) => (layer === name ? box.checked : state.layers.includes(layer)));
      }));
    }
    addEventListener("hashchange", fromAddress);
    new ResizeObserver(() => requestAnimationFrame(() => draw(true))).observe(byId("plane"));
    fromAddress();
    page.app = app;
  }

  start();
})((globalThis.gdaPage ??= {}));
