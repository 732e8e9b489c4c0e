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
    assert "data:image/png;base64,iVBOR" in picture._repr_html_()
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


def test_a_table_has_headers_and_escapes_text():
    picture = plots.table(["who", "a < b"], [["<pad>", 1], ["hid", HTML("<b>2</b>")]], note="R&D")
    markup = picture._repr_html_()
    assert '<th scope="col">who</th><th scope="col">a &lt; b</th>' in markup
    assert '<th scope="row">&lt;pad&gt;</th><td>1</td>' in markup
    assert '<th scope="row">hid</th><td><b>2</b></td>' in markup
    assert markup.endswith("<p><em>R&amp;D</em></p>")
    assert repr(picture) == "[table: 2 rows under who, a < b]"


def test_a_table_without_a_note_ends_with_the_table():
    assert plots.table(["a"], [["b"]])._repr_html_().endswith("</table></div>")


def test_a_table_refuses_a_row_of_another_length():
    with pytest.raises(ValueError, match="row 1 has 1 cells; wanted 2"):
        plots.table(["a", "b"], [["c", "d"], ["e"]])
