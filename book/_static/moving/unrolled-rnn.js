/* A plain recurrent network with a state of few numbers, unrolled over a sentence.
 * data: { words, inputs (T, I), weight_ih (H, I), weight_hh (H, H), bias (H), units: names of the state's
 * numbers, exchange: two positions }. h = tanh(W_ih x + b + scale · W_hh h), from h = 0.
 * Values: state.i.t (unit i after word t; 0 where it is not read yet), step.r.i (the parts of the step
 * that is looked at), apart and bags (how far the end states, and the sums of the inputs, of the
 * sentence as it was given and as it stands are from each other).
 */
Unrolled.moving("unrolled-rnn", (root, data, ui) => {
  "use strict";
  const { words, inputs, weight_ih, weight_hh, bias, units } = data;
  const { dot, transpose } = ui.math;
  const T = words.length;
  const state = { step: 1, scale: 1, first: data.exchange[0], second: data.exchange[0] };
  const change = (name) => (value) => { state[name] = value; update(); };

  ui.slider({ label: "words read", name: "step", min: 1, max: T, step: 1, value: 1, digits: 0 }, change("step"));
  const places = words.map((word, t) => `${t + 1} ${word}`);
  ui.choice({ label: "exchange", name: "first", options: places, value: state.first }, change("first"));
  ui.choice({ label: "with", name: "second", options: places, value: state.second }, change("second"));
  const states = ui.heat({ title: "the state after each word", name: "state", rows: units, columns: words, result: true });
  ui.slider({ label: "W_hh is multiplied by", name: "scale", min: -4, max: 2, step: 0.25, base: 2, value: 1 }, change("scale"));
  let parts, apart, bags;
  ui.row(() => {
    parts = ui.heat({ title: "the step that is looked at", name: "step", columns: units, limit: 3,
      rows: ["W_ih x + b: from the word", "W_hh h: from the state before", "tanh of the sum"] });
  });
  ui.row(() => {
    apart = ui.number({ label: "end states, before and after the exchange, are apart by", name: "apart" });
    bags = ui.number({ label: "sums of the word vectors by", name: "bags" });
  });

  function run(order) {
    let h = units.map(() => 0);
    return order.map((t) => {
      const read = weight_ih.map((row, i) => dot(row, inputs[t]) + bias[i]);
      const kept = weight_hh.map((row) => state.scale * dot(row, h));
      h = read.map((a, i) => Math.tanh(a + kept[i]));
      return [read, kept, h];
    });
  }

  const distance = (a, b) => Math.hypot(...a.map((x, i) => x - b[i]));
  const bag = (order) => inputs[0].map((_, j) => order.reduce((sum, t) => sum + inputs[t][j], 0));

  function update() {
    const given = words.map((_, t) => t);
    const order = [...given];
    [order[state.first], order[state.second]] = [order[state.second], order[state.first]];
    const steps = run(order), before = run(given);
    const spelled = order.map((t) => words[t]);
    states.set(transpose(steps.map(([, , h], t) => (t < state.step ? h : h.map(() => 0)))),
      { column: state.step - 1, off: (i, t) => t >= state.step, columns: spelled });
    parts.set(steps[state.step - 1]);
    apart.set(distance(steps.at(-1)[2], before.at(-1)[2]));
    bags.set(distance(bag(order), bag(given)));
    const now = units.map((unit, i) => `${unit} ${ui.format(steps[state.step - 1][2][i], 2)}`).join(", ");
    ui.say(`After “${spelled.slice(0, state.step).join(" ")}” the state is ${now}.`);
  }
  update();
});
