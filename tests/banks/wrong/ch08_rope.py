"""Wrong answers to apply_rope."""
# ruff: noqa: F811

import math

import torch


def rotate_half(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat([-b, a], dim=-1)


def at_least_float32(x):
    return torch.promote_types(x.dtype, torch.float32)


# %% apply_rope: rope-interleaved
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    half = x.size(-1) // 2
    freqs = base ** -(torch.arange(half, dtype=kind) / half)
    angles = positions.to(kind)[..., None] * freqs
    turn = torch.polar(torch.ones_like(angles), angles)
    if positions.dim() == 2:
        turn = turn[:, None]
    z = torch.view_as_complex(x.to(kind).reshape(*x.shape[:-1], half, 2).contiguous())
    return torch.view_as_real(z * turn).flatten(-2).to(x.dtype)


# %% apply_rope: rope-backwards
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    inv_freq = 1.0 / base ** (torch.arange(0, x.size(-1), 2).to(kind) / x.size(-1))
    emb = (positions[..., None].to(kind) * inv_freq).repeat_interleave(1, -1)
    emb = torch.cat([emb, emb], dim=-1)
    emb = emb.unsqueeze(1) if positions.ndim > 1 else emb
    a, b = x.tensor_split(2, dim=-1)
    return x * emb.cos().to(x.dtype) + torch.cat([b, -a], -1) * emb.sin().to(x.dtype)


# %% apply_rope: rope-whole-positions
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    places = torch.arange(int(positions.max()) + 1, dtype=kind)
    theta = torch.exp(torch.arange(0, x.size(-1), 2).to(kind) * (-math.log(base) / x.size(-1)))
    cache = torch.outer(places, theta)
    emb = torch.cat((cache, cache), dim=1)[positions.long()]
    if positions.dim() == 2:
        emb = emb[:, None]
    return x * emb.cos().to(x.dtype) + rotate_half(x) * emb.sin().to(x.dtype)


# %% apply_rope: rope-first-sentence
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    if positions.dim() > 1:
        positions = positions.select(0, 0)
    d = x.size(-1)
    out = torch.empty_like(x)
    for i in range(d // 2):
        angle = positions.to(kind) * base ** (-2 * i / d)
        c, s = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        out[..., i] = x[..., i] * c - x[..., i + d // 2] * s
        out[..., i + d // 2] = x[..., i] * s + x[..., i + d // 2] * c
    return out


# %% apply_rope: rope-half-precision
def apply_rope(x, positions, base=10000.0):
    inv_freq = 1.0 / (base ** (torch.arange(0, x.shape[-1], 2) / x.shape[-1])).to(x)
    if x.dtype == torch.float64:
        inv_freq = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    freqs = torch.einsum("...t,f->...tf", positions.to(x.dtype), inv_freq)
    emb = torch.cat((freqs, freqs), dim=-1)
    emb = emb if positions.dim() == 1 else emb.unsqueeze(1)
    return x * emb.cos() + rotate_half(x) * emb.sin()


# %% apply_rope: rope-positions-ignored
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    theta = base ** (-2 * torch.arange(x.size(-1) // 2, dtype=kind) / x.size(-1))
    m = torch.arange(x.size(-2), dtype=kind)
    angle = torch.outer(m, theta).repeat(1, 2)
    return x * angle.cos().to(x.dtype) + rotate_half(x) * angle.sin().to(x.dtype)


# %% apply_rope: rope-exponent-i
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    theta = [base ** (-i / x.size(-1)) for i in range(x.size(-1) // 2)]
    angle = torch.stack([positions.to(kind) * t for t in theta], dim=-1)
    angle = angle.view(-1, 1, *angle.shape[-2:])
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    pair = x.unflatten(-1, (2, -1))
    left, right = pair[..., 0, :], pair[..., 1, :]
    return torch.cat([left * cos - right * sin, left * sin + right * cos], dim=-1)


# %% apply_rope: rope-second-from-turned
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    half = x.size(-1) // 2
    angle = positions.to(kind).unsqueeze(-1) / base ** (torch.arange(half).to(kind) / half)
    if positions.dim() == 2:
        angle = angle[:, None]
    cos, sin = torch.cos(angle).to(x.dtype), torch.sin(angle).to(x.dtype)
    out = x.clone()
    out[..., :half] = out[..., :half] * cos - out[..., half:] * sin
    out[..., half:] = out[..., half:] * cos + out[..., :half] * sin
    return out


# %% apply_rope: rope-half-not-kept
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    i = torch.arange(x.size(-1) // 2, dtype=kind)
    angle = torch.einsum("...t,i->...ti", positions.to(kind), base ** (-2 * i / x.size(-1)))
    emb = torch.cat([angle] * 2, dim=-1)
    emb = emb if emb.dim() == 2 else emb[:, None]
    return x * torch.cos(emb) + rotate_half(x) * torch.sin(emb)


# %% apply_rope: rope-built-on-d_model
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    d_model = x.size(1) * x.size(3)
    inv_freq = base ** (-torch.arange(0, x.size(3), 2, dtype=kind) / d_model)
    angle = positions.to(kind).reshape(-1, 1, x.size(2), 1) * inv_freq
    emb = torch.cat([angle, angle], dim=-1)
    return x * emb.cos().to(x.dtype) + rotate_half(x) * emb.sin().to(x.dtype)


# %% apply_rope: rope-interleaved + rope-positions-ignored
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    theta = base ** (-torch.arange(0, x.size(-1), 2, dtype=kind) / x.size(-1))
    angle = torch.outer(torch.arange(x.size(2), dtype=kind), theta)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    out = torch.zeros_like(x)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 1::2] * cos + x[..., 0::2] * sin
    return out


# %% apply_rope: rope-backwards + rope-first-sentence
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    half = x.size(-1) // 2
    place = positions if positions.dim() == 1 else positions[0]
    angle = place.to(kind)[:, None] * base ** (-torch.arange(half, dtype=kind) / half)
    z = torch.complex(*(part.to(kind).contiguous() for part in x.chunk(2, -1)))
    z = z * torch.polar(torch.ones_like(angle), angle).conj()
    return torch.cat([z.real, z.imag], dim=-1).to(x.dtype)


# %% apply_rope: outside the catalogue: turned by twice the angle
def apply_rope(x, positions, base=10000.0):
    kind = at_least_float32(x)
    half = x.size(-1) // 2
    angle = 2 * positions.to(kind)[..., None] / base ** (torch.arange(half).to(kind) / half)
    emb = torch.cat([angle, angle], dim=-1)
    emb = emb if positions.dim() == 1 else emb[:, None]
    return x * emb.cos().to(x.dtype) + rotate_half(x) * emb.sin().to(x.dtype)
