"""A conversation with a small instruction-tuned Llama, such as SmolLM2-135M-Instruct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from unrolled.tokenizers import ByteBPE

__all__ = ["Chat", "chat_text"]

START, END = "<|im_start|>", "<|im_end|>"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
ROLES = ("system", "user", "assistant")

Message = Mapping[str, str]


def chat_text(messages: Sequence[Message], system: str = SYSTEM) -> str:
    r"""Write a conversation as SmolLM2 was trained to read it, up to where its answer begins.

    Args:
        messages: each with ``"role"`` (system, user or assistant) and ``"content"``; at least one.
        system: what stands before a conversation without a first system message. Default: the
            message SmolLM2 was trained with.

    Returns:
        The text, which ends with the line that opens the assistant's turn.

    Raises:
        ValueError: if there are no messages, or one has another role.

    Matches the chat template in SmolLM2's own files with ``add_generation_prompt``.

    >>> print(chat_text([{"role": "user", "content": "Hi!"}], system="Be kind."))
    <|im_start|>system
    Be kind.<|im_end|>
    <|im_start|>user
    Hi!<|im_end|>
    <|im_start|>assistant
    <BLANKLINE>
    """
    turns = [f"{START}{role}\n{content}{END}\n" for role, content in _turns(messages, system)]
    return "".join([*turns, f"{START}assistant\n"])


class Chat:
    """A model and its tokenizer, which answer.

    Args:
        model: has ``generate``, as ``Llama`` does.
        tokenizer: has the special tokens ``<|im_start|>`` and ``<|im_end|>``.

    Attributes:
        model, tokenizer: as given.

    Raises:
        ValueError: if the tokenizer lacks a special token.
    """

    def __init__(self, model: Any, tokenizer: ByteBPE):
        for token in (START, END):
            if token not in tokenizer.special_tokens:
                raise ValueError(f"the tokenizer has no special token {token}, which a chat needs")
        self.model = model
        self.tokenizer = tokenizer

    def encode(self, messages: Sequence[Message], system: str = SYSTEM) -> list[int]:
        """Return the ids of :func:`chat_text`.

        Special tokens inside a message are read as plain characters: nobody can end their turn by
        writing ``<|im_end|>``.

        Args:
            messages: the conversation so far.
            system: see :func:`chat_text`.
        """
        special, plain = self.tokenizer.special_tokens, self._plain
        ids: list[int] = []
        for role, content in _turns(messages, system):
            ids += [special[START], *plain(f"{role}\n{content}"), special[END], *plain("\n")]
        return [*ids, special[START], *plain("assistant\n")]

    def _plain(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, allow_special=False)

    def reply(
        self, messages: str | Sequence[Message], max_new_tokens: int = 128, **sampling: Any
    ) -> str:
        """Answer a question, or the last message of a conversation.

        Args:
            messages: one question, or the conversation so far.
            max_new_tokens: the longest answer in tokens. Default: 128.
            sampling: ``temperature``, ``top_k``, ``top_p`` and ``generator`` of the model's
                ``generate``. Default: the most probable token each time.

        Returns:
            The answer.
        """
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        prompt = self.encode(messages)
        device = next(self.model.parameters()).device
        end = self.tokenizer.special_tokens[END]
        ids = self.model.generate(
            torch.tensor([prompt], device=device), max_new_tokens, eos_id=end, **sampling
        )
        return self.tokenizer.decode(ids[0, len(prompt) :].tolist(), skip_special=True)


def _turns(messages: Sequence[Message], system: str) -> list[tuple[str, str]]:
    if len(messages) == 0:
        raise ValueError("messages is empty, at least one is wanted")
    turns = [(message["role"], message["content"]) for message in messages]
    for n, (role, _) in enumerate(turns):
        if role not in ROLES:
            raise ValueError(
                f"messages[{n}] has role {role!r}, one of {', '.join(ROLES)} is wanted"
            )
    return turns if turns[0][0] == "system" else [("system", system), *turns]
