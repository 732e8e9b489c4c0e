/* How much is left of a number after n steps: in a memory behind a forget gate, and in a state that is
 * squashed at every step.
 * data: { number, leak (1 - f), weight, steps }. Memory: c ← f c. State: h ← tanh(w h), from the number.
 * Values: memory (c after n steps), kept (fⁿ: of the number, and of its gradient), half (steps to a
 * half), state (h after n steps), slope (of h with respect to the number).
 */
Unrolled.moving("memory-cell", (root, data, ui) => {
  "use strict";
  const LONGEST = 1024;
  const state = { number: data.number, leak: data.leak, weight: data.weight, steps: data.steps };
  const change = (name) => (value) => { state[name] = value; update(); };
  const whole = (value) => Math.floor(value + 0.5);

  ui.slider({ label: "forget gate f", name: "leak", min: -12, max: -1, step: 0.25, base: 2, value: state.leak,
    show: (leak) => ui.format(1 - leak, 4) }, change("leak"));
  ui.slider({ label: "steps n", name: "steps", min: 0, max: Math.log2(LONGEST), step: 0.25, base: 2, value: state.steps,
    show: (n) => ui.format(whole(n), 0) }, change("steps"));
  const shares = [0, 0.25, 0.5, 0.75, 1].map((share) => [share, `${100 * share} %`]);
  const lineNames = ["memory: the number, and its gradient", "recurrent state: the number", "recurrent state: its gradient"];
  const plot = ui.plot({ result: true, lines: lineNames,
    alt: "What is left of a number and of its gradient against the number of steps, in a memory and in a recurrent state",
    x: { label: "steps", min: 1, max: LONGEST, log: true, ticks: [1, 4, 16, 64, 256, 1024].map((n) => [n, String(n)]) },
    y: { label: "left", min: 0, max: 1.25, ticks: shares } });
  ui.slider({ label: "the number that is written", name: "number", min: 0.05, max: 1, step: 0.05, value: state.number }, change("number"));
  ui.slider({ label: "recurrent weight w", name: "weight", min: -1, max: 1, step: 0.125, base: 2, value: state.weight }, change("weight"));
  let memory, kept, half, squashed, slope;
  ui.row(() => {
    memory = ui.number({ label: "memory after n steps", name: "memory" });
    kept = ui.number({ label: "left of its gradient", name: "kept" });
    half = ui.number({ label: "half is left after", name: "half", digits: 1 });
  });
  ui.row(() => {
    squashed = ui.number({ label: "state after n steps", name: "state" });
    slope = ui.number({ label: "left of its gradient", name: "slope", digits: 6 });
  });

  function update() {
    const n = whole(state.steps), f = 1 - state.leak;
    const lines = [[], [], []];
    let h = state.number, g = 1;
    const seen = {};
    for (let t = 1; t <= LONGEST; t++) {
      h = Math.tanh(state.weight * h);
      g *= state.weight * (1 - h * h);
      if (t === n) Object.assign(seen, { h, g });
      if (t < 32 || t % 16 === 0) [f ** t, h / state.number, g].forEach((value, i) => lines[i].push([t, value]));
    }
    lines.forEach((points, i) => plot.set(i, points));
    plot.mark(n);
    memory.set(state.number * f ** n);
    kept.set(f ** n);
    half.set(Math.log(0.5) / Math.log(f));
    squashed.set(seen.h);
    slope.set(seen.g);
    const percent = (share) => (share < 1e-5 ? "less than 0.001 %" : `${ui.format(100 * share, share < 0.01 ? 3 : 0)} %`);
    ui.say(`With f = ${ui.format(f, 4)} half is left after ${ui.format(Math.log(0.5) / Math.log(f), 1)} steps. After ${n} ${n === 1 ? "step" : "steps"} the memory has ${
      percent(f ** n)} of the number and of its gradient; the recurrent state has ${percent(seen.h / state.number)} of the number and ${
      percent(seen.g)} of its gradient.`);
  }
  update();
});
