"""Wrong answers to KVCache: its length, and the order of its rows."""
# ruff: noqa: F811

import torch


# %% KVCache: length-counts-calls
class KVCache:
    def __init__(self, n_layers):
        self.pieces = [[] for _ in range(n_layers)]

    @property
    def keys(self):
        return [torch.cat([k for k, _ in p], 2) if p else None for p in self.pieces]

    @property
    def values(self):
        return [torch.cat([v for _, v in p], 2) if p else None for p in self.pieces]

    @property
    def length(self):
        return len(self.pieces[-1])

    def append(self, layer, key, value):
        self.pieces[layer].append((key, value))
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        self.pieces = [[(k[index], v[index]) for k, v in p] for p in self.pieces]


# %% KVCache: length-of-the-first-layer
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers
        self.seen = 0

    @property
    def length(self):
        return self.seen

    def append(self, layer, key, value):
        if layer == 0:
            self.seen += key.size(2)
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=-2)
            value = torch.cat((self.values[layer], value), dim=-2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]


# %% KVCache: length-sums-layers
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers
        self.length = 0

    def append(self, layer, key, value):
        self.length += key.shape[2]
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        for i in range(len(self.keys)):
            self.keys[i] = self.keys[i][index]
            self.values[i] = self.values[i][index]


# %% KVCache: length-of-rows
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        if self.keys[-1] is None:
            return 0
        return len(self.keys[-1])

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.keys = list(map(lambda k: k.index_select(0, index), self.keys))
        self.values = list(map(lambda v: v.index_select(0, index), self.values))


# %% KVCache: length-of-an-empty-cache
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        return self.keys[-1].shape[2]

    def append(self, layer, key, value):
        old_key, old_value = self.keys[layer], self.values[layer]
        self.keys[layer] = key if old_key is None else torch.cat((old_key, key), 2)
        self.values[layer] = value if old_value is None else torch.cat((old_value, value), 2)
        return self.keys[layer], self.values[layer]

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]


# %% KVCache: length-of-new-positions
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers
        self.new = [0] * n_layers

    @property
    def length(self):
        return self.new[-1]

    def append(self, layer, key, value):
        self.new[layer] = key.size(-2)
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.keys = [k[index] for k in self.keys]
        self.values = [v[index] for v in self.values]


# %% KVCache: reorder-backwards
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        for kept in (self.keys, self.values):
            for layer, old in enumerate(kept):
                kept[layer] = torch.zeros_like(old)
                kept[layer][index] = old


# %% KVCache: reorder-each-row-once
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        rows = list(dict.fromkeys(index.tolist()))
        self.keys = [k[rows] for k in self.keys]
        self.values = [v[rows] for v in self.values]


# %% KVCache: reorder-keys-alone
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        for layer, k in enumerate(self.keys):
            self.keys[layer] = torch.stack([k[i] for i in index])


# %% KVCache: reorder-not-stored
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        for key, value in zip(self.keys, self.values, strict=True):
            key, value = key[index], value[index]


# %% KVCache: reorder-positions
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers

    @property
    def length(self):
        return 0 if self.keys[-1] is None else self.keys[-1].size(2)

    def append(self, layer, key, value):
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.keys = [k[..., index, :] for k in self.keys]
        self.values = [v[..., index, :] for v in self.values]


# %% KVCache: length-counts-calls + reorder-values-alone
class KVCache:
    def __init__(self, n_layers):
        self.keys, self.values = [None] * n_layers, [None] * n_layers
        self.calls = [0] * n_layers

    @property
    def length(self):
        return min(self.calls)

    def append(self, layer, key, value):
        self.calls[layer] += 1
        if self.keys[layer] is not None:
            key = torch.cat((self.keys[layer], key), dim=2)
            value = torch.cat((self.values[layer], value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value

    def reorder(self, index):
        self.values = [v.index_select(0, index) for v in self.values]
