"""What an exercise can ask to be written by hand: a thing computed, and not a name of it.

Torch has most of them under many names: ``F.softmax``, ``nn.Softmin``, ``torch.special.softmax``,
``aten::_softmax``. What they have in common is a word, and ``tests/checks/test_capabilities.py``
holds that torch has no name that is not read as it is meant.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from types import ModuleType

import torch

from unrolled.candidate.watch import squashed


@dataclass(frozen=True)
class Capability:
    """A thing that is computed.

    Attributes:
        name: what is to be written by hand, as a sentence has it.
        words: parts of the names that torch has for it, in small letters without underscores.
        packages: installed packages that compute it, by their import names.
        course: the course's own names for it, and for what is built on it.
    """

    name: str
    words: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    course: tuple[str, ...] = ()

    def computed_by(self, path: str) -> bool:
        """Whether what stands at a path, such as ``"torch.nn.Softmax"``, computes it.

        A part of a class does, too: ``torch.nn.Softmax.forward``.
        """
        root, *parts = path.split(".")
        if root in self.packages:
            return True
        if root == "unrolled":
            return bool(parts) and parts[-1] in self.course
        named = (word in squashed(part) for part in parts for word in self.words)
        return root in FRAMEWORKS and any(named)


# Where names are read for their words; elsewhere, a softmax may be anything.
FRAMEWORKS = ("torch", "scipy", "jax", "flax", "tensorflow", "keras", "paddle", "mxnet", "mlx")
# Other people's ready-made models and what belongs to them.
MODELS = ("transformers", "x_transformers", "labml_nn", "annotated_transformer", "torchtext",
          "torchtune", "fairseq", "keras_nlp", "keras_hub", "llama_cpp", "vllm")  # fmt: skip

SOFTMAX = Capability("the softmax", ("softmax", "softmin", "attention", "crossentropy"))
CROSS_ENTROPY = Capability("the cross-entropy", ("crossentropy", "adaptivelogsoftmax"))
EMBEDDING = Capability("the look-up", ("embedding",))
CLIPPING = Capability("the clipping", ("clipgrad", "totalnorm"))
RECURRENCE = Capability("the recurrence", ("rnn", "lstm", "gru"), ("torchrnn", "xlstm"))
ATTENTION = Capability("the attention", ("attention", "transformer"), (*MODELS, "flash_attn"))
HEADS = Capability("the heads", ("multihead", "transformer"), MODELS)
TRANSFORMER = Capability("the Transformer", ("transformer",), MODELS)
NORMALISATION = Capability(
    "the normalisation",
    ("layernorm", "rmsnorm", "groupnorm", "batchnorm", "instancenorm", "responsenorm"),
    (*MODELS, "apex"),
)
ADAPTERS = Capability("the adapters", (), (*MODELS, "peft", "loralib", "minlora"))
TOKENIZER = Capability(
    "the tokenizer", (), (*MODELS, "tokenizers", "sentencepiece", "tiktoken", "nltk", "bpe",
                          "youtokentome", "subword_nmt", "bpeasy", "minbpe"),
)  # fmt: skip
BLEU = Capability(
    "BLEU", (), (*MODELS, "sacrebleu", "nltk", "torchmetrics", "ignite", "evaluate", "bleu")
)
READY_MADE = Capability("it", (), MODELS)
ALL = (SOFTMAX, CROSS_ENTROPY, EMBEDDING, CLIPPING, RECURRENCE, ATTENTION, HEADS, TRANSFORMER,
       NORMALISATION, ADAPTERS, TOKENIZER, BLEU, READY_MADE)  # fmt: skip
PACKAGES = frozenset(package for capability in ALL for package in capability.packages)


def course(*names: str) -> Capability:
    """What the course itself has under these names, such as the very thing that is asked for."""
    return Capability("it", course=names)


@functools.lru_cache(maxsize=4096)
def known(name: str) -> str:
    """The path of an operator or function that a run reported, if there is such a one; else "".

    A worker's report is the learner's to forge. No word of it is believed, or shown to anybody,
    unless torch itself has that name.

    Args:
        name: as :func:`~unrolled.candidate.watch.watched` has it: ``"aten:softmax"``,
            ``"torch.nn.modules.activation:Softmax.forward"``.
    """
    home, _, inner = name.partition(":")
    if f"{home}::{inner}" in _operators():
        return f"torch.ops.{home}.{inner}"
    outer, module = inner.partition(".")[0], sys.modules.get(home)
    there = isinstance(module, ModuleType) and outer in vars(module)
    return f"{home}.{outer}" if there else ""


@functools.cache
def _operators() -> frozenset[str]:
    names = torch._C._dispatch_get_all_op_names()
    return frozenset(name.partition(".")[0] for name in names)
