"""Known mistakes in what is done to scores before a token is drawn, and in sorting parameters."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_DIVIDE = "return logits / temperature"

APPLY_TEMPERATURE = (
    Mistake("temperature-multiplied", "the scores are multiplied by the temperature; they are "
            "divided by it: a low temperature sharpens.",
            ((_DIVIDE, "return logits * temperature"),)),
    Mistake("temperature-after-softmax", "the temperature divides probabilities. Once they sum to "
            "1 again that has changed nothing: divide the scores, before any softmax.",
            ((_DIVIDE, "return logits.softmax(dim=-1) / temperature"),)),
    Mistake("temperature-probabilities", "probabilities are returned; scores are wanted, the "
            "softmax comes when a token is drawn.",
            ((_DIVIDE, "return (logits / temperature).softmax(dim=-1)"),)),
    Mistake("temperature-log-probabilities", "log-probabilities are returned. They belong to the "
            "right distribution, but the scores themselves, divided, are asked for.",
            ((_DIVIDE, "return (logits / temperature).log_softmax(dim=-1)"),)),
    Mistake("temperature-subtracted", "the temperature is subtracted, which moves all scores alike "
            "and changes no probability: divide by it.",
            ((_DIVIDE, "return logits - temperature"),)),
    Mistake("temperature-squared", "the scores are divided by the square of the temperature.",
            ((_DIVIDE, "return logits / temperature**2"),)),
    Mistake("temperature-root", "the scores are divided by the root of the temperature.",
            ((_DIVIDE, "return logits / temperature**0.5"),)),
    Mistake("temperature-not-below-1", "a temperature below 1 has no effect; it is to sharpen the "
            "distribution.", ((_DIVIDE, "return logits / max(temperature, 1.0)"),)),
    Mistake("temperature-not-above-1", "a temperature above 1 has no effect; it is to flatten the "
            "distribution.", ((_DIVIDE, "return logits / min(temperature, 1.0)"),)),
    Mistake("temperature-ignored", "the temperature has no effect.",
            ((_DIVIDE, "return logits.clone()"),)),
    Mistake("temperature-on-the-best", "the likeliest token alone gets another score; all of them "
            "are divided.",
            ((_DIVIDE, "best = logits == logits.amax(dim=-1, keepdim=True)\n"
              "    return logits.masked_fill(best, 0.0) + (logits / temperature).masked_fill("
              "~best, 0.0)"),)),
    Mistake("temperature-in-place", "the logits that were given are changed; return new ones.",
            ((_DIVIDE, "return logits.div_(temperature)"),)),
)  # fmt: skip

_KTH = "kth = logits.topk(min(k, logits.size(-1)), dim=-1).values[..., -1:]"
_REMOVE = "return logits.masked_fill(logits < kth, -torch.inf)"
_BELOW, _MINUS_INF = "logits < kth", "-torch.inf"

TOP_K_FILTER = (
    Mistake("top-k-filled-with-0", "removed tokens get the score 0, which still has a probability "
            "(e to the 0 is 1); -inf is wanted.", ((_MINUS_INF, "0.0"),)),
    Mistake("top-k-finite-fill", "removed tokens get a large negative score; -inf is wanted, which "
            "is impossible whatever the others are.",
            ((_MINUS_INF, "-1e9"),)),
    Mistake("top-k-finite-fill", "removed tokens get the lowest finite score; -inf is wanted.",
            ((_MINUS_INF, "torch.finfo(logits.dtype).min"),),
            variant="finfo.min"),
    Mistake("top-k-drops-the-kth", "the k-th token is removed as well: k - 1 stay. Compare with <, "
            "not with <=.", ((_BELOW, "logits <= kth"),)),
    Mistake("top-k-one-more", "one token too many stays: the k-th value has the index k - 1.",
            ((_KTH, "kth = logits.topk(min(k + 1, logits.size(-1)), dim=-1).values[..., -1:]"),)),
    Mistake("top-k-smallest", "the k least likely tokens stay; it is the k likeliest.",
            ((_KTH, _KTH.replace("dim=-1)", "dim=-1, largest=False)")),
             (_BELOW, "logits > kth"))),
    Mistake("top-k-inverted", "the k likeliest tokens are removed and the others stay.",
            ((_BELOW, "logits >= kth"),)),
    Mistake("top-k-too-large", "a k above the size of the vocabulary raises; then all tokens stay.",
            ((_KTH, "kth = logits.topk(k, dim=-1).values[..., -1:]"),)),
    Mistake("top-k-ties-cut", "of tokens that tie with the last to stay, some are removed; they "
            "stay too: compare the scores with the k-th, do not scatter the k indices.",
            ((_REMOVE, "stay = logits.topk(min(k, logits.size(-1)), dim=-1).indices\n"
              "    gone = torch.ones_like(logits, dtype=torch.bool).scatter(-1, stay, False)\n"
              "    return logits.masked_fill(gone, -torch.inf)"),)),
    Mistake("top-k-values-alone", "the k scores are returned by themselves; the result has the "
            "shape of logits, else nobody knows which tokens they belong to.",
            ((_REMOVE, "return logits.topk(min(k, logits.size(-1)), dim=-1).values"),)),
    Mistake("top-k-over-all-rows", "one threshold is taken for all rows together; each row keeps "
            "its own k.",
            ((_KTH, "kth = logits.flatten().topk(min(k, logits.size(-1))).values[-1]"),)),
    Mistake("top-k-over-the-batch", "the k likeliest are taken along the first axis; the vocabulary "
            "is the last.",
            ((_KTH, "kth = logits.topk(min(k, logits.size(0)), dim=0).values[-1:]"),)),
    Mistake("top-k-probabilities", "probabilities are returned; scores are wanted, the softmax "
            "comes when a token is drawn.",
            ((_REMOVE, _REMOVE + ".softmax(dim=-1)"),)),
    Mistake("top-k-in-place", "the logits that were given are changed; return new ones.",
            ((_REMOVE, _REMOVE.replace("masked_fill", "masked_fill_")),)),
)  # fmt: skip

_SORT = "ascending, order = logits.sort(dim=-1, stable=True)"
_GONE = "removed = ascending.softmax(dim=-1).cumsum(dim=-1) <= 1 - p"
_SAFE = "removed[..., -1] = False"
_FILL = "return logits.masked_fill(removed.scatter(-1, order, removed), -torch.inf)"
_NO_SAFE = ("    " + _SAFE, "    pass")
# From the likeliest down, as most people sort: what stands before a token decides.
_DOWN = (
    (_SORT, "ascending, order = logits.sort(dim=-1, descending=True, stable=True)"),
    (_GONE, "probabilities = ascending.softmax(dim=-1)\n"
     "    removed = probabilities.cumsum(dim=-1) - probabilities >= p"),
    (_SAFE, "removed[..., 0] = False"),
)  # fmt: skip

TOP_P_FILTER = (
    Mistake("top-p-drops-the-crossing-token", "the token that crosses p is removed: what stays "
            "holds less than p. It stays, so the likeliest always does.",
            ((_GONE, "removed = ascending.flip(-1).softmax(dim=-1).cumsum(dim=-1).flip(-1) > p"),
             _NO_SAFE)),
    Mistake("top-p-drops-the-crossing-token", "the token that crosses p is removed, unless it is "
            "the likeliest: what stays holds less than p.",
            ((_GONE, "removed = ascending.flip(-1).softmax(dim=-1).cumsum(dim=-1).flip(-1) > p"),),
            variant="the likeliest stays"),
    Mistake("top-p-one-more", "one token too many stays: those before the crossing one and itself "
            "are enough.",
            ((_SAFE, _SAFE + "\n    removed = removed & removed.roll(-1, -1)"),)),
    Mistake("top-p-unsorted", "probabilities are summed in the order of the vocabulary; sort them "
            "first.",
            ((_SORT, "ascending = logits\n    order = torch.arange(logits.size(-1), "
              "device=logits.device).expand(logits.shape)"),)),
    Mistake("top-p-unsorted", "probabilities are summed in the order of the vocabulary; sort them "
            "first.",
            ((_SORT, "ascending = logits\n    order = torch.arange(logits.size(-1), "
              "device=logits.device).expand(logits.shape)"), *_DOWN[1:]),
            variant="from the front"),
    Mistake("top-p-wrong-end", "the least likely tokens are kept and the likeliest removed.",
            ((_SORT, "ascending, order = logits.sort(dim=-1, descending=True)"),)),
    Mistake("top-p-on-scores", "scores are summed up; p is about probabilities: softmax first.",
            ((_GONE, "removed = ascending.cumsum(dim=-1) <= 1 - p"),)),
    Mistake("top-p-not-back-in-order", "what is removed in the sorted order is not brought back to "
            "the order of the vocabulary: other tokens are removed than meant.",
            ((_FILL, "return logits.masked_fill(removed, -torch.inf)"),)),
    Mistake("top-p-not-back-in-order", "what is removed in the sorted order is not brought back to "
            "the order of the vocabulary: other tokens are removed than meant.",
            (*_DOWN, (_FILL, "return logits.masked_fill(removed, -torch.inf)")),
            variant="from the likeliest down"),
    Mistake("top-p-gathered", "the way back from the sorted order goes in the wrong direction: "
            "scatter, not gather.",
            ((_FILL, "return logits.masked_fill(removed.gather(-1, order), -torch.inf)"),)),
    Mistake("top-p-gathered", "the way back from the sorted order goes in the wrong direction: "
            "scatter, not gather.",
            (*_DOWN, (_FILL, "return logits.masked_fill(removed.gather(-1, order), -torch.inf)")),
            variant="from the likeliest down"),
    Mistake("top-p-sorted-result", "the scores come back sorted; they keep their places, else "
            "nobody knows which token is which.",
            ((_FILL, "return ascending.masked_fill(removed, -torch.inf)"),)),
    Mistake("top-p-sorted-result", "the scores come back sorted; they keep their places, else "
            "nobody knows which token is which.",
            (*_DOWN, (_FILL, "return ascending.masked_fill(removed, -torch.inf)")),
            variant="from the likeliest down"),
    Mistake("top-p-complement", "p is taken as what may be removed; it is what stays.",
            ((_GONE, _GONE.replace("<= 1 - p", "<= p")),)),
    Mistake("top-p-single-probability", "each probability is compared with p by itself; their sum "
            "from the likeliest down decides.",
            ((_GONE, "removed = ascending.softmax(dim=-1) < p"),)),
    Mistake("top-p-share-of-the-best", "a token stays if it has the share p of the likeliest's "
            "probability; the sum from the likeliest down decides.",
            ((_GONE, "probabilities = ascending.softmax(dim=-1)\n"
              "    removed = probabilities < p * probabilities[..., -1:]"),)),
    Mistake("top-p-of-the-count", "p of the *number* of tokens stay; it is p of the probability.",
            ((_GONE, "place = torch.arange(logits.size(-1), device=logits.device)\n"
              "    removed = (place < (1 - p) * logits.size(-1)).expand(logits.shape).clone()"),)),
    Mistake("top-p-likeliest-lost", "with a very small p nothing stays: rounding takes the "
            "likeliest token too. It always stays.", (_NO_SAFE,)),
    Mistake("top-p-filled-with-0", "removed tokens get the score 0, which still has a probability; "
            "-inf is wanted.", ((_MINUS_INF, "0.0"),)),
    Mistake("top-p-finite-fill", "removed tokens get a large negative score; -inf is wanted, which "
            "is impossible whatever the others are.",
            ((_MINUS_INF, "-1e9"),)),
    Mistake("top-p-probabilities", "probabilities are returned; scores are wanted, the softmax "
            "comes when a token is drawn.", ((_FILL, _FILL + ".softmax(dim=-1)"),)),
    Mistake("top-p-one-order", "the order of the first row is used for all; each row has its own.",
            ((_FILL, "first = order.flatten(0, -2)[0] if order.dim() > 1 else order\n    "
              + _FILL.replace("order, removed", "first.expand(order.shape), removed")),)),
    Mistake("top-p-over-the-batch", "probabilities are taken along the first axis; the vocabulary "
            "is the last.",
            ((_GONE, _GONE.replace("softmax(dim=-1)", "softmax(dim=0)")),)),
    Mistake("top-p-in-place", "the logits that were given are changed; return new ones.",
            ((_FILL, _FILL.replace("masked_fill", "masked_fill_")),)),
)  # fmt: skip

_TRAINED = "[parameter for parameter in model.parameters() if parameter.requires_grad]"
_MATRICES = "matrices = [parameter for parameter in trained if parameter.dim() >= 2]"
_VECTORS = "vectors = [parameter for parameter in trained if parameter.dim() < 2]"
_FIRST = '{"params": matrices, "weight_decay": weight_decay}'
_SECOND = '{"params": vectors, "weight_decay": 0.0}'


def _named(trained: str, decayed: str) -> tuple[tuple[str, str], ...]:
    """The same sorting by names: ``decayed`` is a condition on ``name`` and ``p``."""
    return (
        (_TRAINED, f"[(name, p) for name, p in {trained} if p.requires_grad]"),
        (_MATRICES, f"matrices = [p for name, p in trained if {decayed}]"),
        (_VECTORS, f"vectors = [p for name, p in trained if not ({decayed})]"),
    )


DECAY_GROUPS = (
    Mistake("decay-everything", "norms and biases decay too: all parameters are in the first "
            "group.", ((_MATRICES, "matrices = trained"), (_VECTORS, "vectors = []"))),
    Mistake("decay-both-groups", "the second group has the same decay; it is 0 there.",
            ((_SECOND, _SECOND.replace("0.0", "weight_decay")),)),
    Mistake("decay-swapped", "the decay stands at the vectors; it belongs to the matrices.",
            ((_FIRST, _FIRST.replace(": weight_decay", ": 0.0")),
             (_SECOND, _SECOND.replace("0.0", "weight_decay")))),
    Mistake("decay-order", "the groups come in the wrong order: the decayed one is first.",
            ((f"        {_FIRST},\n        {_SECOND},", f"        {_SECOND},\n        {_FIRST},"),)),
    Mistake("decay-by-the-name-bias", "only biases are left alone; the scale of a norm is a vector "
            "as well and must not decay.", _named("model.named_parameters()", "'bias' not in name")),
    Mistake("decay-not-embeddings", "embeddings are left alone; they are matrices and decay.",
            (("    return [", "    tables = {id(m.weight) for m in model.modules() "
              "if isinstance(m, nn.Embedding)}\n"
              "    vectors += [p for p in matrices if id(p) in tables]\n"
              "    matrices = [p for p in matrices if id(p) not in tables]\n    return ["),)),
    Mistake("decay-norms-alone", "only norms are left alone; a bias is a vector as well and must "
            "not decay.",
            (("    return [", "    norms = {id(p) for m in model.modules() "
              "if isinstance(m, nn.LayerNorm) for p in m.parameters()}\n"
              "    matrices += [p for p in vectors if id(p) not in norms]\n"
              "    vectors = [p for p in vectors if id(p) in norms]\n    return ["),)),
    Mistake("decay-frozen", "frozen parameters are in a group; an optimiser has no business with "
            "them.", ((_TRAINED, "list(model.parameters())"),)),
    Mistake("decay-tied-twice", "a weight that two layers share is in its group twice.",
            _named("model.named_parameters(remove_duplicate=False)", "p.dim() >= 2")),
    Mistake("decay-copies", "the groups hold copies: an optimiser would train them and leave the "
            "model as it is.",
            ((_FIRST, _FIRST.replace("matrices", "[p.detach().clone().requires_grad_() "
                                     "for p in matrices]")),
             (_SECOND, _SECOND.replace("vectors", "[p.detach().clone().requires_grad_() "
                                       "for p in vectors]")))),
    Mistake("decay-no-second-group", "the vectors are in no group, so they would never be trained: "
            "they belong in the second, with a decay of 0.",
            ((f"        {_SECOND},\n", ""),)),
    Mistake("decay-vectors-missing", "the second group is empty, so norms and biases would never "
            "be trained.", ((_VECTORS, "vectors = []"),)),
    Mistake("decay-own-layer-alone", "only parameters of the module itself are listed; those of "
            "the layers inside it are missing.",
            ((_TRAINED, _TRAINED.replace("parameters()", "parameters(recurse=False)")),)),
    Mistake("decay-two-axes-alone", "parameters of three axes or more (a convolution's) are in no "
            "group, so they would never be trained.",
            ((_MATRICES, _MATRICES.replace(">= 2", "== 2")),)),
    Mistake("decay-numbers-missing", "a parameter that is a single number is in no group, so it "
            "would never be trained.", ((_VECTORS, _VECTORS.replace("< 2", "== 1")),)),
    Mistake("decay-constant", "the decay is always 0.1; it is the argument weight_decay.",
            ((_FIRST, _FIRST.replace(": weight_decay", ": 0.1")),)),
)  # fmt: skip
