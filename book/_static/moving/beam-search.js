/* Beam search as a tree that grows a step at a time, with what is kept, dropped and set aside.
 * data: { start, end, next, beams, alpha, steps }: next has, for the words so far joined by a blank
 * (start and then words), each next word's probability; the end word ends a sentence, and follows
 * what next does not have. steps (taken at first, 1) may be left out. The search is that of
 * unrolled.decoding.beam_search, at most as long as next goes; the divisor is Wu et al.'s.
 * Values: open.i (log-probability of a beam still open), aside.i.0 and aside.i.1 (log-probability
 * and score of a sentence set aside, the best first), best (the best one's score), step (steps done).
 */
Unrolled.moving("beam-search", (root, data, ui) => {
  "use strict";
  const { next, start = "", end } = data;
  const MOST = 4, DROPPED = 2, LISTED = 4; // beams; what is drawn of the dropped, listed of the ended
  const key = (words) => [start, ...words].filter(Boolean).join(" ");
  const count = (text) => text.split(" ").filter(Boolean).length;
  const longest = Math.max(...Object.keys(next).map(count)) - count(start) + 1;
  const state = { beams: data.beams, steps: data.steps ?? 1, alpha: data.alpha };
  const change = (name) => (value) => { state[name] = value; update(); };
  const spelled = ({ words }) => `“${words.join(" ")}”`;

  ui.slider({ label: "beams K", name: "beams", min: 1, max: MOST, step: 1, value: state.beams, digits: 0 }, change("beams"));
  ui.slider({ label: "steps taken", name: "steps", min: 0, max: longest, step: 1, value: state.steps, digits: 0 }, change("steps"));
  const tree = ui.svg({ width: 440, height: 240, scroll: true, result: true,
    alt: "The beginnings of a sentence as a tree: each step one column, kept ones framed, dropped ones dashed, ended ones with a double frame" });
  ui.slider({ label: "length penalty α", name: "alpha", min: 0, max: 2, step: 0.1, value: state.alpha, digits: 1 }, change("alpha"));
  const rows = ui.element("tbody");
  const heads = ["log p", "score"].map((name) => ui.element("th", { scope: "col" }, name));
  root.append(ui.element("div", { class: "moving-scroll", tabindex: 0, role: "region", "aria-label": "beams" },
    ui.element("table", { class: "moving-bars" }, ui.element("caption", {}, "set aside, best first, and still open"),
      ui.element("thead", {}, ui.element("tr", {}, ui.element("td"), ...heads)), rows)));
  let best, step;
  ui.row(() => {
    best = ui.number({ label: "best score so far", name: "best" });
    step = ui.number({ label: "steps done", name: "step", digits: 0 });
  });

  function after(words) {
    const found = Object.entries(next[key(words)] ?? { [end]: 1 }).filter(([, p]) => p > 0);
    const sum = found.reduce((total, [, p]) => total + p, 0);
    return found.map(([word, p]) => [word, Math.log(p / sum)]);
  }

  /* One entry a step: what was looked at, what stays open, what is set aside, and the best of that. */
  function search(K, alpha) {
    const divisor = (length) => ((5 + length) / 6) ** alpha;
    const seen = [];
    let open = [{ words: [], log: 0 }], aside = [], winner = null, over = false;
    for (let length = 1; length <= longest && !over; length++) {
      const all = open.flatMap((from) => after(from.words).map(([word, log]) =>
        ({ from, word, words: [...from.words, word], log: from.log + log })));
      all.sort((a, b) => (Math.abs(b.log - a.log) < 1e-9 ? 0 : b.log - a.log)); // of equals the first
      all.forEach((one, i) => Object.assign(one, { kept: i < K, score: one.log / divisor(length),
        ended: i < K && (one.word === end || length === longest) }));
      const ended = all.filter((one) => one.ended);
      aside = [...aside, ...ended].sort((a, b) => b.score - a.score);
      winner = aside[0] ?? null;
      open = all.filter((one) => one.kept && !one.ended);
      over = !open.length || (winner !== null && open[0].log / divisor(longest) <= winner.score);
      seen.push({ all, open, aside, winner, over });
    }
    return seen;
  }

  function draw(seen, taken, path) {
    const columns = seen.map(({ all }) => all.slice(0, state.beams + DROPPED));
    const widths = columns.map((column) => Math.max(48, ...column.map(({ word }) => 7.6 * word.length + 12)));
    const GAP = 17, TALL = 38, tallest = Math.max(...columns.map((column) => column.length));
    const height = TALL * tallest + 10;
    tree.clear();
    tree.size(Math.max(300, 14 + widths.reduce((sum, width) => sum + width + GAP, 0)), height);
    tree.add("circle", { cx: 8, cy: height / 2, r: 5, class: "fill-ink" });
    const places = new Map();
    let left = 8 + GAP;
    columns.slice(0, taken).forEach((column, n) => {
      const from_y = ({ from }) => places.get(from)?.y ?? 0;
      const ordered = [...column].sort((a, b) => from_y(a) - from_y(b) || b.log - a.log);
      ordered.forEach((one, i) => {
        const y = height / 2 + TALL * (i - (ordered.length - 1) / 2), width = widths[n];
        const from = places.get(one.from) ?? { x: 13, y: height / 2 };
        const won = path.includes(one);
        const look = won ? { class: "accent", "stroke-width": 3 } : one.kept ? { class: "ink", "stroke-width": 1.5 }
          : { class: "ink", "stroke-dasharray": "3 3", "stroke-opacity": 0.6 };
        tree.add("line", { x1: from.x, y1: from.y, x2: left, y2: y, ...look });
        tree.add("rect", { x: left, y: y - 16, width, height: 32, rx: 4, ...look });
        if (one.ended) tree.add("rect", { x: left + 3, y: y - 13, width: width - 6, height: 26, rx: 2, class: look.class });
        const text = { x: left + width / 2, "text-anchor": "middle" };
        tree.add("text", { ...text, y: y - 2 }, /^\p{P}$/u.test(one.word) ? `“${one.word}”` : one.word);
        tree.add("text", { ...text, y: y + 12 }, ui.format(one.log, 2));
        places.set(one, { x: left + width, y });
      });
      left += widths[n] + GAP;
    });
    const window_ = tree.node.parentElement; // where the tree is too wide, its newest column is in sight
    window_.scrollLeft = left * tree.node.clientWidth / tree.node.viewBox.baseVal.width - window_.clientWidth;
  }

  function list({ open, aside }) {
    const number = (name, value) => ui.element("td", {}, ui.element("data", { "data-value": name, value: String(value) }, ui.format(value, 3)));
    rows.replaceChildren(
      ...aside.slice(0, LISTED).map((one, i) => ui.element("tr", {}, ui.element("th", { scope: "row" }, `set aside: ${one.words.join(" ")}`),
        number(`aside.${i}.0`, one.log), number(`aside.${i}.1`, one.score))),
      ...open.map((one, i) => ui.element("tr", {}, ui.element("th", { scope: "row" }, `open: ${one.words.join(" ") || "(nothing yet)"}`),
        number(`open.${i}`, one.log), ui.element("td"))));
  }

  function update() {
    const seen = search(state.beams, state.alpha);
    const taken = Math.min(state.steps, seen.length);
    const now = taken ? seen[taken - 1] : { open: [{ words: [], log: 0 }], aside: [], winner: null, over: false };
    const path = [];
    for (let one = now.winner; one; one = one.from) path.push(one);
    draw(seen, taken, path);
    list(now);
    best.set(now.winner ? now.winner.score : -Infinity);
    step.set(taken);
    const set_aside = now.winner ? ` Best of what is set aside: ${spelled(now.winner)}, score ${ui.format(now.winner.score, 2)}.` : "";
    const beams = `${state.beams} ${state.beams === 1 ? "beam" : "beams"}`;
    const dropped = taken ? now.all.length - now.all.filter((one) => one.kept).length : 0;
    if (!taken) ui.say(`No step is taken: one empty beginning, ${beams} to come.`);
    else if (now.over) ui.say(`With ${beams} the search is over after ${taken} ${taken === 1 ? "step" : "steps"}: ${
      spelled(now.winner)} with log p ${ui.format(now.winner.log, 2)} and score ${ui.format(now.winner.score, 2)}; nothing still open can beat it.`);
    else ui.say(`After step ${taken} with ${beams}: open ${now.open.length === 1 ? "is" : "are"} ${now.open.map(spelled).join(", ")}; dropped in this step: ${dropped}.${set_aside}`);
  }
  update();
});
