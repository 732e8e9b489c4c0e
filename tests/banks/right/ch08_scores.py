"""Right answers to the positions that enter where queries meet keys, in other ways."""
# ruff: noqa: F811

import math

import torch


# %% apply_rope: rotate_half, as in Llama
def apply_rope(x, positions, base=10000.0):
    def rotate_half(t):
        t1, t2 = t[..., : t.shape[-1] // 2], t[..., t.shape[-1] // 2 :]
        return torch.cat((-t2, t1), dim=-1)

    dim = x.shape[-1]
    kind = torch.float64 if x.dtype == torch.float64 else torch.float32
    steps = torch.arange(0, dim, 2, device=x.device, dtype=kind)
    inv_freq = 1.0 / (base ** (steps / dim))
    freqs = positions[..., None].to(kind) * inv_freq
    emb = torch.cat((freqs, freqs), dim=-1)
    if emb.dim() == 3:
        emb = emb[:, None]
    cos, sin = emb.cos().to(x.dtype), emb.sin().to(x.dtype)
    return x * cos + rotate_half(x) * sin


# %% apply_rope: complex numbers
def apply_rope(x, positions, base=10000.0):
    kind = torch.promote_types(x.dtype, torch.float32)
    real, imag = x.to(kind).tensor_split(2, dim=-1)
    half = x.size(-1) // 2
    theta = torch.exp(-math.log(base) * torch.arange(half, device=x.device, dtype=kind) / half)
    angle = torch.einsum("...t,i->...ti", positions.to(kind), theta)
    turn = torch.polar(torch.ones_like(angle), angle)
    turn = turn if positions.ndim == 1 else turn.unsqueeze(-3)
    z = torch.complex(real.contiguous(), imag.contiguous()) * turn
    return torch.cat([z.real, z.imag], dim=-1).to(x.dtype)


# %% apply_rope: a matrix for every position
def apply_rope(x, positions, base=10000.0):
    half = x.size(-1) // 2
    kind = torch.double if x.dtype == torch.double else torch.float
    i = torch.arange(half, dtype=kind, device=x.device)
    angle = positions.to(kind).unsqueeze(-1) * base ** (-i / half)
    c, s = angle.cos(), angle.sin()
    matrix = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)  # (.., i, 2, 2)
    pairs = x.to(kind).reshape(*x.shape[:-1], 2, half)
    letters = "ti" if positions.dim() == 1 else "bti"
    turned = torch.einsum(f"{letters}kj,bhtji->bhtki", matrix, pairs)
    return turned.flatten(-2).to(x.dtype)


# %% apply_rope: pair by pair
def apply_rope(x, positions, base=10000.0):
    d = x.size(-1)
    place = positions if positions.dim() == 2 else positions[None]
    place = place[:, None, :].to(torch.float64)
    columns = [None] * d
    for i in range(d // 2):
        angle = place / base ** (2 * i / d)
        cos, sin = torch.cos(angle).to(x.dtype), torch.sin(angle).to(x.dtype)
        a, b = x[..., i], x[..., i + d // 2]
        columns[i] = a * cos - b * sin
        columns[i + d // 2] = a * sin + b * cos
    return torch.stack(columns, dim=-1)


# %% alibi_bias: the slopes by recursion, the distances by subtracting
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    def get_slopes(n):
        if math.log2(n).is_integer():
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start * start**i for i in range(n)]
        closest = 2 ** math.floor(math.log2(n))
        return get_slopes(closest) + get_slopes(2 * closest)[0::2][: n - closest]

    Tk = Tk or Tq
    queries = torch.arange(Tk - Tq, Tk, device=device)
    keys = torch.arange(Tk, device=device)
    distance = (keys[None, :] - queries[:, None]).abs()
    slopes = torch.tensor(get_slopes(n_heads), device=device)
    return -distance * slopes.view(-1, 1, 1)


# %% alibi_bias: powers of two in a tensor, joined
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    lower = 1
    while 2 * lower <= n_heads:
        lower *= 2
    slopes = torch.pow(2.0, -8 / lower * torch.arange(1, lower + 1, device=device))
    between = torch.pow(2.0, -4 / lower * torch.arange(1, 2 * lower, 2, device=device))
    slopes = torch.cat([slopes, between[: n_heads - lower]])
    grid = torch.arange(Tk, device=device, dtype=slopes.dtype).repeat(Tk, 1)
    far = torch.maximum(grid - grid.T, grid.T - grid)[-Tq:]
    return torch.einsum("h,qk->hqk", slopes, 0 - far)


# %% alibi_bias: in lists
def alibi_bias(n_heads, Tq, Tk=None, device=None):
    if Tk is None:
        Tk = Tq
    power = 1 << (n_heads.bit_length() - 1)
    heads = []
    for h in range(n_heads):
        exponent = 8 * (h + 1) / power if h < power else 4 * (2 * (h - power) + 1) / power
        slope = 0.5**exponent
        rows = [[-slope * abs(q - k) for k in range(Tk)] for q in range(Tk - Tq, Tk)]
        heads.append(rows)
    return torch.tensor(heads, device=device, dtype=torch.get_default_dtype())
