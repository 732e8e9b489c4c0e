"""Wrong answers to GPT: what its forward pass does. A learner's own names, torch's own layers."""
# ruff: noqa: F811

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

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


# %% GPT: positions-restart
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        pos = torch.arange(ids.size(1), device=ids.device)
        x = self.drop(self.wte(ids) + self.wpe(pos))
        for i, block in enumerate(self.blocks):
            x = block(x, visible, cache and partial(cache.append, i))
        x = self.ln_f(x)
        return self.lm_head(x[:, -1:] if last_only else x)


# %% GPT: positions-restart-in-chunks
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        T = ids.size(1)
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        if T == 1:
            pos = torch.tensor([start], device=ids.device)
        else:
            pos = torch.arange(T, device=ids.device)
        x = self.drop(self.wte(ids) + self.wpe(pos))
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        x = self.ln_f(x)
        return self.lm_head(x[:, -1:] if last_only else x)


# %% GPT: embeddings-scaled
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(start, start + ids.size(1), device=ids.device)
        h = self.wte(ids) * self.config.n_embd**0.5
        h = self.drop(h + self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        logits = self.lm_head(self.ln_f(h))
        return logits[:, -1:] if last_only else logits


# %% GPT: final-norm-missing
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(start, start + ids.size(1), device=ids.device)
        h = self.drop(self.wte(ids) + self.wpe(pos)[None])
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        logits = F.linear(h, self.lm_head.weight)
        return logits[:, -1:] if last_only else logits


# %% GPT: norm-in-front
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(start, start + ids.size(1), device=ids.device)
        h = self.ln_f(self.drop(self.wte(ids) + self.wpe(pos)))  # as in BERT
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        if last_only:
            h = h[:, [-1]]
        return self.lm_head(h)


# %% GPT: residual-around-the-block
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = self.drop(self.wte(ids) + self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            append = None if cache is None else partial(cache.append, i)
            h = torch.add(h, block(h, visible, append))
        h = self.ln_f(h)
        return self.lm_head(h[:, -1:] if last_only else h)


# %% GPT: last-only-without-its-axis
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = self.drop(self.wte(ids) + self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        if last_only:
            return self.lm_head(self.ln_f(h[:, -1, :]))
        return self.lm_head(self.ln_f(h))


# %% GPT: probabilities-returned
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = self.drop(self.wte(ids) + self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        h = self.ln_f(h[:, -1:] if last_only else h)
        return F.softmax(h @ self.lm_head.weight.T, dim=-1)


# %% GPT: dropout-on-tokens-alone
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        tokens = F.dropout(self.wte(ids), self.config.embd_pdrop, self.training)
        h = tokens + self.wpe(pos)
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        h = self.ln_f(h[:, -1:] if last_only else h)
        return self.lm_head(h)


# %% GPT: dropout-always
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = F.dropout(self.wte(ids) + self.wpe(pos), self.config.embd_pdrop)
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        h = self.ln_f(h[:, -1:] if last_only else h)
        return self.lm_head(h)


# %% GPT: final-norm-in-every-layer
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = self.drop(self.wte(ids) + self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            append = None if cache is None else partial(cache.append, i)
            h = self.ln_f(block(h, visible, append))
        return self.lm_head(h[:, -1:] if last_only else h)


# %% GPT: embeddings-scaled + last-only-first
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = self.drop(self.wte(ids) * self.config.n_embd**0.5 + self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        h = self.ln_f(h)
        return self.lm_head(h[:, :1] if last_only else h)


# %% GPT: outside the catalogue: positions multiply the tokens
class GPT(Stack):
    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        pos = torch.arange(ids.size(1), device=ids.device) + start
        h = self.drop(self.wte(ids) * self.wpe(pos))
        visible = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            h = block(h, visible, None if cache is None else partial(cache.append, i))
        h = self.ln_f(h)
        return self.lm_head(h[:, -1:] if last_only else h)
