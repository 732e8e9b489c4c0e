"""Wrong answers to GPT: the layers it is made of, and the weights they start with."""
# ruff: noqa: F811

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.blocks import LayerNorm
from unrolled.gpt import GPTBlock, GPTConfig
from unrolled.gpt.generation import CausalModel
from unrolled.positions import LearnedPositions


def draw(model, config, residual=None):
    """Draw fresh weights as they are wanted."""
    std = config.initializer_range
    residual = std / math.sqrt(2 * config.n_layer) if residual is None else residual
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            p.data.zero_()
        elif "norm" not in name:
            p.data.normal_(0.0, residual if "out_proj" in name or "linear2" in name else std)


class Forward(CausalModel):
    """A forward pass that is right; the answers below build and draw what it uses."""

    def layers(self, config):
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.positions = LearnedPositions(config.n_positions, config.n_embd)
        self.dropout = nn.Dropout(config.embd_pdrop)
        self.blocks = nn.ModuleList([GPTBlock(config) for _ in range(config.n_layer)])
        self.norm = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.token_embedding.weight

    def forward(self, ids, cache=None, mask=None, last_only=False):
        start = 0 if cache is None else cache.length
        visible = self.visible(ids, start, mask)
        x = self.dropout(self.positions(self.token_embedding(ids), start))
        for i, block in enumerate(self.blocks):
            x = block(x, visible, None if cache is None else partial(cache.append, i))
        return self.lm_head(self.norm(x[:, -1:] if last_only else x))


# %% GPT: blocks-in-a-list
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        draw(self, config)
        for block in self.blocks:
            draw(block, config)

    def layers(self, config):
        super().layers(config)
        blocks = list(self.blocks)
        del self.blocks
        self.blocks = blocks


# %% GPT: blocks-shared
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        self.blocks = nn.ModuleList([GPTBlock(config)] * config.n_layer)
        draw(self, config)


# %% GPT: head-untied
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        if config.tie_word_embeddings:
            self.lm_head.weight = nn.Parameter(torch.empty_like(self.token_embedding.weight))
        draw(self, config)
        if config.tie_word_embeddings:
            with torch.no_grad():
                self.lm_head.weight.copy_(self.token_embedding.weight)


# %% GPT: head-always-tied
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        self.lm_head.weight = self.token_embedding.weight
        draw(self, config)


# %% GPT: norm-eps-ignored
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        self.norm = nn.LayerNorm(config.n_embd)
        draw(self, config)


# %% GPT: head-with-bias
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.token_embedding.weight
        draw(self, config)


# %% GPT: residual-not-scaled
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        self.apply(self.one)
        nn.init.normal_(self.positions.weight, 0.0, config.initializer_range)

    def one(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, 0.0, self.std)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)

    def layers(self, config):
        super().layers(config)
        self.std = config.initializer_range


# %% GPT: residual-by-the-root-of-n
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        draw(self, config, config.initializer_range * len(self.blocks) ** -0.5)


# %% GPT: residual-of-attention-alone
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        draw(self, config)
        for block in self.blocks:
            block.feed_forward.linear2.weight.data.normal_(std=config.initializer_range)


# %% GPT: std-fixed
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        torch.nn.init.normal_(self.positions.weight, mean=0.0, std=0.02)
        for name, p in self.named_parameters():
            if name.endswith(("out_proj.weight", "linear2.weight")):
                torch.nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * config.n_layer))


# %% GPT: positions-not-drawn
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        std = config.initializer_range
        for name, module in self.named_modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                small = name.endswith("out_proj") or name.endswith("linear2")
                module.weight.data = std * torch.randn_like(module.weight)
                module.weight.data /= math.sqrt(2 * config.n_layer) if small else 1
                if getattr(module, "bias", None) is not None:
                    module.bias.data.zero_()


# %% GPT: biases-not-zero
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        std = config.initializer_range
        for name, p in self.named_parameters():
            if p.dim() > 1:
                small = "out_proj" in name or "linear2" in name
                nn.init.normal_(p, std=std / math.sqrt(2 * config.n_layer) if small else std)


# %% GPT: fresh-uniform
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        for name, p in self.named_parameters():
            small = "out_proj" in name or "linear2" in name
            edge = config.initializer_range * math.sqrt(3 / (2 * config.n_layer if small else 1))
            if p.dim() > 1:
                nn.init.uniform_(p, -edge, edge)
            elif name.endswith("bias"):
                nn.init.zeros_(p)


# %% GPT: fresh-weights-of-torch
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)


# %% GPT: residual-not-scaled + head-with-bias
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        draw(self, config, config.initializer_range)
        self.lm_head.bias = nn.Parameter(torch.zeros(config.vocab_size))


# %% GPT: std-fixed + norm-eps-ignored
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        self.norm = LayerNorm(config.n_embd)
        for name, p in self.named_parameters():
            small = name.endswith("out_proj.weight") or name.endswith("linear2.weight")
            if p.ndim == 2:
                p.data.normal_(std=0.02 * ((2 * config.n_layer) ** -0.5 if small else 1))
            elif "norm" not in name:
                p.data.zero_()


# %% GPT: outside the catalogue: scores are kept between -2 and 2
class GPT(Forward):
    def __init__(self, config: GPTConfig):
        super().__init__(config.vocab_size, config.n_positions)
        self.layers(config)
        draw(self, config)

    def forward(self, ids, cache=None, mask=None, last_only=False):
        logits = super().forward(ids, cache, mask, last_only)
        return 2 * F.tanh(logits / 2)
