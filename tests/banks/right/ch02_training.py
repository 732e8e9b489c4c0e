"""Right answers to chapter 2, in other ways: the step, the loss, clipping, the training step."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F

from unrolled.training import clip_gradients


# %% rnn_step: one product with both weights side by side
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    both = torch.cat([x, h], dim=1) @ torch.cat([weight_ih, weight_hh], dim=1).T
    if bias_ih is not None:
        both = both + (bias_ih + bias_hh)
    return both.tanh()


# %% rnn_step: einsum, and tanh from a sigmoid
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = torch.einsum("bi,oi->bo", x, weight_ih)
    z += torch.einsum("bi,oi->bo", h, weight_hh)
    for b in (bias_ih, bias_hh):
        z = z if b is None else z + b
    return torch.sigmoid(2 * z) * 2 - 1


# %% rnn_step: row by row, each a product of a matrix and a vector
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    rows = []
    for read, remembered in zip(x, h, strict=True):
        pre = torch.mv(weight_ih, read) + torch.mv(weight_hh, remembered)
        if bias_hh is not None:
            pre = pre + bias_hh
        if bias_ih is not None:
            pre = pre + bias_ih
        rows.append(torch.tanh(pre))
    return torch.stack(rows)


# %% rnn_step: addmm, the bias as a start
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    start = x.new_zeros(weight_hh.size(0)) if bias_ih is None else bias_ih + bias_hh
    pre = torch.addmm(start, h, weight_hh.t())
    return torch.addmm(pre, x, weight_ih.t()).tanh()


# %% language_model_loss: cross_entropy with the classes on axis 1
def language_model_loss(logits, ids, pad_id=None):
    targets = ids[:, 1:].clone()
    if pad_id is not None:
        targets[targets == pad_id] = -100
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), targets)


# %% language_model_loss: a sum over real targets, divided by their number
def language_model_loss(logits, ids, pad_id=None):
    log_p = torch.log_softmax(logits, -1)[:, :-1, :]
    y = ids[:, 1:]
    keep = y >= 0
    if pad_id is not None:
        keep = keep & y.ne(pad_id)
    nll = -log_p.gather(2, y.clamp(min=0)[:, :, None])[:, :, 0]
    return torch.where(keep, nll, torch.zeros_like(nll)).sum() / keep.sum()


# %% language_model_loss: the real targets picked out first
def language_model_loss(logits, ids, pad_id=None):
    labels = ids[:, 1:].reshape(-1)
    scores = logits[:, :-1].reshape(len(labels), -1)
    real = labels != -100
    if pad_id is not None:
        real = real & (labels != pad_id)
    labels, scores = labels[real], scores[real]
    own = scores[torch.arange(len(labels)), labels]
    return (torch.logsumexp(scores, 1) - own).mean()


# %% language_model_loss: token by token, in plain loops
def language_model_loss(logits, ids, pad_id=None):
    total, count = 0.0, 0
    for row, sentence in zip(logits, ids.tolist(), strict=True):
        for t, token in enumerate(sentence[1:]):
            if token in (-100, pad_id):
                continue
            z = row[t]
            highest = z.detach().max()
            total = total + torch.log(torch.exp(z - highest).sum()) + highest - z[token]
            count += 1
    return total / count


# %% clip_gradients: all gradients as one long vector
def clip_gradients(parameters, max_norm):
    with_gradient = [p for p in parameters if p.grad is not None]
    if len(with_gradient) == 0:
        return torch.zeros(())
    flat = torch.cat([p.grad.reshape(-1) for p in with_gradient])
    total = torch.linalg.vector_norm(flat)
    scale = torch.minimum(max_norm / (total + 1e-6), torch.ones_like(total))
    for p in with_gradient:
        p.grad *= scale
    return total


# %% clip_gradients: squares added up, scaled only where it is too long
@torch.no_grad()
def clip_gradients(parameters, max_norm):
    grads, squares = [], torch.tensor(0.0)
    for p in parameters:
        g = p.grad
        if g is None:
            continue
        grads.append(g)
        squares = squares.to(g) + (g * g).sum()
    total_norm = squares.sqrt()
    coefficient = max_norm / (total_norm + 1e-6)
    if coefficient < 1:
        torch._foreach_mul_(grads, coefficient)
    return total_norm


# %% clip_gradients: with numbers of Python, copied back into the same tensors
def clip_gradients(parameters, max_norm):
    parameters = list(parameters)
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.tensor(0.0)
    length = math.sqrt(sum(g.double().pow(2).sum().item() for g in grads))
    shrink = min(1.0, max_norm / (length + 1e-6))
    for g in grads:
        g.copy_(g * shrink)
    return grads[0].new_tensor(length)


# %% training_step: gradients cleared on the parameters, the value kept detached
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train(True)
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    error = loss(model, batch)
    torch.autograd.backward(error)
    if max_norm:
        clip_gradients(list(model.parameters()), max_norm)
    optimizer.step()
    return float(error.detach())


# %% training_step: the gradient cleared between the loss and backward
def training_step(model, batch, loss, optimizer, max_norm=None):
    if not model.training:
        model.train()
    current = loss(model, batch)
    number = current.tolist()
    optimizer.zero_grad(set_to_none=True)
    current.backward()
    if max_norm is not None:
        clip_gradients((p for p in model.parameters() if p.requires_grad), max_norm)
    optimizer.step()
    return number


# %% training_step: gradients asked for, then laid on the parameters
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    value = loss(model, batch)
    trained = [p for p in model.parameters() if p.requires_grad]
    found = torch.autograd.grad(value, trained, allow_unused=True)
    for p, g in zip(trained, found, strict=True):
        p.grad = g
    clip_gradients(model.parameters(), float("inf") if max_norm is None else max_norm)
    optimizer.step()
    return value.item()


# %% training_step: clipping written out
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    model.zero_grad()
    (value := loss(model, batch)).backward()
    if max_norm is not None:
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        norm = torch.cat([g.flatten() for g in grads]).norm()
        for g in grads:
            g.mul_(min(1.0, max_norm / (norm.item() + 1e-6)))
    optimizer.step()
    return value.item()
