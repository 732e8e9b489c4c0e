/* One query and a few keys in a plane, scored by a small network or by a dot product.
 * data: { words, keys (two features each), query, W, U, v, reach }: score v · tanh(W q + U k), with W and U as
 * AdditiveAttention's q_proj and k_proj have them, (A, 2), and v (A). The query is moved by its sliders
 * or drawn across the plane, to ±reach (2, which may be left out). Values: hidden.j.a (tanh of the sums), score.j, weight.j, context.i.
 */
Unrolled.moving("additive-score", (root, data, ui) => {
  "use strict";
  const { words, keys, W, U, v } = data;
  const { dot, softmax } = ui.math;
  const REACH = data.reach ?? 2; // of the plane, and of the sliders
  const SCORES = ["v · tanh(Wq + Uk)", "q · k"];
  const query = [...data.query];
  let score = 0;

  const sliders = ["x", "y"].map((name, i) => ui.slider({ label: `query, ${name}`, name: `query.${i}`, min: -REACH, max: REACH, step: 0.1,
    value: query[i], digits: 1 }, (value) => { query[i] = value; update(); }));
  const width = 440, height = 260, unit = height / (2 * REACH + 0.3);
  const x = (at) => width / 2 + unit * at[0], y = (at) => height / 2 - unit * at[1];
  const plane = ui.svg({ width, height, result: true,
    alt: "The query as a square, the keys as dots, the larger the more they are attended to, and the context as a ring among them" });
  ui.choice({ label: "how well do they go together?", name: "score", options: SCORES }, (index) => { score = index; update(); });
  let scores, weights, contexts, hidden;
  ui.row(() => {
    scores = ui.bars({ title: "score", name: "score", labels: words, max: 3, signed: true });
    weights = ui.bars({ title: "weight", name: "weight", labels: words });
  });
  ui.row(() => {
    contexts = ["x", "y"].map((name, i) => ui.number({ label: `context, ${name}:`, name: `context.${i}` }));
  });
  hidden = ui.heat({ title: "tanh(Wq + Uk): what v weighs", name: "hidden", rows: words, columns: v.map((_, a) => `unit ${a + 1}`) });

  plane.add("line", { x1: 10, x2: width - 10, y1: height / 2, y2: height / 2, class: "soft" });
  plane.add("line", { x1: width / 2, x2: width / 2, y1: 5, y2: height - 5, class: "soft" });
  const rays = keys.map((key) => plane.add("line", { x1: x(key), y1: y(key), class: "positive", "stroke-opacity": 0.5 }));
  const dots = keys.map((key) => plane.add("circle", { cx: x(key), cy: y(key), class: "fill-positive" }));
  keys.forEach((key, j) => plane.add("text", { x: x(key) + 12, y: y(key) > 24 ? y(key) - 8 : y(key) + 18 }, words[j]));
  const ring = plane.add("circle", { r: 8, class: "negative", "stroke-width": 3 });
  const ringName = plane.add("text", {}, "context");
  const asks = plane.add("rect", { width: 12, height: 12, class: "fill-accent" });
  const asksName = plane.add("text", { "text-anchor": "middle" }, "query");
  const move = (node, look) => Object.entries(look).forEach(([name, value]) => node.setAttribute(name, value));

  plane.node.style.cursor = "crosshair";
  const follow = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(plane.node.getScreenCTM().inverse());
    const inside = (value) => Math.round(10 * Math.max(-REACH, Math.min(REACH, value))) / 10;
    [(at.x - width / 2) / unit, (height / 2 - at.y) / unit].forEach((value, i) => {
      query[i] = inside(value);
      sliders[i].set(query[i]);
    });
    update();
  };
  plane.node.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") plane.node.setPointerCapture(event.pointerId); // a finger may scroll the page
    follow(event);
  });
  plane.node.addEventListener("pointermove", (event) => { if (event.buttons && event.pointerType !== "touch") follow(event); });

  function update() {
    const q = sliders.map((slider) => slider.value);
    const inner = keys.map((key) => v.map((_, a) => Math.tanh(dot(W[a], q) + dot(U[a], key))));
    const raw = keys.map((key, j) => (score === 0 ? dot(v, inner[j]) : dot(q, key)));
    const w = softmax(raw);
    const context = [0, 1].map((i) => w.reduce((sum, share, j) => sum + share * keys[j][i], 0));
    hidden.set(inner, { off: () => score !== 0 });
    scores.set(raw);
    weights.set(w);
    context.forEach((value, i) => contexts[i].set(value));
    rays.forEach((ray, j) => move(ray, { x2: x(context), y2: y(context), "stroke-width": 1 + 8 * w[j] }));
    dots.forEach((one, j) => move(one, { r: 3 + 12 * Math.sqrt(w[j]) }));
    move(ring, { cx: x(context), cy: y(context) });
    move(ringName, { x: x(context) + 12, y: y(context) + 20 });
    move(asks, { x: x(q) - 6, y: y(q) - 6 });
    move(asksName, { x: x(q), y: y(q) > 30 ? y(q) - 11 : y(q) + 21 });
    const most = Math.max(...w);
    const best = words.filter((_, j) => most - w[j] < 1e-9);
    const limit = v.reduce((sum, one) => sum + Math.abs(one), 0);
    ui.say(`By ${SCORES[score]} the query takes ${ui.format(100 * most, 0)} % of its context from ${best.join(" and as much from ")}. ${
      score === 0 ? `No score can leave ±${ui.format(limit, 1)}, however long the query.` : "Twice the query, twice every score."}`);
  }
  update();
});
