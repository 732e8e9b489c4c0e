"""Diagrams: their glyphs, how they look in a browser, and the map at the top of a chapter."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from unrolled.attention import scaled_dot_product_attention, split_heads
from unrolled.plots import diagrams

from .drawn import ARGUMENTS, LOOK, chapter_functions, drawings, stand

WINDOWS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}
LOOKS = ("light", "dark", "notebook", "dark-notebook")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A folder with all diagrams on a page, in each look."""
    folder = tmp_path_factory.mktemp("diagrams")
    body = "".join(picture._repr_html_() for picture in drawings().values())
    assert stand(folder, "all", body) == LOOKS
    return folder


def svgs(picture):
    return re.findall(r"<svg.*?</svg>", picture._repr_html_(), re.DOTALL)


def look(tab, file, window="phone"):
    tab.set_viewport_size(WINDOWS[window])
    tab.goto(file.as_uri())
    return tab.evaluate(LOOK)


@pytest.mark.browser
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", LOOKS)
def test_diagrams_can_be_read(tab, pages, name, window):
    """Large enough, inside, apart from each other and from lines, and dark or light enough."""
    assert look(tab, pages / f"all-{name}.html", window) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= WINDOWS[window]["width"]


def test_diagrams_are_xml_with_a_name_and_without_ids():
    for name, picture in drawings().items():
        assert svgs(picture), name
        for markup in svgs(picture):
            root = ElementTree.fromstring(markup)
            assert len(root.get("aria-label")) > 30, name
            assert not [node for node in root.iter() if node.get("id")], name


def test_the_same_diagram_is_the_same_bytes():
    first, second = drawings(), drawings()
    assert {n: p._repr_html_() for n, p in first.items()} == {
        n: p._repr_html_() for n, p in second.items()
    }


def test_every_chapters_diagrams_say_what_they_draw():
    for name, function in chapter_functions().items():
        assert function.__doc__.startswith("Draw "), name


def faulty(fault):
    draw = diagrams.Diagram(300, 100, alt="something that is wrong")
    if fault == "overlap":
        draw.text((100, 50), "one word")
        draw.text((130, 52), "another word")
    elif fault == "outside":
        draw.text((290, 50), "a long text")
    elif fault == "contrast":
        draw.frame(50, 20, 200, 60, "plain", level=0.7)
        draw.text((150, 50), "a text")
    elif fault == "leaves its box":
        draw.box(100, 30, 30, 30, "feed-forward")
    elif fault == "crossed by a line":
        draw.text((150, 50), "a text")
        draw.line((50, 50), (250, 50))
    elif fault == "small":  # a picture that a page shows smaller than it thinks
        draw.text((150, 50), "a text")
        return f'<div style="width: 150px">{draw.picture()._repr_html_()}</div>'
    elif fault == "no name":
        return draw.picture()._repr_html_().replace("aria-label", "data-label")
    return draw.picture()._repr_html_()


@pytest.mark.browser
@pytest.mark.parametrize(
    "fault",
    ["overlap", "outside", "contrast", "leaves its box", "crossed by a line", "small", "no name"],
)
def test_each_fault_is_found(tab, tmp_path, fault):
    stand(tmp_path, "bad", faulty(fault))
    assert [found for found in look(tab, tmp_path / "bad-light.html") if found.startswith(fault)]


@pytest.fixture
def draw():
    return diagrams.Diagram(300, 100, alt="x")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.matrix(0, 0, 0, 2), "rows=0; wanted a whole number"),
        (lambda d: d.matrix(0, 0, 2, 2.0), "columns=2.0; wanted a whole number"),
        (lambda d: d.matrix(0, 0, 2, 2, levels=[[1, 1]]), r"levels has rows of \[2\]"),
        (lambda d: d.matrix(0, 0, 1, 1, levels=[[1.2]]), "levels holds 1.2; wanted numbers"),
        (lambda d: d.matrix(0, 0, 1, 1, tint="mauve"), "tint='mauve'; wanted one of plain"),
        (lambda d: d.matrix(0, 0, 2, 1, row_labels=["a"]), "row_labels has 1 entries; wanted 2"),
        (lambda d: d.text((0, 0), "$d_k$", 11), r"size=11 of '\$d_k\$' is 8.6 pixels on a phone"),
        (lambda d: d.arrow((0, 0)), "points has 1 points; wanted at least 2"),
        (lambda d: d.arrow((0, 0), (9, 0), label="x", beside="inside"), "beside='inside'; wanted"),
        (lambda d: d.operation((0, 0), "divide"), "kind='divide'; wanted one of add"),
        (lambda d: d.mask(0, 0, [[True], []]), "allowed has rows of different lengths"),
        (lambda d: d.same_weights(), "places has 0 places; wanted at least 2"),
        (lambda d: diagrams.Diagram(0, 9, "x"), "width=0; wanted a positive number"),
        (lambda d: diagrams.Diagram(9, 9, " "), "alt is empty; wanted a sentence"),
        (lambda d: diagrams.side_by_side(), "pictures is empty; wanted at least one"),
        (lambda d: diagrams.transformer({"soul"}), "lit holds 'soul'; wanted names among words"),
    ],
)  # fmt: skip
def test_a_bad_argument_is_named(draw, call, message):
    with pytest.raises(ValueError, match=message):
        call(draw)


def test_numbers_become_tints(draw):
    draw.matrix(0, 0, 1, 3, tint="positive", levels=[[1.0, 0.0, -0.5]], cell=20)
    cells = re.findall(r'<rect[^>]*width="20"[^>]*fill="([^"]*)" fill-opacity="([^"]*)"',
                       draw.picture()._repr_html_())  # fmt: skip
    assert [float(opacity) for _, opacity in cells] == [0.5, 0.25]  # nothing for a zero
    assert ["positive" in cells[0][0], "negative" in cells[1][0]] == [True, True]


def test_what_is_written_is_text(draw):
    draw.text((50, 50), "a < b & $x_{t-1}$")
    root = ElementTree.fromstring(draw.picture()._repr_html_())
    assert "".join(root.itertext()).rstrip("\u200b") == "a < b & xt-1"


def written(markup):
    """The words of a diagram, text by text."""
    root = ElementTree.fromstring(markup)
    return ["".join(node.itertext()) for node in root.iter("text")]


def test_the_row_of_attention_is_the_librarys():
    _, asks, q, k, v = ARGUMENTS["06-self-attention.row"]()
    output, weights = scaled_dot_product_attention(q, k, v, need_weights=True)
    texts = written(svgs(drawings()["06-self-attention.row"])[0])
    shown = texts[texts.index("weights") + 1 :]
    assert shown[: len(weights)] == [f"{weight:.2f}" for weight in weights[asks].tolist()]
    assert f"({', '.join(f'{x:.2f}' for x in output[asks].tolist())})" in texts


def test_the_heads_read_what_the_library_splits():
    in_memory = torch.arange(12).view(1, 3, 4)
    heads = split_heads(in_memory, 2)
    _, right, wrong = map(written, svgs(drawings()["07-multi-head.strides"]))
    for texts, numbers in ((right, heads), (wrong, in_memory.view(1, 2, 3, 2))):
        addresses = [int(text) for text in texts if text.isdigit()]
        assert addresses == numbers.flatten().tolist()
        assert f"strides {', '.join(map(str, numbers.stride()[1:]))}" in texts
