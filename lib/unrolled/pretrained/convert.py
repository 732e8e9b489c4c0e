"""Rules between our parameter names and Hugging Face's, strict in both directions.

A family of models writes its rules once, and both directions follow from them:

    RULES = [
        Rule("token_embedding.weight", "transformer.wte.weight"),
        Rule("token_embedding.weight", "lm_head.weight"),               # tied: equal values
        *linear("blocks.{}.norm1", "transformer.h.{}.ln_1"),            # its weight and its bias
        *linear(["blocks.{}.attention.q_proj",                          # one fused tensor, split
                 "blocks.{}.attention.k_proj",
                 "blocks.{}.attention.v_proj"], "transformer.h.{}.attn.c_attn", transpose=True),
    ]
    ours = from_hf(their_state, RULES, model.state_dict())
    theirs = to_hf(model.state_dict(), RULES)

``{}`` stands for a layer's number. Nothing is left out in silence: one ``ValueError`` lists all
that is missing, unexpected, unused, of another shape, or tied and yet different.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.parts import load_weights
from unrolled.parts.scope import references

__all__ = ["Rule", "from_hf", "linear", "prefixed", "to_hf", "with_weights"]


@dataclass(frozen=True)
class Rule:
    """What a parameter of ours is called on the other side, and how it is stored there.

    One name may stand in several rules: its counterparts are tied. A duplicate may be absent from
    a file, and where it is present it must be equal.

    Args:
        ours: our name, or several whose tensors, laid side by side, are one of theirs.
        theirs: their name, or several whose tensors, laid side by side, are one of ours.
        dim: the axis along which several are laid side by side, as we store them. Default: 0.
        transpose: they store a matrix the other way round, as GPT-2's ``Conv1D`` does; vectors
            stay as they are. Default: False.

    Raises:
        ValueError: if both sides are several, or the numbers of ``{}`` differ.

    >>> Rule("layers.{}.norm1.weight", "h.{}.ln_1.weight").theirs
    ('h.{}.ln_1.weight',)
    """

    ours: str | Sequence[str]
    theirs: str | Sequence[str]
    dim: int = 0
    transpose: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "ours", _several(self.ours))
        object.__setattr__(self, "theirs", _several(self.theirs))
        if len(self.ours) > 1 and len(self.theirs) > 1:
            raise ValueError(f"{self}: on one side of a rule a single tensor is wanted")
        if len({name.count("{}") for name in (*self.ours, *self.theirs)}) > 1:
            raise ValueError(f"{self}: the same number of {{}} is wanted in every name")


def linear(
    ours: str | Sequence[str], theirs: str | Sequence[str], dim: int = 0, transpose: bool = False
) -> list[Rule]:
    """Return the two rules of a layer that has a ``weight`` and a ``bias``.

    Args:
        ours, theirs, dim, transpose: as in :class:`Rule`, names without ``.weight`` and ``.bias``.

    Returns:
        The rule for the weight, then the rule for the bias.

    >>> [rule.theirs for rule in linear("a", "b")]
    [('b.weight',), ('b.bias',)]
    """
    rules = []
    for parameter in (".weight", ".bias"):
        our_names = [name + parameter for name in _several(ours)]
        their_names = [name + parameter for name in _several(theirs)]
        rules.append(Rule(our_names, their_names, dim, transpose))
    return rules


def prefixed(rules: Iterable[Rule], ours: str = "", theirs: str = "") -> list[Rule]:
    """Return the rules of a model for where it stands inside another model.

    Args:
        rules: the inner model's rules.
        ours: what is put before our names, with its dot. Default: nothing.
        theirs: what is put before their names, with its dot. Default: nothing.

    Returns:
        New rules in the same order.

    >>> prefixed([Rule("a", "b")], theirs="bert.")[0].theirs
    ('bert.b',)
    """
    return [
        replace(
            rule,
            ours=[ours + name for name in rule.ours],
            theirs=[theirs + name for name in rule.theirs],
        )
        for rule in rules
    ]


def from_hf(
    state: Mapping[str, Tensor],
    rules: Iterable[Rule],
    wanted: Mapping[str, Tensor],
    ignored: Iterable[str] = (),
) -> dict[str, Tensor]:
    """Return our parameters made from a Hugging Face state dict.

    Args:
        state: their tensors by their names.
        rules: which of theirs is which of ours.
        wanted: our model's ``state_dict()``; its names and shapes are what must come out.
        ignored: names (``{}`` allowed) in ``state`` that hold no weights, such as stored masks.

    Returns:
        A tensor for every name in ``wanted``, ready for a strict ``load_state_dict``.

    Raises:
        ValueError: listing every key that is missing (wanted, and nothing makes it), unexpected
            (no rule knows it), unused (a rule knows it, and ``wanted`` has no place for it), of
            another shape, or tied to a tensor with other values.

    >>> rules = [Rule(["q", "k"], "qk", transpose=True)]
    >>> ours = {"q": torch.zeros(1, 2), "k": torch.zeros(1, 2)}
    >>> from_hf({"qk": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}, rules, ours)
    {'q': tensor([[1., 3.]]), 'k': tensor([[2., 4.]])}
    """
    steps = [_Step(r.theirs, r.ours, r.dim, before=r.transpose, after=False) for r in rules]
    return _convert(state, steps, wanted, ignored)


def with_weights(
    build: Callable[[], nn.Module],
    state: Mapping[str, Tensor],
    rules: Iterable[Rule],
    ignored: Iterable[str] = (),
) -> nn.Module:
    """Build a model from the parts in use, and give it the weights of a Hugging Face state dict.

    Args:
        build: makes the model; it is also made once without weights from the reference's parts,
            whose names the rules know.
        state: their tensors by their names.
        rules: which of theirs is which of ours.
        ignored: names in ``state`` that hold no weights.

    Returns:
        The model.

    Raises:
        ValueError: as :func:`from_hf` and ``load_weights`` do.
    """
    with references(), torch.device("meta"):
        wanted = build().state_dict()
    model = build()
    load_weights(model, from_hf(state, rules, wanted, ignored))
    return model


def to_hf(
    state: Mapping[str, Tensor],
    rules: Iterable[Rule],
    wanted: Mapping[str, Tensor] | None = None,
    ignored: Iterable[str] = (),
) -> dict[str, Tensor]:
    """Return a Hugging Face state dict made from our parameters: the inverse of :func:`from_hf`.

    Args:
        state: our tensors by our names.
        rules: which of theirs is which of ours.
        wanted: their model's ``state_dict()``, to check names and shapes against. Default: every
            tensor that the rules make is right.
        ignored: names (``{}`` allowed) in ``state`` that hold no weights.

    Returns:
        Their tensors by their names; what is tied appears under each of its names.

    Raises:
        ValueError: as :func:`from_hf` does.

    >>> rules = [Rule(["q", "k"], "qk", transpose=True)]
    >>> to_hf({"q": torch.tensor([[1.0, 3.0]]), "k": torch.tensor([[2.0, 4.0]])}, rules)
    {'qk': tensor([[1., 2.],
            [3., 4.]])}
    """
    steps = [_Step(r.ours, r.theirs, r.dim, before=False, after=r.transpose) for r in rules]
    return _convert(state, steps, wanted, ignored)


class _Step(NamedTuple):
    """A rule in one direction: the sources make the targets."""

    sources: Sequence[str]
    targets: Sequence[str]
    dim: int
    before: bool  # transpose the sources
    after: bool  # transpose the targets


def _convert(
    state: Mapping[str, Tensor],
    steps: Iterable[_Step],
    wanted: Mapping[str, Tensor] | None,
    ignored: Iterable[str],
) -> dict[str, Tensor]:
    steps = list(steps)
    made: dict[str, Tensor] = {}
    known = {name for pattern in ignored for name in _found(pattern, state).values()}
    used = set(known)
    explained: set[str] = set()
    problems: dict[str, list[str]] = defaultdict(list)
    for step in _for_each_layer(state, steps):
        present = [name for name in step.sources if name in state]
        known.update(present)
        if len(present) < len(step.sources):
            problems["missing keys"] += [name for name in step.sources if name not in state]
            explained.update(step.targets)
            used.update(present)
        elif wanted is None or all(name in wanted for name in step.targets):
            used.update(present)
            _add(made, _make(step, state, wanted, problems), problems)
    for name in wanted or ():
        if name not in made and name not in explained:
            problems["missing keys"].append(_with_sources(name, steps))
    problems["unexpected keys"] += [name for name in state if name not in known]
    problems["unused keys"] += [name for name in state if name in known and name not in used]
    _refuse(problems)
    return made


def _for_each_layer(state: Mapping[str, Tensor], steps: Iterable[_Step]) -> Iterator[_Step]:
    """Yield every step with the layers' numbers filled in, for all layers that ``state`` has."""
    for step in steps:
        layers = {layer for pattern in step.sources for layer in _found(pattern, state)}
        for layer in sorted(layers, key=lambda numbers: [int(number) for number in numbers]):
            yield step._replace(
                sources=[name.format(*layer) for name in step.sources],
                targets=[name.format(*layer) for name in step.targets],
            )


def _found(pattern: str, state: Mapping[str, Tensor]) -> dict[tuple[str, ...], str]:
    """Return the names in ``state`` that a pattern describes, by their layers' numbers."""
    expression = re.compile(re.escape(pattern).replace(r"\{\}", r"(\d+)"))
    matches = (expression.fullmatch(name) for name in state)
    return {match.groups(): match.string for match in matches if match}


def _make(
    step: _Step,
    state: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor] | None,
    problems: dict[str, list[str]],
) -> dict[str, Tensor]:
    """Return the targets of one step; where a tensor does not fit, the problem is noted."""
    parts = [_turned(state[name], step.before) for name in step.sources]
    try:
        whole = parts[0] if len(parts) == 1 else torch.cat(parts, dim=step.dim)
        pieces = _split(whole, step, wanted)
    except (IndexError, RuntimeError):  # torch's, for widths that do not add up
        shapes = ", ".join(f"{name} {tuple(state[name].shape)}" for name in step.sources)
        problems["wrong shapes"].append(f"{shapes} cannot make {', '.join(step.targets)}")
        return {name: wanted[name] for name in step.targets} if wanted else {}
    made = {n: _turned(p, step.after) for n, p in zip(step.targets, pieces, strict=True)}
    for name, tensor in made.items():
        if wanted is not None and tensor.shape != wanted[name].shape:
            given, shape = tuple(tensor.shape), tuple(wanted[name].shape)
            problems["wrong shapes"].append(f"{name} {given} where {shape} is wanted")
    return made


def _split(whole: Tensor, step: _Step, wanted: Mapping[str, Tensor] | None) -> Sequence[Tensor]:
    """Cut a fused tensor as wide as the targets are wanted, or evenly where nobody says."""
    count = len(step.targets)
    if count == 1:
        return [whole]
    if wanted is None:
        sizes = [whole.size(step.dim) // count] * count
    else:
        sizes = [_turned(wanted[name], step.after).size(step.dim) for name in step.targets]
    return [piece.clone() for piece in whole.split(sizes, dim=step.dim)]


def _turned(tensor: Tensor, transpose: bool) -> Tensor:
    return tensor.T.contiguous() if transpose and tensor.dim() == 2 else tensor


def _add(
    made: dict[str, Tensor], new: Mapping[str, Tensor], problems: dict[str, list[str]]
) -> None:
    """Add tensors; one that is there already is tied, and unless both are equal it is a problem."""
    for name, tensor in new.items():
        if name in made and not torch.equal(made[name], tensor):
            problems["tied and yet different"].append(name)
        made.setdefault(name, tensor)


def _with_sources(name: str, steps: Iterable[_Step]) -> str:
    """Name a wanted tensor and what it would have been made from."""
    for step in steps:
        for pattern in step.targets:
            for layer in _found(pattern, {name: torch.empty(0)}):
                sources = " + ".join(source.format(*layer) for source in step.sources)
                return f"{name} (from {sources})" if sources != name else name
    return f"{name} (no rule makes it)"


def _refuse(problems: Mapping[str, list[str]]) -> None:
    listed = [f"{kind}: {', '.join(names)}" for kind, names in problems.items() if names]
    if listed:
        raise ValueError("state does not fit the model: " + "; ".join(listed))


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
