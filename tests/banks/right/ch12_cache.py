"""Right answers to KVCache, in other ways."""
# ruff: noqa: F811

import torch


# %% KVCache: a list of what came, joined when it is asked for
class KVCache:
    def __init__(self, n_layers):
        self.pieces = [[] for _ in range(n_layers)]

    def _joined(self, which):
        return [torch.cat([p[which] for p in pieces], -2) if pieces else None
                for pieces in self.pieces]  # fmt: skip

    @property
    def keys(self):
        return self._joined(0)

    @property
    def values(self):
        return self._joined(1)

    @property
    def length(self):
        return sum(key.shape[2] for key, _ in self.pieces[-1])

    def append(self, layer, key, value):
        self.pieces[layer].append((key, value))
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        for pieces in self.pieces:
            pieces[:] = [(key[index], value[index]) for key, value in pieces]


# %% KVCache: empty tensors to begin with
class KVCache:
    def __init__(self, n_layers):
        self.n_layers = n_layers
        self.keys = [None for _ in range(n_layers)]
        self.values = [None for _ in range(n_layers)]

    @property
    def length(self):
        last = self.keys[self.n_layers - 1]
        return last.shape[-2] if last is not None else 0

    def append(self, layer, key, value):
        for kept, new in ((self.keys, key), (self.values, value)):
            old = kept[layer]
            if old is None:
                old = new[:, :, :0]
            kept[layer] = torch.concat((old, new), dim=-2)
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        self.keys = [torch.index_select(k, 0, index) for k in self.keys]
        self.values = [torch.index_select(v, 0, index) for v in self.values]


# %% KVCache: one stacked tensor a layer
class KVCache:
    def __init__(self, n_layers):
        self.store = {}
        self.layers = range(n_layers)

    @property
    def keys(self):
        return [self.store[i][0] if i in self.store else None for i in self.layers]

    @property
    def values(self):
        return [self.store[i][1] if i in self.store else None for i in self.layers]

    @property
    def length(self):
        last = self.layers[-1]
        return self.store[last].size(3) if last in self.store else 0

    def append(self, layer, key, value):
        new = torch.stack([key, value])
        if layer in self.store:
            new = torch.cat([self.store[layer], new], dim=3)
        self.store[layer] = new
        return new[0], new[1]

    def reorder(self, index):
        self.store = {layer: both[:, index] for layer, both in self.store.items()}


# %% KVCache: counted layer by layer
class KVCache:
    def __init__(self, n_layers: int):
        self.keys = [None] * n_layers
        self.values = [None] * n_layers
        self.seen = [0] * n_layers

    @property
    def length(self) -> int:
        return min(self.seen)

    def append(self, layer, key, value):
        old_key, old_value = self.keys[layer], self.values[layer]
        self.seen[layer] += key.size(2)
        if old_key is None:
            self.keys[layer], self.values[layer] = key, value
            return key, value
        B, H, _, d_k = key.shape
        joined = key.new_empty(B, H, self.seen[layer], d_k)
        past = old_key.size(2)
        joined = joined.slice_scatter(old_key, dim=2, end=past)
        self.keys[layer] = joined.slice_scatter(key, dim=2, start=past)
        joined = value.new_empty(B, H, self.seen[layer], value.size(3))
        joined = joined.slice_scatter(old_value, dim=2, end=past)
        self.values[layer] = joined.slice_scatter(value, dim=2, start=past)
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        for layer in range(len(self.keys)):
            self.keys[layer] = torch.stack([self.keys[layer][i] for i in index.tolist()])
            self.values[layer] = torch.stack([self.values[layer][i] for i in index.tolist()])
