"""Rules between two sets of names: both directions, and one sentence for all that does not fit."""

import re

import pytest
import torch

from unrolled.pretrained.convert import Rule, from_hf, linear, prefixed, to_hf

D, F, V = 2, 3, 5

RULES = [
    Rule("token.weight", "wte.weight"),
    Rule("token.weight", "head.weight"),
    *linear("layers.{}.norm", "h.{}.ln"),
    *linear(["layers.{}.q", "layers.{}.k"], "h.{}.qk", transpose=True),
    Rule("layers.{}.fused", ["h.{}.gate", "h.{}.up"], dim=1),
]


def ours(n_layers=2):
    state = {"token.weight": torch.randn(V, D)}
    for layer in range(n_layers):
        name = f"layers.{layer}."
        state |= {
            name + "norm.weight": torch.randn(D),
            name + "norm.bias": torch.randn(D),
            name + "q.weight": torch.randn(F, D),
            name + "q.bias": torch.randn(F),
            name + "k.weight": torch.randn(1, D),
            name + "k.bias": torch.randn(1),
            name + "fused": torch.randn(D, 7),
        }
    return state


def shapes(*widths):
    """Their names and shapes, for a number of layers whose ``gate`` has these widths."""
    state = {"wte.weight": torch.empty(V, D), "head.weight": torch.empty(V, D)}
    for layer, width in enumerate(widths):
        name = f"h.{layer}."
        state |= {
            name + "ln.weight": torch.empty(D),
            name + "ln.bias": torch.empty(D),
            name + "qk.weight": torch.empty(D, F + 1),
            name + "qk.bias": torch.empty(F + 1),
            name + "gate": torch.empty(D, width),
            name + "up": torch.empty(D, 7 - width),
        }
    return state


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_names_ties_fused_and_transposed_tensors_go_there_and_back():
    state = ours()
    theirs = to_hf(state, RULES, shapes(4, 1))
    assert set(theirs) == set(shapes(4, 1))
    assert theirs["wte.weight"] is theirs["head.weight"] is state["token.weight"]
    both = torch.cat([state["layers.1.q.weight"], state["layers.1.k.weight"]])
    assert torch.equal(theirs["h.1.qk.weight"], both.T)
    assert theirs["h.1.qk.weight"].is_contiguous()
    assert torch.equal(theirs["h.0.qk.bias"][F:], state["layers.0.k.bias"])
    assert torch.equal(theirs["h.0.gate"], state["layers.0.fused"][:, :4])
    assert torch.equal(theirs["h.1.up"], state["layers.1.fused"][:, 1:])
    back = from_hf(theirs, RULES, state)
    assert back.keys() == state.keys()
    for name in state:
        assert torch.equal(back[name], state[name]), name


def test_the_parts_of_a_fused_tensor_share_no_memory():
    theirs = {"h.0.qk": torch.arange(4.0)}
    rules = [Rule(["q.{}", "k.{}"], "h.{}.qk")]
    back = from_hf(theirs, rules, {"q.0": torch.empty(3), "k.0": torch.empty(1)})
    back["q.0"].zero_()
    assert theirs["h.0.qk"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_fused_tensor_is_cut_evenly_where_no_shapes_are_given():
    rules = [Rule("qk", ["q", "k"])]
    made = to_hf({"qk": torch.arange(6.0)}, rules)
    assert [made["q"].tolist(), made["k"].tolist()] == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match=re.escape("wrong shapes: qk (5,) cannot make q, k")):
        to_hf({"qk": torch.arange(5.0)}, rules)


def test_a_duplicate_may_be_absent_and_must_be_equal():
    state = ours()
    theirs = to_hf(state, RULES, shapes(4, 1))
    del theirs["head.weight"]
    assert torch.equal(from_hf(theirs, RULES, state)["token.weight"], state["token.weight"])
    theirs["head.weight"] = state["token.weight"] + 1
    with pytest.raises(ValueError, match=r"tied and yet different: token\.weight"):
        from_hf(theirs, RULES, state)


def test_two_of_ours_tied_to_one_of_theirs():
    rules = [Rule("token", "wte"), Rule("head", "wte")]
    made = from_hf({"wte": torch.ones(1)}, rules, {"token": torch.empty(1), "head": torch.empty(1)})
    assert made["token"].tolist() == made["head"].tolist() == [1.0]
    assert list(to_hf(made, rules)) == ["wte"]
    with pytest.raises(ValueError, match="tied and yet different: wte"):
        to_hf({"token": torch.ones(1), "head": torch.zeros(1)}, rules)


def test_all_that_does_not_fit_stands_in_one_sentence():
    state = ours(n_layers=2)
    theirs = to_hf(ours(n_layers=3), RULES, shapes(4, 1, 2))
    del theirs["h.0.ln.bias"], theirs["h.1.gate"]
    theirs["pooler.weight"] = torch.zeros(1)
    theirs["h.1.ln.weight"] = torch.zeros(4)
    with pytest.raises(ValueError, match=r"^state does not fit the model: ") as refused:
        from_hf(theirs, RULES, state)
    missing, unexpected, unused, shape = sorted(str(refused.value).split(": ", 1)[1].split("; "))
    assert missing == "missing keys: h.1.gate, layers.0.norm.bias (from h.0.ln.bias)"
    assert unexpected == "unexpected keys: pooler.weight"
    assert unused == "unused keys: " + ", ".join(
        f"h.2.{name}" for name in ("ln.weight", "ln.bias", "qk.weight", "qk.bias", "gate", "up")
    )
    assert shape == "wrong shapes: layers.1.norm.weight (4,) where (2,) is wanted"


def test_what_no_rule_makes_and_what_is_called_the_same_on_both_sides():
    with pytest.raises(ValueError, match=re.escape("missing keys: a, b (no rule makes it)")):
        from_hf({}, [Rule("a", "a")], {"a": torch.empty(1), "b": torch.empty(1)})
    with pytest.raises(ValueError, match=re.escape("missing keys: qk (from q + k)")):
        from_hf({}, [Rule("qk", ["q", "k"])], {"qk": torch.empty(1)})


def test_one_half_of_a_fused_tensor_is_missing_without_shapes_too():
    with pytest.raises(ValueError, match=r"missing keys: k$"):
        to_hf({"q": torch.empty(1)}, [Rule(["q", "k"], "qk")])


def test_parts_that_do_not_lie_side_by_side():
    rules = [Rule(["q", "k"], "qk")]
    state = {"q": torch.empty(1, 2), "k": torch.empty(1, 3)}
    message = "wrong shapes: q (1, 2), k (1, 3) cannot make qk"
    with pytest.raises(ValueError, match=re.escape(message)):
        to_hf(state, rules, {"qk": torch.empty(2, 2)})
    with pytest.raises(ValueError, match=re.escape("wrong shapes: qk (3,) cannot make q, k")):
        from_hf({"qk": torch.empty(3)}, rules, {"q": torch.empty(1), "k": torch.empty(1)})


def test_ignored_names_are_neither_unexpected_nor_needed():
    rules = [Rule("a.{}", "b.{}")]
    state = {"b.0": torch.ones(1), "mask.0": torch.ones(1), "mask.11": torch.ones(1)}
    made = from_hf(state, rules, {"a.0": torch.empty(1)}, ignored=["mask.{}", "other"])
    assert list(made) == ["a.0"]
    assert list(
        to_hf({"a.0": torch.ones(1), "extra": torch.ones(1)}, rules, ignored=["extra"])
    ) == ["b.0"]


def test_a_pattern_is_text_and_not_an_expression():
    rules = [Rule("a", "b.c")]
    with pytest.raises(ValueError, match="unexpected keys: b_c"):
        to_hf({"a": torch.ones(1), "b_c": torch.ones(1)}, rules)
    with pytest.raises(ValueError, match=r"unexpected keys: h\.x\.w"):
        from_hf({"h.x.w": torch.ones(1)}, [Rule("l.{}.w", "h.{}.w")], {})


def test_a_vector_is_not_transposed_and_ten_layers_come_in_order():
    rules = [Rule("a.{}", "b.{}", transpose=True)]
    made = to_hf({f"a.{layer}": torch.full((2,), layer) for layer in range(11)}, rules)
    assert list(made) == [f"b.{layer}" for layer in range(11)]
    assert made["b.10"].tolist() == [10, 10]


def test_prefixed_rules_keep_the_rest():
    (rule,) = prefixed([Rule(["a", "b"], "c", dim=1, transpose=True)], ours="x.", theirs="y.")
    assert rule == Rule(("x.a", "x.b"), ("y.c",), 1, True)
    assert prefixed([Rule("a", "b")]) == [Rule("a", "b")]
    assert Rule("a", "b") == Rule("a", "b", dim=0, transpose=False)
    assert linear("a", "b", 1, True)[0] == Rule("a.weight", "b.weight", 1, True)
    assert linear("a", "b") == [Rule("a.weight", "b.weight"), Rule("a.bias", "b.bias")]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ((["a", "b"], ["c", "d"]), "on one side of a rule a single tensor is wanted"),
        (("a.{}", "b"), "the same number of {} is wanted in every name"),
        ((["a.{}", "b"], "c.{}"), "the same number of {} is wanted in every name"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Rule(*rule)
