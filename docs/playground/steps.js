// The reconstruction, step by step.
(function (page) {
  "use strict";

  const { byId, datum, pointDatum, set } = page.dom;
  const PAUSE = 700;

  const STATUS = {
    converged: "converged: the separation is at most the tolerance",
    stagnated: "stagnated: the rounded query does not change any more",
    max_steps: "not finished: the largest number of steps that this page takes is reached",
    abstained: "abstained: no key is admitted at the start",
  };

  function create(app) {
    let timer = null;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    const [back, on, play, take, range] =
      ["step-back", "step-on", "step-play", "step-take", "step"].map(byId);
    const last = () => app.model.steps.path.length - 1;
    const go = (step) => app.change((state) => (state.step = Math.min(Math.max(step, 0), last())));

    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
    }

    back.addEventListener("click", () => go(app.model.step - 1));
    on.addEventListener("click", () => go(app.model.step + 1));
    range.addEventListener("input", () => go(Number(range.value)));
    play.addEventListener("click", () => {
      if (timer !== null) return stop();
      if (app.model.step >= last()) go(0);
      play.textContent = "Stop";
      timer = setInterval(() => {
        if (app.model.step >= last()) return stop();
        go(app.model.step + 1);
      }, PAUSE);
    });
    take.addEventListener("click", () => {
      const { query } = app.model.steps.path[app.model.step];
      app.change((state) => {
        state.query = [...query];
        state.step = 0;
      });
    });

    return {
      update(model) {
        const { steps, step } = model;
        const end = steps.path.length - 1;
        set(range, { max: end, "aria-valuetext": `step ${step} of ${end}` });
        range.value = String(step);
        range.disabled = play.disabled = end === 0;
        play.hidden = still.matches;
        back.disabled = step === 0;
        on.disabled = step === end;
        take.disabled = step === 0;
        byId("step-text").textContent = `Step ${step} of ${end}. ${STATUS[steps.status]}.`;
        page.tables.rows("path", ["step", "query", "key", "energy"], steps.path.map((at, n) => [
          String(n), pointDatum(at.query, "path-query"), datum(at.index, "path-index"), datum(at.energy, "path-energy"),
        ]), step);
      },
    };
  }

  page.steps = { create };
})((globalThis.gdaPage ??= {}));
