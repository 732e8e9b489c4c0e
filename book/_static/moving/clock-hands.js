/* Sinusoidal positions as the hands of clocks: one hand a pair of features, each slower than the last.
 * data: { d_model (even), base, T (positions), position, other }. Feature 2i of a position is the sine
 * and 2i + 1 the cosine of its angle, position / base^(2i / d_model): how high the tip of hand i
 * stands, and how far to the right.
 * Controls: position, other, base. Values: code.r.j (rows: position, other), dot (of the two codes),
 * shifted (of the codes one place further on, both), distance (from position to other).
 */
Unrolled.moving("clock-hands", (root, data, ui) => {
  "use strict";
  const { d_model, T } = data;
  const pairs = d_model / 2, per = Math.min(4, pairs);
  const state = { position: data.position, other: data.other, base: data.base };
  const change = (name) => (value) => { state[name] = value; update(); };
  const speeds = () => Array.from({ length: pairs }, (_, i) => state.base ** (-2 * i / d_model));
  const code = (p) => speeds().flatMap((speed) => [Math.sin(p * speed), Math.cos(p * speed)]);
  const law = (n) => speeds().reduce((sum, speed) => sum + Math.cos(n * speed), 0);

  const places = { min: 0, max: T - 1, step: 1, digits: 0 };
  ui.slider({ label: "position", name: "position", ...places, value: state.position }, change("position"));
  ui.slider({ label: "compared with", name: "other", ...places, value: state.other }, change("other"));

  /* The clocks, and below each its two features as the hand's shadows. */
  const radius = 40, width = 440, column = width / per, tall = 2 * radius + 38;
  const picture = ui.svg({ width, height: 24 + tall * Math.ceil(pairs / per), result: true,
    alt: "A clock for each pair of features, with a hand for the position and a dashed one for the position compared with" });
  const line = (look) => picture.add("line", look);
  line({ x1: 8, x2: 40, y1: 10, y2: 10, class: "positive", "stroke-width": 3 });
  const mine = picture.add("text", { x: 46, y: 14 });
  line({ x1: 168, x2: 200, y1: 10, y2: 10, class: "negative", "stroke-width": 3, "stroke-dasharray": "5 4" });
  const theirs = picture.add("text", { x: 206, y: 14 });
  const clocks = speeds().map((_, i) => {
    const x = column * (i % per + 0.5), y = 24 + tall * Math.floor(i / per) + radius + 4;
    picture.add("circle", { cx: x, cy: y, r: radius, class: "soft", "stroke-width": 2 });
    line({ x1: x - radius, x2: x + radius, y1: y, y2: y, class: "soft" });
    line({ x1: x, x2: x, y1: y - radius, y2: y + radius, class: "soft" });
    const hand = (look) => line({ x1: x, y1: y, "stroke-width": 3, ...look });
    const second = hand({ class: "negative", "stroke-dasharray": "5 4" });
    const first = hand({ class: "positive" });
    const tip = picture.add("circle", { r: 4.5, class: "fill-positive" });
    const turn = picture.add("text", { x, y: y + radius + 18, "text-anchor": "middle" });
    return { x, y, first, second, tip, turn };
  });
  const low = (number) => [...String(number)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
  const named = Array.from({ length: d_model }, (_, j) => `${j % 2 ? "cos" : "sin"}${low(Math.floor(j / 2))}`);
  const codes = ui.heat({ title: "the codes as rows: two features a clock", name: "code", rows: ["position", "compared"], columns: named });
  let dot, shifted, distance;
  ui.row(() => {
    dot = ui.number({ label: "dot product of the two codes", name: "dot" });
    shifted = ui.number({ label: "of the two codes one place further on", name: "shifted" });
    distance = ui.number({ label: "places from one to the other", name: "distance", digits: 0 });
  });
  const span = T - 1;
  const ticks = [-span, -Math.round(span / 2), 0, Math.round(span / 2), span].map((n) => [n, ui.format(n, 0)]);
  const half = Math.ceil(pairs / 2);
  const plot = ui.plot({ height: 230, lines: ["this position's code with every other", "the sum of cos(distance × speed)"],
    alt: "The dot product of two codes against the distance between their positions; the curve is the same for every position",
    x: { label: "how many places later the other stands", min: -span, max: span, ticks },
    y: { min: -pairs, max: pairs, ticks: [-pairs, -half, 0, half, pairs].filter((v, i, all) => all.indexOf(v) === i).map((v) => [v, ui.format(v, 0)]) } });
  const bases = [...new Set([4, 10, 100, 1000, 10000, data.base])].sort((a, b) => a - b);
  ui.slider({ label: "base", name: "base", stops: bases, value: state.base, show: String }, change("base"));

  const point = (node, x, y) => { node.setAttribute("x2", x); node.setAttribute("y2", y); };
  function update() {
    const { position: p, other: q } = state;
    const a = code(p), b = code(q);
    mine.textContent = `position ${p}`;
    theirs.textContent = `position ${q}`;
    clocks.forEach(({ x, y, first, second, tip, turn }, i) => {
      const [sin, cos] = a.slice(2 * i), reach = radius - 3;
      point(first, x + reach * cos, y - reach * sin);
      point(second, x + reach * b[2 * i + 1], y - reach * b[2 * i]);
      tip.setAttribute("cx", x + reach * cos);
      tip.setAttribute("cy", y - reach * sin);
      const round = p * speeds()[i] / (2 * Math.PI);
      turn.textContent = round && round < 0.001 ? "< 0.001 turns" : `${ui.format(round, round < 1 ? 3 : 2)} turns`;
    });
    codes.set([a, b]);
    const product = ui.math.dot(a, b);
    dot.set(product);
    shifted.set(ui.math.dot(code(p + 1), code(q + 1)));
    distance.set(q - p);
    const whole = [], seen = [];
    for (let n = -span; n <= span; n += 0.25) whole.push([n, law(n)]);
    for (let other = 0; other < T; other++) seen.push([other - p, ui.math.dot(a, code(other))]);
    plot.set(0, seen);
    plot.set(1, whole);
    plot.mark(q - p);
    const apart = Math.abs(q - p), where = `${apart} ${apart === 1 ? "place" : "places"} ${q > p ? "later" : "earlier"}`;
    const degrees = speeds().map((speed) => `${ui.format((p * speed * 180 / Math.PI) % 360, 0)}°`);
    const compared = apart ? `With the code of position ${q}, ${where}, the dot product is ${ui.format(product, 2)}; with itself it is ${pairs}`
      : `With itself the dot product is ${pairs}, the most that any two codes reach`;
    ui.say(`At position ${p} the hands stand at ${degrees.slice(0, -1).join(", ")}${pairs > 1 ? " and " : ""}${degrees.at(-1)}. ${compared}.`);
  }
  update();
});
