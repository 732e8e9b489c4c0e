/* Several heads over one small sentence: how each shares out its attention, and what comes out.
 * data: { words, X, W_Q, W_K, W_V, W_O (all in x·W form), n_heads, ask, parts, outputs }: parts name
 * the features before the output projection, outputs those after it.
 * The slider "merge" moves every head's scores towards those of one wide head: 0 keeps them apart,
 * 1 gives all heads the same row. Values: weight.h.j, merged.i, output.i.
 */
Unrolled.moving("heads", (root, data, ui) => {
  "use strict";
  const { words, X } = data;
  const { matmul, transpose, softmax } = ui.math;
  const Q = matmul(X, data.W_Q), K = matmul(X, data.W_K), V = matmul(X, data.W_V);
  const d_k = Q[0].length / data.n_heads;
  const heads = Array.from({ length: data.n_heads }, (_, h) => h);
  const slice = (matrix, h) => matrix.map((row) => row.slice(h * d_k, (h + 1) * d_k));
  const scores = (q, k) => matmul(q, transpose(k)).map((row) => row.map((s) => s / Math.sqrt(k[0].length)));
  const apart = heads.map((h) => scores(slice(Q, h), slice(K, h)));
  const together = scores(Q, K);

  let ask = data.ask, merge = 0, sharpness = 1;
  let merged, output;

  ui.choice({ label: "the word that asks", name: "ask", options: words, value: ask },
    (index) => { ask = index; update(); });
  ui.slider({ label: "0: heads apart, 1: one row for all", name: "merge", min: 0, max: 1, step: 0.05, value: merge },
    (value) => { merge = value; update(); });
  ui.slider({ label: "sharpness (times the scores)", name: "sharpness", min: 0, max: 4, step: 0.1, value: sharpness, digits: 1 },
    (value) => { sharpness = value; update(); });
  const weight = ui.heat({ title: "what the word attends to", name: "weight", rows: heads.map((h) => `head ${h}`), columns: words, limit: 1, result: true });
  ui.row(() => {
    merged = ui.bars({ title: "heads laid side by side", name: "merged", labels: data.parts, max: 2, signed: true });
    output = ui.bars({ title: "after the output projection", name: "output", labels: data.outputs, max: 2, signed: true });
  });

  function update() {
    const rows = heads.map((h) => softmax(apart[h][ask].map((s, j) =>
      sharpness * ((1 - merge) * s + merge * together[ask][j]))));
    const side = heads.flatMap((h) => matmul([rows[h]], slice(V, h))[0]);
    weight.set(rows);
    merged.set(side);
    output.set(matmul([side], data.W_O)[0]);
    ui.say(heads.map((h) => {
      const top = Math.max(...rows[h]);
      const best = words.filter((_, j) => rows[h][j] > top - 1e-9);
      const whom = best.length === words.length ? "to all words alike" : `most to ${best.join(" and ")}`;
      return `Head ${h} of ${words[ask]} attends ${whom} (${ui.format(100 * top, 0)} %${best.length > 1 ? " each" : ""}).`;
    }).join(" "));
  }
  update();
});
