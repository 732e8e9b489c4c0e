"""Pictures of models: what is drawn is what was given, with its names."""

import base64
import io
import math
import re
import warnings
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from unrolled import plots
from unrolled.plots import look

H, Q, K = 5, 3, 4
WORDS = ["the", "cat", "sleeps", "."]


@pytest.fixture(autouse=True)
def fresh():
    torch.manual_seed(0)
    with mpl.rc_context():
        yield
    plt.close("all")


def drawn(ax):
    """The numbers of the cells, and the numbers that have the lightest and the darkest colour."""
    image = ax.images[0]
    return np.asarray(image.get_array()), image.get_clim()


def names(ax):
    """The labels that can be seen: of the rows, of the columns."""
    ax.figure.canvas.draw()
    rows = [t.get_text() for t in ax.get_yticklabels() if t.get_visible()]
    columns = [
        tick.label2.get_text() for tick in ax.xaxis.get_major_ticks() if tick.label2.get_visible()
    ]
    return rows, columns


def weights(*shape):
    return torch.randn(*shape).softmax(-1).requires_grad_()


def test_attention_heads_are_drawn_on_one_scale():
    given = weights(H, Q, K)
    figure = plots.attention_heads(given, WORDS[:Q], WORDS, title="layer 0", columns=3)
    *heads, scale = figure.axes
    assert len(heads) == H
    for head, ax in enumerate(heads):
        array, limits = drawn(ax)
        np.testing.assert_array_equal(array, given[head].detach().double())
        assert limits == (0, pytest.approx(given.max().item()))
        assert ax.get_xlabel() == f"head {head}"
    assert names(heads[0]) == (WORDS[:Q], WORDS)
    assert names(heads[1]) == ([], WORDS)
    assert names(heads[3]) == (WORDS[:Q], [])
    assert scale.get_ylabel() == "share of attention"
    assert figure.get_suptitle() == "layer 0"


def test_attention_heads_of_a_sentence_that_looks_at_itself():
    figure = plots.attention_heads(weights(2, 4, 4), WORDS)
    assert len(figure.axes) == 3
    assert names(figure.axes[0]) == (WORDS, WORDS)
    plain = plots.attention_heads(torch.zeros(9, 1, 1))
    assert len(plain.axes) == 10
    assert len({ax.get_subplotspec().colspan.start for ax in plain.axes[:9]}) == 4
    assert names(plain.axes[0]) == ([], [])
    assert drawn(plain.axes[0])[1] == (0, 1)


def test_words_stand_upright_when_they_are_long():
    figure = plots.attention_heads(weights(1, 4, 4), WORDS)
    letters = plots.attention_heads(weights(1, 4, 4), list("abcd"))
    figure.canvas.draw()
    letters.canvas.draw()
    assert figure.axes[0].xaxis.get_major_ticks()[0].label2.get_rotation() == 90
    assert letters.axes[0].xaxis.get_major_ticks()[0].label2.get_rotation() == 0


def test_too_many_words_are_left_out():
    figure = plots.attention_heads(weights(1, 41, 41), ["w"] * 41)
    assert names(figure.axes[0]) == ([], [])
    figure = plots.attention_heads(weights(1, 40, 40), ["w"] * 40)
    assert names(figure.axes[0]) == (["w"] * 40, ["w"] * 40)


def test_an_alignment_and_the_true_one():
    given = weights(Q, K)
    links = [(0, 0), (3, 1), (2, 2)]
    ax = plots.alignment(given, WORDS, ["le", "chat", "dort"], links, title="a")
    array, limits = drawn(ax)
    np.testing.assert_array_equal(array, given.detach().double())
    assert limits == (0, 1)
    assert names(ax) == (["le", "chat", "dort"], WORDS)
    frames = [(f.get_x() + f.get_width() / 2, f.get_y() + f.get_height() / 2) for f in ax.patches]
    np.testing.assert_allclose(frames, links)
    assert {to_hex(frame.get_edgecolor(), keep_alpha=False).upper() for frame in ax.patches} == (
        {plots.PALETTE[1]}
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["true alignment"]
    assert ax.get_title() == "a"


def test_an_alignment_may_have_no_truth_and_a_place_of_its_own():
    ax = plt.subplots()[1]
    assert plots.alignment(weights(Q, K), WORDS, ["le", "chat", "dort"], ax=ax) is ax
    assert len(ax.patches) == 0
    assert ax.get_legend() is None


def test_positions_are_drawn_with_zero_in_the_middle():
    table = torch.tensor([[1.0, -3.0, 0.5], [0.0, 2.0, -1.0]])
    ax = plots.positions(table, title="learned")
    array, limits = drawn(ax)
    np.testing.assert_array_equal(array, table)
    assert limits == (-3, 3)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("feature", "position", "learned")
    assert drawn(plots.positions(torch.zeros(2, 3)))[1] == (-1, 1)
    own = plt.subplots()[1]
    assert plots.positions(table, ax=own) is own


def test_gates_are_drawn_over_time():
    given = {"forget": torch.rand(K, 7), "input": torch.rand(K, 7)}
    figure = plots.gates(given, WORDS, title="LSTM")
    *panels, scale = figure.axes
    assert len(panels) == 2
    for ax, (name, values) in zip(panels, given.items(), strict=True):
        array, limits = drawn(ax)
        np.testing.assert_array_equal(array, values.double().T)
        assert limits == (0, 1)
        assert ax.get_ylabel() == f"{name}\nunits"
    assert names(panels[0])[1] == WORDS
    assert names(panels[1])[1] == []
    assert panels[1].get_xlabel() == "time"
    assert scale.get_ylabel() == "open"
    assert figure.get_suptitle() == "LSTM"


def test_losses_stand_over_the_entropy_floor():
    ax = plots.loss_curves(
        {"RNN": torch.tensor([3.0, 2.5, 2.0]), "validation": [(10, 2.5), (20, 2.25)]},
        entropy=1.5, unit="bits", title="TinyWorld",
    )  # fmt: skip
    rnn, validation, floor = ax.lines
    assert (rnn.get_xdata().tolist(), rnn.get_ydata().tolist()) == ([1, 2, 3], [3.0, 2.5, 2.0])
    assert validation.get_xydata().tolist() == [[10, 2.5], [20, 2.25]]
    assert floor.get_ydata() == [1.5, 1.5]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["RNN", "validation", "entropy of the text: 1.5 bits"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss (bits per token)")
    assert ax.get_title() == "TinyWorld"


def test_without_an_entropy_there_is_no_floor():
    ax = plots.loss_curves({"a": [2.0, 1.0]}, ax=plt.subplots()[1])
    assert len(ax.lines) == 1
    assert ax.get_ylabel() == "loss (nats per token)"


def test_lines_differ_in_more_than_colour():
    long = {name: np.linspace(3, 2, 50) for name in "abcdefgh"}
    for lines in (plots.loss_curves(long).lines, plots.gradient_flow(long).lines):
        assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 8
        assert len({line.get_linestyle() for line in lines}) == 4
        assert {line.get_marker() for line in lines} == {"None"}
    short = {name: values[:25] for name, values in long.items()}
    assert len({line.get_marker() for line in plots.gradient_flow(short).lines}) == 7
    assert len({line.get_marker() for line in plots.loss_curves(short).lines}) == 7


def test_gradients_are_drawn_on_powers_of_ten_and_zero_is_shown():
    ax = plots.gradient_flow(
        {"RNN": [0.0, 1e-6, 1.0], "LSTM": torch.tensor([0.5, 0.5, 1.0])}, along="time step",
        labels=["I", "am", "here"], title="reach",
    )  # fmt: skip
    assert ax.get_yscale() == "log"
    rnn, gone, lstm = ax.lines
    assert rnn.get_xdata().tolist() == [1, 2, 3]
    assert math.isnan(rnn.get_ydata()[0])
    assert rnn.get_ydata()[1:].tolist() == [1e-6, 1.0]
    assert gone.get_xdata().tolist() == [1]
    assert gone.get_ydata()[0] == pytest.approx(1e-6 / 3)
    assert gone.get_marker() == "x"
    assert gone.get_color() == rnn.get_color()
    assert lstm.get_ydata().tolist() == [0.5, 0.5, 1.0]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["RNN", "RNN: exactly 0", "LSTM"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["I", "am", "here"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time step", "norm of the gradient")
    assert ax.get_title() == "reach"


def test_gradients_that_are_all_gone_can_still_be_drawn():
    ax = plots.gradient_flow({"RNN": [0.0, 0.0]}, ax=plt.subplots()[1])
    assert ax.lines[1].get_ydata().tolist() == [1.0, 1.0]
    assert ax.get_xlabel() == "step"


def test_growth_is_drawn_in_powers_beside_its_guides():
    ax = plots.growth(
        {"explicit": [(64, 1.0), (128, 4.0), (512, 64.0)], "fused": torch.tensor([[64.0, 0.5]])},
        "T, positions", "ms", title="time",
    )  # fmt: skip
    explicit, fused, linear, square = ax.lines
    assert explicit.get_xydata().tolist() == [[64, 1], [128, 4], [512, 64]]
    assert fused.get_xydata().tolist() == [[64, 0.5]]
    assert linear.get_xydata().tolist() == [[64, 8], [128, 16], [512, 64]]
    assert square.get_xydata().tolist() == [[64, 1], [128, 4], [512, 64]]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_ylim()[0] < 0.5
    assert ax.get_ylim()[1] > 64
    assert [text.get_text() for text in ax.get_xticklabels()] == ["64", "128", "512"]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["explicit", "fused", "×2 when doubled", "×4 when doubled"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("T, positions", "ms", "time")
    own = plt.subplots()[1]
    assert plots.growth({"a": [(1, 1)]}, "n", "s", powers=(), ax=own) is own
    assert len(own.lines) == 1


def luminance(colour):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in mpl.colors.to_rgb(colour)
    ]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_shades_are_told_apart_by_lightness_alone():
    """Who sees no colours still sees more from less."""
    shades = [luminance(look.SHARES(share)) for share in np.linspace(0, 1, 11)]
    assert all(lighter > darker for lighter, darker in pairwise(shades))
    assert shades[0] == pytest.approx(1.0)
    assert shades[-1] < 0.06


def test_a_figure_has_no_background():
    """So that it lies on a light and on a dark page alike, as lines and as dots."""
    plots.style()
    kind, svg = image(plots.show(plots.positions(torch.eye(3)), alt="x"))
    assert kind == "svg+xml"
    assert not re.search(r"fill: ?#ffffff|fill: ?white", svg.split('id="axes_1"')[0])
    torch.manual_seed(0)
    many = plots.curves({str(i): (range(9000), torch.randn(9000)) for i in range(3)}, "x", "y")
    markup = plots.show(many, alt="x")._repr_html_()
    png = base64.b64decode(re.search(r"image/png;base64,([^\"]+)", markup)[1])
    assert plt.imread(io.BytesIO(png))[0, 0, 3] == 0


def test_a_dense_picture_is_dots_and_lighter_than_its_lines(monkeypatch):
    torch.manual_seed(0)

    def draw():
        many = plots.curves({"noise": (range(9000), torch.randn(9000))}, "x", "y")
        return image(plots.show(many, alt="x"))

    assert draw()[0] == "png"
    monkeypatch.setattr(plots.pages, "HEAVY", 10**9)
    assert draw()[0] == "svg+xml"


def image(picture):
    kind, code = re.search(r'data:image/([a-z+]+);base64,([^"]+)"', picture._repr_html_()).groups()
    return kind, base64.b64decode(code).decode(errors="replace")


def no_chinese_fonts(monkeypatch):
    monkeypatch.setattr(look, "CHINESE", ())
    look.chinese_fonts.cache_clear()


def test_chinese_without_a_font_is_left_as_text_for_the_reader_s(monkeypatch):
    no_chinese_fonts(monkeypatch)
    plots.style()

    def draw():
        ax = plots.alignment(weights(2, K), WORDS, ["猫", "睡觉"], [(1, 0)])
        torch.manual_seed(0)
        return image(plots.show(ax, alt="x"))

    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kind, text = draw()
    assert kind == "svg+xml"
    assert re.search(r"<text [^>]*>睡觉</text>", text)
    assert re.search(r"<text [^>]*>cat</text>", text)
    assert draw() == (kind, text)  # the same bytes
    look.chinese_fonts.cache_clear()


def test_what_the_fonts_have_is_drawn_as_lines(monkeypatch):
    no_chinese_fonts(monkeypatch)
    plots.style()
    ax = plots.alignment(weights(2, K), WORDS, ["Ärger", "∞ → ñ"])
    assert look.without_glyph(ax.figure) == set()
    assert "<text" not in image(plots.show(ax, alt="x"))[1]
    bare = plt.figure()  # without a layout engine
    bare.text(0.5, 0.5, "猫")
    assert look.without_glyph(bare) == {"猫"}
    assert image(plots.show(bare, alt="x"))[0] == "svg+xml"
    look.chinese_fonts.cache_clear()


def test_an_installed_chinese_font_is_used(monkeypatch):
    fonts = [
        mpl.font_manager.FontEntry(fname=__file__, name="SimHei"),
        mpl.font_manager.FontEntry(fname=__file__, name="WenQuanYi Micro Hei"),
        mpl.font_manager.FontEntry(fname="/nowhere.ttf", name="Noto Sans SC"),
    ]
    monkeypatch.setattr(mpl.font_manager.fontManager, "ttflist", fonts)
    look.chinese_fonts.cache_clear()
    plots.style()
    assert mpl.rcParams["font.family"] == [
        "DejaVu Sans", "WenQuanYi Micro Hei", "SimHei", "sans-serif",
    ]  # fmt: skip
    look.chinese_fonts.cache_clear()


REFUSALS = [
    (lambda: plots.attention_heads(torch.zeros(Q, K)),
     "weights has shape (3, 4); wanted (heads, queries, keys)"),
    (lambda: plots.attention_heads(torch.zeros(0, Q, K)),
     "weights has shape (0, 3, 4); wanted (heads, queries, keys)"),
    (lambda: plots.attention_heads(torch.full((1, Q, K), 1.5)),
     "weights holds 1.5 to 1.5; wanted numbers from 0 to 1"),
    (lambda: plots.attention_heads(-torch.ones(1, Q, K)), "weights holds -1 to -1; wanted numbers"),
    (lambda: plots.attention_heads(torch.full((1, Q, K), torch.nan)),
     "weights holds nan; wanted finite numbers"),
    (lambda: plots.attention_heads(torch.zeros(1, Q, K), WORDS),
     "query_labels has 4 labels; wanted 3 or none"),
    (lambda: plots.attention_heads(torch.zeros(1, Q, K), (), WORDS[:Q]),
     "key_labels has 3 labels; wanted 4 or none"),
    (lambda: plots.alignment(torch.zeros(K, Q), WORDS, WORDS[:Q]),
     "weights has shape (4, 3); wanted (3, 4), a row for each target and a column for each source"),
    (lambda: plots.alignment(torch.zeros(1, Q, K), WORDS, WORDS[:Q]),
     "weights has shape (1, 3, 4); wanted (target, source)"),
    (lambda: plots.alignment(torch.zeros(Q, K), WORDS, WORDS[:Q], [(0, 0), (4, 0)]),
     "links holds (4, 0); wanted (source, target) below (4, 3)"),
    (lambda: plots.alignment(torch.zeros(Q, K), WORDS, WORDS[:Q], [(0, 3)]),
     "links holds (0, 3); wanted (source, target) below (4, 3)"),
    (lambda: plots.alignment(torch.zeros(Q, K), WORDS, WORDS[:Q], [(-1, 0)]),
     "links holds (-1, 0); wanted (source, target) below (4, 3)"),
    (lambda: plots.positions(torch.zeros(3)), "table has shape (3,); wanted (position, feature)"),
    (lambda: plots.positions([[math.inf]]), "table holds inf; wanted finite numbers"),
    (lambda: plots.gates({}), "values is empty; wanted at least one gate"),
    (lambda: plots.gates({"f": torch.zeros(2, 3), "i": torch.zeros(3, 2)}),
     "values has gates of shapes [(2, 3), (3, 2)]; wanted one shape"),
    (lambda: plots.gates({"f": torch.full((2, 3), -0.1)}),
     "values['f'] holds -0.1 to -0.1; wanted numbers from 0 to 1"),
    (lambda: plots.gates({"f": torch.zeros(2, 3)}, ["a"]), "labels has 1 labels; wanted 2 or none"),
    (lambda: plots.loss_curves({}), "losses is empty; wanted at least one run"),
    (lambda: plots.loss_curves({"a": []}), "losses['a'] has shape (0, 2); wanted losses or (step"),
    (lambda: plots.loss_curves({"a": torch.zeros(2, 3)}), "losses['a'] has shape (2, 3); wanted"),
    (lambda: plots.loss_curves({"a": [1.0, math.nan]}),
     "losses['a'] holds nan; wanted finite numbers"),
    (lambda: plots.loss_curves({"a": [1.0]}, entropy=-0.1), "entropy=-0.1; wanted at least 0"),
    (lambda: plots.growth({}, "n", "s"), "costs is empty; wanted at least one line"),
    (lambda: plots.growth({"a": [1, 2]}, "n", "s"),
     "costs['a'] has shape (2,); wanted pairs (size, cost)"),
    (lambda: plots.growth({"a": [(1, 0.0)]}, "n", "s"),
     "costs['a'] holds 0.0; wanted finite numbers above 0"),
    (lambda: plots.gradient_flow({}), "norms is empty; wanted at least one line"),
    (lambda: plots.gradient_flow({"a": []}), "norms['a'] has shape (0,); wanted a row of norms"),
    (lambda: plots.gradient_flow({"a": [[1.0]]}), "norms['a'] has shape (1, 1); wanted a row"),
    (lambda: plots.gradient_flow({"a": [1.0, -0.5]}),
     "norms['a'] holds -0.5; wanted finite norms, at least 0"),
    (lambda: plots.gradient_flow({"a": [1.0, math.inf]}), "norms['a'] holds inf; wanted finite"),
    (lambda: plots.gradient_flow({"a": [1.0, 2.0]}, labels=["x"]),
     "labels has 1 labels; wanted 2 or none"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSALS, ids=lambda value: "")
def test_what_is_refused_and_how(call, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared
        call()
    assert message in str(refused.value)
    assert plt.get_fignums() == []  # no figure is left open


def test_curves_show_lines_marks_and_their_places():
    ax = plots.curves(
        {"a": ([2, 4, 8], torch.tensor([1.0, 10.0, 100.0])), "b": ([2, 8], [3, 4])},
        "T, positions", "ms", log="xy", marks={"chance": 5.0}, title="t",
    )  # fmt: skip
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2", "4", "8"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "chance"]
    assert len({line.get_linestyle() for line in ax.lines}) > 1  # not by colour alone
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("T, positions", "ms", "t")


@pytest.mark.parametrize(
    ("lines", "log", "message"),
    [
        ({}, "", "lines is empty"),
        ({"a": ([1, 2], [1])}, "", r"'a' has places of shape \(2,\) and heights of shape \(1,\)"),
        ({"a": ([1], [float("nan")])}, "", "'a' holds nan"),
        ({"a": ([1], [1])}, "yx", "log='yx'; wanted 'x', 'y', 'xy'"),
    ],
)
def test_curves_refuse_what_they_cannot_draw(lines, log, message):
    with pytest.raises(ValueError, match=message):
        plots.curves(lines, "x", "y", log=log)


def test_seeds_are_a_row_a_model_and_a_dot_a_run():
    ax = plots.seeds({"first": [1.0, 2.0, 3.0], "second": torch.tensor([4.0])}, "loss (nats)")
    assert [len(line.get_xdata()) for line in ax.lines] == [3, 1]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    top, bottom = ax.transData.transform([(1, 0), (4, 1)])[:, 1]
    assert top > bottom  # the first model is the first row
    with pytest.raises(ValueError, match="runs is empty"):
        plots.seeds({}, "loss")


def test_panels_stand_one_above_the_other():
    axes = plots.stack(3)
    axes[0].figure.canvas.draw()
    heights = [ax.get_position().y0 for ax in axes]
    assert heights == sorted(heights, reverse=True)
    assert len({round(ax.get_position().x0, 2) for ax in axes}) == 1


def test_heatmaps_are_two_side_by_side_each_with_its_labels():
    figure = plots.heatmaps(
        {"a": torch.eye(2), "b": torch.ones(2, 3), "c": torch.zeros(2, 3)},
        ["r", "s"], (["x", "y"], ["u", "v", "w"], ["u", "v", "w"]),
    )  # fmt: skip
    drawn = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title() for ax in drawn] == ["a", "b", "c"]
    assert [label.get_text() for label in drawn[1].get_xticklabels()] == ["u", "v", "w"]
    assert drawn[0].get_position().y0 == pytest.approx(drawn[1].get_position().y0, abs=0.02)
    with pytest.raises(ValueError, match="matrices is empty"):
        plots.heatmaps({})


def test_a_mixture_is_the_average_of_its_points():
    values, weights = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0]]), [0.5, 0.25, 0.25]
    ax = plots.mixture(values, weights, ["a", "b", "c"], ("x", "y"), name="mean")
    ring = ax.collections[-1]
    assert ring.get_offsets().tolist() == [[1.0, 0.5]]
    assert {text.get_text() for text in ax.texts} == {"a  0.50", "b  0.25", "c  0.25", "mean"}
    with pytest.raises(ValueError, match=r"weights sum to 0\.9"):
        plots.mixture(values, [0.5, 0.2, 0.2], ["a", "b", "c"], ("x", "y"))
    with pytest.raises(ValueError, match=r"values has shape \(3, 2\) and weights \(2,\)"):
        plots.mixture(values, [0.5, 0.5], ["a", "b", "c"], ("x", "y"))


def test_bars_carry_their_numbers_or_a_legend():
    one = plots.bars({"share": torch.tensor([0.25, 0.75])}, ["a", "b"], "share")
    assert [text.get_text() for text in one.texts] == ["0.25", "0.75"]
    assert one.get_legend() is None
    two = plots.bars({"with": [1, 2], "without": [3, 4]}, ["a", "b"], "loss (nats)", title="t")
    assert [text.get_text() for text in two.get_legend().get_texts()] == ["with", "without"]
    assert [label.get_text() for label in two.get_xticklabels()] == ["a", "b"]
    lefts = sorted(patch.get_x() for patch in two.patches)
    assert all(
        right - left > patch.get_width()
        for (left, right), patch in zip(pairwise(lefts), two.patches, strict=False)
    )  # none hides another
    with pytest.raises(ValueError, match="groups is empty"):
        plots.bars({}, ["a"], "y")
    with pytest.raises(
        ValueError, match=r"'g' has places of shape \(2,\) and heights of shape \(1,\)"
    ):
        plots.bars({"g": [1]}, ["a", "b"], "y")


def test_marked_rows_are_framed():
    ax = plots.heatmap(torch.eye(3), marked=[1])
    (frame,) = ax.patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((-0.5, 0.5), 3, 1)
