/* One memory cell of an LSTM over a sentence, with gates that the reader opens and shuts.
 * data: { words, candidate, forget, input, output (a number a word each), word, reads }:
 * c_t = f_t c_{t-1} + i_t g_t and h_t = o_t tanh(c_t), from c = 0. reads (what a negative and a
 * positive memory mean) may be left out.
 * Remembered: forget.t, input.t, output.t. Values: cell.r.t (rows g, i, f, o, c, h), written (what the
 * chosen word adds) and left (what of it is left after the last word).
 */
Unrolled.moving("gates", (root, data, ui) => {
  "use strict";
  const { words, candidate } = data;
  const T = words.length;
  const GATES = ["forget", "input", "output"];
  const stops = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1];
  let word = data.word;
  const gates = {}, sliders = {};
  for (const gate of GATES) gates[gate] = data[gate].map((value, t) => ui.state(`${gate}.${t}`, value));

  ui.slider({ label: "the word", name: "word", min: 0, max: T - 1, step: 1, value: word, show: (t) => `${t + 1} ${words[t]}` },
    (t) => { word = t; follow(); });
  GATES.forEach((gate) => {
    sliders[gate] = ui.slider({ label: `${gate} gate at this word`, name: gate, stops, value: gates[gate][word].value },
      (value) => { gates[gate][word].set(value); update(); });
  });

  /* Above, the openings; below, the memory as bars and what is shown of it as points. */
  const width = 440, left = 58, column = (width - left - 6) / T, middle = 142, unit = 52;
  const upright = Math.max(...words.map((w) => w.length)) * 7 > column;
  const height = middle + unit + 12 + (upright ? 46 : 20);
  const x = (t) => left + column * (t + 0.5);
  const picture = ui.svg({ width, height, result: true,
    alt: "How far the three gates are open at each word, and below them the memory as bars and what it shows as points" });
  const side = Math.min(18, column - 6);
  const frame = picture.add("rect", { y: 2, width: column, height: height - 4, rx: 4, class: "accent", "stroke-width": 2 });
  const fills = GATES.map((gate, row) => {
    picture.add("text", { x: left - 6, y: 24 * row + 20, "text-anchor": "end" }, gate);
    return words.map((_, t) => {
      const at = { x: x(t) - side / 2, width: side };
      const fill = picture.add("rect", { ...at, class: "fill-positive" });
      picture.add("rect", { ...at, y: 24 * row + 7, height: 18, class: "ink" });
      return { fill, bottom: 24 * row + 25 };
    });
  });
  picture.add("line", { x1: left, x2: width - 6, y1: middle, y2: middle, class: "ink" });
  for (const [value, text] of [[1, "c = 1"], [0, "0"], [-1, "−1"]]) {
    picture.add("text", { x: left - 6, y: middle - unit * value + 4, "text-anchor": "end" }, text);
    if (value) picture.add("line", { x1: left, x2: width - 6, y1: middle - unit * value, y2: middle - unit * value, class: "soft" });
  }
  const bars = words.map(() => picture.add("rect", { width: column * 0.6 }));
  const points = words.map((_, t) => picture.add("circle", { cx: x(t), r: 4.5, class: "fill-ink" }));
  words.forEach((name, t) => {
    const y = middle + unit + (upright ? 10 : 26);
    const turned = { x: x(t) + 4, y, "text-anchor": "end", transform: `rotate(-60 ${x(t) + 4} ${y})` };
    picture.add("text", upright ? turned : { x: x(t), y, "text-anchor": "middle" }, name);
  });

  let written, rest;
  ui.row(() => {
    written = ui.number({ label: "this word writes", name: "written" });
    rest = ui.number({ label: "left of it after the last word", name: "left" });
    ui.button({ label: "as the page has them", name: "reset" }, () => {
      GATES.forEach((gate) => gates[gate].forEach((one, t) => one.set(data[gate][t])));
      follow();
    });
  });
  const table = ui.heat({ title: "candidate g, gates i, f, o, memory c, shown h", name: "cell", columns: words,
    rows: ["g", "i", "f", "o", "c", "h"] });

  function follow() {
    GATES.forEach((gate) => sliders[gate].set(gates[gate][word].value));
    update();
  }

  function update() {
    const [f, i, o] = GATES.map((gate) => gates[gate].map((one) => one.value));
    const c = [], h = [];
    words.forEach((_, t) => {
      c.push(f[t] * (t ? c[t - 1] : 0) + i[t] * candidate[t]);
      h.push(o[t] * Math.tanh(c[t]));
    });
    table.set([candidate, i, f, o, c, h], { column: word });
    const wrote = i[word] * candidate[word];
    const left = f.slice(word + 1).reduce((product, opening) => product * opening, wrote);
    written.set(wrote);
    rest.set(left);
    frame.setAttribute("x", x(word) - column / 2);
    [f, i, o].forEach((openings, row) => openings.forEach((opening, t) => {
      const { fill, bottom } = fills[row][t];
      fill.setAttribute("y", bottom - 18 * opening);
      fill.setAttribute("height", 18 * opening);
    }));
    const inside = (value) => Math.max(-1.15, Math.min(1.15, value)); // a memory may leave the picture
    c.forEach((value, t) => {
      const tall = unit * Math.abs(inside(value));
      const look = { x: x(t) - column * 0.3, y: value > 0 ? middle - tall : middle, height: tall };
      Object.entries({ ...look, class: value < 0 ? "fill-negative" : "fill-positive" }).forEach(([k, v]) => bars[t].setAttribute(k, v));
      points[t].setAttribute("cy", middle - unit * h[t]);
    });
    const end = c.at(-1), show = (value) => ui.format(value, 2);
    const meaning = data.reads && Math.abs(end) > 0.2 ? `: ${data.reads[end > 0 ? 1 : 0]}` : "";
    ui.say(`At “${words[word]}” the memory keeps ${show(f[word] * (word ? c[word - 1] : 0))}, takes in ${show(wrote)
    } and shows ${show(h[word])}. After the last word it holds ${show(end)}${meaning}.`);
  }
  update();
});
