"""Right answers to apply_temperature, top_k_filter, top_p_filter and decay_groups."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% apply_temperature: times one over it
def apply_temperature(logits, temperature):
    return logits * (1.0 / temperature)


# %% apply_temperature: torch's function
def apply_temperature(logits, temperature):
    scaled = torch.div(logits, temperature)
    return scaled


# %% apply_temperature: a copy, changed in place
def apply_temperature(logits, temperature):
    out = logits.clone()
    out /= temperature
    return out


# %% top_k_filter: a full sort gives the threshold
def top_k_filter(logits, k):
    V = logits.shape[-1]
    if k >= V:
        return logits.clone()
    ordered, _ = torch.sort(logits, dim=-1, descending=True)
    smallest = ordered[..., k - 1].unsqueeze(-1)
    return torch.where(logits >= smallest, logits, float("-inf"))


# %% top_k_filter: the k-th value, written into a new tensor
def top_k_filter(logits, k):
    V = logits.size(-1)
    k = min(k, V)
    threshold = torch.kthvalue(logits, V - k + 1, dim=-1, keepdim=True).values
    result = torch.full_like(logits, -torch.inf)
    stays = logits >= threshold
    result[stays] = logits[stays]
    return result


# %% top_k_filter: how many are larger
def top_k_filter(logits, k):
    larger = (logits.unsqueeze(-2) > logits.unsqueeze(-1)).sum(-1)
    return logits.masked_fill(larger >= k, float("-inf"))


# %% top_k_filter: row by row
def top_k_filter(logits, k):
    rows = logits.reshape(-1, logits.size(-1))
    filtered = []
    for row in rows:
        best = row.topk(min(k, len(row)))[0]
        penalty = torch.zeros_like(row)
        penalty[row < best.min()] = -torch.inf
        filtered.append(row + penalty)
    return torch.stack(filtered).reshape(logits.shape)


# %% top_p_filter: from the likeliest down, what stands before each token
def top_p_filter(logits, p):
    sorted_logits, sorted_idx = torch.sort(logits, descending=True, dim=-1)
    probs = F.softmax(sorted_logits, dim=-1)
    before = probs.cumsum(dim=-1) - probs
    drop = before >= p
    drop[..., 0] = False
    sorted_logits = sorted_logits.masked_fill(drop, float("-inf"))
    return torch.empty_like(logits).scatter_(-1, sorted_idx, sorted_logits)


# %% top_p_filter: shifted by one, as in many a notebook
def top_p_filter(logits, p):
    ordered, indices = torch.sort(logits, descending=True)
    cumulative = torch.cumsum(torch.softmax(ordered, dim=-1), dim=-1)
    remove = cumulative > p
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = False
    where = torch.zeros_like(remove).scatter(-1, indices, remove)
    out = logits.clone()
    out[where] = -torch.inf
    return out


# %% top_p_filter: the order undone by a second argsort
def top_p_filter(logits, p):
    order = logits.argsort(dim=-1)
    ranks = order.argsort(dim=-1)
    tail = logits.softmax(-1).gather(-1, order).cumsum(-1)
    stays = tail > 1 - p
    stays = torch.cat([stays[..., :-1], torch.ones_like(stays[..., -1:])], dim=-1)
    return torch.where(stays.gather(-1, ranks), logits, -torch.inf)


# %% top_p_filter: one token after the other
def top_p_filter(logits, p):
    V = logits.size(-1)
    rows = logits.reshape(-1, V)
    result = torch.full_like(rows, float("-inf"))
    for i, row in enumerate(rows):
        probabilities = torch.softmax(row, dim=0)
        total = 0.0
        for token in torch.argsort(row, descending=True).tolist():
            result[i, token] = row[token]
            total += probabilities[token].item()
            if total >= p:
                break
    return result.reshape(logits.shape)


# %% decay_groups: one loop
def decay_groups(model, weight_decay):
    decay, no_decay = [], []
    for p in model.parameters():
        if not p.requires_grad:
            continue
        (decay if p.ndim > 1 else no_decay).append(p)
    return [
        dict(params=decay, weight_decay=weight_decay),
        dict(params=no_decay, weight_decay=0.0),
    ]


# %% decay_groups: by names, as in nanoGPT
def decay_groups(model, weight_decay):
    param_dict = {pn: p for pn, p in model.named_parameters()}
    param_dict = {pn: p for pn, p in param_dict.items() if p.requires_grad}
    decayed = [p for n, p in param_dict.items() if p.dim() >= 2]
    others = [p for n, p in param_dict.items() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": weight_decay}]
    groups.append({"params": others, "weight_decay": 0})
    return groups


# %% decay_groups: module by module, and what was seen
def decay_groups(model, weight_decay):
    seen = set()
    groups = [{"params": [], "weight_decay": weight_decay}, {"params": [], "weight_decay": 0.0}]
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            if id(parameter) in seen or not parameter.requires_grad:
                continue
            seen.add(id(parameter))
            groups[len(parameter.shape) <= 1]["params"].append(parameter)
    return groups


# %% decay_groups: filters
def decay_groups(model, weight_decay):
    trainable = list(filter(lambda p: p.requires_grad, model.parameters()))
    return [
        {
            "params": list(filter(lambda p: (len(p.size()) < 2) == vectors, trainable)),
            "weight_decay": 0.0 if vectors else weight_decay,
        }
        for vectors in (False, True)
    ]
