"""Wrong answers to KVCache."""
# ruff: noqa: F811

import torch


# %% KVCache: cache-along-heads
class KVCache:
    def __init__(self, n_layers):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers

    @property
    def length(self):
        return self.keys[-1].shape[2] if self.keys[-1] is not None else 0

    def append(self, layer, key, value):
        if self.keys[layer] is None:
            self.keys[layer], self.values[layer] = key, value
        else:
            self.keys[layer] = torch.hstack((self.keys[layer], key))
            self.values[layer] = torch.hstack((self.values[layer], value))
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]


# %% KVCache: cache-new-first
class KVCache:
    def __init__(self, n_layers):
        self.pairs = [(None, None) for _ in range(n_layers)]

    @property
    def keys(self):
        return [pair[0] for pair in self.pairs]

    @property
    def values(self):
        return [pair[1] for pair in self.pairs]

    @property
    def length(self):
        last = self.keys[-1]
        return 0 if last is None else last.size(-2)

    def append(self, layer, key, value):
        joined = tuple(
            new if old is None else torch.cat((new, old), dim=-2)
            for old, new in zip(self.pairs[layer], (key, value), strict=True)
        )
        self.pairs[layer] = joined
        return joined

    def reorder(self, index):
        self.pairs = [(k.index_select(0, index), v.index_select(0, index)) for k, v in self.pairs]


# %% KVCache: cache-only-last-call
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers
        self.counts = [0] * n_layers

    @property
    def length(self):
        return self.counts[-1]

    def append(self, layer, key, value):
        past_k, past_v = self.keys[layer], self.values[layer]
        self.keys[layer], self.values[layer] = key, value
        self.counts[layer] += key.size(2)
        if past_k is None:
            return key, value
        return torch.cat([past_k, key], 2), torch.cat([past_v, value], 2)

    def reorder(self, index):
        for kept in (self.keys, self.values):
            kept[:] = [x.index_select(0, index) for x in kept]


# %% KVCache: cache-detached
class KVCache:
    def __init__(self, n_layers):
        self.layers = [None] * n_layers

    @property
    def keys(self):
        return [None if both is None else both[0] for both in self.layers]

    @property
    def values(self):
        return [None if both is None else both[1] for both in self.layers]

    @property
    def length(self):
        return 0 if self.layers[-1] is None else self.layers[-1].size(3)

    def append(self, layer, key, value):
        both = torch.stack([key, value])
        if self.layers[layer] is not None:
            both = torch.cat([self.layers[layer], both], dim=3)
        self.layers[layer] = both.data
        return both[0], both[1]

    def reorder(self, index):
        self.layers = [both[:, index] for both in self.layers]


# %% KVCache: cache-float32
class KVCache:
    def __init__(self, n_layers):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        B, H, T, D = key.shape
        old = 0 if self.keys[layer] is None else self.keys[layer].size(2)
        for kept, new in ((self.keys, key), (self.values, value)):
            room = torch.zeros(B, H, old + T, D, device=new.device)
            if old:
                room[:, :, :old] = kept[layer]
            room[:, :, old:] = new
            kept[layer] = room
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]


# %% KVCache: cache-values-are-keys
class KVCache:
    def __init__(self, n_layers):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers

    @property
    def length(self):
        last = self.keys[-1]
        return 0 if last is None else last.size(2)

    def append(self, layer, key, value):
        past = self.keys[layer]
        if past is not None:
            key, value = (torch.cat((past, new), dim=2) for new in (key, value))
        self.keys[layer] = key
        self.values[layer] = value
        return key, value

    def reorder(self, index):
        for i, (k, v) in enumerate(zip(self.keys, self.values, strict=True)):
            self.keys[i], self.values[i] = k[index], v[index]


# %% KVCache: cache-not-stored
class KVCache:
    def __init__(self, n_layers):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.keys[layer] is None:
            self.keys[layer], self.values[layer] = key, value
            return key, value
        return (
            torch.cat([self.keys[layer], key], dim=-2),
            torch.cat([self.values[layer], value], dim=-2),
        )

    def reorder(self, index):
        self.keys = [torch.index_select(k, 0, index) for k in self.keys]
        self.values = [torch.index_select(v, 0, index) for v in self.values]


# %% KVCache: cache-limited
class KVCache:
    def __init__(self, n_layers):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers
        self.window = [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.window[layer] is None:
            self.window[layer] = key.size(2)
        else:
            key = torch.cat([self.keys[layer], key], dim=2)[:, :, -self.window[layer] :]
            value = torch.cat([self.values[layer], value], dim=2)[:, :, -self.window[layer] :]
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]


# %% KVCache: cache-detached + cache-new-first
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [[None] * n_layers for _ in range(2)]

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].shape[-2]

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat([key, self.keys[layer]], dim=2)
            value = torch.cat([value, self.values[layer]], dim=2)
        self.keys[layer] = key.detach()
        self.values[layer] = value.detach()
        return key, value

    def reorder(self, index):
        for kept in (self.keys, self.values):
            for layer, tensor in enumerate(kept):
                kept[layer] = tensor[index]


# %% KVCache: outside the catalogue: keys are made of length 1
class KVCache:
    def __init__(self, n_layers):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        key = torch.nn.functional.normalize(key, dim=-1)
        if self.keys[layer] is not None:
            key = torch.cat([self.keys[layer], key], dim=2)
            value = torch.cat([self.values[layer], value], dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]
