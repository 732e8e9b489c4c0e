"""Ask axe, the kept checker of accessibility, about the page in a tab."""

import offline  # isort: skip (conftest put the extensions on the path)

from .conftest import ROOT

# The themes differ in colours alone: in the second one only what looks at colours is asked again.
COLOURS = ["color-contrast", "link-in-text-block"]
# A formula for the eye, in the colour of its text; a screen reader reads the MathML beside it.
EXCLUDED = [".katex-html"]
# Of a kind of token one is looked at, not thousands, which is nearly all of the time: the others
# become plain text where they stand.
ALIKE = """() => {
    const seen = new Set();
    for (const token of document.querySelectorAll("pre span:not(:has(*))")) {
      const box = token.closest("div.cell_input, div.cell_output, div.highlight")?.className;
      const kind = `${token.className} in ${box}`;
      if (seen.has(kind)) token.replaceWith(token.textContent);
      seen.add(kind);
    }
    for (const code of document.querySelectorAll("pre")) code.normalize();
  }"""
RUN = """async ([rules, excluded]) => {
    const only = rules && { runOnly: { type: "rule", values: rules } };
    const options = { ...only, resultTypes: ["violations"], elementRef: false };
    const exclude = excluded.filter((found) => document.querySelector(found));
    const { violations } = await axe.run({ include: ["html"], exclude }, options);
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(
      ({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 120)}`));
}"""


def teach(tab):
    """Bring axe onto the page in a tab, and stop what fades: no colour is half-way."""
    script = offline.packages(ROOT) / "axe-core/axe.min.js"
    tab.evaluate(f"{script.read_text(encoding='utf-8')}; null")
    tab.evaluate(ALIKE)
    tab.add_style_tag(content="* { transition: none !important; animation: none !important; }")


def ask(tab, rules=None):
    """What axe finds serious or critical on the page as it stands: by all rules, or by some."""
    return tab.evaluate(RUN, [rules, EXCLUDED])
