"""Wrong answers to alibi_bias."""
# ruff: noqa: F811

import math

import torch


def slopes_of(n):
    power = 2 ** math.floor(math.log2(n))
    first = [2 ** (-8 * k / power) for k in range(1, power + 1)]
    return first + [2 ** (-4 * k / power) for k in range(1, 2 * power, 2)][: n - power]


# %% alibi_bias: alibi-any-heads
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tk or Tq
    m = torch.exp2(-8.0 / n_heads * torch.arange(1, n_heads + 1, device=device))
    q = torch.arange(Tk - Tq, Tk, device=device)
    k = torch.arange(Tk, device=device)
    return -torch.abs(q[:, None] - k[None, :]) * m[:, None, None]


# %% alibi_bias: alibi-causal
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tk or Tq
    keys = torch.arange(Tk, device=device)
    distance = keys - keys[-Tq:, None]
    bias = torch.einsum(
        "h,qk->hqk",
        torch.tensor(slopes_of(n_heads), device=device),
        distance.to(torch.get_default_dtype()),
    )
    return bias.masked_fill(distance > 0, float("-inf"))


# %% alibi_bias: alibi-top-left
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    rows = [[-abs(q - k) for k in range(Tk)] for q in range(Tq)]
    distance = torch.tensor(rows, device=device)
    return torch.stack([slope * distance for slope in slopes_of(n_heads)]) + 0.0


# %% alibi_bias: alibi-axes
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    query = torch.arange(Tk, device=device)[-Tq:]
    key = torch.arange(Tk, device=device)
    far = (key.view(1, -1, 1) - query.view(1, 1, -1)).abs()
    return far * -torch.tensor(slopes_of(n_heads), device=device).view(-1, 1, 1)


# %% alibi_bias: alibi-signed
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    context_position = torch.arange(Tk - Tq, Tk, device=device).unsqueeze(1)
    memory_position = torch.arange(Tk, device=device).unsqueeze(0)
    relative = memory_position - context_position
    return torch.tensor(slopes_of(n_heads), device=device).reshape(-1, 1, 1) * relative


# %% alibi_bias: alibi-rows-alike
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    row = torch.arange(1 - Tk, 1, device=device)
    slopes = torch.tensor(slopes_of(n_heads), device=device)
    return (slopes[:, None] * row).unsqueeze(1).repeat(1, Tq, 1)


# %% alibi_bias: alibi-next-power
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    power = 2 ** math.ceil(math.log2(n_heads))
    ratio = 2 ** (-8 / power)
    slopes = torch.tensor([ratio ** (h + 1) for h in range(n_heads)], device=device)
    j = torch.arange(Tk, device=device)
    return -slopes[:, None, None] * (j - j[Tk - Tq :, None]).abs()


# %% alibi_bias: alibi-slopes-from-1
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    n = 2 ** int(math.log2(n_heads))
    slopes = [2 ** (-8 * h / n) for h in range(n)]
    slopes += [2 ** (-4 * h / n) for h in range(0, 2 * n, 2)][: n_heads - n]
    q, k = torch.meshgrid(
        torch.arange(Tk - Tq, Tk, device=device), torch.arange(Tk, device=device), indexing="ij"
    )
    return torch.tensor(slopes, device=device)[:, None, None] * -torch.abs(q - k)


# %% alibi_bias: alibi-heads-last
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    keys = torch.arange(Tk, device=device)
    far = torch.abs(keys[None] - keys[Tk - Tq :][:, None])
    return -far.unsqueeze(-1) * torch.tensor(slopes_of(n_heads), device=device)


# %% alibi_bias: alibi-any-heads + alibi-positive
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tk or Tq
    ratio = 2 ** (-8 / n_heads)
    slopes = torch.tensor([ratio**h for h in range(1, n_heads + 1)], device=device)
    keys = torch.arange(Tk, device=device)
    return slopes[:, None, None] * (keys[-Tq:, None] - keys).abs()


# %% alibi_bias: alibi-halved-slopes + alibi-top-left
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tk or Tq
    slopes = 1 / 2 ** torch.arange(1, n_heads + 1, device=device)
    far = torch.arange(Tq, device=device)[:, None] - torch.arange(Tk, device=device)
    return -(slopes.view(-1, 1, 1) * far.abs())


# %% alibi_bias: outside the catalogue: nothing within two positions
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tk or Tq
    keys = torch.arange(Tk, device=device)
    far = (keys[-Tq:, None] - keys).abs().clamp(min=2) - 2
    return -torch.tensor(slopes_of(n_heads), device=device)[:, None, None] * far
