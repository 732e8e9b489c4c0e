/* A trained translator with attention, running here: the matrix of weights grows a row a word.
 * data: { model, source_words, target_words, source, choices, bos, eos, written, longest }: model is the
 * state dict of an AttentionSeq2Seq (Bahdanau's decoder, additive, bidirectional GRU) by its names;
 * source holds ids, choices for each place the ids that may stand there besides ([]: fixed). written
 * (target ids at first, []) and longest (most target words, source + 4) may be left out.
 * Remembered: written.t (a target id, or -1). Values: weight.t.j, and p.k of the k-th likeliest next word.
 */
Unrolled.moving("alignment-live", (root, data, ui) => {
  "use strict";
  const { model, source_words: from, target_words: to, choices, bos, eos } = data;
  const { dot, softmax } = ui.math;
  const PICKS = 4, longest = data.longest ?? data.source.length + 4;
  const times = (name, x) => model[name].map((row) => dot(row, x));
  const plus = (x, y) => x.map((value, i) => value + y[i]);
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));

  /* One step of torch's GRU; `ends` is what its parameters' names end with. */
  function gru(part, ends, x, h) {
    const H = h.length;
    const a = plus(times(`${part}.weight_ih${ends}`, x), model[`${part}.bias_ih${ends}`]);
    const b = plus(times(`${part}.weight_hh${ends}`, h), model[`${part}.bias_hh${ends}`]);
    return h.map((old, i) => {
      const r = sigmoid(a[i] + b[i]), z = sigmoid(a[H + i] + b[H + i]);
      return (1 - z) * Math.tanh(a[2 * H + i] + r * b[2 * H + i]) + z * old;
    });
  }

  function read(source) {
    const embedded = source.map((id) => model["encoder.embedding.weight"][id]);
    const walk = (ends, inputs) => {
      let h = model[`encoder.rnn.weight_hh${ends}`][0].map(() => 0);
      return inputs.map((x) => (h = gru("encoder.rnn", ends, x, h)));
    };
    const forward = walk("_l0", embedded);
    const backward = walk("_l0_reverse", embedded.toReversed()).toReversed();
    const memory = source.map((_, j) => [...forward[j], ...backward[j]]);
    const state = plus(times("bridge.weight", backward[0]), model["bridge.bias"]).map(Math.tanh);
    return { memory, state, projected: memory.map((h) => times("decoder.attention.k_proj.weight", h)) };
  }

  /* Before the step, look back from the old state; then move on to the new one. */
  function step({ memory, projected }, state, id) {
    const word = model["decoder.embedding.weight"][id];
    const asked = times("decoder.attention.q_proj.weight", state);
    const [v] = model["decoder.attention.v.weight"];
    const weights = softmax(projected.map((key) => dot(v, plus(asked, key).map(Math.tanh))));
    const context = memory[0].map((_, i) => weights.reduce((sum, w, j) => sum + w * memory[j][i], 0));
    const moved = gru("decoder.cell", "", [...word, ...context], state);
    const logits = plus(times("decoder.out.weight", [...moved, ...context, ...word]), model["decoder.out.bias"]);
    return { weights, state: moved, p: softmax(logits) };
  }

  /* Every row of the words written so far, and the step that would come next. */
  function run(source, written) {
    const memory = read(source);
    const steps = [];
    for (const id of [bos, ...written]) steps.push(step(memory, (steps.at(-1) ?? memory).state, id));
    return { rows: steps.slice(0, -1).map(({ weights }) => weights), next: steps.at(-1) };
  }

  const written = Array.from({ length: longest }, (_, t) => ui.state(`written.${t}`, data.written?.[t] ?? -1));
  const places = data.source.map((id, j) => [...new Set([id, ...choices[j]])]);
  const chosen = places.map(() => 0);
  const sentence = () => places.map((ids, j) => ids[chosen[j]]);
  const soFar = () => written.map((one) => one.value).filter((id) => id >= 0);
  const over = () => soFar().at(-1) === eos || soFar().length === longest;
  const likeliest = ({ p }) => [...p.keys()].sort((a, b) => p[b] - p[a] || a - b);
  const write = (id) => written[soFar().length].set(id);
  const back = () => written[soFar().length - 1]?.set(-1);
  let offered = [];

  ui.text("Write the next word, the likeliest first:");
  const picks = [];
  ui.row(() => {
    for (let k = 0; k < PICKS; k++)
      picks.push(ui.button({ label: "", name: `pick.${k}` }, () => { if (!over()) write(offered[k]); update(); }));
  });
  const matrix = ui.heat({ title: "attention weights in percent: a row for each word written", name: "weight", result: true, compact: true,
    rows: written.map(() => ""), columns: data.source.map(() => "") });
  ui.row(() => {
    ui.button({ label: "likeliest to the end", name: "end" }, () => {
      while (!over()) write(likeliest(run(sentence(), soFar()).next)[0]);
      update();
    });
    ui.button({ label: "one word back", name: "back" }, () => { back(); update(); });
    ui.button({ label: "afresh", name: "afresh" }, () => { written.forEach((one) => one.set(-1)); update(); });
  });
  places.forEach((ids, j) => {
    if (ids.length < 2) return;
    ui.choice({ label: `source word ${j + 1}`, name: `word.${j}`, options: ids.map((id) => from[id]) },
      (index) => { chosen[j] = index; update(); });
  });

  function update() {
    const source = sentence(), ids = soFar();
    const { rows, next } = run(source, ids);
    const names = source.map((id) => from[id]);
    offered = likeliest(next).slice(0, PICKS);
    matrix.set(rows, { rows: ids.map((id) => to[id]), columns: names, row: rows.length - 1 });
    const percent = (p) => `${ui.format(100 * p, 0)} %`;
    picks.forEach((button, k) => {
      button.toggleAttribute("data-off", over());
      button.setAttribute("aria-disabled", over());
      const chance = ui.element("data", { "data-value": `p.${k}`, value: String(next.p[offered[k]]) }, percent(next.p[offered[k]]));
      button.replaceChildren(...(over() ? ["–"] : [`${to[offered[k]]} `, chance]));
    });
    const row = rows.at(-1) ?? next.weights, most = Math.max(...row);
    const where = `“${names[row.indexOf(most)]}” (${percent(most)})`;
    const target = ids.map((id) => to[id]).join(" ");
    if (!ids.length) ui.say(`Nothing is written. The first word will be written with a look at ${where} most of all.`);
    else ui.say(`“${target}”: the last word was written with a look at ${where} most of all. ${
      over() ? "The sentence is over." : `Likeliest next: “${to[offered[0]]}” (${percent(next.p[offered[0]])}).`}`);
  }
  update();
});
