"""One training step: a model and an optimiser on the answer's side, looked at before and after."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, kind
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch02 as mistakes
from unrolled.checks.sections import section

CHAPTER = "02-recurrence"
FIXTURES = "unrolled.candidate.fixtures"
RATE = 0.1


class _Setting:
    """A linear model with drawn weights, a batch, a loss; all on the answer's side."""

    def __init__(self, answer: Handle, draw: Draw, rows: int = 1):
        self.library = answer.candidate.library
        B, wide, narrow = draw.sizes("B inputs outputs")
        B = max(B, rows)
        self.narrow = narrow
        self.model = self.placed(self.library("torch.nn.Linear")(wide, narrow), answer, draw)
        weight = draw.normal("model.weight", narrow, wide)
        self.model.load({"weight": weight, "bias": draw.normal("model.bias", narrow)})
        pair = draw.normal("inputs", B, wide), draw.normal("targets", B, narrow, scale=3.0)
        self.inputs, self.targets = (answer.candidate.put(value) for value in pair)
        self.batch = (self.inputs, self.targets)
        self.loss = self.library(f"{FIXTURES}.squared_error")
        draw.show("loss", "mean of (model(inputs) - targets) ** 2")
        self.optimizer = self.descent(self.model)
        draw.show("optimizer", f"gradient descent, lr={RATE}")

    @staticmethod
    def placed(module: Handle, answer: Handle, draw: Draw) -> Handle:
        """Bring a module to the dtype and the device of the draw."""
        module.call("to", draw.dtype)
        module.call("to", answer.candidate.device)
        return module

    def descent(self, model: Handle, **kwargs: Any) -> Handle:
        """Gradient descent on a model."""
        return self.library(f"{FIXTURES}.Descent")(model.call("parameters"), lr=RATE, **kwargs)

    @property
    def weights(self) -> dict[str, Handle]:
        """The parameters as they are when they are asked for."""
        return {name: self.model.attribute(name) for name in ("weight", "bias")}

    @property
    def gradients(self) -> dict[str, Handle]:
        """The parameters' gradients."""
        return {f"{name}.grad": p.attribute("grad") for name, p in self.weights.items()}


def _update(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    answer(at.model, at.batch, at.loss, at.optimizer)
    return at.weights


def _returned(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    value = answer(at.model, at.batch, at.loss, at.optimizer).value()
    number = torch.tensor(value, dtype=draw.dtype) if isinstance(value, float) else None
    return {"what is returned": kind(value), "loss": number}


def _old_gradients(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    at.loss(at.model, at.batch).call("backward")
    answer(at.model, at.batch, at.loss, at.optimizer)
    return at.weights


def _gradients_stay(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    answer(at.model, at.batch, at.loss, at.optimizer)
    return at.gradients


def _clipped(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    answer(at.model, at.batch, at.loss, at.optimizer, draw.show("max_norm", 0.2))
    return at.weights | at.gradients


def _short_enough(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    answer(at.model, at.batch, at.loss, at.optimizer, draw.show("max_norm", 1000.0))
    return at.weights


def _from_evaluation(answer: Handle, draw: Draw) -> Any:
    # Batch normalisation computes something else while training, and counts how often it ran. It
    # cannot train on a single row, which is what the smallest case would have.
    at = _Setting(answer, draw, rows=2)
    norm = at.placed(at.library("torch.nn.BatchNorm1d")(at.narrow), answer, draw)
    model = at.library("torch.nn.Sequential")(at.model, norm)
    draw.show("model", "Linear, then BatchNorm1d, set to evaluation")
    model.call("eval")
    answer(model, at.batch, at.loss, at.descent(model))
    return {"model.training": model.attribute("training"),
            "how often the model ran": norm.attribute("num_batches_tracked"),
            **at.weights}  # fmt: skip


def _momentum(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    draw.show("optimizer", f"gradient descent, lr={RATE}, momentum=0.9")
    optimizer = at.descent(at.model, momentum=0.9)
    for _ in range(3):
        answer(at.model, at.batch, at.loss, optimizer)
    return at.weights


def _any_batch(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    draw.show("loss", "batch times the sum of all squared parameters")
    loss = at.library(f"{FIXTURES}.scaled_squares")
    answer(at.model, draw.show("batch", 0.5), loss, at.optimizer)
    return at.weights


def _kept(answer: Handle, draw: Draw) -> Any:
    at = _Setting(answer, draw)
    answer(at.model, at.batch, at.loss, at.optimizer)
    return at.weights | {"inputs": at.inputs, "targets": at.targets}


TRAINING_STEP = Exercise(
    id="training_step",
    chapter=CHAPTER,
    module="unrolled.training.steps",
    section=section("sec-02-training"),
    probes=(
        Probe("one update of a linear model", _update, 2),
        Probe("returns the loss before the update, a float", _returned, 1),
        Probe("old gradients do not count", _old_gradients, 1),
        Probe("the gradients stay on the parameters", _gradients_stay, 1),
        Probe("a gradient longer than max_norm", _clipped, 1),
        Probe("a gradient shorter than max_norm", _short_enough, 1),
        Probe("a model that was in evaluation mode", _from_evaluation, 1),
        Probe("three steps with momentum", _momentum, 1),
        Probe("a batch that is one number", _any_batch, 1),
        Probe("float64 kept, batch unmodified", _kept, 1, values=False, dtype=torch.float64),
    ),
    mistakes=mistakes.TRAINING_STEP,
    hints=(
        "Five things happen, and their order matters: clear, forward, backward, clip, update.",
        "optimizer.zero_grad(), loss(model, batch), value.backward(), your clip_gradients on "
        "model.parameters(), optimizer.step(). Before all of them: model.train().",
        "Clip only if max_norm is not None, between backward and step; return value.item().",
    ),
    difficulty=2,
    minutes=15,
    uses=("clip_gradients",),
    bans=(capabilities.CLIPPING,),
)
