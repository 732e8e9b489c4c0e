"""Known mistakes of chapter 11."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_CHANCE = "chance = torch.rand(ids.shape, generator=generator, device=ids.device)"
_CHOSEN = "chosen = (chance < rate) & ~special"
_LABELS = "labels = ids.masked_fill(~chosen, IGNORED)"
_FATE = "fate = torch.rand(ids.shape, generator=generator, device=ids.device)"
_HIDDEN = "hidden = chosen & (fate < 0.8)"
_SWAPPED = "swapped = chosen & (fate >= 0.9)"
_RANDOM = (
    "random_ids = torch.randint(vocab_size, ids.shape, generator=generator, device=ids.device)"
)
_INPUTS = "inputs = ids.masked_fill(hidden, mask_id)"
_MASKED = "return torch.where(swapped, random_ids, inputs), labels"

MASK_TOKENS = (
    Mistake("special-tokens-masked", "special tokens are chosen too: [CLS], [SEP] and padding are "
            "never hidden.", ((_CHOSEN, "chosen = chance < rate"),)),
    Mistake("only-special-tokens", "only special tokens are chosen: take those that are not "
            "special.", ((_CHOSEN, "chosen = (chance < rate) & special"),)),
    Mistake("one-special-token", "only the first of special_ids is left out; all of them are never "
            "chosen.", ((_CHOSEN, _CHOSEN + "\n    chosen = (chance < rate) & (ids != special_ids[0]) if special_ids "
                         "else chance < rate"),)),
    Mistake("always-the-mask", "every chosen token becomes [MASK]; 10 % are to become a random token "
            "and 10 % to stay.", ((_HIDDEN, "hidden = chosen"), (_MASKED, "return inputs, labels"))),
    Mistake("none-kept", "no chosen token stays as it is: 80 % are masked, and of the rest half "
            "become random and half stay.", ((_SWAPPED, "swapped = chosen & (fate >= 0.8)"),)),
    Mistake("none-random", "no chosen token becomes a random one: that is due to 10 %.",
            ((_MASKED, "return inputs, labels"),)),
    Mistake("half-and-half", "the shares are not 80, 10 and 10 %: what is not masked must be split "
            "in two halves of 10 %.",
            ((_HIDDEN, "hidden = chosen & (fate < 0.5)"), (_SWAPPED, "swapped = chosen & (fate >= 0.75)"))),
    Mistake("mask-and-random-swapped", "80 % become random tokens and 10 % [MASK]: it is the other "
            "way round.",
            ((_HIDDEN, "hidden = chosen & (fate >= 0.9)"), (_SWAPPED, "swapped = chosen & (fate < 0.8)"))),
    Mistake("one-number-for-both", "one random number decides both whether a token is chosen and "
            "what becomes of it; draw a second one.", ((_FATE, "fate = chance"),)),
    Mistake("labels-of-the-inputs", "the labels are taken after the tokens were changed; they are "
            "the original ids.",
            ((_MASKED, "inputs = torch.where(swapped, random_ids, inputs)\n"
              "    return inputs, inputs.masked_fill(~chosen, IGNORED)"),)),
    Mistake("everything-labelled", "every token has a label; only the chosen ones are predicted, the "
            "others get -100.", ((_LABELS, "labels = ids"),)),
    Mistake("zero-for-minus-100", "the label where nothing is predicted is 0; it is -100, for 0 is a "
            "token.", ((_LABELS, "labels = ids.masked_fill(~chosen, 0)"),)),
    Mistake("labels-inverted", "labels stand where no token was chosen, and -100 where one was.",
            ((_LABELS, "labels = ids.masked_fill(chosen, IGNORED)"),)),
    Mistake("only-masked-labelled", "only tokens that became [MASK] have a label; random and kept "
            "ones are predicted too.", ((_LABELS, "pass"),
                                        (_INPUTS, "labels = ids.masked_fill(~hidden, IGNORED)\n    " + _INPUTS))),
    Mistake("rate-inverted", "a token is chosen with probability 1 - rate.",
            ((_CHOSEN, "chosen = (chance >= rate) & ~special"),)),
    Mistake("rate-ignored", "rate is ignored: it is always 0.15.",
            ((_CHOSEN, "chosen = (chance < 0.15) & ~special"),)),
    Mistake("generator-ignored", "the generator is not used: hand it to every call that draws.",
            tuple((line, line.replace(" generator=generator,", "")) for line in (_CHANCE, _FATE, _RANDOM))),
    Mistake("always-the-same", "the seed is set inside, so the same tokens are hidden every time.",
            ((_CHANCE, "generator = torch.Generator(ids.device).manual_seed(0)\n    " + _CHANCE),)),
    Mistake("last-word-never-drawn", "the last token of the vocabulary is never drawn: randint "
            "leaves its upper end out already.", ((_RANDOM, _RANDOM.replace("(vocab_size", "(vocab_size - 1")),)),
    Mistake("first-word-never-drawn", "token 0 is never drawn: a random token is any of the "
            "vocabulary.", ((_RANDOM, _RANDOM.replace("(vocab_size", "(1, vocab_size")),)),
    Mistake("random-from-the-batch", "random tokens are taken from the batch; they are drawn from "
            "the whole vocabulary.", ((_RANDOM, "random_ids = ids.flatten()[torch.randperm(ids.numel(), generator=generator)].view_as(ids)"),)),
    Mistake("one-random-token", "one random token is drawn for the whole batch; each place has its "
            "own.", ((_RANDOM, "random_ids = torch.randint(vocab_size, (), generator=generator, device=ids.device)"),)),
    Mistake("one-random-token-a-sentence", "one random token is drawn for each sentence; each place "
            "has its own.", ((_RANDOM, _RANDOM.replace("ids.shape", "(len(ids), 1)")),)),
    Mistake("same-places", "the same places are chosen in every sentence: draw a number for each "
            "token.", ((_CHANCE, _CHANCE.replace("ids.shape", "ids.shape[1:]")),)),
    Mistake("whole-sentences", "whole sentences are chosen: draw a number for each token.",
            ((_CHANCE, _CHANCE.replace("ids.shape", "(len(ids), 1)")),)),
    Mistake("one-fate-a-sentence", "all chosen tokens of a sentence have the same fate: draw a "
            "number for each token.", ((_FATE, _FATE.replace("ids.shape", "(len(ids), 1)")),)),
    Mistake("fixed-number", "the same number of tokens is chosen in every sentence; each token is "
            "chosen on its own, with probability rate.",
            ((_CHOSEN, "count = round(rate * ids.size(1))\n"
              "    chance = chance.masked_fill(special, 2.0)\n"
              "    chosen = (chance.argsort(-1).argsort(-1) < count) & ~special"),)),
    Mistake("ids-changed", "the ids are changed in place: whoever calls still needs them.",
            ((_INPUTS, "inputs = ids.masked_fill_(hidden, mask_id)"),)),
    Mistake("inputs-and-labels-exchanged", "labels are returned first; it is (inputs, labels).",
            ((_MASKED, "return labels, torch.where(swapped, random_ids, inputs)"),)),
)  # fmt: skip

_PAIRS = "for first, following in pairwise(document):"
_COIN = "if torch.rand((), generator=generator) < 0.5:"
_NEXT = "pairs.append((first, following, 0))"
_STEP = "step = int(torch.randint(1, len(documents), (), generator=generator))"
_OTHER = "other = documents[(d + step) % len(documents)]"
_PLACE = "s = int(torch.randint(len(other), (), generator=generator))"
_RANDOM_PAIR = "pairs.append((first, other[s], 1))"

NSP_PAIRS = (
    Mistake("nsp-labels-swapped", "the labels are swapped: 0 is the next sentence, 1 a random one.",
            ((_NEXT, _NEXT.replace("0)", "1)")), (_RANDOM_PAIR, _RANDOM_PAIR.replace("1)", "0)")))),
    Mistake("nsp-always-next", "there are no random pairs: half of them get a second sentence from "
            "another document.", ((_COIN, "if True:"),)),
    Mistake("nsp-never-next", "there are no true pairs: half of them keep the next sentence.",
            ((_COIN, "if False:"),)),
    Mistake("nsp-rarely-random", "too few pairs are random: it is half of them.",
            ((_COIN, _COIN.replace("0.5", "0.85")),)),
    Mistake("nsp-mostly-random", "too many pairs are random: it is half of them.",
            ((_COIN, _COIN.replace("0.5", "0.15")),)),
    Mistake("nsp-any-document", "the random sentence may come from the same document, where it can "
            "even be the next one: choose another document.",
            ((_STEP, _STEP.replace("(1, ", "(0, ")),)),
    Mistake("nsp-own-document", "the random sentence comes from the same document; it must come from "
            "another one.", ((_OTHER, "other = document"),)),
    Mistake("nsp-next-document", "the random sentence always comes from the document after this one: "
            "any other may be drawn.", ((_STEP, "step = 1"),)),
    Mistake("nsp-first-sentence", "the random second is always the first sentence of its document; "
            "draw any of them.", ((_PLACE, "s = 0"),)),
    Mistake("nsp-last-sentence-missing", "the last sentence of a document is never drawn: randint "
            "leaves its upper end out already.",
            ((_PLACE, _PLACE.replace("len(other)", "max(len(other) - 1, 1)")),)),
    Mistake("nsp-not-the-first-sentence", "the first sentence of a document is never drawn as a "
            "random second.", ((_PLACE, "s = int(torch.randint(min(1, len(other) - 1), len(other), (), generator=generator))"),)),
    Mistake("nsp-every-other", "sentences are used once: pairs are (1, 2), (3, 4), while every sentence "
            "but the last of its document starts one.",
            ((_PAIRS, "for first, following in zip(document[::2], document[1::2]):"),)),
    Mistake("nsp-last-starts-a-pair", "the last sentence of a document starts a pair too; it has no "
            "next sentence.",
            ((_PAIRS, "for first, following in zip(document, [*document[1:], document[0]]):"),)),
    Mistake("nsp-across-documents", "the first sentence of the next document is taken for the one "
            "that follows the last.",
            ((_PAIRS, "after = documents[(d + 1) % len(documents)][:1] if d + 1 < len(documents) else []\n"
              "        for first, following in pairwise([*document, *after]):"),)),
    Mistake("nsp-reversed", "the two sentences of a true pair are exchanged.",
            ((_NEXT, "pairs.append((following, first, 0))"),)),
    Mistake("nsp-coin-for-a-document", "one coin is tossed for a whole document; each pair has its "
            "own.", ((_PAIRS, "coin = torch.rand((), generator=generator)\n        " + _PAIRS), (_COIN, "if coin < 0.5:"))),
    Mistake("nsp-random-first", "the first sentence is the random one; it is the second that is "
            "replaced.", ((_RANDOM_PAIR, "pairs.append((other[s], following, 1))"),)),
    Mistake("nsp-both-kinds", "each sentence starts two pairs, a true one and a random one; a coin "
            "chooses one of them.",
            ((_COIN, "pairs.append((first, following, 0))\n            if False:"),)),
    Mistake("nsp-generator-ignored", "the generator is not used: hand it to every call that draws.",
            ((_COIN, "if torch.rand(()) < 0.5:"), (_STEP, _STEP.replace(", generator=generator", "")),
             (_PLACE, _PLACE.replace(", generator=generator", "")))),
    Mistake("nsp-always-the-same", "the seed is set inside, so the same pairs come every time.",
            (("pairs = []", "pairs = []\n    generator = torch.Generator().manual_seed(0)"),)),
)  # fmt: skip

_PREDICTED = "predicted = labels != IGNORED"
_CROSS = "return cross_entropy(logits[predicted], labels[predicted])"
_LAST = "labels[predicted])"
_EACH = ("log_probs = logits.log_softmax(-1)\n"
         "    each = -log_probs.gather(-1, labels.clamp(min=0)[..., None]).squeeze(-1)\n    ")  # fmt: skip

MLM_LOSS = (
    Mistake("mlm-zero-ignored", "the label 0 is left out; it is a token, and only -100 means that "
            "nothing is predicted.", ((_PREDICTED, "predicted = labels > 0"),)),
    Mistake("mlm-all-positions", "positions with the label -100 are scored as if token 0 were right "
            "there; they do not count.", ((_CROSS, _EACH + "return each.mean()"),)),
    Mistake("mlm-divided-by-all", "the sum is divided by all positions; divide by the number of "
            "predicted ones.", ((_LAST, _LAST + " * predicted.sum() / predicted.numel()"),)),
    Mistake("mlm-mean-of-means", "each sentence is averaged on its own first; all predicted positions "
            "of the batch count alike.",
            (("cross_entropy(logits[predicted], labels[predicted])", "torch.stack([cross_entropy(z[p], y[p]) "
              "for z, y, p in zip(logits, labels, predicted) if p.any()]).mean()"),)),
    Mistake("mlm-divided-by-sentences", "the sum is divided by the number of sentences; divide by "
            "that of predicted positions.", ((_LAST, _LAST + " * predicted.sum() / len(labels)"),)),
    Mistake("mlm-summed", "the losses are summed; their mean is wanted.",
            ((_LAST, _LAST + " * predicted.sum()"),)),
    Mistake("mlm-softmax-first", "the logits go through a softmax before the cross-entropy, which "
            "has one of its own.", (("logits[predicted]", "logits[predicted].softmax(-1)"),)),
    Mistake("mlm-log-of-softmax", "the log of a softmax gives inf where logits are far apart: use a "
            "cross-entropy made of logsumexp.",
            ((_CROSS, "probs = logits[predicted].softmax(-1).gather(-1, labels[predicted][:, None])\n"
              "    return -probs.log().mean()"),)),
    Mistake("mlm-sign", "the loss is negative: surprise is minus the log-probability.",
            (("return ", "return -"),)),
    Mistake("mlm-bits", "the loss is in bits; nats, with the natural logarithm, are wanted.",
            (("return ", "return 1 / torch.tensor(2.0).log() * "),)),
    Mistake("mlm-probability", "this is one minus the probability of the true token; its surprise is "
            "minus the log-probability.",
            ((_CROSS, _EACH + "return (1 - (-each[predicted]).exp()).mean()"),)),
    Mistake("mlm-accuracy", "this counts wrong guesses, which has no gradient; the surprise is wanted.",
            ((_CROSS, "return (logits[predicted].argmax(-1) != labels[predicted]).to(logits.dtype).mean()"),)),
    Mistake("mlm-other-positions", "the positions that are scored are those with -100.",
            ((_PREDICTED, "predicted = labels == IGNORED"), (_CROSS, _CROSS.replace("labels[predicted]", "labels[predicted].clamp(min=0)")))),
    Mistake("mlm-shifted", "logits are scored against the next label; here each position predicts "
            "its own token.",
            ((_PREDICTED, "logits, labels = logits.roll(1, dims=1), labels\n    " + _PREDICTED),)),
    Mistake("mlm-shifted", "logits are scored against the next label; here each position predicts "
            "its own token.",
            ((_PREDICTED, "logits, labels = logits[:, :-1], labels[:, 1:]\n    " + _PREDICTED),),
            variant="without the first label"),
    Mistake("mlm-perplexity", "this is the exponential of the loss; the mean surprise itself is "
            "wanted.", ((_CROSS, _CROSS + ".exp()"),)),
    Mistake("mlm-detached", "no gradient flows: the loss is detached.", ((_PREDICTED, "logits = logits.detach()\n    " + _PREDICTED),)),
)  # fmt: skip

_SEGMENTS = "segments = torch.zeros_like(ids) if segments is None else segments"
_SUM = "x = self.token_embedding(ids) + self.segment_embedding(segments)"
_EMBEDDED = "x = self.dropout(self.norm(self.positions(x)))"
_LOOP = "x = layer(x, mask)"
_BOTH = "return x, self.pool(x)"
_TOKENS = "self.token_embedding = nn.Embedding(V, D, padding_idx=config.pad_token_id)"
_TYPES = "self.segment_embedding = nn.Embedding(config.type_vocab_size, D)"
_NORM = "self.norm = LayerNorm(D, config.layer_norm_eps)"
_LAYERS = "self.layers = encoder_layers(config, norm_first=False)"
_POOLER = "self.pooler = nn.Linear(D, D) if pooler else None"
_INITIALISE = "initialise(self, config.initializer_range)"
_POOL = "return self.pooler(hidden[:, 0]).tanh()"

BERT_MODEL = (
    Mistake("segments-missing", "the segment embedding is not added.", ((_SUM, "x = self.token_embedding(ids)"),)),
    Mistake("segments-ignored", "the argument segments is ignored: every token is in segment 0.",
            ((_SEGMENTS, "segments = torch.zeros_like(ids)"),)),
    Mistake("segments-default-1", "without segments, every token is in segment 1; it is segment 0.",
            ((_SEGMENTS, _SEGMENTS.replace("zeros_like", "ones_like")),)),
    Mistake("segments-skipped-when-none", "without segments no segment vector is added; all tokens "
            "are in segment 0, whose vector is added.",
            ((_SEGMENTS, "given = segments is not None\n        " + _SEGMENTS),
             (_SUM, _SUM.replace("self.segment_embedding(segments)", "self.segment_embedding(segments) * given")))),
    Mistake("two-segments-always", "there are always 2 segments: config.type_vocab_size says how "
            "many.", ((_TYPES, _TYPES.replace("config.type_vocab_size", "2")),)),
    Mistake("segments-from-token-table", "the segments are looked up in the tokens' table; they have "
            "a table of their own.", ((_SUM, _SUM.replace("segment_embedding(segments)", "token_embedding(segments)")),)),
    Mistake("positions-missing", "no positions are added.", ((_EMBEDDED, "x = self.dropout(self.norm(x))"),)),
    Mistake("norm-missing", "the sum of the embeddings is not normalised.",
            ((_EMBEDDED, "x = self.dropout(self.positions(x))"),)),
    Mistake("norm-before-positions", "the norm comes before the positions are added; it normalises "
            "the sum of all three.", ((_EMBEDDED, "x = self.dropout(self.positions(self.norm(x)))"),)),
    Mistake("scaled-embeddings", "the embeddings are multiplied by the square root of the width, as "
            "in the Transformer; BERT does not.",
            ((_SUM, "x = self.token_embedding(ids) * self.config.hidden_size**0.5 + self.segment_embedding(segments)"),)),
    Mistake("norm-eps-fixed", "the norm of the embeddings has an eps of its own; it is "
            "config.layer_norm_eps.", ((_NORM, "self.norm = LayerNorm(D)"),)),
    Mistake("bert-mask-ignored", "the mask is not passed to the layers.", ((_LOOP, "x = layer(x)"),)),
    Mistake("bert-mask-inverted", "the mask is inverted: True means may attend.",
            ((_LOOP, "x = layer(x, None if mask is None else ~mask)"),)),
    Mistake("mask-on-one-layer", "only the first layer gets the mask; every layer needs it.",
            ((_LOOP, "x, mask = layer(x, mask), None"),)),
    Mistake("reads-left-to-right", "a causal mask hides what comes later; BERT reads both ways.",
            ((_LOOP, "causal = torch.ones(ids.size(1), ids.size(1), dtype=torch.bool, device=ids.device).tril()\n"
              "            x = layer(x, causal if mask is None else mask & causal)"),)),
    Mistake("pooled-from-the-last", "the pooled vector is made from the last position; it is the "
            "first, [CLS].", ((_POOL, "return self.pooler(hidden[:, -1]).tanh()"),)),
    Mistake("pooled-from-the-mean", "the pooled vector is made from the mean of all positions; it is "
            "the first position's.", ((_POOL, "return self.pooler(hidden.mean(1)).tanh()"),)),
    Mistake("pooled-without-tanh", "the pooled vector lacks its tanh.", ((_POOL, "return self.pooler(hidden[:, 0])"),)),
    Mistake("pooler-not-used", "the pooled vector is the first position itself: the pooler's matrix "
            "is not used.", ((_POOL, "return hidden[:, 0]"),)),
    Mistake("pooled-from-embeddings", "the pooled vector is made from the embeddings; it is made from "
            "what the last layer gives.",
            ((_EMBEDDED, _EMBEDDED + "\n        embedded = x"), (_BOTH, "return x, self.pool(embedded)"))),
    Mistake("pooler-always", "the pooler is there although pooler=False.", ((_POOLER, "self.pooler = nn.Linear(D, D)"),)),
    Mistake("bert-hidden-alone", "only the hidden vectors are returned; the pair (hidden, pooled) is "
            "wanted.", ((_BOTH, "return x"),)),
    Mistake("bert-pair-swapped", "the pooled vector is returned first; it is (hidden, pooled).",
            ((_BOTH, "return self.pool(x), x"),)),
    Mistake("layers-all-from-embeddings", "every layer reads the embeddings; each reads what the one "
            "before it gives.", ((_EMBEDDED, _EMBEDDED + "\n        embedded = x"), (_LOOP, "x = layer(embedded, mask)"))),
    Mistake("only-the-first-layer", "only the first layer is used.",
            (("for layer in self.layers:", "for layer in self.layers[:1]:"),)),
    Mistake("layers-reversed", "the layers are used in reverse order.",
            (("for layer in self.layers:", "for layer in reversed(self.layers):"),)),
    Mistake("layers-in-a-list", "the layers are kept in a plain Python list, where nn.Module does "
            "not find them: they are neither trained nor saved.", ((_LAYERS, _LAYERS.replace("encoder_layers(config, norm_first=False)", "list(encoder_layers(config, norm_first=False))")),)),
    Mistake("bert-pre-norm", "the layers normalise first; BERT's are post-norm.",
            ((_LAYERS, _LAYERS.replace("False", "True")),)),
    Mistake("residual-around-layers", "the input of each layer is added to its output; the layers have "
            "their residuals inside.", ((_LOOP, "x = x + layer(x, mask)"),)),
    Mistake("padding-learns", "the padding's embedding learns: padding_idx is not set.",
            ((_TOKENS, "self.token_embedding = nn.Embedding(V, D)"),)),
    Mistake("bert-embedding-dropout-missing", "the embeddings are not dropped while training.",
            ((_EMBEDDED, "x = self.norm(self.positions(x))"),)),
    Mistake("bert-dropout-before-norm", "dropout comes before the norm; it follows it.",
            ((_EMBEDDED, "x = self.norm(self.dropout(self.positions(x)))"),)),
    Mistake("bert-dropout-in-eval", "dropout is also applied in evaluation.",
            ((_EMBEDDED, "x = nn.functional.dropout(self.norm(self.positions(x)), self.config.hidden_dropout_prob)"),)),
    Mistake("bert-torch's-own-weights", "new weights are torch's own: initialise(self, "
            "config.initializer_range) gives those of BERT.", (("        " + _INITIALISE + "\n", ""),)),
    Mistake("initializer_range-ignored", "initializer_range is ignored: the deviation is always "
            "0.02.", ((_INITIALISE, "initialise(self, 0.02)"),)),
    Mistake("bert-hidden-detached", "no gradient flows from the layers into the embeddings.",
            ((_EMBEDDED, _EMBEDDED.replace("self.positions(x)", "self.positions(x.detach())")),)),
)  # fmt: skip

_SCORES = "scores = start_logits[:, :, None] + end_logits[:, None, :]"
_BAND = "allowed = pairs.triu().tril(max_len - 1)"
_INSIDE = "allowed = allowed & mask[:, :, None] & mask[:, None, :]"
_BEST = 'best = scores.masked_fill(~allowed, float("-inf")).flatten(1).argmax(dim=-1)'
_SPAN = "return best // T, best % T"

SPAN_ANSWER = (
    Mistake("apart", "start and end are chosen apart, so the end may come before the start: compare "
            "the pairs.", ((_SPAN, "return start_logits.argmax(-1), end_logits.argmax(-1)"),)),
    Mistake("apart", "start and end are chosen apart, so the end may come before the start: compare "
            "the pairs.",
            (("T = start_logits.size(-1)", "T = start_logits.size(-1)\n    inside = torch.ones_like(start_logits).bool() "
              "if mask is None else mask"),
             (_SPAN, "return tuple(x.where(inside, x.new_tensor(-torch.inf)).argmax(-1) for x in (start_logits, end_logits))")),
            variant="within the passage"),
    Mistake("best-start-first", "the best start is fixed first, then the best end after it; another "
            "start may make a better pair.",
            ((_BEST, 'first = start_logits.masked_fill(~allowed.any(-1), float("-inf")).argmax(-1)\n'
              '    rest = scores.masked_fill(~allowed, float("-inf"))[torch.arange(len(first)), first]\n'
              "    best = first * T + rest.argmax(-1)"),)),
    Mistake("best-end-first", "the best end is fixed first, then the best start before it; another end "
            "may make a better pair.",
            ((_BEST, 'last = end_logits.masked_fill(~allowed.any(-2), float("-inf")).argmax(-1)\n'
              '    rest = scores.masked_fill(~allowed, float("-inf"))[torch.arange(len(last)), :, last]\n'
              "    best = rest.argmax(-1) * T + last"),)),
    Mistake("end-before-start", "the end may come before the start: only pairs with start <= end are "
            "spans.", ((_BAND, "allowed = pairs.tril(max_len - 1)"),)),
    Mistake("no-single-tokens", "a span of one token is not allowed; start and end may be one "
            "position.", ((_BAND, "allowed = pairs.triu(1).tril(max_len - 1) if max_len > 1 else pairs.triu().tril()"),)),
    Mistake("one-too-long", "spans may be one token longer than max_len: the end is included.",
            ((_BAND, "allowed = pairs.triu().tril(max_len)"),)),
    Mistake("one-too-short", "spans may be at most max_len - 1 tokens long; the end is included, and "
            "max_len allowed.", ((_BAND, "allowed = pairs.triu().tril(max(max_len - 2, 0))"),)),
    Mistake("any-length", "max_len is ignored.", ((_BAND, "allowed = pairs.triu()"),)),
    Mistake("passage-ignored", "the mask is ignored: an answer lies inside the passage.",
            ((_INSIDE, "pass"),)),
    Mistake("passage-for-starts", "the mask is used for the start alone; the end must lie in the "
            "passage too.", ((_INSIDE, "allowed = allowed & mask[:, :, None]"),)),
    Mistake("passage-for-ends", "the mask is used for the end alone; the start must lie in the "
            "passage too.", ((_INSIDE, "allowed = allowed & mask[:, None, :]"),)),
    Mistake("zero-for-infinity", "what is not allowed gets the score 0, which beats negative scores: "
            "it must be -inf.", ((_BEST, _BEST.replace('float("-inf")', "0.0")),)),
    Mistake("multiplied", "the two logits are multiplied; the score of a span is their sum.",
            ((_SCORES, _SCORES.replace("+", "*")),)),
    Mistake("ends-swapped", "start and end are returned in the wrong order.",
            ((_SPAN, "return best % T, best // T"),)),
    Mistake("axes-swapped", "starts and ends change places in the table: rows are starts.",
            ((_SCORES, "scores = end_logits[:, :, None] + start_logits[:, None, :]"),)),
    Mistake("end-excluded", "the end is one too far: it is the last token of the answer itself.",
            ((_SPAN, "return best // T, best % T + 1"),)),
    Mistake("length-for-end", "the length is returned for the end.",
            ((_SPAN, "return best // T, best % T - best // T + 1"),)),
    Mistake("last-of-equals", "of equal spans the last one wins; it is the first.",
            ((_BEST, 'best = T * T - 1 - scores.masked_fill(~allowed, float("-inf")).flatten(1).flip(1).argmax(dim=-1)'),)),
    Mistake("shares-added", "probabilities are added; the score of a span is the sum of its logits.",
            ((_SCORES, "scores = start_logits.softmax(-1)[:, :, None] + end_logits.softmax(-1)[:, None, :]"),)),
    Mistake("same-for-all", "one span is found for the whole batch; each row has its own.",
            ((_BEST, _BEST + "\n    best = best[:1].expand(len(best))"),)),
)  # fmt: skip
