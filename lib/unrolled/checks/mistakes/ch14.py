"""Known mistakes of chapter 14."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_CUT = "patches = images.unfold(2, P, P).unfold(3, P, P)"
_ORDER = "patches = patches.permute(0, 2, 3, 1, 4, 5)"
_FLAT = "patches = patches.flatten(3).flatten(1, 2)"
_PROJECT = "return patches @ weight.flatten(1).T + bias"
_END = "  # (B, N, D)"

PATCH_EMBED = (
    Mistake("cut-by-reshape", "the image is reshaped to (B, N, C * P * P) at once, which takes "
            "pixels in reading order, across patches; cut rows and columns first.",
            ((_FLAT, "patches = images.reshape(images.size(0), -1, weight[0].numel())"),)),
    Mistake("channels-not-moved", "the patches are flattened with the channels still in front, so a "
            "vector mixes patches; move (rows, columns) in front of the channels.",
            ((_FLAT, "patches = images.unfold(2, P, P).unfold(3, P, P)"
              ".reshape(images.size(0), -1, weight[0].numel())"),)),
    Mistake("column-by-column", "the patches come column by column; they come row by row.",
            ((_ORDER, "patches = patches.permute(0, 3, 2, 1, 4, 5)"),)),
    Mistake("channels-last", "the pixels of a patch are in the order (P, P, C); the kernel's order "
            "is (C, P, P).", ((_ORDER, "patches = patches.permute(0, 2, 3, 4, 5, 1)"),)),
    Mistake("patch-transposed", "rows and columns inside each patch are exchanged.",
            ((_ORDER, "patches = patches.permute(0, 2, 3, 1, 5, 4)"),)),
    Mistake("kernel-reshaped", "the kernel is reshaped to (C * P * P, D), which mixes its numbers "
            "up; flatten it to (D, C * P * P) and transpose.",
            (("weight.flatten(1).T", "weight.reshape(-1, weight.size(0))"),)),
    Mistake("kernel-flipped", "the kernel is turned round, as in a mathematician's convolution; "
            "pixel (i, j) meets weight (i, j).",
            (("weight.flatten", "weight.flip(2, 3).flatten"),)),
    Mistake("bias-missing", "the bias is not added.", ((" + bias", ""),)),
    Mistake("bias-before", "the bias is added before the projection, which needs another width; it "
            "is added to the D results.",
            ((_PROJECT, "return (patches + bias) @ weight.flatten(1).T"),)),
    Mistake("overlapping", "the patches overlap: the step from one to the next is P, not 1.",
            ((_CUT, "patches = images.unfold(2, P, 1).unfold(3, P, 1)"),)),
    Mistake("one-channel", "only the first channel is read.",
            ((_CUT, "images = images * (torch.arange(images.size(1)) == 0).view(-1, 1, 1)\n    "
              + _CUT),)),
    Mistake("channels-averaged", "the channels are averaged first; each has its own weights.",
            ((_CUT, "images = images.mean(dim=1, keepdim=True).expand_as(images)\n    " + _CUT),)),
    Mistake("features-before-patches", "the result is (B, D, N), as a convolution leaves it; "
            "(B, N, D) is wanted.",
            (("return ", "return ("), (_END, ").transpose(1, 2)" + _END))),
    Mistake("grid-kept", "the result is (B, rows, columns, D); flatten rows and columns to N.",
            ((".flatten(1, 2)", ""),)),
    Mistake("square-assumed", "N is taken for the square of height / P; it is height / P times "
            "width / P.",
            ((_FLAT, _FLAT + "\n    N = (images.size(2) // P) ** 2\n"
              "    patches = patches.reshape(-1, N, patches.size(-1))"),)),
    Mistake("square-assumed", "N is taken for the square of height / P; it is height / P times "
            "width / P.",
            ((_FLAT, _FLAT + "\n    N = (images.size(2) // P) ** 2\n"
              "    patches = patches.reshape(images.size(0), N, weight[0].numel())"),),
            variant="for each image"),
    Mistake("averaged", "the products are averaged; they are added up.",
            (("return patches @", "return patches / patches.size(-1) @"),)),
    Mistake("detached", "no gradient flows back: the result is detached.",
            (("return ", "return ("), (_END, ").detach()" + _END))),
)  # fmt: skip

_COSINE = ('    if similarity == "cosine":\n'
           "        length, lengths = query.norm(), documents.norm(dim=-1, keepdim=True)")  # fmt: skip
_LENGTHS = "length, lengths = query.norm(), documents.norm(dim=-1, keepdim=True)"
_QUERY = "query = query / length.masked_fill(length == 0, 1.0)"
_DOCUMENTS = "documents = documents / lengths.masked_fill(lengths == 0, 1.0)"
_SCORES = "scores = documents @ query"
_SORT = "best, ids = scores.sort(descending=True, stable=True)"
_RETURN = "return best[:k], ids[:k]"
_TIES = ("of documents with the same score the lower id must come first: sort(stable=True) promises that, "
         "sort alone and topk do not.")  # fmt: skip

RETRIEVE = (
    Mistake("worst-first", "the least similar documents come first.",
            ((_SORT, "best, ids = scores.sort(stable=True)"),)),
    Mistake("not-sorted", "the first k documents are returned; the k most similar are wanted.",
            ((_SORT, "best, ids = scores, torch.arange(len(scores))"),)),
    Mistake("in-order-of-id", "the k documents are in the order of their ids; the best comes first.",
            ((_RETURN, "ids = ids[:k].sort().values\n    return scores[ids], ids"),)),
    Mistake("query-not-normalised", "the scores are not divided by the query's length, so they are "
            "no cosines.", ((_QUERY, "pass"),)),
    Mistake("documents-not-normalised", "the scores are not divided by the documents' lengths, so "
            "long vectors win.", ((_DOCUMENTS, "pass"),)),
    Mistake("always-dot", "similarity is ignored: the dot product is always taken.",
            (('if similarity == "cosine":', "if False:"),)),
    Mistake("always-cosine", "similarity is ignored: the cosine is always taken.",
            (('if similarity == "cosine":', "if True:"),)),
    Mistake("similarities-exchanged", "\"dot\" gives the cosine and \"cosine\" the dot product.",
            (('if similarity == "cosine":', 'if similarity == "dot":'),)),
    Mistake("normalised-over-documents", "each feature is divided by its length over all documents; "
            "each document is to be divided by its own length, along the last axis.",
            ((_LENGTHS, _LENGTHS.replace("dim=-1", "dim=0")),)),
    Mistake("one-length-for-all", "all documents are divided by the norm of the whole matrix; each "
            "has its own length.",
            ((_LENGTHS, _LENGTHS.replace("dim=-1", "dim=(0, 1)")),)),
    Mistake("squared-length", "the vectors are divided by their squared lengths; take the root.",
            ((_QUERY, _QUERY.replace("/ length", "/ length.square()")),
             (_DOCUMENTS, _DOCUMENTS.replace("/ lengths", "/ lengths.square()")))),
    Mistake("absolute-lengths", "the length is taken as the sum of absolute values; it is the root "
            "of the sum of squares.",
            ((_LENGTHS, "length = query.norm(p=1)\n        "
              "lengths = documents.norm(p=1, dim=-1, keepdim=True)"),)),
    Mistake("distance", "documents are compared by their distance; the similarity is a product.",
            ((_SCORES, "scores = -(documents - query).norm(dim=-1)"),)),
    Mistake("absolute-scores", "the sign of the similarity is dropped: what points the other way is "
            "least similar.", ((_SCORES, "scores = (documents @ query).abs()"),)),
    Mistake("scores-as-shares", "the scores go through a softmax; the similarities themselves are "
            "wanted.", ((_RETURN, "return best.softmax(-1)[:k], ids[:k]"),)),
    Mistake("zeros-give-nan", "a vector of zeros gives NaN: 0 / 0. Its similarity is 0 with "
            "everything.",
            ((_QUERY, "query = query / length"), (_DOCUMENTS, "documents = documents / lengths"))),
    Mistake("k-ignored", "all documents are returned; k are wanted.",
            ((_RETURN, "return best, ids"),)),
    Mistake("one-too-many", "k + 1 documents are returned.",
            ((_RETURN, "return best[:k + 1], ids[:k + 1]"),)),
    Mistake("best-left-out", "the best document is left out: ranks count from 0.",
            ((_RETURN, "return best[1:k + 1], ids[1:k + 1]"),)),
    Mistake("ids-first", "(ids, scores) is returned; it is (scores, ids).",
            ((_RETURN, "return ids[:k], best[:k]"),)),
    Mistake("ids-only", "only the ids are returned; (scores, ids) is wanted.",
            ((_RETURN, "return ids[:k]"),)),
    Mistake("lists", "lists are returned; two tensors are wanted.",
            ((_RETURN, "return best[:k].tolist(), ids[:k].tolist()"),)),
    Mistake("ties", _TIES, ((_SORT, "best, ids = scores.sort(descending=True)"),)),
    Mistake("ties", _TIES, ((_SORT, "best, ids = scores.topk(k)"),), variant="topk"),
    Mistake("ties", _TIES,
            ((_SORT, "best, ids = (part.flip(0) for part in scores.sort(stable=True))"),),
            variant="turned round"),
    Mistake("documents-overwritten", "the normalised vectors are written into the caller's tensors; "
            "make new ones.",
            ((_QUERY, "query /= length.masked_fill(length == 0, 1.0)"),
             (_DOCUMENTS, "documents /= lengths.masked_fill(lengths == 0, 1.0)"))),
    Mistake("documents-overwritten", "the normalised vectors are written into the caller's tensors; "
            "make new ones.",
            ((_DOCUMENTS, "documents /= lengths.masked_fill(lengths == 0, 1.0)"),),
            variant="the documents alone"),
)  # fmt: skip

_BLANK = (
    'if not question.strip():\n        raise ValueError("question is blank, some text is wanted")'
)
_ASKED = 'prompt = asked = f"Question: {question.strip()}\\nAnswer:"'
_OVER = "if budget is not None and measure(asked) > budget:"
_EACH = "for n, text in enumerate(passages, start=1):"
_NUMBER = "numbered.append(f\"[{n}] {' '.join(text.split())}\")"
_LONGER = 'longer = "\\n".join([INSTRUCTION, "", *numbered, "", asked])'
_FIT = "if budget is not None and measure(longer) > budget:"

RAG_PROMPT = (
    Mistake("numbered-from-0", "the passages are numbered from 0; the first is [1].",
            (("start=1", "start=0"),)),
    Mistake("not-numbered", "the passages have no numbers; [1], [2] and so on stand before them.",
            (("[{n}] ", ""),)),
    Mistake("worst-first", "the passages stand in the opposite order; the best comes first.",
            ((_LONGER, _LONGER.replace("*numbered", "*numbered[::-1]")),)),
    Mistake("question-first", "the question stands before the passages; it comes after them.",
            ((_LONGER, 'longer = "\\n".join([INSTRUCTION, "", asked, "", *numbered])'),)),
    Mistake("question-first", "the question stands before the passages; it comes after them.",
            ((_LONGER, 'longer = "\\n".join([INSTRUCTION, "", asked.removesuffix("\\nAnswer:"), "", '
              '*numbered, "", "Answer:"])'),), variant="Answer: at the end"),
    Mistake("no-instruction", "the instruction is missing; it is the first line.",
            (('INSTRUCTION, "", *', "*"),)),
    Mistake("instruction-without-passages", "without passages the instruction is there all the "
            "same; then only the question is asked.",
            ((_ASKED, 'asked = f"Question: {question.strip()}\\nAnswer:"\n'
              '    prompt = "\\n".join([INSTRUCTION, "", asked])'),)),
    Mistake("instruction-without-passages", "without passages the instruction is there all the "
            "same; then only the question is asked.",
            ((_ASKED, 'asked = f"Question: {question.strip()}\\nAnswer:"\n'
              '    prompt = "\\n".join([INSTRUCTION, "", asked])'),
             (_OVER, _OVER.replace("asked", "prompt"))), variant="and measured"),
    Mistake("no-blank-lines", "the blank lines around the passages are missing.",
            ((_LONGER, 'longer = "\\n".join([INSTRUCTION, *numbered, asked])'),)),
    Mistake("blank-lines-between", "blank lines stand between the passages; there is one before "
            "them and one after them.",
            ((_LONGER, 'longer = "\\n\\n".join([INSTRUCTION, *numbered, asked])'),)),
    Mistake("newline-at-end", "the prompt ends in a line break; it ends in \"Answer:\".",
            (("return prompt", 'return prompt + "\\n"'),)),
    Mistake("newline-at-end", "the prompt ends in a line break; it ends in \"Answer:\".",
            ((_ASKED, _ASKED.replace("Answer:", "Answer:\\n")),), variant="and measured"),
    Mistake("no-answer-line", "the last line, \"Answer:\", is missing.",
            ((_ASKED, _ASKED.replace("\\nAnswer:", "")),)),
    Mistake("space-in-passages", "line breaks and runs of spaces inside a passage are kept; each "
            "becomes one space, so that a passage is one line.",
            ((_NUMBER, 'numbered.append(f"[{n}] {text}")'),)),
    Mistake("space-in-passages", "line breaks and runs of spaces inside a passage are kept; each "
            "becomes one space, so that a passage is one line.",
            ((_NUMBER, 'numbered.append(f"[{n}] {text.strip()}")'),), variant="ends stripped"),
    Mistake("space-around-question", "white space around the question is kept; strip it.",
            ((_ASKED, _ASKED.replace("question.strip()", "question")),)),
    Mistake("budget-ignored", "the budget changes nothing: every passage is taken.",
            ((_FIT, "if False:"),)),
    Mistake("exact-fit-refused", "a prompt exactly as long as the budget is refused; it fits.",
            ((_FIT, _FIT.replace(">", ">=")),)),
    Mistake("exact-question-refused", "a question exactly as long as the budget is refused; it "
            "fits.", ((_OVER, _OVER.replace(">", ">=")),)),
    Mistake("one-over", "the passage that does not fit is taken all the same; stop before it.",
            (("            break\n        prompt = longer",
              "            prompt = longer\n            break\n        prompt = longer"),)),
    Mistake("goes-on", "a passage that does not fit is passed over and a later one taken; the first "
            "that does not fit ends the list.",
            (("            break", "            numbered.pop()\n            continue"),
             ("[{n}]", "[{len(numbered) + 1}]"))),
    Mistake("cut-off", "the last passage is cut off in the middle to fit; passages are taken whole.",
            (("            break\n", "            spare = budget - measure(prompt) - 1\n"
              "            last = numbered[-1][:max(spare, 0)]\n"
              '            return "\\n".join([INSTRUCTION, "", *numbered[:-1], last, "", asked])\n'),
             )),
    Mistake("passages-alone-measured", "only the passages are measured; the whole prompt has to fit.",
            ((_FIT, _FIT.replace("measure(longer)", 'measure("\\n".join(numbered))')),)),
    Mistake("lengths-added", "the passages' own lengths are added up, without numbers, line breaks "
            "and instruction; measure the whole prompt.",
            ((_FIT, _FIT.replace("measure(longer)", "measure(asked) + sum(measure(' '.join("
                                 "passage.split())) for passage in passages[:n])")),)),
    Mistake("characters-always", "the budget is always counted in characters; measure says how long "
            "a text is.", ((_OVER, _OVER.replace("measure", "len")),
                           (_FIT, _FIT.replace("measure", "len")))),
    Mistake("nothing-refused", "a question that is over the budget by itself is asked all the same; "
            "that is a ValueError.", ((_OVER, "if False:"),)),
    Mistake("blank-accepted", "a blank question is asked all the same; that is a ValueError.",
            ((_BLANK, "pass"),)),
)  # fmt: skip
