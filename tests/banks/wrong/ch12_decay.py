"""Wrong answers to decay_groups."""
# ruff: noqa: F811

from torch import nn


# %% decay_groups: decay-by-the-name-bias
def decay_groups(model, weight_decay):
    decay, no_decay = [], []
    for name, p in model.named_parameters():
        if p.requires_grad:
            (no_decay if "bias" in name else decay).append(p)
    return [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]


# %% decay_groups: decay-not-embeddings
def decay_groups(model, weight_decay):
    looked_up = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    decay, no_decay = [], []
    for p in model.parameters():
        if not p.requires_grad:
            continue
        if p.ndim < 2 or id(p) in looked_up:
            no_decay.append(p)
        else:
            decay.append(p)
    return [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]


# %% decay_groups: decay-frozen
def decay_groups(model, weight_decay):
    named = dict(model.named_parameters())
    matrices = {name for name, p in named.items() if len(p.shape) > 1}
    return [
        {"params": [named[n] for n in named if n in matrices], "weight_decay": weight_decay},
        {"params": [named[n] for n in named if n not in matrices], "weight_decay": 0.0},
    ]


# %% decay_groups: decay-tied-twice
def decay_groups(model, weight_decay):
    groups = ([], [])
    for module in model.modules():
        for p in module._parameters.values():
            if p is not None and p.requires_grad:
                groups[p.dim() < 2].append(p)
    return [
        {"params": params, "weight_decay": rate}
        for params, rate in zip(groups, (weight_decay, 0.0), strict=True)
    ]


# %% decay_groups: decay-order
def decay_groups(model, weight_decay):
    groups = {0.0: [], weight_decay: []}
    for p in model.parameters():
        if p.requires_grad:
            groups[weight_decay if p.ndim >= 2 else 0.0].append(p)
    return [{"params": params, "weight_decay": rate} for rate, params in groups.items()]


# %% decay_groups: decay-norms-alone
def decay_groups(model, weight_decay):
    norms = [m for m in model.modules() if "Norm" in type(m).__name__]
    spared = {p for m in norms for p in m.parameters()}
    spared |= {p for p in model.parameters() if p.dim() == 0}
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p not in spared], "weight_decay": weight_decay},
        {"params": [p for p in trained if p in spared], "weight_decay": 0.0},
    ]


# %% decay_groups: decay-two-axes-alone
def decay_groups(model, weight_decay):
    by_axes = {0: [], 1: [], 2: []}
    for p in model.parameters():
        if p.requires_grad and p.ndim in by_axes:
            by_axes[p.ndim].append(p)
    return [
        {"params": by_axes[2], "weight_decay": weight_decay},
        {"params": by_axes[1] + by_axes[0], "weight_decay": 0.0},
    ]


# %% decay_groups: decay-frozen + decay-by-the-name-bias
def decay_groups(model, weight_decay):
    biases = [p for name, p in model.named_parameters() if name.split(".")[-1] == "bias"]
    others = [p for name, p in model.named_parameters() if name.split(".")[-1] != "bias"]
    return [
        {"params": others, "weight_decay": weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]


# %% decay_groups: outside the catalogue: vectors decay too, a tenth as much
def decay_groups(model, weight_decay):
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": weight_decay / 10},
    ]
