"""Questions about the exercises of chapter 0."""

from __future__ import annotations

import torch

from banks.questions.common import gradients, normal

TRI = torch.ones(6, 6, dtype=torch.bool).tril()
IDS = torch.tensor([[7, 4, 0, 3, 3], [2, 3, 3, 0, 0]])
CLASSES = torch.tensor([[1, 0, 4], [2, 2, 3]])

QUESTIONS = {
    "softmax": {
        "last axis": lambda f: f(normal(3, 4, 5)),
        "axis 1": lambda f: f(normal(3, 4, 5), 1),
        "axis 0": lambda f: f(normal(3, 4, 5), dim=0),
        "large": lambda f: f(1000 * normal(3, 4)),
        "gradient": lambda f: gradients(f, normal(3, 4)),
    },
    "cross_entropy": {
        "rows": lambda f: f(normal(3, 5), torch.tensor([1, 0, 4])),
        "sentences": lambda f: f(normal(2, 3, 5), CLASSES),
        "large": lambda f: f(1000 * normal(2, 3, 5), CLASSES),
        "gradient": lambda f: gradients(lambda z: f(z, CLASSES), normal(2, 3, 5)),
    },
    "embedding_lookup": {
        "ids": lambda f: f(normal(8, 3), IDS),
        "int32": lambda f: f(normal(8, 3), IDS[0].int()),
        "gradient": lambda f: gradients(lambda w: f(w, IDS), normal(8, 3)),
    },
}

ONLY_IN = {
    "softmax-no-shift": "large",
    "ce-log-of-softmax": "large",
    "embed-detached": "gradient",
    "ce-batch-mean-only": ("sentences", "large", "gradient"),
    "ce-detached": "gradient",
    "softmax-last-axis-only": "axis",
}
