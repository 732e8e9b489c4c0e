"""What is to be written by hand is not had by another name: read in the text, seen as it runs."""

import cProfile
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from unrolled.candidate.watch import GIVEN as GIVEN_BY_THE_COURSE
from unrolled.candidate.watch import watched
from unrolled.checks import all_exercises, examine, exercise, probing
from unrolled.checks.bans import banned, pattern
from unrolled.checks.capabilities import (
    ADAPTERS,
    ATTENTION,
    BLEU,
    CLIPPING,
    CROSS_ENTROPY,
    EMBEDDING,
    HEADS,
    NORMALISATION,
    READY_MADE,
    RECURRENCE,
    SOFTMAX,
    TOKENIZER,
    TRANSFORMER,
    known,
)

NOTEBOOK = {"torch": torch, "nn": nn, "F": functional, "Tensor": torch.Tensor}
DEF = "def softmax(logits, dim=-1):\n    return "
# A name that no reader of the text can make out, and that is there when it runs.
HIDDEN = "''.join(map(chr, {0!r}))"


def hidden(space, name):
    return f"getattr({space}, {HIDDEN.format([*name.encode()])})"


def defined(exercise_id, source):
    """What a notebook's cell would define."""
    space = dict(NOTEBOOK, __name__="__main__")
    exec(compile(source, "<a cell>", "exec"), space)
    return space[exercise(exercise_id).name]


def read(source, *bans, imports=""):
    """Whether anything is found in the text alone."""
    return bool(banned(source, bans, imports))


# Every way to a softmax that is not one's own, by what can be read of it.
READ = {
    "a function": DEF + "torch.softmax(logits, dim)",
    "a method": DEF + "logits.softmax(dim)",
    "a layer": DEF + "nn.Softmax(dim)(logits)",
    "of a submodule": DEF + "nn.functional.softmax(logits, dim)",
    "special": DEF + "torch.special.softmax(logits, dim)",
    "its sibling": DEF + "F.softmin(-logits, dim)",
    "its logarithm": DEF + "F.log_softmax(logits, dim).exp()",
    "private": DEF + "torch._softmax(logits, dim, False)",
    "variable functions": DEF + "torch._VF.softmax(logits, dim)",
    "bound in C": DEF + "torch._C._VariableFunctions.softmax(logits, dim)",
    "an operator": DEF + "torch.ops.aten._softmax(logits, dim, False)",
    "an overload": DEF + "torch.ops.aten.softmax.int(logits, dim)",
    "through a tensor's class": DEF + "type(logits).softmax(logits, dim)",
    "alias of a module": "import torch.nn.functional as G\n" + DEF + "G.softmax(logits, dim)",
    "alias in a package": "from torch.nn import functional as G\n" + DEF + "G.softmax(logits, dim)",
    "alias of a function": "from torch import softmax as sm\n" + DEF + "sm(logits, dim)",
    "assigned": "sm = F.softmax\n" + DEF + "sm(logits, dim)",
    "assigned module": "G = F\n" + DEF + "G.softmax(logits, dim)",
    "star": "from torch.nn.functional import *\nmine = log_softmax\n"
    + DEF + "mine(logits, dim).exp()",
    "by text": DEF + "getattr(F, 'softmax')(logits, dim)",
    "by texts": DEF + "getattr(F, 'soft' + 'max')(logits, dim)",
    "by a text kept": "name = 'soft' 'max'\n" + DEF + "getattr(F, name)(logits, dim)",
    "by a joined text": DEF + "getattr(F, ''.join(['soft', 'max']))(logits, dim)",
    "by a text turned round": DEF + "getattr(F, 'xamtfos'[::-1])(logits, dim)",
    "by a formatted text": DEF + "getattr(F, f\"soft{'max'}\")(logits, dim)",
    "of a dictionary": DEF + "vars(F)['softmax'](logits, dim)",
    "of __dict__": DEF + "F.__dict__['softmax'](logits, dim)",
    "of the globals": DEF + "globals()['F'].softmax(logits, dim)",
    "attrgetter": "import operator\n" + DEF + "operator.attrgetter('softmax')(F)(logits, dim)",
    "methodcaller": "from operator import methodcaller\n"
    + DEF + "methodcaller('softmax', dim)(logits)",
    "evaluated": DEF + "eval('F.softmax(logits, dim)')",
    "executed": "exec('sm = F.softmax')\n" + DEF + "sm(logits, dim)",
    "import_module": "import importlib\n"
    + DEF + "importlib.import_module('torch.nn.functional').softmax(logits, dim)",
    "__import__": DEF + "__import__('torch').softmax(logits, dim)",
    "sys.modules": "import sys\n" + DEF + "sys.modules['torch'].softmax(logits, dim)",
    "inherited": "class Mine(nn.Softmax): pass\n" + DEF + "Mine(dim)(logits)",
}  # fmt: skip
RUN = {
    "a function": DEF + hidden("F", "softmax") + "(logits, dim)",
    "a method": DEF + hidden("logits", "softmax") + "(dim)",
    "a layer": DEF + hidden("nn", "Softmax") + "(dim)(logits)",
    "a distribution's": DEF + "torch.distributions.Categorical(logits=logits.transpose(dim, -1))"
    ".probs.transpose(dim, -1)",
    "an operator": DEF + hidden("torch.ops.aten", "_softmax") + "(logits, dim, False)",
    "with torch's own hooks off": DEF.replace("return", "with torch._C.DisableTorchFunction():\n"
                                              "        return")
    + hidden("torch", "softmax") + "(logits, dim)",
    "in a thread": "import threading\n"
    "def softmax(logits, dim=-1):\n    out = []\n"
    "    run = lambda: out.append(" + hidden("F", "softmax") + "(logits, dim))\n"
    "    thread = threading.Thread(target=run)\n    thread.start()\n    thread.join()\n"
    "    return out[0]",
    "traced": "traced = torch.jit.trace(lambda x: "
    + hidden("torch", "softmax") + "(x, -1), torch.ones(2, 3))\n"
    + DEF + "traced(logits.transpose(dim, -1)).transpose(dim, -1)",
}  # fmt: skip


@pytest.mark.parametrize("source", READ.values(), ids=READ)
def test_torchs_own_softmax_is_read_by_whatever_name(source):
    assert read(source, SOFTMAX)


@pytest.mark.parametrize("source", RUN.values(), ids=RUN)
def test_a_softmax_that_cannot_be_read_is_seen_as_it_runs(source):
    answer = defined("softmax", source)
    assert not read(source, SOFTMAX)
    assert examine("softmax", answer).passed  # with nobody looking
    report = examine("softmax", answer, source=source)
    assert report.points == 0
    assert report.fix_first == (
        "this exercise asks you to write the softmax by hand; your answer uses aten::"
        + ("_softmax." if "aten" in source else "softmax.")
    )


STEP = "(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):\n    return "
CELL = "(x, h, weight_ih, weight_hh, bias_ih, bias_hh)"
LAYER = "\n    ".join((
    "class LayerNorm(nn.Module):",
    "def __init__(self, d_model, eps=1e-5, bias=True):",
    "    super().__init__()",
    "    self.d_model, self.eps = (d_model,), eps",
    "    self.weight = nn.Parameter(torch.ones(d_model))",
    "    self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None",
    "def forward(self, x):",
    "    return ",
))  # fmt: skip
GIVEN = "(x, self.d_model, self.weight, self.bias, self.eps)"
OTHERS = (
    ("rnn_step", "torch", "rnn_tanh_cell", f"def rnn_step{STEP}@{CELL}"),
    ("gru_step", "torch", "gru_cell", f"def gru_step{STEP}@{CELL}"),
    ("lstm_step", "torch", "lstm_cell",
     f"def lstm_step{STEP.replace(' h,', ' h, c,')}@{CELL.replace(' h,', ' (h, c),')}"),
    ("LayerNorm", "F", "layer_norm", f"{LAYER}@{GIVEN}"),
    ("LayerNorm", "torch", "native_layer_norm", f"{LAYER}@{GIVEN}[0]"),
    ("cross_entropy", "F", "cross_entropy",
     "def cross_entropy(logits, targets):\n"
     "    return @(logits.flatten(0, -2), targets.flatten())"),
    ("cross_entropy", "torch.ops.aten", "cross_entropy_loss",
     "def cross_entropy(logits, targets):\n"
     "    return @(logits.flatten(0, -2), targets.flatten())"),
    ("embedding_lookup", "torch", "embedding",
     "def embedding_lookup(weight, ids):\n    return @(weight, ids)"),
    ("clip_gradients", "nn.utils", "clip_grad_norm_",
     "def clip_gradients(parameters, max_norm):\n    return @(parameters, max_norm)"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "space", "function", "source"), OTHERS, ids=[f"{o[1]}.{o[2]}" for o in OTHERS]
)
def test_what_else_is_to_be_written_by_hand_is_seen_too(name, space, function, source):
    plain = source.replace("@", f"{space}.{function}")
    secret = source.replace("@", hidden(space, function))
    bans = exercise(name).bans
    assert read(plain, *bans)
    assert not read(secret, *bans)
    assert examine(name, defined(name, secret)).points > 0
    report = examine(name, defined(name, secret), source=secret)
    assert report.points == 0
    assert f"{bans[0].name} by hand; your answer uses " in report.fix_first


NAMES = (
    (RECURRENCE, "nn.RNNBase torch.gru torch.rnn_tanh torch.lstm_cell torch.rnn_relu nn.GRUCell "
     "torch._VF.lstm torch._thnn_fused_gru_cell torch.ops.aten.mkldnn_rnn_layer nn.LSTM "
     "torch.ao.nn.quantizable.LSTM torch.nn.modules.rnn.RNNCellBase"),
    (ATTENTION, "F.scaled_dot_product_attention torch._C._nn.scaled_dot_product_attention "
     "torch._scaled_dot_product_attention_math F.multi_head_attention_forward nn.Transformer "
     "torch.nn.attention.flex_attention.flex_attention torch._native_multi_head_attention "
     "torch._transformer_encoder_layer_fwd torch.ops.aten._flash_attention_forward "
     "nn.TransformerEncoderLayer torch._scaled_dot_product_flash_attention_for_cpu"),
    (SOFTMAX, "F.gumbel_softmax nn.AdaptiveLogSoftmaxWithLoss torch.masked.softmax nn.Softmax2d "
     "torch.sparse.softmax F.cross_entropy scipy.special.softmax jax.nn.softmax"),
    (CLIPPING, "nn.utils.clip_grad_norm_ torch.nn.utils.clip_grad.clip_grads_with_norm_ "
     "nn.utils.get_total_norm nn.utils.clip_grad_norm"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("ban", "name"), [(ban, name) for ban, names in NAMES for name in names.split()]
)
def test_its_names_are_read(ban, name):
    module, _, leaf = name.rpartition(".")
    assert read(f"import scipy.special, jax\nf = {name}", ban)
    assert read(f"import torch, scipy.special, jax\nfrom os import path\n{name}(1)", ban)
    if module.partition(".")[0] == "torch":
        assert read(f"from {module} import {leaf} as it\nit(1)", ban)
        assert read("it(1)", ban, imports=f"from {module} import {leaf} as it")


HONEST = {
    "its own name": "def softmax(x): return x\ndef f(x): return softmax(x)",
    "a method of one's own": "class A(nn.Module):\n    def softmax(self, x): return x\n"
    "    def forward(self, x): return self.softmax(x)",
    "of another object of one's own": "class A:\n    def softmax(self, x): return x\n"
    "def f(x): return A().softmax(x)",
    "a part": "class A(nn.Module):\n    def __init__(self, part):\n        self.attention = part\n"
    "    def forward(self, x): return self.attention(x)",
    "a parameter": "def f(x, softmax=True, gru=None): return x if softmax else gru",
    "a keyword": "f(softmax=1, attention=2, lstm=3)",
    "a variable": "softmax = 1\nattention, rnn = softmax, 2\nprint(attention + rnn)",
    "words": '"""Not F.softmax, nor nn.LSTM."""\n# F.softmax\nx = "softmax"\nd = {"softmax": x}',
    "padding": "from torch.nn.utils import rnn\nfrom torch.nn.utils.rnn import pad_sequence\n"
    "x = pad_sequence([rnn.pad_sequence, torch.nn.utils.rnn.pad_sequence])",
    "another module's": "import mine\nx = mine.softmax(1)\ny = mine.clip_grad_norm_(2)",
    "an annotation": "def f(cell: nn.GRU, x: F.softmax) -> nn.LSTM:\n    y: nn.RNN = x",
    "a type to compare with": "def f(x): return isinstance(x, nn.Softmax | nn.GRU)",
    "a field": "@dataclass\nclass C:\n    softmax: bool = True\n    gru = 1\n"
    "def f(c): return c.softmax or c.gru",
    "nearly": "x = torch.logsumexp(y, 0) + torch.linalg.vector_norm(y) + F.softplus(y) + y.norm()",
    "not Python": "def f(:\n    F.softmax(x)",
}


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_what_is_ones_own_is_free(source):
    assert banned(source, (SOFTMAX, RECURRENCE, ATTENTION, CLIPPING)) == ()


def test_what_another_cell_imports_is_free_until_it_is_used():
    imports = "from torch.nn.functional import *\nfrom torch import softmax as sm"
    assert not read("def softmax(x): return x.exp() / x.exp().sum()", SOFTMAX, imports=imports)
    assert read("def softmax(x): return sm(x, -1)", SOFTMAX, imports=imports)
    assert read("def mine(x): return softmax(x, -1)", SOFTMAX, imports=imports)


@pytest.mark.parametrize(
    ("ban", "source"),
    [
        (BLEU, "import sacrebleu"),
        (BLEU, "from nltk.translate.bleu_score import corpus_bleu as score"),
        (BLEU, "score = __import__('sacre' + 'bleu').corpus_bleu"),
        (TOKENIZER, "import tokenizers as t\nt.Tokenizer"),
        (TOKENIZER, "import importlib\nt = importlib.import_module('sentencepiece')"),
        (TOKENIZER, "from transformers import *"),
    ],
)
def test_a_package_that_has_the_answer_is_read(ban, source):
    assert read(source, ban)


# What has it ready made, of each thing that an exercise asks for.
READY = {
    ADAPTERS: "peft.LoraConfig",
    ATTENTION: "torch.nn.functional.scaled_dot_product_attention",
    BLEU: "sacrebleu.corpus_bleu",
    CLIPPING: "torch.nn.utils.clip_grad_norm_",
    CROSS_ENTROPY: "torch.nn.functional.cross_entropy",
    EMBEDDING: "torch.nn.functional.embedding",
    HEADS: "torch.nn.MultiheadAttention",
    NORMALISATION: "torch.nn.functional.layer_norm",
    READY_MADE: "transformers.GPT2Model",
    RECURRENCE: "torch.nn.LSTM",
    SOFTMAX: "torch.nn.functional.softmax",
    TOKENIZER: "tokenizers.Tokenizer",
    TRANSFORMER: "torch.nn.Transformer",
}
# {m} is a module, {n} a name in it, {a} and {b} its halves.
DISGUISES = {
    "star": "from {m} import *\nf = {n}",
    "alias": "import {m} as Z\nf = Z.{n}",
    "alias of it": "from {m} import {n} as q\nq(1)",
    "in a function": "def f(x):\n    from {m} import {n} as q\n    return q(x)",
    "in a class": "class A:\n    from {m} import {n} as q",
    "subclass": "import {m} as Z\nclass A(Z.{n}): pass",
    "partial": "import functools, {m} as Z\nf = functools.partial(Z.{n})",
    "a list": "import {m} as Z\nf = [0, Z.{n}][1]",
    "a table of modules": "import {m} as Z\nd = {{'a': Z}}\nf = d['a'].{n}",
    "a default": "import {m} as Z\ndef f(x, g=Z.{n}): return g(x)",
    "a default module": "import {m} as Z\ndef f(x, g=Z): return g.{n}(x)",
    "an object's": "import {m} as Z\nclass A:\n    def f(self, x): return self.z.{n}(x)\nA.z = Z",
    "several names": "import {m} as Z\na = b = Z\nf = b.{n}",
    "named self": "import {m} as self\nf = self.{n}",
    "getattr": "import {m} as Z\nf = getattr(Z, '{a}' + '{b}', None)",
    "getattr of a join": "import {m} as Z\nf = getattr(Z, ''.join(('{a}', '{b}')))",
    "vars": "import {m} as Z\nf = vars(Z)['{n}']",
    "import_module": "import importlib as i\nf = i.import_module('{m}').{n}",
    "import_module renamed": "from importlib import import_module as i\nf = i('{m}').{n}",
    "__import__": "f = __import__('{m}', fromlist=['x']).{n}",
    "resolve_name": "import pkgutil\nf = pkgutil.resolve_name('{m}:{n}')",
    "sys.modules": "import sys\nf = sys.modules['{m}'].{n}",
    "eval": "import {m} as Z\nf = eval('Z.{n}')",
    "exec": "exec('from {m} import {n} as q')\nf = q",
    "try": "try:\n    import {m} as Z\nexcept ImportError:\n    Z = None\nf = Z.{n}",
}


@pytest.mark.parametrize("found", [e for e in all_exercises() if e.bans], ids=lambda e: e.id)
def test_what_an_exercise_bans_is_read_in_every_disguise(found):
    for ban in (ban for ban in found.bans if not ban.course):
        module, _, name = READY[ban].rpartition(".")
        half = len(name) // 2
        parts = {"m": module, "n": name, "a": name[:half], "b": name[half:]}
        for disguise, source in DISGUISES.items():
            said = banned(source.format(**parts), found.by_hand)
            assert any(f"{ban.name} by hand" in clause for clause in said), disguise


def test_the_courses_own_answer_is_not_the_learners():
    for found in all_exercises():
        home = found.module
        assert read(f"import {home}\nx = {home}.{found.name}", *found.by_hand), found.id
        assert read(f"from {home} import {found.name} as x", *found.by_hand), found.id
        assert not read(found.source, *found.by_hand), found.id


@pytest.mark.parametrize("found", [e for e in all_exercises() if e.bans], ids=lambda e: e.id)
def test_what_the_course_gives_may_be_used_whatever_it_runs(found):
    """Its own layers have fast paths, which nobody is to pay for who calls them."""
    assert examine(found.id, found.reference, source=found.source).fix_first == ""


@pytest.mark.parametrize(
    "name",
    [
        "aten:softmax_of_4_and_7",
        "the:softmax",
        "torch.nn:softmax 4",
        "aten",
        "",
        ":",
        "os:",
        "a:b:c",
    ],
)
def test_of_what_a_run_reports_only_torchs_own_names_are_believed(name):
    """A worker's words are the learner's; shown to them, they could carry graded inputs."""
    assert known(name) == ""
    assert banned("x = 1", (SOFTMAX,), seen=[name]) == ()


def test_hard_texts_are_passed_over():
    deep = "x = " + "-".join(["y"] * 3000) + ".a" * 3000
    assert banned(deep, (SOFTMAX,)) == ()
    assert read(f"{'exec(' * 2}'F.softmax'{')' * 2}", SOFTMAX)


X = torch.ones(2, 3, 4)


@pytest.mark.parametrize(
    ("ban", "run"),
    [
        (HEADS, lambda: nn.MultiheadAttention(4, 2)(X, X, X)),
        (TRANSFORMER, lambda: nn.TransformerEncoderLayer(4, 2, 8)(X)),
        (TRANSFORMER, lambda: nn.TransformerDecoderLayer(4, 2, 8)(X, X)),
        (ATTENTION, lambda: functional.scaled_dot_product_attention(X, X, X)),
        (RECURRENCE, lambda: nn.RNN(4, 5)(X)),
        (NORMALISATION, lambda: nn.RMSNorm(4)(X)),
        (NORMALISATION, lambda: functional.group_norm(X, 1)),
        (EMBEDDING, lambda: functional.embedding_bag(torch.tensor([[0, 1]]), X[0])),
        (CLIPPING, lambda: nn.utils.get_total_norm([X])),
    ],
)
def test_what_has_no_operator_of_its_own_is_seen_too(ban, run):
    with watched(pattern([ban])) as seen:
        run()
    assert banned("x = 1", (ban,), seen=seen)


def test_what_the_course_runs_does_not_count_and_what_it_calls_back_does():
    given = {"torch": torch}
    source = "def each(step, x):\n    return step(torch.softmax(x, -1)).log_softmax(-1)"
    exec(compile(source, GIVEN_BY_THE_COURSE, "exec"), given)
    with watched("softm") as seen:
        given["each"](lambda x: x, torch.ones(2, 3))
    assert seen == []
    with watched("softm") as seen:
        given["each"](lambda x: functional.softmin(x, -1), torch.ones(2, 3))
    assert set(seen) == {"aten:_softmax", "aten:softmax", "torch.nn.functional:softmin"}


def test_who_profiles_goes_on_doing_so():
    with torch.autograd.profiler.profile() as profile:
        assert examine("softmax", lambda logits, dim=-1: logits.exp(), source="x = 1").points < 5
        torch.ones(2).tanh()
    assert "aten::tanh" in {event.name for event in profile.function_events}


def test_a_profiler_of_pythons_is_gone_on_with():
    right = defined(
        "softmax", f"{DEF}(e := logits.sub(logits.amax(dim, True)).exp()) / e.sum(dim, True)"
    )
    profile = cProfile.Profile()
    profile.enable()
    try:
        report = examine("softmax", right, source="x = 1")
        torch.ones(2).tanh()
    finally:
        profile.disable()
    assert report.passed
    assert any("tanh" in str(entry.code) for entry in profile.getstats())


@pytest.mark.parametrize(("seconds", "watched"), [(0, False), (1e9, True)])
def test_a_slow_answer_is_not_slowed_down_for_long(monkeypatch, seconds, watched):
    monkeypatch.setattr(probing, "WATCHED_SECONDS", seconds)
    answer = defined("softmax", f"{DEF}{hidden('F', 'softmax')}(logits, dim)")
    assert bool(examine("softmax", answer, source="x = 1").points) is not watched


def test_looking_leaves_nothing_behind():
    before = sys.getprofile()
    examine("softmax", lambda logits, dim=-1: 1 / 0, source="x = 1")
    assert sys.getprofile() is before
    assert not torch.autograd._profiler_enabled()
