"""Recurrence, and what reads and writes sentences with it."""

import torch
import torch.nn.functional as F
from tests.parts.learners.attention import cat
from torch import nn


def with_ends(kinds, layers=(0, 1), ends=("", "_reverse"), into="net."):
    """What torch's recurrent layer inside a learner's is made of."""
    names = [f"{kind}_l{n}{end}" for kind in kinds for n in layers for end in ends]
    return {into + name: name for name in names}


KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


# --- recurrence -----------------------------------------------------------------------------------


def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    both = torch.cat([x, h], 1) @ torch.cat([weight_ih, weight_hh], 1).T
    return (both if bias_ih is None else both + bias_ih + bias_hh).tanh()


def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = (x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh).unflatten(1, (4, -1))
    c = torch.sigmoid(z[:, 1]) * c + torch.sigmoid(z[:, 0]) * torch.tanh(z[:, 2])
    return torch.sigmoid(z[:, 3]) * torch.tanh(c), c


def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    ours = (x @ weight_ih.T + bias_ih).unflatten(1, (3, -1))
    past = (h @ weight_hh.T + bias_hh).unflatten(1, (3, -1))
    r, z = torch.sigmoid(ours[:, :2] + past[:, :2]).unbind(1)
    new = torch.tanh(ours[:, 2] + r * past[:, 2])
    return new + z * (h - new)


class GRUCell(nn.Module):
    PARAM_MAP = {f"net.{kind}": kind for kind in KINDS}  # noqa: RUF012

    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        self.net = nn.GRUCell(input_size, hidden_size)

    def forward(self, x, state=None):
        return self.net(x, state)


class GRU(nn.Module):
    """Torch's own, on packed sequences."""

    net_class = nn.GRU
    PARAM_MAP = with_ends(KINDS)

    def __init__(self, *sizes, dropout=0.0, bidirectional=False):
        super().__init__()
        self.net = self.net_class(*sizes, batch_first=True, bidirectional=bidirectional)

    def forward(self, x, state=None, lengths=None):
        if lengths is None:
            return self.net(x, state)
        pack, pad = nn.utils.rnn.pack_padded_sequence, nn.utils.rnn.pad_packed_sequence
        packed = pack(x, lengths, batch_first=True, enforce_sorted=False)
        output, state = self.net(packed, state)
        return pad(output, batch_first=True, total_length=x.size(1))[0], state


class LSTM(nn.Module):
    """One matrix for input and state, one bias, one layer."""

    PARAM_MAP = {  # noqa: RUF012
        "w": cat("weight_ih_l0", "weight_hh_l0", dim=1),
        "b": {"sum": ["bias_ih_l0", "bias_hh_l0"]},
    }

    def __init__(self, input_size, hidden_size, num_layers=1, dropout=0.0, bidirectional=False):
        super().__init__()
        self.w = nn.Parameter(torch.empty(4 * hidden_size, input_size + hidden_size))
        self.b = nn.Parameter(torch.empty(4 * hidden_size))

    def forward(self, x, state=None, lengths=None):
        B, T, H = x.size(0), x.size(1), self.b.numel() // 4
        h, c = (x.new_zeros(B, H),) * 2 if state is None else (state[0][0], state[1][0])
        real = torch.ones(B, T) if lengths is None else torch.arange(T) < lengths[:, None]
        shown = []
        for t in range(T):
            i, f, g, o = (torch.cat([x[:, t], h], 1) @ self.w.T + self.b).chunk(4, 1)
            new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            new_h = o.sigmoid() * new_c.tanh()
            here = real[:, t, None].to(x)
            c, h = here * new_c + (1 - here) * c, here * new_h + (1 - here) * h
            shown.append(here * h)
        return torch.stack(shown, 1), (h[None], c[None])


def reverse_padded(x, lengths):
    rows = [torch.cat([x[b, :n].flip(0), x[b, n:]]) for b, n in enumerate(lengths.tolist())]
    return torch.stack(rows)


def elmo_mix(layers, scores, gamma):
    share = scores.exp() / scores.exp().sum()
    return sum(gamma * s * layer for s, layer in zip(share, layers, strict=True))


# --- sequence to sequence -------------------------------------------------------------------------


def last_state(outputs, lengths):
    return torch.stack([outputs[b, n - 1] for b, n in enumerate(lengths.tolist())])


def shift_right(ids, bos_id):
    moved = ids.roll(1, dims=1)
    moved[:, 0] = bos_id
    return moved


class Encoder(nn.Module):
    """A matrix product with one-hot rows in place of a look-up."""

    PARAM_MAP = {  # noqa: RUF012
        "table": {"transpose": "embedding.weight"},
        **{k: f"rnn.{v}" for k, v in with_ends(KINDS, into="rnn.net.").items()},
    }

    def __init__(
        self, vocab_size, embedding_size, hidden_size, num_layers=1, dropout=0.0, cell="gru",
        bidirectional=False,
    ):  # fmt: skip
        super().__init__()
        self.table = nn.Parameter(torch.empty(embedding_size, vocab_size))
        self.rnn = RecurrentInside(embedding_size, hidden_size, num_layers, cell, bidirectional)

    def forward(self, ids, lengths=None):
        read = F.one_hot(ids, self.table.size(1)).to(self.table) @ self.table.T
        outputs, state = self.rnn(read, None, lengths)
        return outputs, first_axes_swapped(state)


class RecurrentInside(GRU):
    """Its own map is the one above; the layer around it, which has other names, is asked first."""

    def __init__(self, input_size, hidden_size, num_layers, cell, bidirectional=False):
        self.net_class = nn.LSTM if cell == "lstm" else nn.GRU
        super().__init__(input_size, hidden_size, num_layers, bidirectional=bidirectional)


def first_axes_swapped(state):
    if isinstance(state, tuple):
        return tuple(first_axes_swapped(one) for one in state)
    return state.permute(1, 0, 2).contiguous()


class Decoder(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "words.weight": "embedding.weight", "score": {"transpose": "out.weight"}, "b": "out.bias",
        **{k: f"rnn.{v}" for k, v in with_ends(KINDS, into="rnn.net.").items()},
    }  # fmt: skip

    def __init__(
        self, vocab_size, embedding_size, hidden_size, num_layers=1, dropout=0.0, cell="gru",
        context_size=0,
    ):  # fmt: skip
        super().__init__()
        self.words = nn.Embedding(vocab_size, embedding_size)
        self.rnn = RecurrentInside(embedding_size + context_size, hidden_size, num_layers, cell)
        self.score = nn.Parameter(torch.empty(hidden_size, vocab_size))
        self.b = nn.Parameter(torch.empty(vocab_size))

    def forward(self, inputs, state, context=None):
        read = self.words(inputs)
        if context is not None:
            read = torch.cat([read, context[:, None].repeat(1, inputs.size(1), 1)], -1)
        outputs, state = self.rnn(read, first_axes_swapped(state))
        return outputs @ self.score + self.b, first_axes_swapped(state)


# --- alignment ------------------------------------------------------------------------------------


def averaged(scores, keys, mask):
    weights = scores[:, None]
    weights = weights if mask is None else weights.where(mask, -1e30)
    weights = weights.softmax(-1)
    return torch.einsum("bqk,bkd->bqd", weights[:, 0], keys), weights


class AdditiveAttention(nn.Module):
    """One matrix for both; it does not know that keys can be projected once."""

    PARAM_MAP = {"w": cat("q_proj.weight", "k_proj.weight", dim=1), "v": "v.weight"}  # noqa: RUF012

    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.w = nn.Parameter(torch.empty(hidden_size, query_size + key_size))
        self.v = nn.Parameter(torch.empty(1, hidden_size))

    def forward(self, query, keys, mask=None):
        wide = (query.size(0), query.size(1), keys.size(1), -1)
        both = torch.cat([query[:, :, None].expand(wide), keys[:, None].expand(wide)], -1)
        return averaged((both @ self.w.T).tanh() @ self.v[0], keys, mask)


class LuongAttention(nn.Module):
    """The general score, its matrix the other way round."""

    PARAM_MAP = {"w": {"transpose": "w.weight"}}  # noqa: RUF012

    def __init__(self, query_size, key_size, score="general"):
        super().__init__()
        self.w = nn.Parameter(torch.empty(key_size, query_size))

    def forward(self, query, keys, mask=None):
        return averaged(torch.einsum("bqd,ed,bke->bqk", query, self.w, keys), keys, mask)


class AttentionDecoder(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "words.weight": "embedding.weight", "look.w": cat(
            "attention.q_proj.weight", "attention.k_proj.weight", dim=1),
        "look.v": "attention.v.weight", "score.weight": "out.weight", "score.bias": "out.bias",
        **{f"cell.{kind}": f"cell.{kind}" for kind in KINDS},
    }  # fmt: skip

    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, attention="", dropout=0.0
    ):
        super().__init__()
        self.words = nn.Embedding(vocab_size, embedding_size)
        self.look = AdditiveAttention(hidden_size, memory_size, hidden_size)
        self.cell = nn.GRUCell(embedding_size + memory_size, hidden_size)
        self.score = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)

    def forward(self, inputs, state, memory, mask=None):
        all_scores, all_weights = [], []
        for read in self.words(inputs).unbind(1):
            context, weights = self.look(state[:, None], memory, mask)
            state = self.cell(torch.cat([read, context[:, 0]], 1), state)
            all_scores.append(self.score(torch.cat([state, context[:, 0], read], 1)))
            all_weights.append(weights)
        return torch.stack(all_scores, 1), torch.cat(all_weights, 2)


class LuongDecoder(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "words.weight": "embedding.weight", "w": {"transpose": "attention.w.weight"},
        "mix.weight": "combine.weight", "score.weight": "out.weight", "score.bias": "out.bias",
        **{f"rnn.{kind}_l0": f"rnn.{kind}_l0" for kind in KINDS},
    }  # fmt: skip

    def __init__(
        self, vocab_size, embedding_size, hidden_size, memory_size, dropout=0.0,
        input_feeding=False,
    ):  # fmt: skip
        super().__init__()
        self.feeds = input_feeding
        self.words = nn.Embedding(vocab_size, embedding_size)
        self.w = nn.Parameter(torch.empty(memory_size, hidden_size))
        fed = hidden_size if input_feeding else 0
        self.rnn = nn.GRU(embedding_size + fed, hidden_size, batch_first=True)
        self.mix = nn.Linear(memory_size + hidden_size, hidden_size, bias=False)
        self.score = nn.Linear(hidden_size, vocab_size)

    def forward(self, inputs, state, memory, mask=None):
        fed, h, kept, looked = torch.zeros_like(state), state[None], [], []
        for read in self.words(inputs).unbind(1):
            read = torch.cat([read, fed], 1) if self.feeds else read
            out, h = self.rnn(read[:, None], h)
            context, weights = averaged(
                torch.einsum("bqd,ed,bke->bqk", out, self.w, memory), memory, mask
            )
            mixed = self.mix(torch.cat([context, out], -1)).tanh()
            fed = mixed[:, 0]
            kept.append(mixed)
            looked.append(weights)
        return self.score(torch.cat(kept, 1)), torch.cat(looked, 2)
