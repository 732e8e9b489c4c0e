"""Wrong answers to training_step."""
# ruff: noqa: F811

import torch

from unrolled.training import clip_gradients


# %% training_step: gradients-not-cleared
def training_step(model, batch, loss, optimizer, max_norm=None):
    if not model.training:
        model.train()
    error = loss(model, batch)
    error.backward()
    if max_norm:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return float(error.detach())


# %% training_step: no-gradient-left
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    out = loss(model, batch)
    out.backward()
    if max_norm is not None:
        clip_gradients(list(model.parameters()), max_norm)
    for p in model.parameters():
        p.grad = None
    optimizer.step()
    return out.item()


# %% training_step: cleared-at-the-end
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    current = loss(model, batch)
    torch.autograd.backward([current])
    if max_norm is not None:
        clip_gradients([p for p in model.parameters()], max_norm)
    optimizer.step()
    model.zero_grad()
    return current.tolist()


# %% training_step: no-update
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    for p in model.parameters():
        p.grad = None
    optimizer.step()
    value = loss(model, batch)
    value.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    return value.item()


# %% training_step: updated-twice
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)
    value.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    for _ in range(2):
        optimizer.step()
    return value.item()


# %% training_step: not-set-to-training
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.zero_grad(set_to_none=True)
    criterion = loss(model, batch)
    criterion.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm=max_norm)
    optimizer.step()
    return float(criterion.detach())


# %% training_step: training-mode-too-late
def training_step(model, batch, loss, optimizer, max_norm=None):
    optimizer.zero_grad()
    value = loss(model, batch)
    model.train()
    value.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return value.item()


# %% training_step: never-clipped
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    error = loss(model, batch)
    error.backward()
    optimizer.step()
    return error.detach().item()


# %% training_step: always-clipped
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)
    value.backward()
    clip_gradients(model.parameters(), max_norm or 1.0)
    optimizer.step()
    return value.item()


# %% training_step: clipped-after-update
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    out = loss(model, batch)
    out.backward()
    optimizer.step()
    clip_gradients(model.parameters(), torch.inf if max_norm is None else max_norm)
    return out.item()


# %% training_step: clipped-by-value
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)
    value.backward()
    if max_norm is not None:
        for p in model.parameters():
            if p.grad is not None:
                p.grad.clamp_(min=-max_norm, max=max_norm)
    optimizer.step()
    return value.item()


# %% training_step: tensor-returned
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    total = loss(model, batch)
    total.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return total


# %% training_step: loss-after-update
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    model.zero_grad()
    loss(model, batch).backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    with torch.no_grad():
        return loss(model, batch).item()


# %% training_step: loss-computed-twice
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        before = float(loss(model, batch))
    loss(model, batch).backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return before


# %% training_step: own-update
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)
    value.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.data -= group["lr"] * p.grad
    return value.item()


# %% training_step: uphill
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)
    value.neg().backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return value.item()
