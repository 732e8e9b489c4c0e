// What is wrong with the diagrams of a page, as a list of strings.
() => {
  const faults = [];
  const pixel = (layers) => {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
      .getContext("2d");
    for (const [colour, opacity] of layers) {
      context.globalAlpha = opacity;
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => rgb
    .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const inside = (shape, point) => shape.isPointInFill(point) && getComputedStyle(shape).fill !== "none";
  for (const svg of document.querySelectorAll("svg.diagram")) {
    const room = svg.getBoundingClientRect(), scale = room.width / svg.viewBox.baseVal.width;
    const shapes = [...svg.querySelectorAll("rect, circle, path")];
    const texts = [...svg.querySelectorAll("text")].map((node) => {
      const box = node.getBoundingClientRect(), own = node.getBBox();
      const point = new DOMPoint(own.x + own.width / 2, own.y + own.height / 2);
      return { node, box, own, point, words: node.textContent };
    });
    if (!svg.getAttribute("aria-label") || svg.getAttribute("role") !== "img")
      faults.push("no name: " + svg.outerHTML.slice(0, 60));
    texts.forEach(({ node, box, own, point, words }, place) => {
      for (const part of [node, ...node.querySelectorAll("tspan")]) {
        const size = parseFloat(getComputedStyle(part).fontSize) * scale;
        if (part.textContent.replace("\u200b", "") && size < 8.99) faults.push(`small: ${words}, ${size.toFixed(1)} pixels`);
      }
      if (box.left < room.left - 0.5 || box.right > room.right + 0.5 ||
          box.top < room.top - 2 || box.bottom > room.bottom + 2) faults.push(`outside: ${words}`);
      for (const other of texts.slice(place + 1)) {
        const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (wide > 0.5 && high > 0.2 * box.height) faults.push(`overlap: ${words} and ${other.words}`);
      }
      const before = shapes.filter((shape) => shape.compareDocumentPosition(node) & 4);
      const under = before.filter((shape) => inside(shape, point));
      const layers = under.map((shape) => {
        const style = getComputedStyle(shape);
        return [style.fill, parseFloat(style.fillOpacity)];
      });
      const ground = pixel([[getComputedStyle(document.body).backgroundColor, 1], ...layers]);
      const ink = pixel([[getComputedStyle(node).fill, 1]]);
      if (contrast(ink, ground) < 4.5) faults.push(`contrast: ${words}, ${contrast(ink, ground).toFixed(1)}`);
      const rects = under.filter((shape) => shape.tagName === "rect").map((shape) => shape.getBBox());
      const frame = rects.at(-1);
      if (frame && (own.x < frame.x - 0.5 || own.x + own.width > frame.x + frame.width + 0.5))
        faults.push(`leaves its box: ${words}`);
      const crossed = shapes.some((shape) => shape.tagName === "path" &&
        [0.1, 0.3, 0.5, 0.7, 0.9].some((x) => [0.35, 0.5, 0.65].some((y) => shape.isPointInStroke(
          new DOMPoint(own.x + x * own.width, own.y + y * own.height)))));
      if (crossed) faults.push(`crossed by a line: ${words}`);
    });
  }
  return faults;
}
