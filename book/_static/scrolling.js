/* What scrolls within its line can be reached by keyboard, as the theme does it for code and tables. */
const boxes = document.querySelectorAll("div.math > .katex-display");
const look = (box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
};
const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target)));
for (const box of boxes) watch.observe(box);
document.fonts.ready.then(() => boxes.forEach(look)); // wider letters change no box, but what is in it
