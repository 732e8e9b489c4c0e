"""Known mistakes in GPT."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_SUPER = "super().__init__(config.vocab_size, config.n_positions)"
_DROPOUT = "self.dropout = nn.Dropout(config.embd_pdrop)"
_BLOCKS = "self.blocks = nn.ModuleList(GPTBlock(config) for _ in range(config.n_layer))"
_NORM = "self.norm = LayerNorm(config.n_embd, config.layer_norm_epsilon)"
_HEAD = "self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)"
_TIE_IF = "if config.tie_word_embeddings:"
_TIE = "self.lm_head.weight = self.token_embedding.weight"
_CALL = "self._initialise()"
_START = "start = 0 if cache is None else cache.length"
_VISIBLE = "visible = self.visible(ids, start, mask)"
_EMBED = "x = self.token_embedding(ids)"
_PLACE = "x = self.dropout(self.positions(x, start))"
_APPEND = "append = None if cache is None else partial(cache.append, layer)"
_BLOCK = "x = block(x, visible, append)"
_LAST = "x = self.norm(x[:, -1:] if last_only else x)"
_OUT = "return self.lm_head(x)"
_STD = "std = self.config.initializer_range"
_RESIDUAL_STD = "residual_std = std / math.sqrt(2 * self.config.n_layer)"
_POSITIONS = "nn.init.normal_(parameter, std=std)"
_KINDS = "if isinstance(module, nn.Linear | nn.Embedding):"
_RESIDUAL = 'residual = name.endswith(("attention.out_proj", "feed_forward.linear2"))'
_WEIGHT = "nn.init.normal_(module.weight, std=residual_std if residual else std)"
_BIAS = "nn.init.zeros_(module.bias)"


def _seeing(causal: str) -> tuple[str, str]:
    """Another causal part of the mask; ``T`` positions of ``ids`` stand after ``start``."""
    return _VISIBLE, (
        f"T = ids.size(1)\n        visible = ({causal})\n"
        "        visible = visible if mask is None else visible & mask"
    )


_COMPUTED = (
    Mistake("positions-restart", "with a cache, positions start at 0 again; the first of ids stands "
            "behind those in the cache.", ((_PLACE, _PLACE.replace("(x, start)", "(x)")),)),
    Mistake("positions-restart-in-chunks", "several tokens after a cache get positions from 0 on; "
            "they stand behind those in the cache, as one token does.",
            ((_PLACE, _PLACE.replace("start)", "start if ids.size(1) == 1 else 0)")),)),
    Mistake("positions-all-at-the-start", "all tokens of ids get the position of the first.",
            ((_PLACE, "x = self.dropout(x + (self.positions(x, start) - x)[:, :1])"),)),
    Mistake("positions-from-1", "positions are counted from 1; the first token stands at 0.",
            ((_PLACE, _PLACE.replace("start)", "start + 1)")),)),
    Mistake("positions-missing", "the positions are never added: the model does not know the order "
            "of words.", ((_PLACE, "x = self.dropout(x)"),)),
    Mistake("tokens-missing", "the tokens' embeddings are lost: only positions go into the blocks.",
            ((_PLACE, "x = self.dropout(self.positions(x, start) - x)"),)),
    Mistake("embeddings-scaled", "the embeddings are multiplied by the root of n_embd, as in the "
            "Transformer of 2017; GPT adds them as they are.",
            ((_EMBED, _EMBED + " * self.config.n_embd**0.5"),)),
    Mistake("norm-in-front", "the norm stands in front of the blocks; it comes after the last.",
            ((_PLACE, _PLACE + "\n        x = self.norm(x)"),
             (_LAST, "x = x[:, -1:] if last_only else x"))),
    Mistake("final-norm-missing", "the last norm is missing: the blocks normalise what they read, "
            "and nobody what they leave.", ((_LAST, "x = x[:, -1:] if last_only else x"),)),
    Mistake("final-norm-in-every-layer", "the last norm is used after every block; once, after the "
            "last one, is wanted.",
            ((_BLOCK, "x = self.norm(block(x, visible, append))"),
             (_LAST, "x = x[:, -1:] if last_only else x"))),
    Mistake("norm-eps-ignored", "layer_norm_epsilon does not reach the last norm.",
            ((_NORM, "self.norm = LayerNorm(config.n_embd)"),)),
    Mistake("residual-around-the-block", "x is added to what a block returns; the block has done "
            "so already.", ((_BLOCK, "x = x + block(x, visible, append)"),)),
    Mistake("blocks-not-chained", "every block is given the embeddings; each goes on from the one "
            "before.",
            ((_PLACE, _PLACE + "\n        first = x"),
             (_BLOCK, "x = block(first, visible, append)"))),
    Mistake("blocks-backwards", "the blocks are run from the last to the first.",
            ((_BLOCK, "x = self.blocks[-1 - layer](x, visible, append)"),)),
    Mistake("last-block-missing", "the last block is never run.",
            ((_BLOCK, "x = x if layer == len(self.blocks) - 1 else block(x, visible, append)"),)),
    Mistake("blocks-shared", "all layers are one and the same block; each has its own weights.",
            ((_BLOCKS, "self.blocks = nn.ModuleList([GPTBlock(config)] * config.n_layer)"),)),
    Mistake("blocks-in-a-list", "the blocks are kept in a plain Python list, where nn.Module does "
            "not find them: they are neither trained nor saved.",
            ((_BLOCKS, "self.blocks = [GPTBlock(config) for _ in range(config.n_layer)]"),)),
    Mistake("head-untied", "the output layer has weights of its own although tie_word_embeddings "
            "is True.", ((f"        {_TIE_IF}\n            {_TIE}\n", ""),)),
    Mistake("head-always-tied", "the output layer is the token embedding also where "
            "tie_word_embeddings is False.", ((_TIE_IF, "if True:"),)),
    Mistake("head-untied", "the output layer starts as a copy of the token embedding; it "
            "is to be the same parameter.",
            ((_TIE, "self.lm_head.weight = nn.Parameter(self.token_embedding.weight.detach()"
              ".clone())"),), variant="a copy"),
    Mistake("head-with-bias", "the output layer has a bias; it has none.",
            ((_HEAD, _HEAD.replace("bias=False", "bias=True")),)),
    Mistake("head-missing", "the last features are returned; the output layer turns them into a "
            "score for every token.", ((_OUT, "return x"),)),
    Mistake("probabilities-returned", "probabilities are returned; logits are wanted, the softmax "
            "comes with the loss or when a token is drawn.",
            ((_OUT, _OUT + ".softmax(dim=-1)"),)),
    Mistake("probabilities-returned", "log-probabilities are returned; logits are wanted, the "
            "softmax comes with the loss or when a token is drawn.",
            ((_OUT, _OUT + ".log_softmax(dim=-1)"),), variant="their logarithm"),
    Mistake("logits-shifted", "the logits of the last position are cut off; the shift belongs to "
            "the loss, and the last position is the one that writes.",
            ((_OUT, "logits = self.lm_head(x)\n"
              "        return logits if last_only else logits[:, :-1]"),)),
    Mistake("last-only-ignored", "last_only=True must return the last position alone.",
            ((_LAST, "x = self.norm(x)"),)),
    Mistake("last-only-without-its-axis", "with last_only the axis of positions is lost: "
            "(B, 1, V) is wanted.", ((_LAST, _LAST.replace("x[:, -1:]", "x[:, -1]")),)),
    Mistake("last-only-first", "last_only returns the first position.",
            ((_LAST, _LAST.replace("x[:, -1:]", "x[:, :1]")),)),
    Mistake("dropout-missing", "the embeddings' sum never gets dropout, also not while training.",
            ((_PLACE, "x = self.positions(x, start)"),)),
    Mistake("dropout-always", "dropout is also applied in evaluation.",
            ((_PLACE, "x = nn.functional.dropout(self.positions(x, start), "
              "self.config.embd_pdrop or 0.1)"),)),
    Mistake("dropout-on-tokens-alone", "dropout falls on the tokens' embeddings alone; it falls on "
            "their sum with the positions.",
            ((_PLACE, "x = self.positions(self.dropout(x), start)"),)),
    Mistake("dropout-of-another-rate", "the embeddings' dropout has another rate than embd_pdrop.",
            ((_DROPOUT, _DROPOUT.replace("embd_pdrop", "resid_pdrop")),)),
    Mistake("dropout-of-another-rate", "the embeddings' dropout has a fixed rate; it is "
            "embd_pdrop.", ((_DROPOUT, "self.dropout = nn.Dropout(0.1)"),), variant="fixed"),
    Mistake("size-of-vocabulary-for-base", "CausalModel is told the wrong longest text: it is "
            "n_positions.", ((_SUPER, _SUPER.replace("n_positions)", "n_embd)")),)),
    Mistake("embedding-detached", "no gradient reaches the token embedding: its rows are detached.",
            ((_EMBED, _EMBED + ".detach()"),)),
)  # fmt: skip

_SEES = (
    Mistake("not-causal", "every position sees the whole text, also what comes after it: the model "
            "would only have to copy the next token.",
            (_seeing("ids.new_ones(T, start + T) > 0"),)),
    Mistake("strictly-causal", "a position does not see itself; it sees itself and all before it.",
            (_seeing("ids.new_ones(T, start + T).tril(start - 1) > 0"),)),
    Mistake("one-too-many-visible", "a position sees the token after it, the one it is to predict.",
            (_seeing("ids.new_ones(T, start + T).tril(start + 1) > 0"),)),
    Mistake("mask-top-left", "with a cache the causal mask is aligned top-left: the new tokens see "
            "only the beginning of the text. They are the last of all positions.",
            (_seeing("ids.new_ones(T, start + T).tril() > 0"),)),
    Mistake("chunk-not-causal", "several tokens after a cache see each other's future: the causal "
            "mask is needed there too.",
            (_seeing("ids.new_ones(T, start + T).tril(start + T if start else 0) > 0"),)),
    Mistake("mask-ignored", "the mask that is given has no effect.",
            ((_VISIBLE, "visible = self.visible(ids, start)"),)),
    Mistake("mask-instead-of-causal", "where a mask is given, it replaces the causal one; both "
            "have to allow it.",
            ((_VISIBLE, "visible = self.visible(ids, start) if mask is None else mask"),)),
    Mistake("mask-or-causal", "a position is seen if the mask or causality allows it; both have to.",
            ((_VISIBLE, "visible = self.visible(ids, start)\n"
              "        if mask is not None:\n"
              "            visible = (ids.new_ones(ids.size(1), start + ids.size(1)).tril(start) > 0)"
              " | mask"),)),
    Mistake("mask-inverted", "the mask is inverted: True means may attend.",
            ((_VISIBLE, _VISIBLE.replace("mask)", "None if mask is None else ~mask)")),)),
    Mistake("cache-not-passed", "the cache never reaches the blocks: the text before is not seen, "
            "and nothing is added.",
            ((_APPEND, "append = None"), (_VISIBLE, "visible = self.visible(ids, 0, None if mask is "
                                          "None else mask[..., start:])"))),
    Mistake("cache-one-layer", "all blocks append to layer 0 of the cache; each has its own layer.",
            ((_APPEND, _APPEND.replace("append, layer)", "append, 0)")),)),
    Mistake("cache-layers-from-1", "the layers of the cache are counted from 1; the first block "
            "has layer 0.",
            ((_APPEND, _APPEND.replace("append, layer)", "append, layer + 1)")),)),
    Mistake("cache-layers-backwards", "the last block appends to layer 0 of the cache, the first "
            "to the last layer.",
            ((_APPEND, _APPEND.replace("append, layer)", "append, len(self.blocks) - 1 - layer)")),)),
    Mistake("cache-for-one-token-alone", "several tokens at once do not use the cache; also a "
            "whole prompt goes into it.",
            ((_START, "cache = cache if ids.size(1) == 1 else None\n        " + _START),)),
)  # fmt: skip

_FRESH = (
    Mistake("fresh-weights-of-torch", "the weights start as torch makes them; they start normal, "
            "with the standard deviation initializer_range.",
            ((_CALL, "pass"),)),
    Mistake("residual-not-scaled", "what writes into the residual stream starts as large as all "
            "else; divide its standard deviation by the root of 2 n_layer.",
            ((_RESIDUAL_STD, "residual_std = std"),)),
    Mistake("residual-by-the-root-of-n", "what writes into the residual stream is divided by the "
            "root of n_layer; each block writes twice, so it is the root of 2 n_layer.",
            ((_RESIDUAL_STD, _RESIDUAL_STD.replace("2 * ", "")),)),
    Mistake("residual-by-2n", "what writes into the residual stream is divided by 2 n_layer; it is "
            "the root of that: variances add up, not standard deviations.",
            ((_RESIDUAL_STD, "residual_std = std / (2 * self.config.n_layer)"),)),
    Mistake("residual-of-attention-alone", "only attention.out_proj starts smaller; "
            "feed_forward.linear2 writes into the residual stream too.",
            ((_RESIDUAL, 'residual = name.endswith("attention.out_proj")'),)),
    Mistake("residual-of-feed-forward-alone", "only feed_forward.linear2 starts smaller; "
            "attention.out_proj writes into the residual stream too.",
            ((_RESIDUAL, 'residual = name.endswith("feed_forward.linear2")'),)),
    Mistake("all-weights-scaled", "all matrices start smaller; only those that write into the "
            "residual stream do: attention.out_proj and feed_forward.linear2.",
            ((_RESIDUAL, "residual = True"),)),
    Mistake("std-fixed", "the standard deviation is always 0.02; it is initializer_range.",
            ((_STD, "std = 0.02"),)),
    Mistake("std-is-a-variance", "initializer_range is taken as a variance; it is the standard "
            "deviation.", ((_STD, _STD + "**0.5"),)),
    Mistake("fresh-uniform", "fresh weights are uniform; they are normal.",
            ((_WEIGHT, "spread = (residual_std if residual else std) * 3**0.5\n"
              "                nn.init.uniform_(module.weight, -spread, spread)"),)),
    Mistake("fresh-uniform", "fresh weights are uniform; they are normal.",
            ((_WEIGHT, "spread = (residual_std if residual else std) * 3**0.5\n"
              "                nn.init.uniform_(module.weight, -spread, spread)"),
             (_POSITIONS, "nn.init.uniform_(parameter, -std * 3**0.5, std * 3**0.5)")),
            variant="positions too"),
    Mistake("biases-not-zero", "biases do not start at 0.", ((_BIAS, "pass"),)),
    Mistake("positions-not-drawn", "the positions start as LearnedPositions makes them; they are "
            "normal with initializer_range too.", ((_POSITIONS, "pass"),)),
    Mistake("positions-zero", "the positions start at 0; they are normal with initializer_range.",
            ((_POSITIONS, "nn.init.zeros_(parameter)"),)),
    Mistake("embedding-not-drawn", "the token embedding starts as torch makes it, with a standard "
            "deviation of 1; it is initializer_range.",
            ((_KINDS, "if isinstance(module, nn.Linear):"),)),
)  # fmt: skip

GPT = (*_COMPUTED, *_SEES, *_FRESH)
