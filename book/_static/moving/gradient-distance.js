/* How large a gradient is that has come back some steps, as the recurrent matrix is scaled.
 * data: { matrix (H, H) of spectral radius 1, inputs (T, H): what the words add, gradient (H): at the
 * last state, distance }. Linear: g ← ρ Wᵀ g. With tanh: h_t = tanh(ρ W h_{t-1} + x_t) from 0, and
 * g ← ρ Wᵀ ((1 - h_t²) ⊙ g).
 * Values: linear and tanh (powers of ten of the norm at the distance, over the norm at 0), factor
 * (tanh's norm there, shrunk a step: its root).
 */
Unrolled.moving("gradient-distance", (root, data, ui) => {
  "use strict";
  const { matrix, inputs, gradient } = data;
  const { dot, transpose } = ui.math;
  const back = transpose(matrix);
  const T = inputs.length;
  let radius = 1, distance = data.distance;

  ui.slider({ label: "spectral radius of W_hh", name: "radius", min: -2, max: 2, step: 0.125, base: 2, value: radius },
    (value) => { radius = value; update(); });
  ui.slider({ label: "steps back", name: "distance", min: 1, max: T, step: 1, value: distance, digits: 0 },
    (value) => { distance = value; update(); });
  const raised = (exponent) => [...String(exponent)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
  const power = (exponent) => [10 ** exponent, `10${raised(exponent)}`];
  const tens = [...Array(Math.floor(T / 10)).keys()].map((i) => [10 * (i + 1), String(10 * (i + 1))]);
  const plot = ui.plot({ result: true, lines: ["linear", "with tanh"],
    alt: "The norm of the gradient against the number of steps back, in powers of ten, linear and with tanh",
    x: { label: "steps back", min: 0, max: T, ticks: [[0, "0"], ...tens] },
    y: { min: 1e-12, max: 1e12, log: true, ticks: [-12, -8, -4, 0, 4, 8, 12].map(power) } });
  let linear, tanh, factor;
  ui.row(() => {
    linear = ui.number({ label: "linear: 10 to the power", name: "linear", digits: 2 });
    tanh = ui.number({ label: "with tanh: 10 to the power", name: "tanh", digits: 2 });
    factor = ui.number({ label: "with tanh, a step multiplies by", name: "factor", digits: 3 });
  });

  function update() {
    const states = [];
    let h = gradient.map(() => 0);
    for (const x of inputs) {
      h = matrix.map((row, i) => Math.tanh(radius * dot(row, h) + x[i]));
      states.push(h);
    }
    const come = (slope) => {
      let g = gradient;
      const norms = [Math.hypot(...g)];
      for (let t = T - 1; t >= 0; t--) {
        const local = slope(states[t]);
        const inner = g.map((x, i) => x * local[i]);
        g = back.map((row) => radius * dot(row, inner));
        norms.push(Math.hypot(...g));
      }
      return norms.map((norm) => norm / norms[0]);
    };
    const lines = [come((s) => s.map(() => 1)), come((s) => s.map((x) => 1 - x * x))];
    lines.forEach((norms, i) => plot.set(i, norms.map((norm, d) => [d, norm])));
    plot.mark(distance);
    const [a, b] = lines.map((norms) => norms[distance]);
    linear.set(Math.log10(a));
    tanh.set(Math.log10(b));
    factor.set(b ** (1 / distance));
    const size = (v) => (v > 0.1 && v < 10 ? `${ui.format(v, 2)} times` : `10 to the power ${ui.format(Math.log10(v), 1)} times`);
    ui.say(`Radius ${ui.format(radius, 2)}: ${distance} ${distance === 1 ? "step" : "steps"} back the linear gradient is ${
      size(a)} what it was, the one with tanh ${size(b)}.`);
  }
  update();
});
