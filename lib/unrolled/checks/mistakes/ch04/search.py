"""Known mistakes of chapter 4: greedy search and beam search."""

from __future__ import annotations

import re
from dataclasses import replace

from unrolled.checks.exercise import Mistake

_STEP = "logits, state = take_step(step, last, state, eos_id)"
_ARGMAX = "last = logits.argmax(dim=-1).masked_fill(ended, eos_id)"
_ENDED = "ended = ended | (last == eos_id)"
_STOP = "        if ended.all():\n            break\n"
_STACK = "return torch.stack(made, dim=1)"

GREEDY_DECODE = (
    Mistake("greedy-state-not-carried", "every step gets the first state again; pass on the state "
            "that the step before returned.", ((_STEP, _STEP.replace(", state =", ", _ =")),)),
    Mistake("greedy-bos-again", "every step is given bos_id; give it the token that was made last.",
            ((_STEP, _STEP.replace("step, last,", "step, first_ids(bos_id, state),")),)),
    Mistake("greedy-goes-on-after-end", "a sentence goes on after its end; fill it up with eos_id.",
            ((".masked_fill(ended, eos_id)", ""),)),
    Mistake("greedy-goes-on-after-end", "a sentence goes on after its end; fill it up with eos_id.",
            ((".masked_fill(ended, eos_id)", ""), (_ENDED, "ended = last == eos_id")),
            variant="and is no longer counted as ended"),
    Mistake("greedy-filled-with-zero", "after its end a sentence is filled up with 0; fill it up "
            "with eos_id.",
            ((_ARGMAX, "last = logits.argmax(dim=-1).masked_fill(ended, 0)"),)),
    Mistake("greedy-stops-with-the-first", "the search stops when one sentence has ended; the "
            "others go on.", (("ended.all()", "ended.any()"),)),
    Mistake("greedy-never-stops", "the search goes on to max_len although every sentence has "
            "ended.", ((_STOP, ""),)),
    Mistake("greedy-never-stops", "the search goes on to max_len although every sentence has "
            "ended.", ((_STOP, ""), (_STACK, "return _trim(torch.stack(made, dim=1), eos_id)")),
            variant="and is cut afterwards"),
    Mistake("greedy-all-in-one-step", "the search stops only when all sentences end at the same "
            "step: remember which have ended before.",
            ((_STOP, "        if (logits.argmax(dim=-1) == eos_id).all():\n            break\n"),)),
    Mistake("greedy-stops-late", "one more step is asked for after every sentence has ended.",
            ((_STEP, "over = bool(ended.all())\n        " + _STEP), (_STOP, ""),
             ("made.append(last)", "made.append(last)\n        if over:\n            break"))),
    Mistake("greedy-stops-late", "one more step is asked for after every sentence has ended.",
            ((_STOP, ""), (_STEP, _STEP + "\n        if ended.all():\n            break")),
            variant="and is thrown away"),
    Mistake("greedy-bos-returned", "bos_id stands in front of the result; only what was made is "
            "wanted.", (("made = []", "made = [last]"),)),
    Mistake("greedy-end-cut", "the end token is not among the result's ids.",
            (("        made.append(last)\n", ""),
             (_STOP, _STOP + "        made.append(last)\n"),
             (_STACK, "return torch.stack(made or [last], dim=1)"))),
    Mistake("greedy-least-likely", "the least likely token is taken: argmax, not argmin.",
            (("logits.argmax", "logits.argmin"),)),
    Mistake("greedy-wrong-axis", "the argmax runs over the sentences; it belongs on the "
            "vocabulary, the last axis.",
            ((_ARGMAX, "last = logits.argmax(dim=0)[: len(last)].masked_fill(ended, eos_id)"),)),
    Mistake("greedy-one-short", "one token fewer than max_len is made.",
            (("range(max_len)", "range(1, max_len)"),
             (_STACK, "return torch.stack(made, dim=1) if made else last[:, None][:, :0]"))),
    Mistake("greedy-one-long", "one token more than max_len is made.",
            (("range(max_len)", "range(max_len + 1)"),)),
    Mistake("greedy-axes", "the result is (T, B): sentences are rows.",
            ((_STACK, "return torch.stack(made)"),)),
    Mistake("greedy-padded", "the result is max_len wide; it is as wide as the longest sentence.",
            ((_STACK, "made += [torch.full_like(last, eos_id)] * (max_len - len(made))\n    "
              + _STACK),)),
    Mistake("greedy-last-only", "only the last token of each sentence is returned.",
            ((_STACK, "return last"),)),
    Mistake("greedy-end-ignored", "no sentence ever ends: eos_id is never looked for.",
            ((_ENDED, "pass"),)),
)  # fmt: skip

_LOGP = "log_probs = logits.log_softmax(dim=-1).unflatten(0, (B, K))"
_TOTALS = "totals = (scores[:, :, None] + log_probs).flatten(1)"
_TOPK = "scores, choice = totals.topk(K, dim=1)"
_SPLIT = "beam, token = choice // logits.size(1), choice % logits.size(1)"
_ROWS = "rows = (sentence * K + beam).flatten()"
_MOVE = "state, last = reorder(state, rows), token.flatten()"
_IDS = "ids = torch.cat([ids.flatten(0, 1)[rows].view_as(ids), token[:, :, None]], dim=2)"
_OVER = "ended = (token == eos_id) | (length == max_len)"
_FINAL = ("final = scores.masked_fill(~ended, -torch.inf) / "
          "length_divisor(length, length_penalty)")  # fmt: skip
_BEST = "best = _better(best, ids, final)"
_CLOSE = "scores = scores.masked_fill(ended, -torch.inf)"
_BREAK = ("        if (scores.amax(1) / length_divisor(max_len, length_penalty) <= best[1]).all():\n"
          "            break\n")  # fmt: skip
_RESULT = "return _trim(best[0], eos_id), best[1]"
_ASK = "logits, state = take_step(step, last, state, eos_id)"
_EXPAND = "state, last = reorder(state, rows), last[rows]"
_ONE = "scores[:, 1:] = -torch.inf"


def _divided(slug: str, says: str, by: str) -> tuple[Mistake, ...]:
    """Another divisor for what has ended: the search never stops early, or stops by it too."""
    final = (_FINAL, f"final = scores.masked_fill(~ended, -torch.inf) {by}")
    last = re.sub(r"\blength\b", "max_len", by)
    stop = ("scores.amax(1) / length_divisor(max_len, length_penalty)", f"scores.amax(1) {last}")
    return (
        Mistake(slug, says, (final, (_BREAK, ""))),
        Mistake(slug, says, (final, stop), variant="stopping by it"),
    )


def _stopping(*mistakes: Mistake) -> tuple[Mistake, ...]:
    """Each mistake twice: in a search that never stops early, and in one that does."""
    return tuple(
        version
        for mistake in mistakes
        for version in (
            replace(mistake, patches=(*mistake.patches, (_BREAK, ""))),
            replace(mistake, variant="stopping early"),
        )
    )


BEAM_SEARCH = (
    Mistake("beam-state-not-reordered", "the beams are chosen anew but the state is not: each beam "
            "goes on with what another one remembers. Reorder the state by the same rows.",
            ((_MOVE, "last = token.flatten()"),)),
    Mistake("beam-state-not-carried", "every step gets the first state again; pass on the state "
            "that the step before returned.",
            ((_ASK, _ASK.replace(", state =", ", _ =")), (_MOVE, "last = token.flatten()"))),
    Mistake("beam-ids-not-reordered", "the tokens made so far stay where they were while the beams "
            "are chosen anew: reorder them by the same rows as the state.",
            (("ids.flatten(0, 1)[rows].view_as(ids)", "ids"),)),
    Mistake("beam-top-per-beam", "each beam goes on with its own best token; the K best are taken "
            "over all beams and tokens together.",
            ((_TOPK, _TOPK + "\n        if length > 1:\n"
              "            scores, choice = totals.unflatten(1, (K, -1)).max(dim=2)\n"
              "            choice = choice + torch.arange(K) * logits.size(1)"),)),
    *_stopping(
        Mistake("beam-probabilities-added", "probabilities are added; the probability of a "
                "sentence is a product, so add their logarithms.",
                ((_LOGP, _LOGP.replace("log_softmax", "softmax")),)),
        Mistake("beam-logits-added", "the logits are added as they are; log_softmax makes "
                "log-probabilities of them first.",
                ((_LOGP, _LOGP.replace(".log_softmax(dim=-1)", "")),)),
        Mistake("beam-last-score-only", "a beam's score is that of its last token; add it to what "
                "the beam had.", ((_TOTALS, "totals = torch.where(scores[:, :, None].isinf(), "
                                   "scores[:, :, None], log_probs).flatten(1)"),)),
        Mistake("beam-ended-goes-on", "a beam that has ended goes on growing and may end again; "
                "set it aside.", ((_CLOSE, "pass"),)),
    ),
    Mistake("beam-ended-keeps-its-place", "a beam that has ended keeps its place among the K; set "
            "it aside, so that the next K come from those still open.",
            ((_TOTALS, "over = (ids[:, :, -1:] == eos_id) if length > 1 else "
              "torch.zeros(B, K, 1, dtype=torch.bool)\n"
              "        only = torch.full_like(log_probs, -torch.inf)\n"
              "        only[:, :, eos_id] = 0.0\n"
              "        log_probs = torch.where(over, only, log_probs)\n        " + _TOTALS),
             (_FINAL, "made = (ids != eos_id).sum(dim=2).add(1).clamp(max=length)\n        "
              "final = scores.masked_fill(~ended, -torch.inf) / ((5 + made) / 6) ** length_penalty"),
             (_CLOSE, "pass"), (_BREAK, ""))),
    Mistake("beam-ended-keeps-its-place", "a beam that has ended keeps its place among the K; set "
            "it aside, so that the next K come from those still open.",
            ((_ONE, _ONE + "\n    gone = torch.zeros(B, 1, dtype=torch.long)"),
             (_TOPK, _TOPK + "\n        "
              "scores = scores.masked_fill(torch.arange(K) >= K - gone, -torch.inf)"),
             (_CLOSE, "gone = gone + (ended & scores.isfinite()).sum(dim=1, keepdim=True)\n"
              "        " + _CLOSE)),
            variant="for good"),
    Mistake("beam-end-costs-no-place", "the K best of what stays open go on, so an end costs no "
            "place: of the K best candidates, ends among them, those that stay open go on.",
            ((_TOPK, "scores, choice = totals.topk(min(2 * K, totals.size(1)), dim=1)"),
             (_MOVE, "last = token.flatten()"),
             (_IDS, "ids = ids.flatten(0, 1)[rows].unflatten(0, (B, -1))\n        "
              "ids = torch.cat([ids, token[:, :, None]], dim=2)"),
             (_CLOSE, "scores, kept = scores.masked_fill(ended, -torch.inf).topk(K, dim=1)\n"
              "        ids = ids.gather(1, kept[:, :, None].expand(-1, -1, length))\n"
              "        rows = rows.unflatten(0, (B, -1)).gather(1, kept).flatten()\n"
              "        state, last = reorder(state, rows), token.gather(1, kept).flatten()"))),
    Mistake("beam-ends-ignored", "no beam ever ends: eos_id is a token like any other, and all "
            "beams grow to max_len.", ((_OVER, "ended = torch.full_like(token, length) == max_len"),)),
    Mistake("beam-ends-ignored", "no beam ever ends: eos_id is a token like any other, and all "
            "beams grow to max_len.",
            ((_OVER, "ended = torch.full_like(token, length) == max_len"), (_RESULT, "return best")),
            variant="not trimmed"),
    Mistake("beam-first-end-wins", "the search stops at the first beam that ends; another may "
            "still end with a better score.",
            ((_BREAK, "        if best[1].isfinite().all():\n            break\n"),
             (_BEST, "best = _better(best, ids, final.masked_fill(best[1].isfinite()[:, None], "
              "-torch.inf))"))),
    Mistake("beam-stop-without-penalty", "the search stops too early: an open beam's score is "
            "divided as if it ended now, but it may grow to max_len and be divided by more.",
            (("scores.amax(1) / length_divisor(max_len, length_penalty)",
              "scores.amax(1) / length_divisor(length, length_penalty)"),)),
    Mistake("beam-stop-without-penalty", "the search stops too early: an open beam's score is not "
            "divided at all, but it may grow to max_len and be divided by much.",
            (("scores.amax(1) / length_divisor(max_len, length_penalty)", "scores.amax(1)"),),
            variant="not divided"),
    Mistake("beam-never-stops", "the search goes on to max_len although no open beam can win.",
            ((_BREAK, ""),)),
    Mistake("beam-open-lost", "a beam that is still open after max_len tokens is thrown away; it "
            "competes as it is.", ((_OVER, "ended = token == eos_id"),)),
    Mistake("beam-copies", "the K beams are copies of one, so the search is greedy: at the start "
            "only the first counts and the others have -inf; later the K best candidates are "
            "kept, and they differ.", ((_ONE, "pass"),)),
    Mistake("beam-copies", "only the best beam goes on at each step, so the search is greedy: keep "
            "the K best.", ((_TOPK, _TOPK + "\n        scores[:, 1:] = -torch.inf"),),
            variant="the best alone"),
    *_divided("beam-penalty-inverted", "the score is multiplied by the length penalty; divide by "
              "it.", "* length_divisor(length, length_penalty)"),
    Mistake("beam-penalty-inverted", "the score is multiplied by the length penalty; divide by it.",
            ((_FINAL, _FINAL.replace(" / ", " * ")),), variant="not in stopping"),
    *_divided("beam-penalty-ignored", "length_penalty changes nothing.", "/ 1.0"),
    *_divided("beam-penalty-length", "the score is divided by a power of the length itself; the "
              "divisor is ((5 + length) / 6) ** length_penalty.", "/ length**length_penalty"),
    *_divided("beam-penalty-mean", "the score is divided by the length whatever length_penalty "
              "says.", "/ length"),
    *_divided("beam-penalty-no-end", "the length that the score is divided for lacks the end "
              "token.", "/ ((4 + length) / 6) ** length_penalty"),
    *_divided("beam-penalty-bos", "the length that the score is divided for counts bos_id; only "
              "tokens that were made count.", "/ length_divisor(length + 1, length_penalty)"),
    *_divided("beam-penalty-times", "length_penalty multiplies the divisor; it is its exponent.",
              "/ ((5 + length) / 6 * (length_penalty or 1.0))"),
    *_divided("beam-penalty-of-max_len", "every score is divided as if the sentence had max_len "
              "tokens.", "/ length_divisor(max_len, length_penalty)"),
    Mistake("beam-penalty-in-search", "the open beams are compared by divided scores, and divided "
            "again at every step: keep sums of log-probabilities, and divide when a beam is set "
            "aside.",
            ((_TOPK, _TOPK + "\n        scores = scores / length_divisor(length, length_penalty)"),
             (_FINAL, "final = scores.masked_fill(~ended, -torch.inf)"), (_BREAK, ""))),
    Mistake("beam-score-not-divided", "the score that is returned lacks the division by the length "
            "penalty.",
            ((_RESULT, "made = (best[0] != eos_id).sum(1).add(1).clamp(max=max_len)\n    "
              "return _trim(best[0], eos_id), best[1] * ((5 + made) / 6) ** length_penalty"),)),
    Mistake("beam-score-as-probability", "probabilities are returned as scores; log-probabilities "
            "are wanted.", ((_RESULT, "return _trim(best[0], eos_id), best[1].exp()"),)),
    Mistake("beam-parts-exchanged", "beam and token are exchanged: choice // V is the beam, "
            "choice % V the token.",
            ((_SPLIT, "token, beam = choice // logits.size(1), choice % logits.size(1) % K"),)),
    Mistake("beam-split-by-K", "the choice is split by K; V candidates belong to each beam, so "
            "split it by V.",
            ((_SPLIT, "beam, token = choice // K % K, choice % K"),)),
    Mistake("beam-first-sentence", "every sentence goes on with beams of the first one: beam k of "
            "sentence b is row b * K + k.", ((_ROWS, "rows = beam.flatten()"),)),
    Mistake("beam-rows-tiled", "the sentences stand one after the other, K times over; each "
            "sentence's K beams must stand together.",
            ((_EXPAND, "rows = torch.arange(B).repeat(K)\n    " + _EXPAND),)),
    Mistake("beam-latest-end-wins", "the beam that ended last is returned; it is to be the one with "
            "the best score.",
            ((_BEST, "before = best[1].masked_fill(ended.any(dim=1), -torch.inf)\n        "
              "best = _better((best[0], before), ids, final)"), (_BREAK, ""))),
    Mistake("beam-bos-returned", "bos_id stands in front of the result; only what was made is "
            "wanted.",
            ((_RESULT, "return torch.cat([first_ids(bos_id, state)[:B, None], "
              "_trim(best[0], eos_id)], dim=1), best[1]"),)),
    Mistake("beam-not-trimmed", "the result is max_len wide; it is as wide as the longest sentence.",
            ((_RESULT, "return best"),)),
    Mistake("beam-filled-with-zero", "after its end a sentence is filled up with 0; fill it up with "
            "eos_id.",
            ((_RESULT, "found = _trim(best[0], eos_id)\n    ends = (found == eos_id).long()\n    "
              "return found.masked_fill(ends.cumsum(1) > ends, 0), best[1]"),)),
    Mistake("beam-all-returned", "all K beams of a sentence are returned; the best is wanted, "
            "(B, T).",
            ((_RESULT, "return ids, scores"),)),
    Mistake("beam-ids-only", "the scores are missing: the pair (ids, scores) is wanted.",
            ((_RESULT, "return _trim(best[0], eos_id)"),)),
    Mistake("beam-one-short", "one token fewer than max_len is made.",
            (("range(1, max_len + 1)", "range(1, max_len)"), (_OVER, _OVER.replace(
                "length == max_len", "length == max_len - 1")))),
    Mistake("beam-K-sentences", "one beam too few is kept.",
            ((_TOPK, "scores, choice = totals.topk(K, dim=1)\n"
              "        scores[:, max(K - 1, 1) :] = -torch.inf"),)),
)  # fmt: skip
