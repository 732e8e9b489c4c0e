"""Sentences as vectors: what a BERT such as MiniLM was fine-tuned to give.

Shapes: ``n`` sentences, ``B`` in a batch, ``T`` tokens, ``D`` width of an embedding.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from unrolled.bert import BertModel
from unrolled.tokenizers import WordPiece

__all__ = ["SentenceEncoder"]


class SentenceEncoder:
    r"""A BERT and its tokenizer, which turn a sentence into one vector of length 1.

    .. math:: s = \frac{\bar h}{\lVert \bar h \rVert}, \quad \bar h = \frac{1}{T} \sum_t h_t

    The mean of the last hidden states over all real tokens, ``[CLS]`` and ``[SEP]`` among them
    (Reimers and Gurevych 2019, section 3). Two sentences that mean the same have a large dot
    product.

    Args:
        model: reads the tokens; its ``config.pad_token_id`` fills up shorter sentences.
        tokenizer: the one it was trained with.
        max_len: the most tokens of a sentence that are read. Default: 256, as in MiniLM's files.

    Attributes:
        model, tokenizer, max_len: as given.

    Raises:
        ValueError: if ``max_len`` is more than the model can read.
    """

    def __init__(self, model: BertModel, tokenizer: WordPiece, max_len: int = 256):
        longest = model.config.max_position_embeddings
        if max_len > longest:
            raise ValueError(f"max_len={max_len}: at most {longest}, what the model can read")
        self.model = model
        self.tokenizer = tokenizer
        self.max_len = max_len

    @torch.no_grad()
    def embed(self, sentences: Sequence[str], batch_size: int = 32) -> Tensor:
        """Embed some sentences.

        Args:
            sentences: at least one.
            batch_size: how many are read at once, at least 1. Default: 32.

        Shape:
            n sentences to ``(n, D)``.

        Returns:
            One vector of length 1 a sentence, on the model's device.

        Raises:
            TypeError: if ``sentences`` is a single string.
            ValueError: if there are none, or ``batch_size`` is below 1.
        """
        if isinstance(sentences, str):
            raise TypeError("sentences is one str, a list of them is wanted")
        if len(sentences) == 0:
            raise ValueError("sentences is empty, at least one is wanted")
        if batch_size < 1:
            raise ValueError(f"batch_size={batch_size}: at least 1 is wanted")
        batches = range(0, len(sentences), batch_size)
        return torch.cat([self._embed(sentences[i : i + batch_size]) for i in batches])  # (n, D)

    def _embed(self, sentences: Sequence[str]) -> Tensor:
        rows = [torch.tensor(self.tokenizer.encode(text, self.max_len)) for text in sentences]
        lengths = torch.tensor([len(row) for row in rows])  # (B,)
        pad_id = self.model.config.pad_token_id
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id)
        real = torch.arange(ids.size(1)) < lengths[:, None]  # (B, T)
        device = self.model.token_embedding.weight.device
        ids, real = ids.to(device), real.to(device)
        hidden, _ = self.model(ids, mask=real[:, None, None, :])  # (B, T, D)
        total = (hidden * real[:, :, None]).sum(dim=1)  # (B, D)
        mean = total / real.sum(dim=1, keepdim=True)  # (B, D)
        return torch.nn.functional.normalize(mean, dim=-1)  # (B, D)
