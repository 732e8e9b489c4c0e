"""Figures that move: every control is moved by keyboard, and the numbers are computed again."""

import math
from pathlib import Path

import pytest

from . import expected_positions, expected_translation  # noqa: F401 (they register kinds)
from .conftest import ROOT
from .expected import KINDS
from .pages import CHAPTERS
from .visit import visit

READ = """(figure) => {
    const controls = {};
    for (const node of figure.querySelectorAll("input[data-control]")) {
      const name = node.dataset.control;
      const { base, stops } = node.dataset; // a slider of powers, or of some values only
      if (node.type === "text") controls[name] = node.value;
      else if (stops) controls[name] = JSON.parse(stops)[node.valueAsNumber];
      else if (node.type === "range")
        controls[name] = base ? Number(base) ** node.valueAsNumber : node.valueAsNumber;
      else if (node.type === "checkbox") controls[name] = node.checked;
      else if (node.checked) controls[name] = Number(node.value);
    }
    for (const node of figure.querySelectorAll("[data-state]"))
      controls[node.dataset.state] = Number(node.value);
    const values = {};
    for (const node of figure.querySelectorAll("[data-value]:not([hidden] *)"))
      values[node.dataset.value] = node.value;
    const data = figure.querySelector('script[type="application/json"]').textContent;
    return { controls, values, data: JSON.parse(data) };
}"""


def keys_of(control):
    """What to press on a control: a slider's ends and a step back, else the space bar."""
    kind = control.get_attribute("type")
    return {"range": ["Home", "End", "ArrowLeft"], "button": ["Enter"]}.get(kind, ["Space"])


TEXTS = ("", "狗藏了它的骨头 🦴", "aaa ac ab ac ab, I'd  low lower 42!")  # what a reader may write


def moves(control):
    """Move a control to each of its values that matter, one a step."""
    if control.get_attribute("type") == "text":
        yield from (control.fill(text) for text in TEXTS)
    else:
        yield from (control.press(key) for key in keys_of(control))


def compare(figure, clicked=None):
    """Hold the numbers in a figure to those computed with torch; return the numbers."""
    seen = figure.evaluate(READ)
    wanted = KINDS[figure.get_attribute("data-kind")](
        seen["data"], {**seen["controls"], "clicked": clicked}
    )
    shown = {name: float(text) for name, text in seen["values"].items()}
    assert wanted.keys() == shown.keys()
    for name, value in wanted.items():
        same = math.isclose(shown[name], value, rel_tol=1e-4, abs_tol=1e-5)
        assert same, f"{name} shows {shown[name]}, wanted {value} at {seen['controls']}"
    return shown


@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_compute_what_torch_computes(tab, site, name):
    with visit(tab, f"{site}/{name}.html") as seen:
        figures = seen.page.locator("figure.moving").all()
        assert figures
        for figure in figures:
            before = compare(figure)
            moved = set()
            for control in figure.locator("[data-control]").all():
                for _ in moves(control):
                    now = compare(figure, control.get_attribute("data-control"))
                    moved |= {value for value in before if now.get(value) != before[value]}
            assert moved, f"nothing moves in {figure.get_attribute('data-kind')}"
        assert seen.look() == []


def test_every_kind_has_its_expectation():
    kinds = {Path(script).stem for script in ROOT.glob("book/_static/moving/*.js")}
    assert kinds == set(KINDS)


@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTERS)
def test_without_scripts_there_is_a_picture(browser, site, name):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/{name}.html")
    pictures = page.locator("figure.moving img[alt]").all()
    assert len(pictures) == page.locator("figure.moving").count() > 0
    assert all(picture.is_visible() for picture in pictures)
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_change_is_said_aloud(tab, site, name):
    with visit(tab, f"{site}/{name}.html") as seen:
        for figure in seen.page.locator("figure.moving").all():
            assert figure.locator("[aria-live=polite]").inner_text().strip()


@pytest.mark.browser
def test_one_step_is_not_said_in_the_plural(tab, site):
    with visit(tab, f"{site}/book/03-gates/chapter.html") as seen:
        figure = seen.page.locator('figure.moving[data-kind="memory-cell"]')
        figure.locator('[data-control="steps"]').press("Home")
        said = figure.locator("[aria-live=polite]").inner_text()
        assert "After 1 step the memory" in said
