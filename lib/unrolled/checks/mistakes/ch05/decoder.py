"""Known mistakes in the decoder that looks back."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_EMBED = "embedded = self.dropout(self.embedding(inputs))"
_LOOK = "context, weights = self.look(state[:, None], carried)"
_READ = "read = torch.cat([embedded, context], dim=2)"
_CELL = "state = self.cell(read.squeeze(1), state)"
_FEATURES = "features = torch.cat([state[:, None], context, embedded], dim=2)"
_CARRIED = "return features, weights, (state, fed, memory, mask, projected)"
_ADVANCE = "feature, weight, carried = self.advance(embedded[:, t : t + 1], carried)"
_FORWARD = "return self.out(self.dropout(features)), torch.cat(weights, dim=2)"
_STEP_EMBED = "embedded = self.dropout(self.embedding(last_ids[:, None]))"
_STEP = "return self.out(self.dropout(features)).squeeze(1), carried"
_STEP_ADVANCE = "features, _, carried = self.advance(embedded, carried)"
_START = "return state, None, memory, mask, None if project is None else project(memory)"
_EXPAND = "mask = mask.expand(memory.size(0), 1, 1, memory.size(1))"
_MADE = "self.dropout = nn.Dropout(dropout)"
_CELL_MADE = "GRUCell(embedding_size + memory_size, hidden_size)"
_OUT_MADE = "nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)"
_LOGITS = "self.out(self.dropout(features))"

DECODER = (
    Mistake("query-is-new-state", "the context is asked for with the state after the step; here the "
            "query is the state before it. (After the step is Luong's way.)",
            ((_CELL, _CELL + "\n        context, weights = self.look(state[:, None], carried)"),)),
    Mistake("query-is-first-state", "every step asks with the state that the decoder started from; "
            "the query is the newest state.",
            ((_LOOK, "context, weights = self.look((state if fed is None else fed)[:, None], carried)"),
             (_CARRIED, "return features, weights, (state, carried[0] if fed is None else fed, "
              "memory, mask, projected)"))),
    Mistake("state-not-carried", "every step starts from the first state: the new state is not "
            "handed on.", ((_CARRIED, "return features, weights, carried"),)),
    Mistake("context-not-read", "the cell does not read the context: it reads the word's vector and "
            "the context side by side.",
            ((_READ, "read = torch.cat([embedded, 0 * context], dim=2)"),)),
    Mistake("context-not-read", "the cell does not read the context: it reads the word's vector and "
            "the context side by side.",
            ((_READ, "read = embedded"), (_CELL_MADE, "GRUCell(embedding_size, hidden_size)")),
            variant="a narrower cell"),
    Mistake("word-not-read", "the cell does not read the word's vector: it reads the word's vector "
            "and the context side by side.",
            ((_READ, "read = torch.cat([0 * embedded, context], dim=2)"),)),
    Mistake("word-not-read", "the cell does not read the word's vector: it reads the word's vector "
            "and the context side by side.",
            ((_READ, "read = context"), (_CELL_MADE, "GRUCell(memory_size, hidden_size)")),
            variant="a narrower cell"),
    Mistake("read-swapped", "the cell reads the context first; the word's vector comes first.",
            ((_READ, "read = torch.cat([context, embedded], dim=2)"),)),
    Mistake("features-swapped", "the scores read the context before the state; the order is state, "
            "context, word.",
            ((_FEATURES, "features = torch.cat([context, state[:, None], embedded], dim=2)"),)),
    Mistake("features-swapped", "the scores read the word before the context; the order is state, "
            "context, word.",
            ((_FEATURES, "features = torch.cat([state[:, None], embedded, context], dim=2)"),),
            variant="word before context"),
    Mistake("features-swapped", "the scores read the word first; the order is state, context, word.",
            ((_FEATURES, "features = torch.cat([embedded, context, state[:, None]], dim=2)"),),
            variant="word first"),
    Mistake("scores-from-old-state", "the scores read the state before the step; they read the new "
            "one.", ((_FEATURES, _FEATURES.replace("state[:, None]", "carried[0][:, None]")),)),
    Mistake("scores-without-context", "the scores do not read the context.",
            ((_FEATURES, _FEATURES.replace("context", "0 * context")),)),
    Mistake("scores-without-context", "the scores do not read the context.",
            ((_FEATURES, _FEATURES.replace("context, ", "")),
             (_OUT_MADE, _OUT_MADE.replace("memory_size + ", ""))), variant="a narrower layer"),
    Mistake("scores-without-word", "the scores do not read the word's vector.",
            ((_FEATURES, _FEATURES.replace("embedded", "0 * embedded")),)),
    Mistake("scores-without-word", "the scores do not read the word's vector.",
            ((_FEATURES, _FEATURES.replace(", embedded", "")),
             (_OUT_MADE, _OUT_MADE.replace(" + embedding_size", ""))), variant="a narrower layer"),
    Mistake("context-of-last-step", "each step uses the context of the step before: look first, "
            "then step.",
            ((_LOOK, _LOOK + "\n        context, fed = context.new_zeros(context.shape) if fed is "
              "None else fed, context"),)),
    Mistake("one-step-late", "the first input is not read, and the last is read twice: step t reads "
            "the t-th input.",
            ((_ADVANCE, "feature, weight, carried = self.advance(embedded[:, (t + 1 if t + 1 < "
              "inputs.size(1) else t) :][:, :1], carried)"),)),
    Mistake("inputs-reversed", "the inputs are read from the last to the first.",
            ((_EMBED, _EMBED + ".flip(1)"),)),
    Mistake("decoder-mask-ignored", "the mask is not passed on to the attention.",
            ((_START, _START.replace("memory, mask", "memory, None")),)),
    Mistake("decoder-mask-inverted", "the mask is inverted: True means may attend.",
            ((_EXPAND, _EXPAND.replace("mask.expand", "(~mask).expand")),)),
    Mistake("mask-not-expanded", "a mask without an axis of sentences has no rows to exchange: "
            "expand it to (B, 1, 1, Tk) before it is carried.", ((_EXPAND, "pass"),)),
    Mistake("memory-kept-aside", "the memory is kept in the decoder and not in what is carried, so a "
            "beam search cannot exchange its rows.",
            ((_START, "self._memory = memory, None if project is None else project(memory)\n"
              "        return state, None, state, mask, state"),
             ("_, _, memory, mask, projected = carried",
              "_, _, _, mask, _ = carried\n        memory, projected = self._memory"))),
    Mistake("step-state-not-carried", "step returns what it was given; it returns what the next "
            "step needs, with the new state.",
            ((_STEP_ADVANCE, "features, _, _ = self.advance(embedded, carried)"),)),
    Mistake("step-keeps-axis", "step returns logits (N, 1, V); (N, V) is wanted.",
            ((_STEP, _STEP.replace(".squeeze(1)", "")),)),
    Mistake("attention-name-ignored", "the attention is additive whatever is asked for.",
            (('if name == "additive":', "if name:"),)),
    Mistake("attention-always-general", "Luong's attention is always general: pass the name on.",
            (("self.memory_size, name)", "self.memory_size)"),)),
    Mistake("attention-width", "the additive attention is memory_size wide inside; hidden_size is "
            "wanted.",
            (("(self.hidden_size, self.memory_size, self.hidden_size)",
              "(self.hidden_size, self.memory_size, self.memory_size)"),)),
    Mistake("decoder-weights-transposed", "the weights are (B, 1, Tk, T): a row is a step, a column a "
            "source position.",
            ((_FORWARD, _FORWARD + ".transpose(2, 3)"),)),
    Mistake("decoder-weights-no-head-axis", "the weights lack the axis of heads: (B, 1, T, Tk) is "
            "wanted.", ((_FORWARD, _FORWARD + ".squeeze(1)"),)),
    Mistake("last-weights-only", "the weights are those of the last step alone: collect them.",
            ((_FORWARD, _FORWARD.replace("torch.cat(weights, dim=2)", "weights[-1]")),)),
    Mistake("probabilities-returned", "probabilities are returned; scores (logits) are wanted, the "
            "loss does the rest.",
            ((_FORWARD, _FORWARD.replace(_LOGITS, _LOGITS + ".softmax(dim=-1)")),
             (_STEP, _STEP.replace(".squeeze(1)", ".squeeze(1).softmax(dim=-1)")))),
    Mistake("probabilities-returned", "logarithms of probabilities are returned; scores (logits) "
            "are wanted, the loss does the rest.",
            ((_FORWARD, _FORWARD.replace(_LOGITS, _LOGITS + ".log_softmax(dim=-1)")),
             (_STEP, _STEP.replace(".squeeze(1)", ".squeeze(1).log_softmax(dim=-1)"))),
            variant="log_softmax"),
    Mistake("tanh-before-scores", "what the scores read goes through a tanh; the layer out reads it "
            "as it is.", ((_FEATURES, _FEATURES + ".tanh()"),)),
    Mistake("decoder-dropout-missing", "dropout is never applied, also not while training.",
            ((_MADE, "self.dropout = nn.Identity()"),)),
    Mistake("decoder-dropout-in-eval", "dropout is also applied in evaluation.",
            ((_MADE, "self.dropout = lambda x: nn.functional.dropout(x, dropout)"),)),
    Mistake("dropout-on-words-only", "dropout falls on the embeddings alone; it also falls on what "
            "the scores read.",
            ((_FORWARD, _FORWARD.replace("self.dropout(features)", "features")),
             (_STEP, _STEP.replace("self.dropout(features)", "features")))),
    Mistake("dropout-on-scores-only", "dropout falls on what the scores read alone; it also falls on "
            "the embeddings.",
            ((_EMBED, "embedded = self.embedding(inputs)"),
             (_STEP_EMBED, "embedded = self.embedding(last_ids[:, None])"))),
    Mistake("dropout-on-memory", "dropout falls on the memory; it falls on the embeddings and on "
            "what the scores read.",
            ((_START, "memory = self.dropout(memory)\n        " + _START),)),
    Mistake("state-detached", "the state is detached between two steps: no gradient flows through "
            "time.", ((_CARRIED, _CARRIED.replace("(state,", "(state.detach(),")),)),
    Mistake("memory-detached", "the memory is detached: the encoder would learn nothing through "
            "the attention.",
            ((_START, "memory = memory.detach()\n        " + _START),)),
    Mistake("embedding-padding", "row 0 of the embedding gets no gradient: padding_idx is set, which "
            "is not asked for.",
            (("nn.Embedding(vocab_size, embedding_size)",
              "nn.Embedding(vocab_size, embedding_size, padding_idx=0)"),)),
)  # fmt: skip
