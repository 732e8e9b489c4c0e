"""The masked softmax and the attention written out, for mistakes inside what a body calls."""

from __future__ import annotations

FILL = "scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)"
SOFTMAX = "weights = scores.softmax(dim=-1)"
ZEROS = "weights = weights.masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)"
CALL = "weights = masked_softmax(scores, mask)"


def masked_softmax(*changes: tuple[str, str], indent: int = 8) -> tuple[str, str]:
    """A patch that writes ``masked_softmax`` out, with changes, in a body indented so far."""
    return CALL, _joined(_softmax_lines(), changes, indent)


def attention(call: str, *changes: tuple[str, str]) -> tuple[str, str]:
    """A patch that writes ``out, weights = scaled_dot_product_attention(query, ...)`` out.

    Args:
        call: the line of the body, whose own names are used.
        changes: pairs of old and new text, each old one once in what is written out.
    """
    out, _ = call.split(", ", 1)
    query, key, value = call[call.index("(") + 1 :].strip().split(", ")[:3]
    lines = [
        f"scores = {query} @ {key}.transpose(-2, -1) / {key}.size(-1) ** 0.5",
        *_softmax_lines(),
        f"{out} = torch.dropout(weights, dropout, True) @ {value}",
    ]
    return call, _joined(lines, changes, 8)


def _softmax_lines() -> list[str]:
    return ["if mask is not None:", f"    {FILL}", SOFTMAX, "if mask is not None:", f"    {ZEROS}"]


def _joined(lines: list[str], changes: tuple[tuple[str, str], ...], indent: int) -> str:
    text = ("\n" + " " * indent).join(lines)
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text
