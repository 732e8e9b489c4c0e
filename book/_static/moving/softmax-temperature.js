/* Three scores and a temperature become probabilities and a loss.
 * data: { labels, logits, target, temperature }. Values: probability.0 .. probability.2, loss, entropy.
 */
Unrolled.moving("softmax-temperature", (root, data, ui) => {
  "use strict";
  const logits = [...data.logits];
  let temperature = data.temperature;
  let target = data.target;
  let probabilities, loss, entropy;

  const update = () => {
    const scaled = logits.map((z) => z / temperature);
    const p = ui.math.softmax(scaled);
    // The loss comes from the scores, not from p: log(p) would be -Infinity once p is 0.
    const top = Math.max(...scaled);
    const logTotal = top + Math.log(scaled.reduce((sum, z) => sum + Math.exp(z - top), 0));
    probabilities.set(p);
    loss.set(logTotal - scaled[target]);
    entropy.set(-p.reduce((sum, x) => sum + (x > 0 ? x * Math.log(x) : 0), 0));
    const best = p.indexOf(Math.max(...p));
    const share = ui.format(100 * p[best], 0);
    const tied = p.filter((x) => p[best] - x < 1e-9).length > 1;
    const favourite = tied ? `There is no single favourite: the largest share, ${share} %, is shared`
      : `The favourite is ${data.labels[best]} with ${share} %`;
    ui.say(`${favourite}; the true character is ${data.labels[target]}.`);
  };

  data.labels.forEach((label, i) => ui.slider(
    { label: `score of ${label}`, name: `score.${i}`, min: -5, max: 5, step: 0.1, value: logits[i], digits: 1 },
    (value) => { logits[i] = value; update(); },
  ));
  ui.slider(
    { label: "divide by τ", name: "temperature", min: 0.1, max: 5, step: 0.1, value: temperature, digits: 1 },
    (value) => { temperature = value; update(); },
  );
  ui.choice(
    { label: "the true character", name: "target", options: data.labels, value: target },
    (index) => { target = index; update(); },
  );
  probabilities = ui.bars({ title: "softmax(z / τ)", name: "probability", labels: data.labels, digits: 3, result: true });
  ui.row(() => {
    loss = ui.number({ label: "cross-entropy (nats)", name: "loss" });
    entropy = ui.number({ label: "entropy of the guess (nats)", name: "entropy" });
  });
  update();
});
