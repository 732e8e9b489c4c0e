"""How large the product of Jacobians is: random matrices of a given radius, and a trained one.

What is measured is the largest singular value of d h_T / d h_{T-k}: by how much a change of the
state k steps ago can be lengthened, at most, on its way to the last state.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from unrolled.recurrent import RNN

UNITS, BACK = 64, 100
RADII = (0.5, 0.9, 1.0, 1.1, 1.5)
KINDS = ("linear", "tanh", "orthogonal", "orthogonal, tanh")


def matrix(radius: float, orthogonal: bool, seed: int, units: int = UNITS) -> Tensor:
    """A random recurrent matrix (H, H) whose largest eigenvalue has this size."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.randn(units, units, generator=generator, dtype=torch.float64)  # (H, H)
    W = torch.linalg.qr(W)[0] if orthogonal else W
    return W * (radius / largest_eigenvalue(W))


def largest_eigenvalue(W: Tensor) -> float:
    """The spectral radius: the largest absolute value of an eigenvalue."""
    return torch.linalg.eigvals(W).abs().max().item()


def product_norms(W: Tensor, slopes: Tensor, back: Sequence[int]) -> list[float]:
    """Largest singular value of the product of the last k Jacobians, for each k of ``back``.

    ``slopes``: of tanh at every position, (T, H); the Jacobian of a step is diag(slope) W.
    """
    product = torch.eye(len(W), dtype=W.dtype)  # (H, H)
    norms = []
    for k in range(1, max(back) + 1):
        product = product @ (slopes[-k].unsqueeze(1) * W)  # (H, H)
        if k in back:
            norms.append(torch.linalg.matrix_norm(product, 2).item())
    return norms


def norms(radius: float, kind: str, seed: int, back: Sequence[int]) -> list[float]:
    """The same for a network that is not trained and reads noise of standard deviation 1/2."""
    W = matrix(radius, "orthogonal" in kind, seed)  # (H, H)
    slopes = torch.ones(2 * BACK, UNITS, dtype=W.dtype)  # (T, H)
    if "tanh" in kind:
        generator = torch.Generator().manual_seed(seed + 1000)
        x = torch.randn(2 * BACK, UNITS, generator=generator, dtype=W.dtype) / 2  # (T, H)
        h = torch.zeros(UNITS, dtype=W.dtype)  # (H,)
        for t in range(2 * BACK):
            h = torch.tanh(x[t] + W @ h)  # (H,)
            slopes[t] = 1 - h * h  # (H,)
    return product_norms(W, slopes, back)


@torch.no_grad()
def norms_of_layer(rnn: RNN, x: Tensor, back: Sequence[int]) -> list[float]:
    """The median over B sequences of inputs (B, T, I) that a trained layer reads."""
    h, _ = rnn(x)  # (B, T, H)
    W = rnn.weight_hh_l0.detach()  # (H, H)
    rows = [product_norms(W, 1 - row * row, back) for row in h]
    return torch.tensor(rows, dtype=torch.float64).median(dim=0).values.tolist()
