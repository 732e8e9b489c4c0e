"""Known mistakes of chapter 10."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_FORWARD = "memory, memory_mask = self.encode(source)"
_LOGITS = "return self.generator(self.decode(target, memory, memory_mask))"
_SCALE = "self.scale = d_model**0.5"
_SOURCE_MASK = "mask = self._padding(source, self.pad_id)"
_SOURCE = "x = self.source_embedding(source) * self.scale"
_SOURCE_SUM = "x = self.dropout(self.source_positions(x))"
_MEMORY = "return self.encoder(x, mask), mask"
_CAUSAL = "causal = self._causal(target.size(1), device=target.device)"
_TARGET_MASK = "mask = self._padding(target, self.pad_id) & causal"
_TARGET = "x = self.target_embedding(target) * self.scale"
_TARGET_SUM = "x = self.dropout(self.target_positions(x))"
_DECODED = "return self.decoder(x, memory, mask, memory_mask)"
_SOURCE_TABLE = "self.source_positions = _positions(positions, max_len, d_model)"
_TARGET_TABLE = "self.target_positions = _positions(positions, max_len, d_model)"
_ENCODER = "self.encoder = TransformerEncoder(n_layers,"
_DECODER = "self.decoder = TransformerDecoder(n_layers,"
_LAYER = 'layer = {"dropout": dropout, "activation": activation, "norm_first": norm_first}'
_GENERATOR = "self.generator = nn.Linear(d_model, target_vocab_size)"
_KINDS = (
    '        if positions in ATTENTIONS:\n            layer["attention"] = ATTENTIONS[positions]\n'
)
_TIED = (
    '        if tied != "none":\n            self.generator.weight = self.target_embedding.weight\n'
)
_ALL_TIED = (
    '        if tied == "all":\n'
    "            self.source_embedding.weight = self.target_embedding.weight\n"
)

TRANSFORMER = (
    Mistake("embeddings-not-scaled", "the embeddings are not multiplied by the square root of "
            "d_model, so that the positions drown them.",
            ((_SOURCE, "x = self.source_embedding(source)"),
             (_TARGET, "x = self.target_embedding(target)"))),
    Mistake("source-not-scaled", "the source's embeddings are not multiplied by the square root "
            "of d_model; only the target's are.", ((_SOURCE, "x = self.source_embedding(source)"),)),
    Mistake("target-not-scaled", "the target's embeddings are not multiplied by the square root "
            "of d_model; only the source's are.", ((_TARGET, "x = self.target_embedding(target)"),)),
    Mistake("scale-divides", "the embeddings are divided by the square root of d_model; they are "
            "multiplied by it.", ((_SOURCE, _SOURCE.replace("*", "/")), (_TARGET, _TARGET.replace("*", "/")))),
    Mistake("scale-without-root", "the embeddings are multiplied by d_model; it is its square root.",
            ((_SOURCE, _SOURCE + "**2"), (_TARGET, _TARGET + "**2"))),
    Mistake("scale-after-positions", "the positions are scaled too: scale the embedding first, "
            "then add the position.",
            ((_SOURCE, "x = self.source_embedding(source)"), (_TARGET, "x = self.target_embedding(target)"),
             (_SOURCE_SUM, _SOURCE_SUM.replace("(x))", "(x) * self.scale)")),
             (_TARGET_SUM, _TARGET_SUM.replace("(x))", "(x) * self.scale)")))),
    Mistake("no-positions", "no positions are added: neither side knows the order of its words.",
            ((_SOURCE_SUM, "x = self.dropout(x)"), (_TARGET_SUM, "x = self.dropout(x)"))),
    Mistake("source-without-positions", "the source gets no positions, so the encoder does not "
            "know the order of its words.", ((_SOURCE_SUM, "x = self.dropout(x)"),)),
    Mistake("target-without-positions", "the target gets no positions: the decoder needs them as "
            "well as the encoder.", ((_TARGET_SUM, "x = self.dropout(x)"),)),
    Mistake("one-position-table", "both sides use one table of learned positions; each has its own.",
            ((_TARGET_TABLE, "self.target_positions = self.source_positions"),)),
    Mistake("positions-ignored", "the argument positions is ignored: the positions are always "
            "sinusoidal.", ((_SOURCE_TABLE, _SOURCE_TABLE.replace("(positions", '("sinusoidal"')),
                            (_TARGET_TABLE, _TARGET_TABLE.replace("(positions", '("sinusoidal"')), (_KINDS, ""))),
    Mistake("attention-kind-ignored", "rotary and ALiBi live in the attention: the layers must be "
            "made with that class of attention.", ((_KINDS, ""),)),
    Mistake("max_len-ignored", "max_len is not passed to the positions.",
            ((_SOURCE_TABLE, _SOURCE_TABLE.replace("max_len", "512")),
             (_TARGET_TABLE, _TARGET_TABLE.replace("max_len", "512")))),
    Mistake("source-padding-seen", "the encoder is called without the source's padding mask.",
            ((_MEMORY, "return self.encoder(x), mask"),)),
    Mistake("memory-padding-seen", "cross-attention is called without memory_mask, so the decoder "
            "looks at the source's padding.",
            ((_DECODED, "return self.decoder(x, memory, mask)"),)),
    Mistake("not-causal", "the decoder's self-attention has no causal mask: each position sees the "
            "words that it is to predict.", ((_TARGET_MASK, "mask = self._padding(target, self.pad_id)"),)),
    Mistake("causal-reversed", "the causal mask is transposed: each position sees what comes after "
            "it.", ((_TARGET_MASK, _TARGET_MASK + ".T"),)),
    Mistake("strictly-causal", "a position may not see itself: the causal mask has its diagonal "
            "too.", ((_TARGET_MASK, _TARGET_MASK + ".tril(-1)"),)),
    Mistake("target-padding-seen", "the target's padding is not masked.",
            ((_TARGET_MASK, "mask = causal"),)),
    Mistake("masks-joined-with-or", "the target's two masks are joined with |; a key may be seen "
            "where both allow it: &.", ((_TARGET_MASK, _TARGET_MASK.replace("&", "|")),)),
    Mistake("encoder-causal", "the encoder has a causal mask; it may read the whole source, also "
            "what comes later.",
            ((_SOURCE_MASK, _SOURCE_MASK + "\n        seen = mask & self._causal(source.size(1), device=source.device)"),
             (_MEMORY, "return self.encoder(x, seen), mask"))),
    Mistake("padding-inverted", "the padding masks are the wrong way round: True means may attend.",
            ((_SOURCE_MASK, "mask = ~self._padding(source, self.pad_id)"),
             (_TARGET_MASK, "mask = ~self._padding(target, self.pad_id) & causal"))),
    Mistake("pad_id-ignored", "pad_id is ignored: padding is always taken to be 0.",
            (("self.pad_id = pad_id", "self.pad_id = 0"),)),
    Mistake("target-from-source-table", "the target is looked up in the source's embedding; it has "
            "a table of its own.", ((_TARGET, _TARGET.replace("target_embedding", "source_embedding")),)),
    Mistake("encoder-skipped", "the memory is the source's embeddings: the encoder is never used.",
            ((_MEMORY, "return x, mask"),)),
    Mistake("memory-detached", "no gradient flows from the decoder into the encoder: the memory is "
            "detached.", ((_MEMORY, "return self.encoder(x, mask).detach(), mask"),)),
    Mistake("memory-is-the-target", "the decoder's cross-attention looks at the target itself; it "
            "looks at the memory, which comes from the source.",
            ((_DECODED, "return self.decoder(x, x, mask, mask)"),)),
    Mistake("generator-skipped", "the decoder's features are returned; the generator turns them "
            "into one score for each word.", ((_LOGITS, "return self.decode(target, memory, memory_mask)"),)),
    Mistake("probabilities-returned", "probabilities are returned; logits are wanted, before any "
            "softmax.", ((_LOGITS, _LOGITS + ".softmax(dim=-1)"),)),
    Mistake("log-probabilities-returned", "log-probabilities are returned; logits are wanted, "
            "before any softmax.", ((_LOGITS, _LOGITS + ".log_softmax(dim=-1)"),)),
    Mistake("decode-gives-logits", "decode must return features; only forward applies the "
            "generator.", ((_LOGITS, "return self.decode(target, memory, memory_mask)"),
                           (_DECODED, "return self.generator(self.decoder(x, memory, mask, memory_mask))"))),
    Mistake("target-shifted-inside", "the model shifts the target by one: that is done outside, "
            "before the model is called.",
            ((_TARGET, "target = target.roll(1, dims=1)\n        " + _TARGET),)),
    Mistake("generator-without-bias", "the generator has no bias; nn.Linear's own is wanted.",
            ((_GENERATOR, _GENERATOR.replace(")", ", bias=False)")),)),
    Mistake("tied-ignored", "tied is ignored: the weights are never one.",
            ((_TIED, ""), (_ALL_TIED, ""))),
    Mistake("tied-copied", "the target's embedding is copied into the generator; they must be one "
            "and the same parameter.",
            ((_TIED, _TIED.replace("self.generator.weight = self.target_embedding.weight",
                                   "self.generator.weight = nn.Parameter(self.target_embedding.weight.detach().clone())")),)),
    Mistake("tied-all-leaves-the-source", "tied='all' ties the generator only; the source's "
            "embedding is to be the same table.", ((_ALL_TIED, ""),)),
    Mistake("always-tied", "the generator is tied although tied='none'.",
            ((_TIED, _TIED.replace('        if tied != "none":\n    ', "")),)),
    Mistake("norm_first-ignored", "norm_first is not passed on to the layers.",
            ((_LAYER, _LAYER.replace(', "norm_first": norm_first', "")),)),
    Mistake("activation-ignored", "activation is not passed on to the layers.",
            ((_LAYER, _LAYER.replace(' "activation": activation,', "")),)),
    Mistake("one-layer", "there is one layer on each side, whatever n_layers says.",
            ((_ENCODER, _ENCODER.replace("n_layers", "1")), (_DECODER, _DECODER.replace("n_layers", "1")))),
    Mistake("no-embedding-dropout", "the sum of embedding and position is not dropped while "
            "training.", ((_SOURCE_SUM, "x = self.source_positions(x)"),
                          (_TARGET_SUM, "x = self.target_positions(x)"))),
    Mistake("dropout-before-positions", "dropout falls on the embedding alone; it belongs on the "
            "sum of embedding and position.",
            ((_SOURCE_SUM, "x = self.source_positions(self.dropout(x))"),
             (_TARGET_SUM, "x = self.target_positions(self.dropout(x))"))),
    Mistake("layers-without-dropout", "dropout is not passed on to the layers.",
            ((_LAYER, _LAYER.replace('"dropout": dropout, ', "")),)),
    Mistake("always-dropping", "dropout is also applied in evaluation: nn.Dropout, or self.training, "
            "says when.",
            ((_SOURCE_SUM, "x = nn.functional.dropout(self.source_positions(x), self.dropout.p)"),
             (_TARGET_SUM, "x = nn.functional.dropout(self.target_positions(x), self.dropout.p)"))),
    Mistake("torch's-own-weights", "new weights are those of nn.Linear and nn.Embedding: matrices "
            "start as Xavier's uniform, embeddings with variance 1 / d_model.",
            (("        _initialise(self, self.source_embedding, self.target_embedding)\n", ""),)),
)  # fmt: skip

_LOG_SOFTMAX = "logits - logits.logsumexp(dim=-1, keepdim=True)"
_SURE = "sure = sequence_loss(log_probs, targets, pad_id)"
_REAL = "real = (targets != NOTHING) & (targets != (NOTHING if pad_id is None else pad_id))"
_MIXED = "return (1 - smoothing) * sure + smoothing * spread"
_V = "logits.size(-1)"

LABEL_SMOOTHING_LOSS = (
    Mistake("not-smoothed", "nothing is smoothed: this is the plain cross-entropy.",
            ((_MIXED, "return sure"),)),
    Mistake("smoothing-swapped", "the two shares are swapped: the true token gets 1 - smoothing.",
            (("log_probs = ", "smoothing = 1 - smoothing\n    log_probs = "),)),
    Mistake("spread-over-the-others", "the share is spread over the V - 1 other tokens; it is spread "
            "over all V, the true one too.",
            ((_MIXED, f"rest = (spread * {_V} - sure) / ({_V} - 1)\n"
              "    return (1 - smoothing) * sure + smoothing * rest"),)),
    Mistake("spread-summed", "the surprise of all tokens is summed; the share is divided by V.",
            ((".mean(dim=-1)", ".sum(dim=-1)"),)),
    Mistake("spread-counts-padding", "padding counts in the spread part: its positions are not "
            "scored at all.",
            ((".masked_fill(~real, 0.0).sum() / real.sum()", ".mean()"),)),
    Mistake("spread-divided-by-all", "the spread part is divided by all positions; only real tokens "
            "count.", (("/ real.sum()", "/ real.numel()"),)),
    Mistake("padding-scored", "pad_id is ignored: padding is scored like a word.",
            ((_SURE, _SURE.replace("pad_id", "None")), (_REAL, "real = targets != NOTHING"))),
    Mistake("minus-100-counted", "targets of -100 count in the spread part; nothing is predicted "
            "there.", ((_REAL, "real = targets != (NOTHING if pad_id is None else pad_id)"),)),
    Mistake("zero-is-padding", "token 0 is left out although pad_id is None.",
            ((_SURE, _SURE.replace("pad_id", "pad_id or 0")),
             (_REAL, "real = (targets != NOTHING) & (targets != (pad_id or 0))"))),
    Mistake("share-not-taken-off", "the true token keeps its whole weight and the spread share comes "
            "on top: the weights must sum to 1.", (("(1 - smoothing) *", "1 *"),)),
    Mistake("spread-sign", "the spread part has the wrong sign: it is a surprise, minus the mean "
            "log-probability.", (("= -log_probs", "= log_probs"),)),
    Mistake("logits-for-log-probabilities", "the spread part takes the mean of the logits; it needs "
            "the log-probabilities.", (("= -log_probs", "= -logits"),)),
    Mistake("log-of-softmax", "the log of a softmax gives -inf, and then inf, where logits are far "
            "apart: subtract the logsumexp.", ((_LOG_SOFTMAX, "logits.softmax(dim=-1).log()"),)),
    Mistake("exponential-overflows", "large logits overflow in the exponential, and the result is "
            "NaN or inf: subtract the logsumexp.",
            ((_LOG_SOFTMAX, "logits - logits.exp().sum(dim=-1, keepdim=True).log()"),)),
    Mistake("mean-of-means", "each sentence is averaged on its own first; all real tokens of the "
            "batch count alike.",
            ((_MIXED, "each = (1 - smoothing) * -log_probs.gather(-1, targets.masked_fill(~real, 0).unsqueeze(-1))"
              ".squeeze(-1) - smoothing * log_probs.mean(dim=-1)\n"
              "    each, real = (x if x.dim() > 1 else x[None] for x in (each, real))\n"
              "    return (each.masked_fill(~real, 0.0).sum(-1) / real.sum(-1)).mean()"),)),
    Mistake("loss-summed", "the losses are summed; their mean over the real tokens is wanted.",
            (("* sure", "* sure * real.sum()"), ("* spread", "* spread * real.sum()"))),
    Mistake("smoothing-fixed", "smoothing is always 0.1, whatever the argument says.",
            (("log_probs = ", "smoothing = 0.1\n    log_probs = "),)),
    Mistake("smoothing-detached", "no gradient flows through the spread part: it is detached.",
            (("= -log_probs", "= -log_probs.detach()"),)),
)  # fmt: skip

_LOWER = "min(step**-0.5, step * warmup**-1.5)"


NOAM_SCHEDULE = (
    Mistake("noam-max", "the higher of the two lines is taken; the rate is the lower one.",
            (("min(", "max("),)),
    Mistake("noam-no-warmup", "the rate never rises: the branch of the warm-up is missing.",
            ((_LOWER, "step**-0.5"),)),
    Mistake("noam-never-falls", "the rate never falls: the branch of the root is missing.",
            ((_LOWER, "step * warmup**-1.5"),)),
    Mistake("noam-flat", "after the warm-up the rate stays at its peak; it falls with the root of "
            "the step.", (("step**-0.5", "warmup**-0.5"),)),
    Mistake("noam-from-zero", "the steps are counted from 0: the first one is 1.",
            (("return ", "step = step - 1\n    return "), ("step**", "max(step, 1)**"))),
    Mistake("noam-one-ahead", "the rate is that of the next step: step is counted from 1 already.",
            (("return ", "step = step + 1\n    return "),)),
    Mistake("noam-without-width", "the width of the model is missing: the rate is divided by the "
            "square root of d_model.", (("d_model**-0.5 * ", ""),)),
    Mistake("noam-times-width", "the rate is multiplied by the square root of d_model; it is divided "
            "by it.", (("d_model**-0.5", "d_model**0.5"),)),
    Mistake("noam-width-without-root", "the rate is divided by d_model; it is its square root.",
            (("d_model**-0.5", "d_model**-1.0"),)),
    Mistake("noam-rises-to-1", "the warm-up rises to 1 at its end, where it must meet the other "
            "branch: the exponent of warmup is -1.5.", (("warmup**-1.5", "warmup**-1.0"),)),
    Mistake("noam-rises-to-1", "the warm-up rises to 1 at its end, where it must meet the other "
            "branch: the exponent of warmup is -1.5.",
            ((_LOWER, "(step / warmup if step < warmup else step**-0.5)"),), variant="two cases"),
    Mistake("noam-rises-to-1", "the warm-up rises to 1 at its end, where it must meet the other "
            "branch: the exponent of warmup is -1.5.",
            ((_LOWER, "(step / warmup if step <= warmup else step**-0.5)"),),
            variant="two cases, 1 at the peak"),
    Mistake("noam-warmup-exponent", "the exponent of warmup is -1.5; here it is -0.5.",
            (("warmup**-1.5", "warmup**-0.5"),)),
    Mistake("noam-falls-too-fast", "the rate falls with the step itself; it falls with its root.",
            (("step**-0.5", "warmup**0.5 / step"),)),
    Mistake("noam-falls-too-fast", "the rate falls with the step itself; it falls with its root.",
            (("step**-0.5", "step**-1"),), variant="the lower of two lines"),
    Mistake("noam-falls-too-fast", "the rate falls with the step itself; it falls with its root.",
            ((_LOWER, "(step * warmup**-1.5 if step < warmup else 1 / step)"),), variant="two cases"),
    Mistake("noam-warmup-ignored", "warmup is ignored: it is always 4000.",
            (("warmup**-1.5", "4000**-1.5"),)),
    Mistake("noam-integer-steps", "warmup is an integer division away from 0: keep the fraction.",
            (("step * warmup**-1.5", "step // warmup * warmup**-0.5"),)),
)  # fmt: skip

_WRITTEN = "written = torch.cat([written, last_ids[:, None]], dim=1)"
_FEATURES = "features = model.decode(written, memory, memory_mask)"
_STEP = "return model.generator(features[:, -1]), (written, memory, memory_mask)"
_NOTHING = "nothing = source.new_empty(source.size(0), 0)"
_STATE = "state = (nothing, *model.encode(source))"
_IF = "if beam_size == 1:"
_GREEDY = "return greedy_decode(step, state, bos_id, eos_id, max_len)"
_BEAMS = "return search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]"

DECODE_TRANSFORMER = (
    Mistake("only-the-last-token", "the decoder gets the last token alone; it needs all that is "
            "written so far.", ((_FEATURES, _FEATURES.replace("written", "last_ids[:, None]")),)),
    Mistake("only-the-last-token", "what is written is not carried on in the state, so the decoder "
            "gets the last token alone.", ((_STEP, _STEP.replace("(written,", "(written[:, :0],")),),
            variant="not carried on"),
    Mistake("last-token-missing", "the last token is not appended before the decoder is asked.",
            ((_FEATURES, _FEATURES.replace("written", "written[:, :-1] if written.size(1) > 1 else written")),)),
    Mistake("written-backwards", "new tokens are put in front of what is written; they come at its "
            "end.", ((_WRITTEN, "written = torch.cat([last_ids[:, None], written], dim=1)"),)),
    Mistake("first-position-scored", "the first position is scored; the next token follows the "
            "last.", ((_STEP, _STEP.replace("[:, -1]", "[:, 0]")),)),
    Mistake("positions-averaged", "the scores come from the mean over all positions; the last one "
            "alone predicts the next token.", ((_STEP, _STEP.replace("features[:, -1]", "features.mean(1)")),)),
    Mistake("starts-from-the-source", "what is written starts with the source; at first nothing is "
            "written.", ((_NOTHING, "nothing = source"),)),
    Mistake("generator-not-used", "the decoder's features are taken for scores: the generator makes "
            "one score for each word of them.", ((_STEP, _STEP.replace("model.generator(features[:, -1])", "features[:, -1]")),)),
    Mistake("mask-lost", "the memory's mask is replaced: the one that encode gives hides the "
            "source's padding.", ((_FEATURES, _FEATURES.replace("memory_mask", "memory_mask | True")),)),
    Mistake("read-again", "the source is encoded again at every step; once, before the search, is "
            "enough.", ((_WRITTEN, "model.encode(source)\n        " + _WRITTEN),)),
    Mistake("read-again", "the source is encoded again at every step; once, before the search, is "
            "enough.", ((_FEATURES, "features = model.decode(written, *model.encode(memory))"),
                        (_STATE, "state = (nothing, source, source)")), variant="at every step alone"),
    Mistake("always-greedy", "beam_size is ignored: the search is always greedy.",
            ((_IF, "if True:"),)),
    Mistake("penalty-lost", "length_penalty is not passed on to beam_search.",
            ((" length_penalty)", ")"),)),
    Mistake("beams-one-short", "beam_search gets one beam too few.",
            ((" beam_size,", " beam_size - 1,"),)),
    Mistake("memory-not-reordered", "the memory does not follow the beams: keep it and its mask in "
            "the state, where beam_search repeats and reorders them.",
            ((_WRITTEN, _WRITTEN + "\n        times = len(written) // len(read[0])\n"
              "        memory, memory_mask = read[0].repeat(times, 1, 1), read[1].repeat(times, 1, 1, 1)"),
             (_STATE, "read = model.encode(source)\n    state = (nothing, *read)"))),
    Mistake("scores-returned-too", "beam_search gives ids and scores; only the ids are wanted.",
            ((")[0]", ")"),)),
    Mistake("start-and-end-swapped", "bos_id and eos_id are exchanged.",
            (("greedy_decode(step, state, bos_id, eos_id", "greedy_decode(step, state, eos_id, bos_id"),
             ("search(step, state, bos_id, eos_id", "search(step, state, eos_id, bos_id"))),
    Mistake("one-token-too-few", "the search stops one token before max_len.",
            ((" max_len)", " max(max_len - 1, 1))"), (" max_len,", " max(max_len - 1, 1),"))),
    Mistake("one-token-too-many", "the search makes one token more than max_len.",
            ((" max_len)", " max_len + 1)"), (" max_len,", " max_len + 1,"))),
    Mistake("start-kept", "bos_id stands in the result; only what was written after it does.",
            ((_GREEDY, "made = greedy_decode(step, state, bos_id, eos_id, max_len)\n"
              "        return torch.cat([torch.full_like(made[:, :1], bos_id), made], dim=1)"),)),
)  # fmt: skip
