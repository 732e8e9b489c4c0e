/* Rotary positions: every pair of a query's and of a key's features is turned by its position.
 * data: { query, key (d_k numbers each, d_k even; made for two pairs), base, m, n }. As in apply_rope,
 * feature i goes with feature i + d_k / 2, and pair i of what stands at position p is turned by the
 * angle p / base^(2i / d_k).
 * Controls: m, n, shift (added to both positions), base. Values: turned.r.j (rows: query, key), part.i
 * (what pair i gives to the dot product), dot, before (the dot product without positions).
 */
Unrolled.moving("rotary-pair", (root, data, ui) => {
  "use strict";
  const { query, key } = data;
  const pairs = query.length / 2, LAST = 16;
  const each = Array.from({ length: pairs }, (_, i) => i);
  const state = { m: data.m, n: data.n, shift: 0, base: data.base };
  const change = (name) => (value) => { state[name] = value; update(); };
  const speed = (i) => state.base ** (-i / pairs);
  const turn = (x, p) => x.map((value, j) => {
    const angle = p * speed(j % pairs), partner = j < pairs ? -x[j + pairs] : x[j - pairs];
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
  const shares = (q, k) => each.map((i) => q[i] * k[i] + q[i + pairs] * k[i + pairs]);

  const places = { min: 0, max: LAST, step: 1, digits: 0 };
  ui.slider({ label: "query at m", name: "m", ...places, value: state.m }, change("m"));
  ui.slider({ label: "key at n", name: "n", ...places, value: state.n }, change("n"));
  ui.slider({ label: "both moved by", name: "shift", ...places, value: 0 }, change("shift"));

  /* A plane for each pair: dashed as the projections give it, solid as it is turned. */
  const width = 400, side = width / 2, radius = 76, tall = 2 * radius + 32;
  const TONES = [["positive", 6], ["negative", 2.5]]; // where one lies on the other, both are seen
  const picture = ui.svg({ width, height: 26 + Math.ceil(pairs / 2) * tall, result: true,
    alt: "For each pair of features the query and the key, dashed before and solid after they are turned by their positions" });
  const line = (look) => picture.add("line", look);
  const legend = TONES.map(([tone, thick], i) => {
    line({ x1: 8 + side * i, x2: 36 + side * i, y1: 10, y2: 10, class: tone, "stroke-width": thick });
    return picture.add("text", { x: 42 + side * i, y: 14 });
  });
  const longest = Math.max(...[query, key].flatMap((x) => each.map((i) => Math.hypot(x[i], x[i + pairs])))) || 1;
  const planes = each.map((i) => {
    const x = side * (i % 2 + 0.5), y = 26 + tall * Math.floor(i / 2) + radius;
    picture.add("circle", { cx: x, cy: y, r: radius, class: "soft" });
    line({ x1: x - radius, x2: x + radius, y1: y, y2: y, class: "soft" });
    line({ x1: x, x2: x, y1: y - radius, y2: y + radius, class: "soft" });
    const arrows = TONES.map(([tone, thick]) => ({
      from: line({ x1: x, y1: y, class: tone, "stroke-width": 1.5, "stroke-dasharray": "4 4" }),
      to: line({ x1: x, y1: y, class: tone, "stroke-width": thick }),
      tip: picture.add("circle", { r: thick + 2, class: `fill-${tone}` }),
    }));
    const said = picture.add("text", { x, y: y + radius + 18, "text-anchor": "middle" });
    return { x, y, arrows, said };
  });

  let dot, before;
  ui.row(() => {
    dot = ui.number({ label: "dot product of the turned two", name: "dot" });
    before = ui.number({ label: "without positions", name: "before" });
  });
  const most = Math.max(0.5, Math.ceil(2 * Math.hypot(...query) * Math.hypot(...key)) / 2);
  const plot = ui.plot({ height: 220, lines: ["the dot product"],
    alt: "The dot product against the distance between query and key; where the two stand in the text does not matter",
    x: { label: "m − n", min: -LAST, max: LAST, ticks: [-16, -8, 0, 8, 16].map((v) => [v, ui.format(v, 0)]) },
    y: { min: -most, max: most, ticks: [-most, 0, most].map((v) => [v, ui.format(v, 1)]) } });
  const bases = [...new Set([4, 10, 100, 1000, 10000, data.base])].sort((a, b) => a - b);
  ui.slider({ label: "base", name: "base", stops: bases, value: state.base, show: String }, change("base"));
  let part, turned;
  ui.row(() => {
    part = ui.bars({ title: "what each pair gives", name: "part", labels: each.map((i) => `pair ${i}`), signed: true,
      max: Math.max(...each.map((i) => Math.hypot(query[i], query[i + pairs]) * Math.hypot(key[i], key[i + pairs]))) || 1 });
    turned = ui.heat({ title: "the turned features", name: "turned", rows: ["query", "key"],
      columns: query.map((_, j) => `x${"₀₁₂₃₄₅₆₇₈₉"[j] ?? j}`), limit: longest });
  });

  const place = (node, look) => Object.entries(look).forEach(([name, value]) => node.setAttribute(name, value));
  function update() {
    const { m, n, shift } = state;
    const at = [m + shift, n + shift], plain = [query, key];
    const now = plain.map((x, r) => turn(x, at[r]));
    const given = shares(...now), score = given.reduce((sum, share) => sum + share, 0);
    ["query", "key"].forEach((name, r) => { legend[r].textContent = `${name} at ${at[r]}`; });
    planes.forEach(({ x, y, arrows, said }, i) => {
      const tip = (v) => [x + (radius / longest) * v[i], y - (radius / longest) * v[i + pairs]];
      arrows.forEach(({ from, to, tip: end }, r) => {
        const [px, py] = tip(plain[r]), [qx, qy] = tip(now[r]);
        place(from, { x2: px, y2: py });
        place(to, { x2: qx, y2: qy });
        place(end, { cx: qx, cy: qy });
      });
      said.textContent = `pair ${i}: ${ui.format(speed(i) * 180 / Math.PI, speed(i) < 0.02 ? 2 : 1)}° a place`;
    });
    dot.set(score);
    before.set(ui.math.dot(query, key));
    part.set(given);
    turned.set(now);
    const curve = [];
    for (let d = -LAST; d <= LAST; d += 0.125) curve.push([d, ui.math.dot(turn(query, d), key)]);
    plot.set(0, curve);
    plot.mark(m - n);
    const apart = Math.abs(m - n), where = apart ? `${apart} ${apart === 1 ? "place" : "places"} ${m > n ? "after" : "before"} the key` : "at the key's place";
    ui.say(`The query at ${at[0]} stands ${where}, which is at ${at[1]}: their dot product is ${ui.format(score, 3)}${
      shift ? `, as it was at ${m} and ${n}` : ""}. Without positions it is ${ui.format(ui.math.dot(query, key), 3)}.`);
  }
  update();
});
