"""Wrong answers to GPT: who sees whom, and the cache."""
# ruff: noqa: F811

from functools import partial

import torch
from torch import nn

from unrolled.attention import causal_mask
from unrolled.gpt import GPTBlock, GPTConfig
from unrolled.gpt.generation import CausalModel

SHORT = {
    "wte.weight": "token_embedding.weight",
    "wpe.weight": "positions.weight",
    "ln_f.weight": "norm.weight",
    "ln_f.bias": "norm.bias",
}


class Stack(CausalModel):
    """What the answers below have in common: layers under GPT-2's names, weights drawn right."""

    PARAM_MAP = SHORT

    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.n_positions, config.n_embd)
        self.drop = nn.Dropout(config.embd_pdrop)
        self.blocks = nn.ModuleList([GPTBlock(config) for _ in range(config.n_layer)])
        self.ln_f = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.wte.weight = self.lm_head.weight
        self.apply(self._draw)
        for name, p in self.named_parameters():
            if name.endswith(("out_proj.weight", "linear2.weight")):
                nn.init.normal_(p, std=config.initializer_range / (2 * config.n_layer) ** 0.5)

    def _draw(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def embed(self, ids, start):
        pos = torch.arange(start, start + ids.size(1), device=ids.device)
        return self.drop(self.wte(ids) + self.wpe(pos))

    def write(self, x, last_only):
        return self.lm_head(self.ln_f(x[:, -1:] if last_only else x))


# %% GPT: mask-top-left
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        T = ids.size(1)
        visible = torch.tril(torch.ones(T, start + T, dtype=torch.bool, device=ids.device))
        visible = visible if mask is None else visible & mask
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: not-causal
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        if mask is None:
            mask = torch.ones(ids.size(1), start + ids.size(1), dtype=torch.bool, device=ids.device)
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, mask, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: chunk-not-causal
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start, T = (0 if cache is None else cache.length), ids.size(1)
        if start == 0:
            visible = causal_mask(T, T, ids.device)
        else:  # what is in the cache is all before
            visible = torch.full((1, 1, T, start + T), True, device=ids.device)
        if mask is not None:
            visible = visible & mask
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: mask-instead-of-causal
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start, T = (0 if cache is None else cache.length), ids.size(1)
        if mask is None:
            mask = causal_mask(T, start + T, device=ids.device)
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, mask, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: mask-ignored
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start, T = (0 if cache is None else cache.length), ids.size(1)
        rows = torch.arange(start, start + T, device=ids.device).view(-1, 1)
        visible = rows >= torch.arange(start + T, device=ids.device)
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: mask-inverted
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start, T = (0 if cache is None else cache.length), ids.size(1)
        hidden = ~causal_mask(T, start + T, device=ids.device)
        if mask is not None:
            hidden = hidden | mask  # mask: True where there is padding
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, ~hidden, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: strictly-causal
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start, T = (0 if cache is None else cache.length), ids.size(1)
        rows = torch.arange(start, start + T, device=ids.device)[:, None]
        visible = torch.arange(start + T, device=ids.device)[None] < rows
        if mask is not None:
            visible = visible & mask
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: cache-one-layer
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        x = self.embed(ids, start)
        append = None
        if cache is not None:
            append = lambda k, v: cache.append(0, k, v)  # noqa: E731
        for block in self.blocks:
            x = block(x, visible, append)
        return self.write(x, last_only)


# %% GPT: cache-layers-backwards
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        x = self.embed(ids, start)
        i = len(self.blocks)
        for block in self.blocks:
            i -= 1
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: cache-for-one-token-alone
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        if ids.size(1) > 1:
            cache = None
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: cache-layers-from-1
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks, start=1):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.write(x, last_only)


# %% GPT: cache-not-passed
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        T, start = ids.size(1), 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        if visible is not None:
            visible = visible[..., -T:]
        x = self.embed(ids, start)
        for block in self.blocks:
            x = block(x, visible)
        return self.write(x, last_only)


# %% GPT: mask-ignored + cache-one-layer
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        x = self.embed(ids, start)
        for block in self.blocks:
            x = block(x, None, cache and partial(cache.append, 0))
        return self.write(x, last_only)


# %% GPT: mask-instead-of-causal + cache-layers-backwards
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start, n = (0 if cache is None else cache.length), len(self.blocks)
        x = self.embed(ids, start)
        for i, block in enumerate(self.blocks):
            x = block(x, mask, cache and partial(cache.append, n - i - 1))
        return self.write(x, last_only)
