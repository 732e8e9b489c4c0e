/* Skip-gram with negative sampling on a handful of words: a pair, its gradients, and steps down them.
 * data: { words, sentence (ids), window, pairs (centre id, context id), centres, contexts (two features
 * each), negatives (ids in the order they are drawn), watch (two ids) }. Step s takes the next K of the
 * negatives; it works on the chosen pair, or, if so wished, on the pairs in turn.
 * Values: p.k (sigmoid of the scores, the true context first), loss, centre.0.i (v) and centre.1.i (its slope),
 * cosine (of the centre vectors that are watched).
 */
Unrolled.moving("negatives", (root, data, ui) => {
  "use strict";
  const { words, sentence, window: reach, pairs, negatives } = data;
  const { dot } = ui.math;
  const MOST = 5;
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const minusLog = (z) => (z > 0 ? Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)) - z); // -log sigmoid(z)
  const stops = [...Array(17).keys(), 24, 32, 48, 64, 96, 128, 192, 256];
  const state = { centre: data.centre, context: data.context, steps: 0, rate: 0.5, K: 2, all: false };
  const change = (name) => (value) => { state[name] = value; update(); };
  const spelled = sentence.map((id) => words[id]);

  ui.choice({ label: "the centre", name: "centre", options: spelled, value: state.centre }, change("centre"));
  ui.choice({ label: "its context", name: "context", options: spelled, value: state.context }, change("context"));
  ui.slider({ label: "steps taken", name: "steps", stops, value: 0, digits: 0 }, change("steps"));
  const width = 440, height = 260;
  const plane = ui.svg({ width, height, result: true,
    alt: "Centre vectors as dots and context vectors as squares in a plane, with an arrow down the gradient of each that takes part" });
  ui.slider({ label: "learning rate", name: "rate", min: -6, max: 0, step: 0.5, base: 2, value: state.rate, digits: 3 }, change("rate"));
  ui.slider({ label: "negatives K", name: "K", min: 1, max: MOST, step: 1, value: state.K, digits: 0 }, change("K"));
  ui.toggle({ label: "step through all pairs of the text in turn", name: "all" }, change("all"));
  let chances, table, loss, cosine;
  ui.row(() => {
    chances = ui.bars({ title: "σ(u · v): called a true neighbour", name: "p", labels: Array(MOST + 1).fill(""), digits: 3 });
    table = ui.heat({ title: "the centre", name: "centre", rows: ["v", "∂L/∂v"], columns: ["x", "y"], digits: 3, limit: 2 });
  });
  ui.row(() => {
    loss = ui.number({ label: "loss (nats)", name: "loss" });
    cosine = ui.number({ label: `cosine of ${data.watch.map((id) => words[id]).join(" and ")}`, name: "cosine" });
  });

  const isPair = () => state.centre !== state.context && Math.abs(state.centre - state.context) <= reach;
  const drawn = (step) => Array.from({ length: state.K }, (_, k) => negatives[(step * state.K + k) % negatives.length]);

  /* One pair and its negatives: chances, loss, and the gradient of every vector that takes part. */
  function learnFrom(v, contexts, context, negative) {
    const ids = [context, ...negative];
    const scores = ids.map((id) => dot(contexts[id], v));
    const errors = scores.map((score, k) => sigmoid(score) - (k === 0 ? 1 : 0));
    const slopes = new Map(ids.map((id) => [id, [0, 0]])); // a word that is drawn twice counts twice
    ids.forEach((id, k) => slopes.set(id, slopes.get(id).map((g, i) => g + errors[k] * v[i])));
    return { p: scores.map(sigmoid), slopes,
      slope: [0, 1].map((i) => errors.reduce((sum, e, k) => sum + e * contexts[ids[k]][i], 0)),
      loss: scores.reduce((sum, score, k) => sum + minusLog(k === 0 ? score : -score), 0) };
  }

  function walk() {
    const V = data.centres.map((row) => [...row]), U = data.contexts.map((row) => [...row]);
    const trail = [[...V[sentence[state.centre]]]];
    for (let step = 0; step < state.steps; step++) {
      if (!state.all && !isPair()) break;
      const [centre, context] = state.all ? pairs[step % pairs.length]
        : [sentence[state.centre], sentence[state.context]];
      const { slope, slopes } = learnFrom(V[centre], U, context, drawn(step));
      V[centre] = V[centre].map((x, i) => x - state.rate * slope[i]);
      for (const [id, g] of slopes) U[id] = U[id].map((x, i) => x - state.rate * g[i]);
      trail.push([...V[sentence[state.centre]]]);
    }
    return { V, U, trail };
  }

  function draw({ V, U, trail }, centre, now) {
    const furthest = Math.max(...[...V, ...U].flat().map(Math.abs));
    const unit = (height / 2 - 22) / [1.5, 2, 3, 4, 6, 8, 12, 16, 32, 64].find((r) => r >= furthest || r === 64);
    const near = (a) => Math.max(-1e4, Math.min(1e4, a)); // what leaves the picture leaves it
    const x = (a) => near(width / 2 + unit * a[0]), y = (a) => near(height / 2 - unit * a[1]);
    plane.clear();
    plane.add("line", { x1: 10, y1: height / 2, x2: width - 10, y2: height / 2, class: "soft" });
    plane.add("line", { x1: width / 2, y1: 8, x2: width / 2, y2: height - 8, class: "soft" });
    const name = (text, at, dx, dy, end) =>
      plane.add("text", { x: x(at) + dx, y: y(at) + dy, "text-anchor": end ? "end" : "start" }, text);
    const arrow = (from, slope, kind) => {
      const to = from.map((a, i) => a - slope[i]);
      if (Math.hypot(x(to) - x(from), y(to) - y(from)) < 2) return;
      const turn = Math.atan2(y(to) - y(from), x(to) - x(from));
      const barb = (by) => `${x(to) - 8 * Math.cos(turn + by)},${y(to) - 8 * Math.sin(turn + by)}`;
      plane.add("line", { x1: x(from), y1: y(from), x2: x(to), y2: y(to), class: kind, "stroke-width": 2 });
      plane.add("polyline", { points: `${barb(0.5)} ${x(to)},${y(to)} ${barb(-0.5)}`, class: kind, "stroke-width": 2 });
    };
    plane.add("polyline", { points: trail.map((at) => `${x(at)},${y(at)}`).join(" "), class: "accent", "stroke-opacity": 0.6 });
    V.forEach((at, id) => {
      plane.add("circle", { cx: x(at), cy: y(at), r: id === centre ? 7 : 4, class: id === centre ? "fill-accent" : "fill-ink" });
      name(words[id], at, 8, -6, false);
    });
    if (!now) return;
    const context = sentence[state.context];
    for (const [id, slope] of now.slopes) {
      const kind = id === context ? "positive" : "negative";
      plane.add("rect", { x: x(U[id]) - 5, y: y(U[id]) - 5, width: 10, height: 10, class: kind, "stroke-width": 2 });
      name(`u ${words[id]}`, U[id], -9, 12, true);
      arrow(U[id], slope, kind);
    }
    arrow(V[centre], now.slope, "accent");
  }

  function update() {
    const centre = sentence[state.centre], context = sentence[state.context];
    const seen = walk();
    const now = isPair() ? learnFrom(seen.V[centre], seen.U, context, drawn(state.steps)) : null;
    const negative = drawn(state.steps);
    chances.set(now ? now.p : [], { labels: [context, ...negative, ...Array(MOST).fill(0)].map((id, k) => words[id] + (k ? "" : " (true)")) });
    table.set([seen.V[centre], now ? now.slope : [0, 0]]);
    loss.set(now ? now.loss : 0);
    const [a, b] = data.watch.map((id) => seen.V[id]);
    cosine.set(dot(a, b) / Math.hypot(...a) / Math.hypot(...b));
    draw(seen, centre, now);
    if (!now) {
      ui.say(state.centre === state.context ? "A word is not its own context: no pair, no gradient."
        : `${words[context]} stands outside the window of ${words[centre]}: no pair, no gradient.`);
      return;
    }
    const percent = (p) => `${ui.format(100 * p, 0)} %`;
    ui.say(`After ${state.steps} ${state.steps === 1 ? "step" : "steps"} ${words[context]} is called a true neighbour of ${words[centre]} with ${
      percent(now.p[0])}; drawn by chance: ${negative.map((id, k) => `${words[id]} ${percent(now.p[k + 1])}`).join(", ")}.`);
  }
  update();
});
