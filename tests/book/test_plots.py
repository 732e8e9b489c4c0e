"""Figures carry their alternative text, figures that move their data, and tables their headers."""

import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.display import HTML

from unrolled import plots


@pytest.fixture
def figure():
    made = plt.figure()
    yield made
    plt.close(made)


def test_show_has_alt_text_and_closes_the_figure(figure):
    picture = plots.show(figure, alt='a "quoted" <tag>')
    assert 'alt="a &quot;quoted&quot; &lt;tag&gt;"' in picture._repr_html_()
    assert "data:image/svg+xml;base64," in picture._repr_html_()
    assert 'width="614" height="461"' in picture._repr_html_()
    assert repr(picture) == '[figure: a "quoted" <tag>]'
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize("alt", ["", "  "])
def test_alt_text_is_required(figure, alt):
    with pytest.raises(ValueError, match="alt is empty"):
        plots.show(figure, alt=alt)


def test_the_same_figure_is_the_same_bytes():
    def draw():
        return plots.show(plots.heatmap([[1.0, 2.0]]), alt="x")._repr_html_()

    assert draw() == draw()


def test_moving_embeds_data_exactly(figure):
    data = {
        "x": torch.tensor([[0.1, 1 / 3]], dtype=torch.float64),
        "y": np.arange(3),
        "w": "</b>你",
    }
    markup = plots.moving("a-kind", data, figure, alt="x", caption="Move & see")._repr_html_()
    assert markup.count("</script>") == 1
    payload = re.search(r'<script type="application/json">(.*)</script>', markup)[1]
    assert json.loads(payload) == {"x": [[0.1, 1 / 3]], "y": [0, 1, 2], "w": "</b>你"}
    assert 'data-kind="a-kind"' in markup
    assert "<figcaption>Move &amp; see</figcaption>" in markup


def test_moving_refuses_what_json_has_not(figure):
    with pytest.raises(ValueError, match="not JSON compliant"):
        plots.moving("k", {"x": torch.tensor([torch.inf])}, figure, alt="x")
    with pytest.raises(TypeError, match="data holds a set"):
        plots.moving("k", {"x": {1}}, figure, alt="x")
    with pytest.raises(ValueError, match=r"kind='\.\./k' must be made of"):
        plots.moving("../k", {}, figure, alt="x")


def test_heatmap_writes_numbers_and_labels():
    ax = plots.heatmap(torch.tensor([[0.25, -torch.inf]]), ["row"], ["a", "b"], title="t")
    assert [text.get_text() for text in ax.texts] == ["0.25", "-∞"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    assert ax.get_title() == "t"
    plt.close(ax.figure)


def test_heatmap_of_booleans_and_of_many_cells():
    ax = plots.heatmap(torch.tensor([[True, False]]))
    assert [text.get_text() for text in ax.texts] == ["1", "0"]
    large = plots.heatmap(torch.zeros(13, 2))
    assert len(large.texts) == 0
    plt.close("all")


def test_heatmap_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"shape \(3,\); wanted two axes"):
        plots.heatmap(torch.zeros(3))
    with pytest.raises(ValueError, match="column_labels has 3 labels; wanted 2 or none"):
        plots.heatmap(torch.zeros(1, 2), ["r"], ["a", "b", "c"])


def test_a_table_has_a_caption_headers_and_escapes_text():
    rows = [["<pad>", 1], ["hid", HTML("<b>2</b>")]]
    markup = plots.table(["who", "a < b"], rows, "R&D, in %")._repr_html_()
    assert '<th scope="col">who</th><th scope="col" class="number">a &lt; b</th>' in markup
    assert '<th scope="row">&lt;pad&gt;</th><td class="number">1</td>' in markup
    assert '<th scope="row">hid</th><td class="number"><b>2</b></td>' in markup
    assert "<figcaption>R&amp;D, in %</figcaption>" in markup
    assert repr(plots.table(["a"], [["b"]], "c")) == "[table: 1 rows under a]"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("12", 1), ("−0.5", 1), ("98 %", 1), ("1,024", 1), ("2.31\u00a0±\u00a00.02", 1)),
        *(
            ("3-fold", 1),
            ("4.2×", 1),
            ("0 to 4", 0),
            ("dog", 0),
            ("GPT-2", 0),
            ("", 0),
            ("2 pairs", 0),
        ),
    ],
)
def test_numbers_stand_to_the_right(cell, number):
    markup = plots.table(["a", "b"], [["x", cell]], "c")._repr_html_()
    assert markup.count('class="number"') == 2 * number  # the cell, and its column's header


def test_a_table_scrolls_by_keyboard_and_has_a_name():
    markup = plots.table(["a"], [["b"]], HTML('Loss of <b>each</b> "model"'))._repr_html_()
    assert 'tabindex="0" role="region" aria-label="Loss of each &quot;model&quot;"' in markup


RECORD = {
    "command": "python x.py", "machine": "2 cores", "torch": "2.13", "date": "2026-11-30",
    "settings": {"seeds": [0, 1, 2, 3, 4]},
}  # fmt: skip


def test_a_record_is_named_in_the_caption():
    markup = plots.table(["a"], [["b"]], "Loss.", RECORD)._repr_html_()
    said = "<code>python x.py</code>, 5 seeds, 0 to 4; 2 cores, torch 2.13, 2026-11-30."
    assert f"<figcaption>Loss. {said}</figcaption>" in markup
    one = {**RECORD, "settings": {"seeds": [7]}}
    assert ", seed 7;" in plots.table(["a"], [["b"]], "Loss.", one)._repr_html_()


@pytest.mark.parametrize(
    ("seeds", "said"), [((), ""), ([3], ", seed 3"), ((1, 3), ", 2 seeds, 1 to 3")]
)
def test_a_table_without_chance_names_no_seeds_and_one_of_some_seeds_those(seeds, said):
    markup = plots.table(["a"], [["b"]], "Loss.", RECORD, seeds)._repr_html_()
    assert f"<code>python x.py</code>{said}; 2 cores" in markup


def test_seeds_that_are_not_the_record_s_are_refused():
    with pytest.raises(ValueError, match=r"seeds=\(5,\); wanted some of the record's"):
        plots.table(["a"], [["b"]], "Loss.", RECORD, (5,))
    with pytest.raises(ValueError, match="without a record"):
        plots.table(["a"], [["b"]], "Loss.", seeds=())


@pytest.mark.parametrize("lost", ["command", "machine", "torch", "date", "settings"])
def test_a_record_that_does_not_say_where_it_is_from_is_refused(lost):
    with pytest.raises(ValueError, match=f"record lacks {lost}"):
        plots.table(["a"], [["b"]], "Loss.", {k: v for k, v in RECORD.items() if k != lost})


def test_a_table_refuses_no_caption_and_a_row_of_another_length():
    with pytest.raises(ValueError, match="caption is empty"):
        plots.table(["a"], [["b"]], " ")
    with pytest.raises(ValueError, match="row 1 has 1 cells; wanted 2"):
        plots.table(["a", "b"], [["c", "d"], ["e"]], "c")


def test_a_vector_is_written_as_by_hand():
    assert plots.vector(torch.tensor([2.0, 0.5, -0.0, 1 / 3])) == "(2, 0.5, 0, 0.333)"
    assert plots.vector([]) == "()"


def test_points_have_their_names():
    ax = plots.points([[0.0, 1.0], [2.0, 3.0]], ["dog", "cat"])
    named = [(text.get_text(), *text.xy) for text in ax.texts]
    assert named == [("dog", 0, 1), ("cat", 2, 3)]
    plt.close(ax.figure)
    with pytest.raises(ValueError, match="wanted \\(1, 2\\)"):
        plots.points([[0.0, 1.0], [2.0, 3.0]], ["dog"])


def test_scatter_has_the_diagonal_of_both():
    ax = plots.scatter([0.0, 1.0], [0.5, 2.0], "x", "y")
    assert ax.lines[0].get_xdata().tolist() == ax.lines[0].get_ydata().tolist() == [0.0, 2.0]
    plt.close(ax.figure)
    for y in ([1.0], [1.0, float("inf")]):
        with pytest.raises(ValueError, match="equally many finite"):
            plots.scatter([0.0, 1.0], y, "x", "y")
