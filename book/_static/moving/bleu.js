/* BLEU of a translation that the reader writes, n-gram by n-gram.
 * data: { source, references, hypothesis, presets: { name: text } }; words are split at blanks,
 * smoothing is "exp" as unrolled.decoding.bleu has it. presets may be left out.
 * Values: p.i (precision of n = i + 1 after smoothing, in percent, where it counts), matched.i and total.i,
 * c and r (lengths), brevity, bleu (0 to 100).
 */
Unrolled.moving("bleu", (root, data, ui) => {
  "use strict";
  const N = 4;
  const ORDERS = [1, 2, 3, 4];
  const names = ["1 word", "2 words", "3 words", "4 words"];
  const split = (text) => text.split(/\s+/).filter(Boolean);
  const references = data.references.map(split);

  ui.text(`To translate: ${data.source}`);
  const field = ui.field({ label: "your translation", name: "text", value: data.hypothesis, limit: 160 }, update);
  ui.row(() => Object.entries(data.presets ?? {}).forEach(([label, text], i) =>
    ui.button({ label, name: `preset.${i}` }, () => { field.set(text); update(); })));
  const picture = ui.svg({ width: 440, height: 150, scroll: true, result: true,
    alt: "The words of the translation, and below them a bar for each run of one to four words: full where a reference has it, hollow where none has" });
  let score, brevity, c, r;
  ui.row(() => {
    score = ui.number({ label: "BLEU", name: "bleu", digits: 1 });
    brevity = ui.number({ label: "brevity penalty", name: "brevity" });
    c = ui.number({ label: "words: yours", name: "c", digits: 0 });
    r = ui.number({ label: "closest reference", name: "r", digits: 0 });
  });
  const precision = ui.bars({ title: "precision pₙ in percent: found in a reference, clipped", name: "p", labels: names, max: 100, digits: 1 });
  const counted = ui.heat({ title: "runs of n words", name: "count", rows: ["found", "of"], columns: ORDERS.map((n) => `n = ${n}`), digits: 0, limit: Infinity });
  ui.text(data.references.map((text) => `Reference: ${text}`).join(" · "));

  const runs = (words, n) => Array.from({ length: Math.max(0, words.length - n + 1) }, (_, i) => JSON.stringify(words.slice(i, i + n)));
  function counts(list) {
    const found = new Map();
    list.forEach((run) => found.set(run, (found.get(run) ?? 0) + 1));
    return found;
  }

  /* Each run of n words: "found", "clipped" (a reference has it, but not so often) or "missing". */
  function judge(words, n) {
    const most = new Map();
    for (const reference of references)
      for (const [run, times] of counts(runs(reference, n))) most.set(run, Math.max(times, most.get(run) ?? 0));
    const used = new Map();
    return runs(words, n).map((run) => {
      const times = (used.get(run) ?? 0) + 1;
      used.set(run, times);
      return times <= (most.get(run) ?? 0) ? "found" : most.has(run) ? "clipped" : "missing";
    });
  }

  function closest(length) {
    return references.map((reference) => reference.length)
      .reduce((best, other) => (Math.abs(other - length) - Math.abs(best - length) || other - best) < 0 ? other : best);
  }

  function draw(words, judged) {
    const widths = words.map((word) => Math.max(26, 7.4 * [...word].length + 10));
    const lefts = widths.map((_, i) => 62 + widths.slice(0, i).reduce((a, b) => a + b, 0));
    const width = Math.max(440, 62 + widths.reduce((a, b) => a + b, 0) + 6);
    picture.clear();
    words.forEach((word, i) => picture.add("text", { x: lefts[i] + widths[i] / 2, y: 16, "text-anchor": "middle" }, word));
    let top = 26;
    ORDERS.forEach((n, order) => {
      picture.add("text", { x: 56, y: top + 11 + 4 * order, "text-anchor": "end" }, names[order]);
      judged[order].forEach((verdict, i) => {
        const x = lefts[i] + 3, y = top + 8 * (i % n), last = i + n - 1;
        const shape = { x, y, width: lefts[last] + widths[last] - 3 - x, height: n === 1 ? 12 : 6, rx: 2 };
        if (verdict === "found") picture.add("rect", { ...shape, class: "fill-positive" });
        else picture.add("rect", { ...shape, class: "negative", "stroke-width": 1.5, "stroke-dasharray": verdict === "clipped" ? "none" : "3 3" });
      });
      top += n === 1 ? 20 : 8 * n + 8;
    });
    [["found", 62, { class: "fill-positive" }], ["missing", 132, { class: "negative", "stroke-width": 1.5, "stroke-dasharray": "3 3" }],
      ["too often (clipped)", 216, { class: "negative", "stroke-width": 1.5 }]].forEach(([text, x, look]) => {
      picture.add("rect", { x, y: top + 4, width: 16, height: 8, rx: 2, ...look });
      picture.add("text", { x: x + 21, y: top + 13 }, text);
    });
    picture.size(width, top + 20);
  }

  function update() {
    const words = split(field.value);
    const judged = ORDERS.map((n) => judge(words, n));
    const matched = judged.map((list) => list.filter((verdict) => verdict === "found").length);
    const total = judged.map((list) => list.length);
    const counts_ = matched.some((m) => m > 0) && total.every((t) => t > 0);
    let credit = 1; // 1/2, 1/4, ... of a match for the orders that have none
    const p = matched.map((m, i) => (counts_ ? (m || (credit /= 2)) / total[i] : total[i] ? m / total[i] : 0));
    const length = closest(words.length);
    const short = words.length ? Math.min(1, Math.exp(1 - length / words.length)) : 0;
    const bleu = counts_ ? 100 * short * Math.exp(p.reduce((sum, one) => sum + Math.log(one) / N, 0)) : 0;
    draw(words, judged);
    precision.set(p.map((one) => 100 * one));
    counted.set([matched, total]);
    score.set(bleu);
    brevity.set(short);
    c.set(words.length);
    r.set(length);
    const found = ORDERS.map((n, i) => `${matched[i]} of ${total[i]}`).join(", ");
    const clipped = judged[0].filter((verdict) => verdict === "clipped").length;
    const notes = [clipped ? `${clipped} ${clipped === 1 ? "word stands" : "words stand"} too often.` : "",
      short < 1 && words.length ? `Too short: times ${ui.format(short, 2)}.` : "",
      counts_ && matched.includes(0) ? "Where nothing is found, smoothing lends half a match, then a quarter." : "",
      words.length < N ? "Fewer than four words: BLEU is 0." : ""].filter(Boolean).join(" ");
    ui.say(`BLEU ${ui.format(bleu, 1)}. Runs of one to four words found: ${found}. ${notes}`.trim());
  }
  update();
});
