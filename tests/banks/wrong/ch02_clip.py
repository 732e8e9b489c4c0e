"""Wrong answers to clip_gradients."""
# ruff: noqa: F811

import torch


# %% clip_gradients: each-on-its-own
def clip_gradients(parameters, max_norm):
    squares = torch.tensor(0.0)
    for p in parameters:
        if p.grad is None:
            continue
        own = torch.linalg.vector_norm(p.grad)
        squares = squares + own**2
        if own > max_norm:
            p.grad *= max_norm / (own + 1e-6)
    return squares.sqrt()


# %% clip_gradients: clipped-by-value
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.tensor(0.0)
    before = torch.cat([g.flatten() for g in grads]).norm()
    for g in grads:
        torch.clamp(g, -max_norm, max_norm, out=g)
    return before


# %% clip_gradients: always-scaled
def clip_gradients(parameters, max_norm):
    found = [p for p in parameters if p.grad is not None]
    if not found:
        return torch.zeros([])
    norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in found))
    for p in found:
        p.grad.mul_(max_norm / (norm + 1e-6))
    return norm


# %% clip_gradients: never-scaled
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.tensor(0.0)
    total = torch.cat([g.reshape(-1) for g in grads]).norm(2)
    if total > max_norm:
        for g in grads:
            g = g * (max_norm / (total + 1e-6))
    return total


# %% clip_gradients: factor-inverted
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.tensor(0.0)
    norm = sum((g**2).sum() for g in grads).sqrt()
    if norm > max_norm:
        for g in grads:
            g *= (norm + 1e-6) / max_norm
    return norm


# %% clip_gradients: factor-is-max-norm
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.cat([g.flatten() for g in grads] or [torch.zeros(1)]).norm()
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm)
    return norm


# %% clip_gradients: norms-added
def clip_gradients(parameters, max_norm):
    total, grads = torch.tensor(0.0), []
    for p in parameters:
        if p.grad is not None:
            grads.append(p.grad)
            total = total + (p.grad * p.grad).sum().sqrt()
    shrink = torch.clamp(max_norm / (total + 1e-6), max=1.0)
    for g in grads:
        g.mul_(shrink)
    return total


# %% clip_gradients: root-missing
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if len(grads) == 0:
        return torch.tensor(0.0)
    length = torch.stack([torch.einsum("i,i->", g.flatten(), g.flatten()) for g in grads]).sum()
    for g in grads:
        g.mul_(min(1.0, max_norm / (length.item() + 1e-6)))
    return length


# %% clip_gradients: norm-of-weights
def clip_gradients(parameters, max_norm):
    trained = [p for p in parameters if p.grad is not None]
    if not trained:
        return torch.tensor(0.0)
    with torch.no_grad():
        norm = torch.cat([p.reshape(-1) for p in trained]).norm()
        factor = torch.clamp(max_norm / (norm + 1e-6), max=1)
    for p in trained:
        p.grad *= factor
    return norm


# %% clip_gradients: norm-after
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]

    def length():
        return torch.cat([g.flatten() for g in grads]).norm() if grads else torch.tensor(0.0)

    if length() > max_norm:
        factor = max_norm / (length() + 1e-6)
        for g in grads:
            g *= factor
    return length()


# %% clip_gradients: none-not-passed-over
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters]
    norm = sum(g.square().sum() for g in grads) ** 0.5
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / (norm + 1e-6))
    return torch.as_tensor(norm)


# %% clip_gradients: walked-twice
def clip_gradients(parameters, max_norm):
    squares = [p.grad.pow(2).sum() for p in parameters if p.grad is not None]
    norm = torch.stack(squares).sum().sqrt() if squares else torch.tensor(0.0)
    if norm > max_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(max_norm / (norm + 1e-6))
    return norm


# %% clip_gradients: gradients-replaced
def clip_gradients(parameters, max_norm):
    trained = [p for p in parameters if p.grad is not None]
    total = torch.zeros(())
    for p in trained:
        total = torch.hypot(total.to(p.grad.dtype), p.grad.norm())
    for p in trained:
        p.grad = p.grad * torch.clamp(max_norm / (total + 1e-6), max=1.0)
    return total


# %% clip_gradients: norm-a-number
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = sum(g.pow(2).sum().item() for g in grads) ** 0.5
    if norm > max_norm:
        for g in grads:
            g.div_((norm + 1e-6) / max_norm)
    return norm


# %% clip_gradients: always-scaled
def clip_gradients(parameters, max_norm):
    with_gradient = [p for p in parameters if p.grad is not None]
    if not with_gradient:
        return torch.tensor(0.0)
    norm = sum(p.grad.square().sum() for p in with_gradient).sqrt()
    for p in with_gradient:
        p.grad.mul_(max_norm / norm)
    return norm
