/* Several heads over one small sentence: how each shares out its attention, and what comes out.
 * data: { words, X, W_Q, W_K, W_V, W_O (all in x·W form), n_heads, ask, parts, outputs }: parts name
 * the features before the output projection, outputs those after it.
 * The slider "merge" moves every head's scores towards those of one wide head: 0 keeps them apart,
 * 1 gives all heads the same row. Values: weight.i.j (the head in view), row.h.j, merged.i, output.i.
 */
Unrolled.moving("heads", (root, data, ui) => {
  "use strict";
  const { words, X } = data;
  const { matmul, transpose, softmax } = ui.math;
  const Q = matmul(X, data.W_Q), K = matmul(X, data.W_K), V = matmul(X, data.W_V);
  const d_model = Q[0].length;
  const d_k = d_model / data.n_heads;
  const heads = Array.from({ length: data.n_heads }, (_, h) => h);
  const slice = (matrix, h) => matrix.map((row) => row.slice(h * d_k, (h + 1) * d_k));
  const scores = (q, k) => matmul(q, transpose(k)).map((row) => row.map((s) => s / Math.sqrt(k[0].length)));
  const apart = heads.map((h) => scores(slice(Q, h), slice(K, h)));
  const together = scores(Q, K);

  let ask = data.ask, head = 0, merge = 0, sharpness = 1;
  let rows, merged, output;

  ui.row(() => {
    ui.choice({ label: "the word that asks", name: "ask", options: words, value: ask },
      (index) => { ask = index; update(); });
    ui.choice({ label: "the head in view", name: "head", options: heads.map((h) => `head ${h}`), value: head },
      (index) => { head = index; update(); });
  });
  ui.slider({ label: "0: heads apart, 1: one row for all", name: "merge", min: 0, max: 1, step: 0.05, value: merge },
    (value) => { merge = value; update(); });
  ui.slider({ label: "sharpness (times the scores)", name: "sharpness", min: 0, max: 4, step: 0.1, value: sharpness, digits: 1 },
    (value) => { sharpness = value; update(); });
  const weight = ui.heat({ title: "attention weights of the head in view", name: "weight", rows: words, columns: words, limit: 1, result: true });
  ui.row(() => {
    rows = heads.map((h) => ui.bars({ title: `head ${h}: where the word looks`, name: `row.${h}`, labels: words }));
  });
  ui.row(() => {
    merged = ui.bars({ title: "heads laid side by side", name: "merged", labels: data.parts, max: 2 });
    output = ui.bars({ title: "after the output projection", name: "output", labels: data.outputs, max: 2 });
  });

  function update() {
    const weights = heads.map((h) => apart[h].map((row, i) =>
      softmax(row.map((s, j) => sharpness * ((1 - merge) * s + merge * together[i][j])))));
    const side = heads.flatMap((h) => matmul([weights[h][ask]], slice(V, h))[0]);
    weight.set(weights[head], { row: ask });
    heads.forEach((h) => rows[h].set(weights[h][ask]));
    merged.set(side);
    output.set(matmul([side], data.W_O)[0]);
    ui.say(heads.map((h) => {
      const row = weights[h][ask];
      const top = Math.max(...row);
      const best = words.filter((_, j) => row[j] > top - 1e-9);
      const whom = best.length === words.length ? "at all words alike" : `most at ${best.join(" and ")}`;
      return `Head ${h} of ${words[ask]} looks ${whom} (${ui.format(100 * top, 0)} %${best.length > 1 ? " each" : ""}).`;
    }).join(" "));
  }
  update();
});
