"""Known mistakes in the decoder that looks back."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake
from unrolled.checks.sections import section

_EMBED = "words = self.dropout(self.embedding(inputs))"
_WORDS = "words.unbind(dim=1)"
_LOOK = "context, weights = self.attention(state[:, None], memory, mask)"
_READ = "read = torch.cat([word, context], dim=1)"
_CELL = "state = self.cell(read, state)"
_FEATURES = "features = torch.cat([state, context, word], dim=1)"
_ADVANCED = "return features, weights, state"
_FORWARD = "return logits, torch.cat(weights, dim=2)"
_LOGITS = "logits = self.out(self.dropout(features))  # (B, T, V)"
_STEP_EMBED = "word = self.dropout(self.embedding(last_ids))"
_STEP_LOGITS = "logits = self.out(self.dropout(features))  # (N, V)"
_STEP = "return logits, (state, memory, mask)"
_MASK = "mask = everywhere if mask is None else everywhere & mask"
_START = "return state, memory, mask\n"
_MADE = "self.dropout = nn.Dropout(dropout)"
_ADDITIVE_IF = 'if attention == "additive":'
_ADDITIVE_MADE = "AdditiveAttention(hidden_size, memory_size, hidden_size)"
_LUONG_MADE = "LuongAttention(hidden_size, memory_size, attention)"
_CELL_MADE = "GRUCell(embedding_size + memory_size, hidden_size)"
_OUT_MADE = "nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)"

DECODER = (
    Mistake("query-is-new-state", "the context is asked for with the state after the step; here the "
            "query is the state before it. (After the step is Luong's way.)",
            ((_CELL, f"{_CELL}\n        {_LOOK}\n        context = context.squeeze(1)"),)),
    Mistake("query-is-first-state", "every step asks with the state that the decoder started from; "
            "the query is the newest state.",
            ((_START, "return torch.cat([state, state], dim=1), memory, mask\n"),
             (_LOOK, "state, first = state.chunk(2, dim=1)\n        " +
              _LOOK.replace("state", "first")),
             (_ADVANCED, "return features, weights, torch.cat([state, first], dim=1)"))),
    Mistake("state-not-carried", "every step starts from the first state: the new state is not "
            "handed on.",
            ((_CELL, "old, state = state, self.cell(read, state)"),
             (_ADVANCED, "return features, weights, old"))),
    Mistake("context-not-read", "the cell does not read the context: it reads the word's vector and "
            "the context side by side.",
            ((_READ, "read = torch.cat([word, 0 * context], dim=1)"),)),
    Mistake("context-not-read", "the cell does not read the context: it reads the word's vector and "
            "the context side by side.",
            ((_READ, "read = word"), (_CELL_MADE, "GRUCell(embedding_size, hidden_size)")),
            variant="a narrower cell"),
    Mistake("word-not-read", "the cell does not read the word's vector: it reads the word's vector "
            "and the context side by side.",
            ((_READ, "read = torch.cat([0 * word, context], dim=1)"),)),
    Mistake("word-not-read", "the cell does not read the word's vector: it reads the word's vector "
            "and the context side by side.",
            ((_READ, "read = context"), (_CELL_MADE, "GRUCell(memory_size, hidden_size)")),
            variant="a narrower cell"),
    Mistake("read-swapped", "the cell reads the context first; the word's vector comes first.",
            ((_READ, "read = torch.cat([context, word], dim=1)"),)),
    Mistake("features-swapped", "the scores read the context before the state; the order is state, "
            "context, word.",
            ((_FEATURES, "features = torch.cat([context, state, word], dim=1)"),)),
    Mistake("features-swapped", "the scores read the word before the context; the order is state, "
            "context, word.",
            ((_FEATURES, "features = torch.cat([state, word, context], dim=1)"),),
            variant="word before context"),
    Mistake("features-swapped", "the scores read the word first; the order is state, context, word.",
            ((_FEATURES, "features = torch.cat([word, context, state], dim=1)"),),
            variant="word first"),
    Mistake("scores-from-old-state", "the scores read the state before the step; they read the new "
            "one.",
            ((_CELL, "old, state = state, self.cell(read, state)"),
             (_FEATURES, _FEATURES.replace("state", "old")))),
    Mistake("scores-without-context", "the scores do not read the context.",
            ((_FEATURES, _FEATURES.replace("context", "0 * context")),)),
    Mistake("scores-without-context", "the scores do not read the context.",
            ((_FEATURES, _FEATURES.replace("context, ", "")),
             (_OUT_MADE, _OUT_MADE.replace("memory_size + ", ""))), variant="a narrower layer"),
    Mistake("scores-without-word", "the scores do not read the word's vector.",
            ((_FEATURES, _FEATURES.replace("word", "0 * word")),)),
    Mistake("scores-without-word", "the scores do not read the word's vector.",
            ((_FEATURES, _FEATURES.replace(", word", "")),
             (_OUT_MADE, _OUT_MADE.replace(" + embedding_size", ""))), variant="a narrower layer"),
    Mistake("context-of-last-step", "each step uses the context of the step before: look first, "
            "then step.",
            ((_START, "none = memory.new_zeros(B, self.memory_size)\n"
              "        return torch.cat([state, none], dim=1), memory, mask\n"),
             (_LOOK, "state, before = state.split([self.hidden_size, self.memory_size], dim=1)\n"
              "        " + _LOOK),
             (_READ, "context, before = before, context\n        " + _READ),
             (_ADVANCED, "return features, weights, torch.cat([state, before], dim=1)"))),
    Mistake("one-step-late", "the first input is not read, and the last is read twice: step t reads "
            "the t-th input.",
            ((_WORDS, "torch.cat([words[:, 1:], words[:, -1:]], dim=1).unbind(dim=1)"),)),
    Mistake("inputs-reversed", "the inputs are read from the last to the first.",
            ((_EMBED, _EMBED + ".flip(1)"),)),
    Mistake("decoder-mask-ignored", "the mask is not passed on to the attention.",
            ((_MASK, "mask = None"),), section=section("sec-05-mask")),
    Mistake("decoder-mask-inverted", "the mask is inverted: True means may attend.",
            ((_MASK, _MASK.replace("& mask", "& ~mask")),), section=section("sec-05-mask")),
    Mistake("mask-not-expanded", "a mask without an axis of sentences has no rows to exchange: "
            "expand it to (B, 1, 1, Tk) before it is carried.", ((_MASK, "mask = everywhere if mask is None else mask"),)),
    Mistake("memory-kept-aside", "the memory is kept in the decoder and not in what is carried, so a "
            "beam search cannot exchange its rows.",
            ((_START, "self._memory = memory\n        return state, state, mask\n"),
             (_LOOK, _LOOK.replace("memory", "self._memory")))),
    Mistake("step-state-not-carried", "step returns what it was given; it returns what the next "
            "step needs, with the new state.",
            ((_STEP, "return logits, carried"),)),
    Mistake("step-keeps-axis", "step returns logits (N, 1, V); (N, V) is wanted.",
            ((_STEP, _STEP.replace("logits", "logits.unsqueeze(1)")),)),
    Mistake("attention-name-ignored", "the attention is additive whatever is asked for.",
            ((_ADDITIVE_IF, "if True:"),)),
    Mistake("attention-always-general", "Luong's attention is always general: pass the name on.",
            ((_LUONG_MADE, "LuongAttention(hidden_size, memory_size)"),)),
    Mistake("attention-width", "the additive attention is memory_size wide inside; hidden_size is "
            "wanted.",
            ((_ADDITIVE_MADE, "AdditiveAttention(hidden_size, memory_size, memory_size)"),)),
    Mistake("decoder-weights-transposed", "the weights are (B, 1, Tk, T): a row is a step, a column a "
            "source position.",
            ((_FORWARD, _FORWARD + ".transpose(2, 3)"),)),
    Mistake("decoder-weights-side-by-side", "the weights of the steps stand side by side in one row, "
            "(B, 1, 1, T * Tk): each step is a row of its own, so join them along axis 2.",
            ((_FORWARD, _FORWARD.replace("dim=2", "dim=3")),)),
    Mistake("decoder-weights-no-head-axis", "the weights lack the axis of heads: (B, 1, T, Tk) is "
            "wanted.", ((_FORWARD, _FORWARD + ".squeeze(1)"),)),
    Mistake("last-weights-only", "the weights are those of the last step alone: collect them.",
            ((_FORWARD, "return logits, weights[-1]"),)),
    Mistake("probabilities-returned", "probabilities are returned; scores (logits) are wanted, the "
            "loss does the rest.",
            ((_FORWARD, _FORWARD.replace("logits", "logits.softmax(dim=-1)")),
             (_STEP, _STEP.replace("logits", "logits.softmax(dim=-1)")))),
    Mistake("probabilities-returned", "logarithms of probabilities are returned; scores (logits) "
            "are wanted, the loss does the rest.",
            ((_FORWARD, _FORWARD.replace("logits", "logits.log_softmax(dim=-1)")),
             (_STEP, _STEP.replace("logits", "logits.log_softmax(dim=-1)"))),
            variant="log_softmax"),
    Mistake("tanh-before-scores", "what the scores read goes through a tanh; the layer out reads it "
            "as it is.", ((_FEATURES, _FEATURES + ".tanh()"),)),
    Mistake("decoder-dropout-missing", "dropout is never applied, also not while training.",
            ((_MADE, "self.dropout = nn.Identity()"),)),
    Mistake("decoder-dropout-in-eval", "dropout is also applied in evaluation.",
            ((_MADE, "self.dropout = lambda x: nn.functional.dropout(x, dropout)"),)),
    Mistake("dropout-on-words-only", "dropout falls on the embeddings alone; it also falls on what "
            "the scores read.",
            ((_LOGITS, _LOGITS.replace("self.dropout(features)", "features")),
             (_STEP_LOGITS, _STEP_LOGITS.replace("self.dropout(features)", "features")))),
    Mistake("dropout-on-scores-only", "dropout falls on what the scores read alone; it also falls on "
            "the embeddings.",
            ((_EMBED, "words = self.embedding(inputs)"),
             (_STEP_EMBED, "word = self.embedding(last_ids)"))),
    Mistake("dropout-on-memory", "dropout falls on the memory; it falls on the embeddings and on "
            "what the scores read.",
            ((_START, "memory = self.dropout(memory)\n        " + _START),)),
    Mistake("state-detached", "the state is detached between two steps: no gradient flows through "
            "time.", ((_ADVANCED, _ADVANCED + ".detach()"),)),
    Mistake("memory-detached", "the memory is detached: the encoder would learn nothing through "
            "the attention.",
            ((_START, "memory = memory.detach()\n        " + _START),)),
    Mistake("embedding-padding", "row 0 of the embedding gets no gradient: padding_idx is set, which "
            "is not asked for.",
            (("nn.Embedding(vocab_size, embedding_size)",
              "nn.Embedding(vocab_size, embedding_size, padding_idx=0)"),)),
)  # fmt: skip
