"""Wrong answers to rag_prompt."""
# ruff: noqa: F811

from unrolled.retrieval import INSTRUCTION


def ending(question):
    if not question.strip():
        raise ValueError("the question is blank")
    return f"Question: {question.strip()}\nAnswer:"


# %% rag_prompt: numbered-from-0
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    prompt, lines = end, []
    for passage in passages:
        lines.append(f"[{len(lines)}] " + " ".join(passage.split()))
        whole = INSTRUCTION + "\n\n" + "\n".join(lines) + "\n\n" + end
        if budget is not None and measure(whole) > budget:
            break
        prompt = whole
    return prompt


# %% rag_prompt: question-first
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    limit = float("inf") if budget is None else budget
    if measure(end) > limit:
        raise ValueError("too long")
    asked, answer = end.split("\n")
    prompt, found = end, ""
    for number, passage in enumerate(passages):
        found += f"[{number + 1}] {' '.join(passage.split())}\n"
        longer = f"{INSTRUCTION}\n\n{asked}\n\n{found}\n{answer}"
        if measure(longer) > limit:
            return prompt
        prompt = longer
    return prompt


# %% rag_prompt: instruction-without-passages
def rag_prompt(question, passages, budget=None, measure=len):
    parts = [INSTRUCTION, ending(question)]
    if budget is not None and measure("\n\n".join(parts)) > budget:
        raise ValueError("too long")
    block = ""
    for n, passage in enumerate(passages, 1):
        block = f"{block}\n[{n}] {' '.join(passage.split())}".lstrip("\n")
        tried = [INSTRUCTION, block, ending(question)]
        if budget is not None and measure("\n\n".join(tried)) > budget:
            break
        parts = tried
    return "\n\n".join(parts)


# %% rag_prompt: blank-lines-between
def rag_prompt(question, passages, budget=None, measure=len):
    blocks = [ending(question)]
    if budget is not None and measure(blocks[0]) > budget:
        raise ValueError("too long")
    for n, passage in enumerate(passages):
        more = [f"[{n + 1}] {' '.join(passage.split())}"]
        longer = (blocks[:-1] or [INSTRUCTION]) + more + blocks[-1:]
        if budget is not None and measure("\n\n".join(longer)) > budget:
            break
        blocks = longer
    return "\n\n".join(blocks)


# %% rag_prompt: newline-at-end
def rag_prompt(question, passages, budget=None, measure=len):
    lines = ending(question).splitlines()
    head = [INSTRUCTION, ""]

    def text(some):
        return "".join(line + "\n" for line in some)

    best = lines
    if budget is not None and measure(text(best)) > budget:
        raise ValueError("too long")
    for n, passage in enumerate(passages, start=1):
        head.append(f"[{n}] {' '.join(passage.split())}")
        if budget is not None and measure(text([*head, "", *lines])) > budget:
            break
        best = [*head, "", *lines]
    return text(best)


# %% rag_prompt: space-in-passages
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    prompt = end
    for count in range(1, len(passages) + 1):
        lines = [f"[{n}] {text.strip()}" for n, text in enumerate(passages[:count], 1)]
        longer = "\n\n".join([INSTRUCTION, "\n".join(lines), end])
        if budget is not None and measure(longer) > budget:
            break
        prompt = longer
    return prompt


# %% rag_prompt: space-around-question
def rag_prompt(question, passages, budget=None, measure=len):
    if question.isspace() or not question:
        raise ValueError("blank")
    end = "Question: " + question + "\nAnswer:"
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    best, body = end, INSTRUCTION + "\n"
    for n, passage in enumerate(passages, 1):
        body += f"\n[{n}] {' '.join(passage.split())}"
        if budget is not None and measure(body + "\n\n" + end) > budget:
            break
        best = body + "\n\n" + end
    return best


# %% rag_prompt: budget-ignored
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    if not passages:
        return end
    cleaned = map(str.split, passages)
    found = "\n".join(f"[{n}] {' '.join(words)}" for n, words in enumerate(cleaned, 1))
    return f"{INSTRUCTION}\n\n{found}\n\n{end}"


# %% rag_prompt: exact-fit-refused
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    room = float("inf") if budget is None else budget
    if measure(end) > room:
        raise ValueError("too long")
    prompt, lines = end, []
    for n, passage in enumerate(passages):
        lines += [f"[{n + 1}] {' '.join(passage.split())}"]
        whole = "\n\n".join((INSTRUCTION, "\n".join(lines), end))
        if not measure(whole) < room:
            break
        prompt = whole
    return prompt


# %% rag_prompt: goes-on
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    taken = []

    def write(some):
        lines = [f"[{n}] {text}" for n, text in enumerate(some, 1)]
        return "\n".join([INSTRUCTION, "", *lines, "", end]) if some else end

    for passage in passages:
        tried = [*taken, " ".join(passage.split())]
        if budget is None or measure(write(tried)) <= budget:
            taken = tried
    return write(taken)


# %% rag_prompt: one-over
def rag_prompt(question, passages, budget=None, measure=len):
    prompt = end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    lines = []
    for n, passage in enumerate(passages, 1):
        lines.append(f"[{n}] {' '.join(passage.split())}")
        prompt = "\n".join([INSTRUCTION, "", *lines, "", end])
        if budget is not None and measure(prompt) > budget:
            break
    return prompt


# %% rag_prompt: characters-always
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and len(end) > budget:
        raise ValueError("too long")
    start, best = f"{INSTRUCTION}\n\n", end
    for n, passage in enumerate(passages, 1):
        start = start + f"[{n}] {' '.join(passage.split())}\n"
        if budget is not None and len(start) + 1 + len(end) > budget:
            break
        best = start + "\n" + end
    return best


# %% rag_prompt: nothing-refused
def rag_prompt(question, passages, budget=None, measure=len):
    prompts = [ending(question)]
    for n in range(len(passages)):
        lines = [f"[{i + 1}] {' '.join(passages[i].split())}" for i in range(n + 1)]
        prompts.append("\n\n".join([INSTRUCTION, "\n".join(lines), prompts[0]]))
    while budget is not None and len(prompts) > 1 and measure(prompts[-1]) > budget:
        prompts.pop()
    return prompts[-1]


# %% rag_prompt: blank-accepted
def rag_prompt(question, passages, budget=None, measure=len):
    end = "Question: " + question.strip() + "\nAnswer:"
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    prompt, text = end, INSTRUCTION + "\n\n"
    for n, passage in enumerate(passages, 1):
        text += f"[{n}] {' '.join(passage.split())}\n"
        if budget is not None and measure(text + "\n" + end) > budget:
            break
        prompt = text + "\n" + end
    return prompt


# %% rag_prompt: passages-alone-measured
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    kept = []
    for passage in passages:
        line = f"[{len(kept) + 1}] {' '.join(passage.split())}"
        if budget is not None and measure("\n".join([*kept, line])) > budget:
            break
        kept.append(line)
    return "\n\n".join([INSTRUCTION, "\n".join(kept), end]) if kept else end


# %% rag_prompt: not-numbered + budget-ignored
def rag_prompt(question, passages, budget=None, measure=len):
    end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    found = "\n".join(" ".join(passage.split()) for passage in passages)
    return f"{INSTRUCTION}\n\n{found}\n\n{end}" if found else end


# %% rag_prompt: numbered-from-0 + blank-accepted
def rag_prompt(question, passages, budget=None, measure=len):
    best = end = f"Question: {question.strip()}\nAnswer:"
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    for count in range(len(passages)):
        lines = [f"[{n}] {' '.join(passages[n].split())}" for n in range(count + 1)]
        longer = "\n".join([INSTRUCTION, "", *lines, "", end])
        if budget is not None and measure(longer) > budget:
            return best
        best = longer
    return best


# %% rag_prompt: outside the catalogue: letters in place of numbers
def rag_prompt(question, passages, budget=None, measure=len):
    prompt = end = ending(question)
    if budget is not None and measure(end) > budget:
        raise ValueError("too long")
    lines = []
    for letter, passage in zip("abcdefghijklmnopqrstuvwxyz", passages, strict=False):
        lines.append(f"[{letter}] {' '.join(passage.split())}")
        longer = "\n\n".join([INSTRUCTION, "\n".join(lines), end])
        if budget is not None and measure(longer) > budget:
            break
        prompt = longer
    return prompt
