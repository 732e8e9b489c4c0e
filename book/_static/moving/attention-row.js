/* One word asks: its scores, the weights, and the average of the values, in numbers and in the plane.
 * data: { words, queries, keys, values, axes: [x name, y name], ask, divisor }; values have two features.
 * Values: stage.0.j (score), stage.1.j (divided and masked), weight.j, output.0, output.1.
 */
Unrolled.moving("attention-row", (root, data, ui) => {
  "use strict";
  const { words, queries, keys, values } = data;
  let ask = data.ask;
  let divisor = data.divisor;
  let causal = false;
  let stage, weight, outputs;

  ui.choice({ label: "the word that asks", name: "ask", options: words, value: ask },
    (index) => { ask = index; update(); });
  const slider = ui.slider(
    { label: "scores are divided by", name: "divisor", min: -3, max: 7, step: 0.25, base: 2, digits: 3, value: divisor },
    (value) => { divisor = value; update(); });
  /* The plane of values. */
  const width = 440, height = 330, unit = 82;
  const x = (v) => 200 + unit * v;
  const y = (v) => 215 - unit * v;
  const plane = ui.svg({ width, height, result: true,
    alt: "The five values as points in a plane, each as large as its weight, and the output among them" });
  plane.add("line", { x1: 15, y1: y(0), x2: width - 15, y2: y(0), class: "soft" });
  plane.add("line", { x1: x(0), y1: 15, x2: x(0), y2: height - 15, class: "soft" });
  plane.add("text", { x: width - 15, y: y(0) - 8, "text-anchor": "end" }, `${data.axes[0]} →`);
  plane.add("text", { x: x(0) + 8, y: 20 }, `↑ ${data.axes[1]}`);
  const rays = words.map(() => plane.add("line", { class: "positive", "stroke-opacity": 0.35 }));
  const dots = words.map((_, j) => plane.add("circle", { cx: x(values[j][0]), cy: y(values[j][1]), class: "fill-positive" }));
  words.forEach((word, j) => plane.add("text", { x: x(values[j][0]) + 10, y: y(values[j][1]) + 20 }, word));
  const ring = plane.add("circle", { r: 9, class: "negative", "stroke-width": 3 });
  const label = plane.add("text", { "text-anchor": "end" }, "");

  weight = ui.bars({ title: "attention weights", name: "weight", labels: words, digits: 3 });
  ui.row(() => {
    ui.toggle({ label: "causal mask: see no later word", name: "causal" }, (on) => { causal = on; update(); });
    ui.button({ label: `back to √d_k = ${ui.format(data.divisor, 0)}`, name: "reset" },
      () => { divisor = data.divisor; slider.set(divisor); update(); });
  });
  stage = ui.heat({ title: "scores: raw, then divided and masked", name: "stage",
    rows: ["q · k", "÷, masked"], columns: words, limit: 8 });
  ui.row(() => {
    outputs = data.axes.map((axis, i) => ui.number({ label: `output, ${axis}:`, name: `output.${i}` }));
  });

  function update() {
    const scores = keys.map((key) => ui.math.dot(queries[ask], key));
    const hidden = (j) => causal && j > ask;
    const ready = scores.map((score, j) => (hidden(j) ? -Infinity : score / divisor));
    const w = ui.math.softmax(ready);
    const out = ui.math.matmul([w], values)[0];
    stage.set([scores, ready], { off: (i, j) => i === 1 && hidden(j) });
    weight.set(w);
    out.forEach((value, i) => outputs[i].set(value));
    rays.forEach((ray, j) => {
      const ends = { x1: x(values[j][0]), y1: y(values[j][1]), x2: x(out[0]), y2: y(out[1]) };
      Object.entries({ ...ends, "stroke-width": 1 + 8 * w[j] }).forEach(([k, v]) => ray.setAttribute(k, v));
    });
    dots.forEach((dot, j) => dot.setAttribute("r", 3 + 14 * Math.sqrt(w[j])));
    ring.setAttribute("cx", x(out[0]));
    ring.setAttribute("cy", y(out[1]));
    label.setAttribute("x", x(out[0]) - 8);
    label.setAttribute("y", y(out[1]) - 14);
    label.textContent = `output for ${words[ask]}`;
    const most = Math.max(...w);
    const best = words.filter((_, j) => most - w[j] < 1e-9); // more than one: a tie
    ui.say(`${words[ask]} takes ${ui.format(100 * most, 0)} % of its output from ${best.join(" and as much from ")}.`);
  }
  update();
});
