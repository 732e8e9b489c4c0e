"""Right answers to GPT, in other ways."""
# ruff: noqa: F811, RUF012

import functools
import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.blocks import LayerNorm
from unrolled.gpt import GPTBlock, GPTConfig, KVCache
from unrolled.gpt.generation import CausalModel
from unrolled.positions import LearnedPositions

ONE_BLOCK = [name for name, _ in GPTBlock(GPTConfig(n_embd=8, n_head=2)).named_parameters()]
OF_BLOCKS = [f"{layer}.{name}" for layer in range(12) for name in ONE_BLOCK]


# %% GPT: embeddings, a mask and norms of torch
class GPT(CausalModel):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.positions = nn.Embedding(config.n_positions, config.n_embd)
        self.blocks = nn.ModuleList([GPTBlock(config) for _ in range(config.n_layer)])
        self.norm = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.token_embedding.weight = self.lm_head.weight
        self._initialise()

    def forward(self, ids, cache=None, mask=None, last_only=False):
        past = cache.length if cache is not None else 0
        T = ids.shape[1]
        rows = torch.arange(past, past + T, device=ids.device)
        columns = torch.arange(past + T, device=ids.device)
        visible = columns <= rows[:, None]
        if mask is not None:
            visible = torch.logical_and(visible, mask)
        x = self.token_embedding(ids) + self.positions(rows)
        x = F.dropout(x, self.config.embd_pdrop, self.training)
        for i in range(len(self.blocks)):
            append = None
            if cache is not None:
                append = lambda k, v, i=i: cache.append(i, k, v)  # noqa: E731
            x = self.blocks[i](x, visible, append)
        logits = self.lm_head(self.norm(x))
        return logits[:, [-1]] if last_only else logits

    def _initialise(self):
        std = self.config.initializer_range
        self.apply(self._init_weights)
        for name, p in self.named_parameters():
            if name.endswith("out_proj.weight") or name.endswith("linear2.weight"):
                torch.nn.init.normal_(p, mean=0.0, std=std * (2 * len(self.blocks)) ** -0.5)

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=self.config.initializer_range)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            torch.nn.init.normal_(module.weight, mean=0.0, std=self.config.initializer_range)


# %% GPT: the short names of GPT-2's code
class GPT(CausalModel):
    PARAM_MAP = {
        "wte.weight": "token_embedding.weight",
        "wpe.weight": "positions.weight",
        "ln_f.weight": "norm.weight",
        "ln_f.bias": "norm.bias",
    }

    def __init__(self, config):
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
        with torch.no_grad():
            for name, p in self.named_parameters():
                if p.dim() == 2:
                    scale = math.sqrt(2 * config.n_layer) if self._writes(name) else 1.0
                    p.copy_(torch.randn_like(p) * config.initializer_range / scale)
                elif name.endswith("bias"):
                    p.zero_()

    @staticmethod
    def _writes(name):
        return "out_proj" in name or "linear2" in name

    def forward(self, ids, cache=None, mask=None, last_only=False):
        T = ids.size(1)
        start = 0
        if cache is not None:
            start = cache.length
        pos = torch.arange(T, dtype=torch.long, device=ids.device) + start
        x = self.drop(self.wte(ids) + self.wpe(pos)[None])
        keep = self.visible(ids, start, mask)
        for i, block in enumerate(self.blocks):
            if cache is None:
                x = block(x, keep)
            else:
                x = block(x, keep, functools.partial(cache.append, i))
        x = self.ln_f(x)
        if last_only:
            return self.lm_head(x[:, -1, :]).unsqueeze(1)
        return self.lm_head(x)


# %% GPT: one-hot tokens, the output layer by einsum, the stack by reduce
class GPT(CausalModel):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.positions = LearnedPositions(config.n_positions, config.n_embd)
        self.dropout = nn.Dropout(config.embd_pdrop)
        self.blocks = nn.ModuleList(GPTBlock(config) for _ in range(config.n_layer))
        self.norm = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.token_embedding.weight
        self._initialise()

    def forward(self, ids, cache: KVCache | None = None, mask=None, last_only=False):
        table = self.token_embedding.weight
        before = getattr(cache, "length", 0)
        seen = self.visible(ids, before, mask)
        x = F.one_hot(ids.long(), self.vocab_size).to(table) @ table
        x = self.dropout(x + self.positions.weight.narrow(0, before, ids.size(1)))

        def one_more(x, numbered):
            layer, block = numbered
            if cache is None:
                return block(x, seen, None)
            return block(x, seen, lambda key, value: cache.append(layer, key, value))

        x = self.norm(functools.reduce(one_more, enumerate(self.blocks), x))
        logits = torch.einsum("btd,vd->btv", x, self.lm_head.weight)
        return logits.narrow(1, ids.size(1) - 1, 1) if last_only else logits

    def _initialise(self):
        std = self.config.initializer_range
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                module.weight.data.normal_(0.0, std)
            if isinstance(module, nn.Linear) and module.bias is not None:
                module.bias.data.fill_(0)
        self.positions.weight.data.normal_(0.0, std)
        for block in self.blocks:
            for last in (block.attention.out_proj, block.feed_forward.linear2):
                last.weight.data.div_(math.sqrt(2 * self.config.n_layer))


# %% GPT: no output layer of its own where it is tied
class GPT(CausalModel):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        n, std = config.n_layer, config.initializer_range
        self.rate = config.embd_pdrop
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.positions = LearnedPositions(config.n_positions, config.n_embd)
        self.blocks = nn.ModuleList()
        for _ in range(n):
            self.blocks.append(GPTBlock(config))
        self.norm = LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.lm_head = None
        if not config.tie_word_embeddings:
            self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        for name, p in self.named_parameters():
            if name.endswith("bias"):
                nn.init.constant_(p, 0.0)
            elif "norm" not in name:
                small = ".out_proj." in name or ".linear2." in name
                nn.init.normal_(p, 0.0, std / (2 * n) ** 0.5 if small else std)

    def forward(self, ids, cache=None, mask=None, last_only=False):
        tied = self.lm_head is None
        head = self.token_embedding.weight if tied else self.lm_head.weight
        first = 0 if cache is None else cache.length
        x = self.positions(F.embedding(ids, self.token_embedding.weight), start=first)
        x = F.dropout(x, self.rate, training=self.training)
        may = self.visible(ids, first, mask)
        appends = [None] * len(self.blocks)
        if cache is not None:
            appends = [functools.partial(cache.append, i) for i in range(len(self.blocks))]
        for block, append in zip(self.blocks, appends, strict=True):
            x = block(x, mask=may, append=append)
        if last_only:
            x = x[:, x.size(1) - 1 :]
        return F.linear(self.norm(x), head)


# %% GPT: everything in one ModuleDict, under GPT-2's names
class GPT(CausalModel):
    PARAM_MAP = {
        "transformer.wte.weight": "token_embedding.weight",
        "transformer.wpe.weight": "positions.weight",
        "transformer.ln_f.weight": "norm.weight",
        "transformer.ln_f.bias": "norm.bias",
    } | {f"transformer.h.{n}": f"blocks.{n}" for n in OF_BLOCKS}

    def __init__(self, config):
        super().__init__(config.vocab_size, config.n_positions)
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocab_size, config.n_embd),
                "wpe": nn.Embedding(config.n_positions, config.n_embd),
                "h": nn.ModuleList(GPTBlock(config) for _ in range(config.n_layer)),
                "ln_f": LayerNorm(config.n_embd, config.layer_norm_epsilon),
            }
        )
        self.rate = config.embd_pdrop
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.transformer["wte"].weight = self.lm_head.weight
        for name, p in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(p)
            elif p.dim() == 2:
                nn.init.normal_(p, std=config.initializer_range)
            if name.endswith(("out_proj.weight", "linear2.weight")):
                p.data.mul_((2 * config.n_layer) ** -0.5)

    @property
    def blocks(self):
        return self.transformer["h"]

    def forward(self, ids, cache=None, mask=None, last_only=False):
        parts, start = self.transformer, cache.length if cache else 0
        x = parts["wte"](ids) + parts["wpe"].weight[start:][: ids.size(1)]
        x = F.dropout(x, p=self.rate, training=self.training)
        for i, block in enumerate(parts["h"]):
            x = block(
                x, self.visible(ids, start, mask), cache and functools.partial(cache.append, i)
            )
        return self.lm_head(parts["ln_f"](x)[:, -1:] if last_only else parts["ln_f"](x))
