/* Figures that the reader moves. No dependency.
 *
 * A page's cell emits <figure class="moving" data-kind="KIND"> with its data as JSON and a picture
 * for readers without JavaScript (unrolled.plots.moving). This file finds such figures, loads
 * moving/KIND.js from beside itself, and hands that script a small vocabulary (`ui`).
 * Every number shown is a <data data-value="NAME" value="FULL PRECISION">, so that a test can
 * move a control and compare. A kind is written like this:
 *
 *   Unrolled.moving("temperature", (root, data, ui) => {
 *     const t = ui.slider({ label: "Temperature", name: "t", min: 0.1, max: 5, step: 0.1, value: 1 }, redraw);
 *     const bars = ui.bars({ title: "Probability", name: "p", labels: data.words });
 *     function redraw() { bars.set(ui.math.softmax(data.logits.map((z) => z / t.value))); }
 *     redraw();
 *   });
 */
(() => {
  "use strict";
  const home = new URL(".", document.currentScript.src);
  const kinds = new Map();
  const wanted = new Map();

  const element = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    set(node, attributes);
    node.append(...children);
    return node;
  };
  const set = (node, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) node.removeAttribute(name);
      else node.setAttribute(name, value === true ? "" : value);
    }
  };
  const minus = (text) => text.replace(/^-(?=0\.?0*$)/, "").replace("-", "\u2212"); // no minus before zeros
  const format = (value, digits) =>
    Number.isFinite(value) ? minus(value.toFixed(digits)) : minus(String(value)).replace("Infinity", "\u221e");

  /* ---- arithmetic every kind shares ---- */
  const math = {
    dot: (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0),
    transpose: (m) => m[0].map((_, j) => m.map((row) => row[j])),
    matmul: (a, b) => {
      const columns = math.transpose(b);
      return a.map((row) => columns.map((column) => math.dot(row, column)));
    },
    softmax: (z) => {
      const top = Math.max(...z);
      if (top === -Infinity) return z.map(() => 0); // a row that may attend nowhere
      const e = z.map((x) => Math.exp(x - top));
      const sum = e.reduce((a, b) => a + b, 0);
      return e.map((x) => x / sum);
    },
  };

  /* ---- the vocabulary: everything is appended to `root` in the order it is asked for ---- */
  let serial = 0;
  const vocabulary = (stage) => {
    let into = stage;
    const add = (node) => (into.append(node), node);
    const live = element("p", { class: "moving-say", "aria-live": "polite" });

    const cell = (name, digits, percent = false) => {
      const node = element("data", { "data-value": name });
      node.show = (value) => {
        set(node, { value: String(value) });
        node.textContent = format(percent ? 100 * value : value, digits);
      };
      return node;
    };

    // The main result, which stands beside its control on a phone: { result: true } to what draws it.
    const place = (node, result) => add((set(node, { "data-result": result }), node));

    const ui = {
      /** Put what `fill` adds side by side (wraps on a phone). */
      row(fill) {
        const outer = into;
        into = add(element("div", { class: "moving-row" }));
        fill();
        into = outer;
      },
      /** A slider with its value. onChange(value). Returns { value, set(value) }. With `base`, min, max,
       *  and step are powers of it: as much room for 1/4 to 1/2 as for 32 to 64. With `stops` it has
       *  these values and no others, and set() goes to the nearest. show(value) is what stands beside it. */
      slider({ label, name, min, max, step, value, digits = 2, base = null, stops = null,
        show = (number) => format(number, digits) }, onChange) {
        const id = `moving-${++serial}`;
        const shown = element("output", { for: id });
        const nearest = (number) => stops.reduce((best, stop, place) =>
          (Math.abs(stop - number) < Math.abs(stops[best] - number) ? place : best), 0);
        const at = (number) => (stops ? nearest(number) : base ? Math.log(number) / Math.log(base) : number);
        const range = stops ? { min: 0, max: stops.length - 1, step: 1 } : { min, max, step };
        const input = element("input", { type: "range", id, ...range, value: at(value),
          "data-control": name, "data-base": base, "data-stops": stops && JSON.stringify(stops) });
        const read = () => {
          const place = input.valueAsNumber;
          return stops ? stops[place] : base ? base ** place : place;
        };
        const update = () => {
          shown.textContent = show(read());
          input.setAttribute("aria-valuetext", `${label} ${shown.textContent}`);
        };
        input.addEventListener("input", () => (update(), onChange(read())));
        update();
        add(element("div", { class: "moving-slider" }, element("label", { for: id }, label), input, shown));
        return {
          get value() { return read(); },
          set(to) { input.value = at(to); update(); },
        };
      },
      /** One of several words. onChange(index, word). Returns { value, set(index) }. */
      choice({ label, name, options, value = 0 }, onChange) {
        const group = `moving-${++serial}`;
        const box = element("fieldset", { class: "moving-choice" }, element("legend", {}, label));
        const inputs = options.map((option, index) => {
          const input = element("input", {
            type: "radio", name: group, value: index, checked: index === value, "data-control": name,
          });
          input.addEventListener("change", () => onChange(index, option));
          box.append(element("label", {}, input, element("span", {}, option)));
          return input;
        });
        add(box);
        return {
          get value() { return inputs.findIndex((input) => input.checked); },
          set(index) { inputs[index].checked = true; },
        };
      },
      /** On or off. onChange(true or false). Returns { value, set(on) }. */
      toggle({ label, name, value = false }, onChange) {
        const input = element("input", { type: "checkbox", checked: value, "data-control": name });
        input.addEventListener("change", () => onChange(input.checked));
        add(element("label", { class: "moving-toggle" }, input, element("span", {}, label)));
        return { get value() { return input.checked; }, set(on) { input.checked = on; } };
      },
      /** A line of text that the reader writes. onInput(text). Returns { value, set(text) }. */
      field({ label, name, value, limit = 120 }, onInput) {
        const id = `moving-${++serial}`;
        const input = element("input", { type: "text", id, value, maxlength: limit, "data-control": name,
          autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
        input.addEventListener("input", () => onInput(input.value));
        add(element("div", { class: "moving-field" }, element("label", { for: id }, label), input));
        return { get value() { return input.value; }, set(text) { input.value = text; } };
      },
      /** What a figure remembers of earlier moves, for a test to read. Returns { value, set(value) }. */
      state(name, value) {
        const node = add(element("data", { "data-state": name, value, hidden: true }));
        return { get value() { return Number(node.value); }, set(to) { node.value = String(to); } };
      },
      /** A button. */
      button({ label, name }, onClick) {
        const node = element("button", { type: "button", "data-control": name }, label);
        node.addEventListener("click", onClick);
        return add(node);
      },
      /** One number with its name. Returns { set(value) }. */
      number({ label, name, digits = 3 }) {
        const node = cell(name, digits);
        add(element("p", { class: "moving-number" }, `${label} `, node));
        return { set: node.show };
      },
      /** A matrix as coloured cells, data-value "NAME.i.j". Returns { set(matrix, options) };
       *  options.row and options.column mark one, options.off(i, j) says which cells are hidden;
       *  options.rows and options.columns are other names. Rows beyond the matrix are hidden. `compact` is
       *  for whole sentences: upright column names, small cells that show a hundredth as 1. */
      heat({ title, name, rows, columns, digits = 2, limit = 1, onCell = null, result = false, compact = false }) {
        const numbers = rows.map((_, i) => columns.map((_, j) => cell(`${name}.${i}.${j}`, compact ? 0 : digits, compact)));
        const cells = numbers.map((line) => line.map((number) => element("td", {}, number)));
        const headers = columns.map((column) => element("th", { scope: "col" }, column));
        const names = rows.map((row) => element("th", { scope: "row" }, row));
        const lines = names.map((name, i) => element("tr", {}, name, ...cells[i]));
        if (onCell) {
          cells.forEach((line, i) => line.forEach((td, j) => {
            const press = element("button", { type: "button", "data-control": `${name}.${i}.${j}` }, numbers[i][j]);
            press.addEventListener("click", () => onCell(i, j));
            td.append(press);
          }));
        }
        place(element("div", { class: "moving-scroll", tabindex: 0, role: "region", "aria-label": title },
          element("table", { class: compact ? "moving-heat compact" : "moving-heat" }, element("caption", {}, title),
            element("thead", {}, element("tr", {}, element("td"), ...headers)), element("tbody", {}, ...lines))), result);
        return {
          set(matrix, { row = -1, column = -1, off = () => false, scale = limit, columns: rename = null,
            rows: named = null } = {}) {
            lines.forEach((line, i) => { line.hidden = i >= matrix.length; });
            if (named) matrix.forEach((_, i) => { names[i].textContent = named[i]; });
            if (rename) headers.forEach((header, j) => { header.textContent = rename[j]; });
            matrix.forEach((line, i) => line.forEach((value, j) => {
              numbers[i][j].show(value);
              const td = cells[i][j];
              const level = Number.isFinite(value) ? Math.min(1, Math.abs(value) / scale) : 0;
              td.style.setProperty("--level", `${(100 * level).toFixed(1)}%`);
              td.classList.toggle("negative", value < 0);
              td.classList.toggle("off", off(i, j));
              td.classList.toggle("marked", i === row || j === column);
            }));
          },
        };
      },
      /** Bars from 0 to `max`, or, if `signed`, from a middle line to both sides; data-value "NAME.i".
       *  Bars beyond the values that are set are hidden. */
      bars({ title, name, labels, max = 1, digits = 2, signed = false, result = false }) {
        const numbers = labels.map((_, i) => cell(`${name}.${i}`, digits));
        const fills = labels.map(() => element("span", { class: "moving-fill" }));
        const names = labels.map((label) => element("th", { scope: "row" }, label));
        const lines = labels.map((_, i) => element("tr", {}, names[i],
          element("td", { class: signed ? "moving-track signed" : "moving-track" }, fills[i]), element("td", {}, numbers[i])));
        place(element("table", { class: "moving-bars" }, element("caption", {}, title),
          element("tbody", {}, ...lines)), result);
        return {
          set(values, { scale = max, labels: relabel = null } = {}) {
            lines.forEach((line, i) => { line.hidden = i >= values.length; });
            values.forEach((value, i) => {
              numbers[i].show(value);
              const width = (signed ? 50 : 100) * Math.min(1, Math.abs(value) / scale);
              fills[i].style.width = `${width}%`;
              if (signed) fills[i].style.marginLeft = `${value < 0 ? 50 - width : 50}%`;
              fills[i].classList.toggle("negative", value < 0);
              if (relabel) names[i].textContent = relabel[i];
            });
          },
        };
      },
      /** Pieces of a text in their order, words apart; data-value "NAME.i" is a piece's number, below it.
       *  Returns { set(words) }: each word a list of { text, id, odd }, where odd marks what is no text. */
      chips({ title, name, result = false }) {
        const list = element("div", { class: "moving-words" });
        place(element("div", { class: "moving-chips", tabindex: 0, role: "region", "aria-label": title },
          element("p", {}, title), list), result);
        return {
          set(words) {
            let i = 0;
            list.replaceChildren(...words.map((word) => element("span", {}, ...word.map(({ text, id, odd }) => {
              const number = cell(`${name}.${i++}`, 0);
              number.show(id);
              return element("span", { class: odd ? "moving-chip odd" : "moving-chip" }, element("span", {}, text), number);
            }))));
          },
        };
      },
      /** An SVG drawing: { node, add(tag, attributes, text) -> element, clear() }. Colours come from
       *  the classes ink, soft, positive, negative, accent (stroke) and their fill- forms. With
       *  `scroll` a picture too wide for the page is moved sideways, not made small; size(w, h) changes it. */
      svg({ width, height, alt, result = false, scroll = false }) {
        const space = "http://www.w3.org/2000/svg";
        const node = document.createElementNS(space, "svg");
        set(node, { role: "img", "aria-label": alt, class: "moving-svg" });
        const size = (w, h) => {
          set(node, { viewBox: `0 0 ${w} ${h}` });
          node.style.maxWidth = `${w}px`;
          if (scroll) node.style.minWidth = `${0.75 * w}px`; // letters of 13 stay above 9 pixels
        };
        size(width, height);
        place(scroll ? element("div", { class: "moving-scroll", tabindex: 0, role: "region", "aria-label": alt }, node) : node, result);
        return {
          node, size,
          add(tag, attributes = {}, text = "") {
            const child = document.createElementNS(space, tag);
            set(child, attributes);
            child.textContent = text;
            return node.appendChild(child);
          },
          clear() { node.replaceChildren(); },
        };
      },
      /** Lines over an axis; both axes { label, min, max, ticks, log }, `lines` the names of lines, each with
       *  its own dashes. Returns { set(line, points), mark(x) }; what leaves the picture is cut off. */
      plot({ alt, x, y, lines, width = 440, height = 270, result = false }) {
        const drawing = ui.svg({ width, height, alt, result });
        const box = { left: 52, right: width - 20, top: 12 + 17 * lines.length, bottom: height - 40 };
        const along = (axis, from, to) => {
          const at = (v) => (axis.log ? Math.log(v) : v);
          return (v) => from + (to - from) * (at(v) - at(axis.min)) / (at(axis.max) - at(axis.min));
        };
        const px = along(x, box.left, box.right), py = along(y, box.bottom, box.top);
        const into = (v) => Math.max(box.top - 3, Math.min(box.bottom + 3, v));
        const classes = ["positive", "negative", "ink"], dashes = ["none", "7 4", "2 3"];
        for (const [v, text] of x.ticks) {
          drawing.add("line", { x1: px(v), x2: px(v), y1: box.top, y2: box.bottom, class: "soft" });
          drawing.add("text", { x: px(v), y: box.bottom + 17, "text-anchor": "middle" }, text);
        }
        for (const [v, text] of y.ticks) {
          drawing.add("line", { x1: box.left, x2: box.right, y1: py(v), y2: py(v), class: "soft" });
          drawing.add("text", { x: box.left - 6, y: py(v) + 4, "text-anchor": "end" }, text);
        }
        drawing.add("text", { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" }, x.label);
        const guide = drawing.add("line", { y1: box.top, y2: box.bottom, class: "accent", "stroke-width": 2 });
        const drawn = lines.map((name, i) => {
          const look = { class: classes[i % 3], "stroke-width": 2.5, "stroke-dasharray": dashes[i % 3] };
          drawing.add("line", { x1: box.left, x2: box.left + 34, y1: 10 + 17 * i, y2: 10 + 17 * i, ...look });
          drawing.add("text", { x: box.left + 42, y: 14 + 17 * i }, name);
          return drawing.add("polyline", look);
        });
        return {
          set(line, points) {
            // A point of height 0 has no place on a scale of powers: it lies at the lower edge.
            const height = (v) => (y.log && v <= 0 ? box.bottom + 3 : into(py(v)));
            set(drawn[line], { points: points.map(([u, v]) => `${px(u).toFixed(1)},${height(v).toFixed(1)}`).join(" ") });
          },
          mark(at) { set(guide, { x1: px(at), x2: px(at) }); },
        };
      },
      /** A paragraph of plain text. Returns { set(text) }. */
      text(text = "") {
        const node = add(element("p", {}, text));
        return { set(to) { node.textContent = to; } };
      },
      /** One sentence that says what is seen now; screen readers read it when it changes. */
      say(text) {
        if (!live.isConnected) stage.append(live);
        if (live.textContent !== text) live.textContent = text;
      },
      element, format, math,
    };
    return ui;
  };

  const draw = (figure) => {
    const kind = figure.dataset.kind;
    const data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const stage = element("div", { class: "moving-stage" });
    kinds.get(kind)(stage, data, vocabulary(stage));
    figure.querySelector(".moving-fallback").replaceWith(stage); // only now: it has been drawn
    figure.dataset.ready = "";
  };

  const load = (kind) => {
    if (wanted.has(kind)) return;
    wanted.set(kind, true);
    const script = element("script", { src: new URL(`moving/${kind}.js`, home).href });
    script.addEventListener("load", () => {
      if (!kinds.has(kind)) throw new Error(`moving/${kind}.js registers no kind "${kind}"`);
    });
    document.head.append(script);
  };

  const figures = (kind) =>
    document.querySelectorAll(`figure.moving${kind ? `[data-kind="${kind}"]` : ""}:not([data-ready])`);

  window.Unrolled = {
    math,
    /** Register how figures of a kind are drawn: draw(root, data, ui). */
    moving(kind, draw_) {
      kinds.set(kind, draw_);
      figures(kind).forEach(draw);
    },
  };

  const start = () => figures().forEach((figure) => load(figure.dataset.kind));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
