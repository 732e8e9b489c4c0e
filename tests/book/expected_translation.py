"""What the figures that move in chapters 4 and 5 must show; as in ``expected.py``."""

import math
from collections import Counter

import torch

from unrolled.alignment import AdditiveAttention, AttentionSeq2Seq, LuongAttention
from unrolled.decoding import beam_search, bleu, length_divisor

from .expected import expected, named


def words_of(text):
    """The words between blanks."""
    return tuple(text.split())


@expected("beam-search")
def beam_search_(data, controls):
    """Chapter 4: a search over a table; what it ends with is the library's own result."""
    K, alpha = controls["beams"], controls["alpha"]
    table = {words_of(prefix): chances for prefix, chances in data["next"].items()}
    start = words_of(data["start"])
    longest = max(map(len, table)) - len(start) + 1
    words = list(dict.fromkeys([*(w for chances in table.values() for w in chances), data["end"]]))

    def following(made):
        chances = table.get(start + made, {data["end"]: 1.0})
        p = torch.tensor([chances.get(word, 0) for word in words], dtype=torch.float64)
        return (p / p.sum()).log()

    def step(ids, made):  # the state: all ids so far; one beyond the words begins
        made = torch.cat([made, ids[:, None]], dim=1)
        lines = [tuple(words[i] for i in line[1:]) for line in made.tolist()]
        return torch.stack(list(map(following, lines))), made

    open_, aside, done, over = [((), 0.0)], [], 0, False
    while done < controls["steps"] and not over:
        done += 1
        lengthened = [
            ((*made, word), total + log)
            for made, total in open_
            for word, log in zip(words, following(made).tolist(), strict=True)
        ]
        best = sorted(lengthened, key=lambda one: -round(one[1], 9))[:K]
        best = [one for one in best if one[1] > -math.inf]
        ended = [one for one in best if one[0][-1] == data["end"] or done == longest]
        aside += [(log / length_divisor(done, alpha), log) for _, log in ended]
        open_ = [one for one in best if one not in ended]
        bar = max(aside, default=(-math.inf,))[0]
        over = not open_ or open_[0][1] / length_divisor(longest, alpha) <= bar
    if over:  # the library comes to the same end
        made = torch.empty(1, 0, dtype=torch.long)
        eos = words.index(data["end"])
        _, score = beam_search(step, made, len(words), eos, longest, K, alpha)
        assert math.isclose(score.item(), max(aside)[0], rel_tol=1e-6)
    return {
        **{f"open.{i}": log for i, (_, log) in enumerate(open_)},
        **named_pairs("aside", sorted(aside, reverse=True)[:4]),
        "best": max(aside, default=(-math.inf,))[0],
        "step": done,
    }


def named_pairs(name, scored):
    """Of each sentence set aside its log-probability and its score."""
    logs = {f"{name}.{i}.0": log for i, (_, log) in enumerate(scored)}
    return logs | {f"{name}.{i}.1": score for i, (score, _) in enumerate(scored)}


@expected("bleu")
def bleu_(data, controls):
    """Chapter 4: the reader's translation, scored by the library; its parts counted anew."""
    words = controls["text"].split()
    references = [text.split() for text in data["references"]]
    c = len(words)
    r = min((abs(len(one) - c), len(one)) for one in references)[1]

    def grams(tokens, n):
        return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))

    totals = [max(0, c - n + 1) for n in range(1, 5)]
    found = []
    for n in range(1, 5):
        most = Counter()
        for one in references:
            most |= grams(one, n)
        found.append((grams(words, n) & most).total())
    precision, credit = [], 1.0
    for matched, total in zip(found, totals, strict=True):
        lent = matched == 0 and any(found) and all(totals)
        credit /= 2 if lent else 1
        precision.append(100 * (credit if lent else matched) / max(total, 1))
    return {
        **named("p", torch.tensor(precision, dtype=torch.float64)),
        **named("count", torch.tensor([found, totals])),
        "c": c,
        "r": r,
        "brevity": min(1.0, math.exp(1 - r / c)) if c else 0,
        "bleu": bleu([words], [references]),
    }


@expected("alignment-live")
def alignment_live(data, controls):
    """Chapter 5: the same weights in our model, with the target so far as teacher."""
    weights = {
        name: torch.tensor(value, dtype=torch.float64) for name, value in data["model"].items()
    }
    vocab, embedding = weights["encoder.embedding.weight"].shape
    sizes = (len(weights["decoder.embedding.weight"]), embedding, len(weights["bridge.weight"]))
    model = AttentionSeq2Seq(vocab, *sizes, bos_id=data["bos"]).double().eval()
    model.load_state_dict(weights)
    source = []
    for j, (own, others) in enumerate(zip(data["source"], data["choices"], strict=True)):
        options = list(dict.fromkeys([own, *others]))
        source.append(options[controls.get(f"word.{j}", 0)])
    longest = data.get("longest", len(source) + 4)
    written = [controls[f"written.{t}"] for t in range(longest)]
    written = [word for word in written if word >= 0]
    target = torch.tensor([[*written, data["eos"]]])  # the last one is asked for, not read
    with torch.no_grad():
        logits, looked = model(torch.tensor([source]), target, need_weights=True)
    shown = named("weight", looked[0, 0, :-1]) if written else {}
    if len(written) < longest and data["eos"] not in written:
        shown |= named("p", logits[0, -1].softmax(-1).topk(4).values)
    return shown


@expected("additive-score")
def additive_score(data, controls):
    """Chapter 5: one query and its keys, attended to by our layers."""
    keys, W, U, v = (
        torch.tensor(data[name], dtype=torch.float64) for name in ("keys", "W", "U", "v")
    )
    query = torch.tensor([controls["query.0"], controls["query.1"]], dtype=torch.float64)
    additive = AdditiveAttention(2, 2, len(v)).double()
    additive.load_state_dict({"q_proj.weight": W, "k_proj.weight": U, "v.weight": v[None]})
    layer = additive if controls["score"] == 0 else LuongAttention(2, 2, "dot")
    hidden = torch.tanh(query @ W.T + keys @ U.T)
    with torch.no_grad():
        context, weights = layer(query[None, None], keys[None])
    return {
        **named("hidden", hidden),
        **named("score", hidden @ v if controls["score"] == 0 else keys @ query),
        **named("weight", weights[0, 0, 0]),
        **named("context", context[0, 0]),
    }
