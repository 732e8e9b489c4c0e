"""One small valid call for every public name: what the tests of refusals start from.

A row is a function (or layer, or method of a layer), its arguments by name, and the shapes of its
tensors as its docstring writes them: a letter is any size of at least 1, and the same size wherever
it stands in the row; a number is that size; ``...`` any axes. Sizes are pairwise different.
"""

# ruff: noqa: E501 - a table with a call a row

from dataclasses import dataclass, field
from functools import partial

import torch
from torch import nn

from unrolled import (
    alignment,
    attention,
    basics,
    bert,
    blocks,
    capture,
    decoding,
    elmo,
    embeddings,
    gpt,
    llama,
    lora,
    positions,
    recurrent,
    repairs,
    retrieval,
    scaling,
    seq2seq,
    tokenizers,
    training,
    transformer,
    vit,
)  # fmt: skip

__all__ = ["CALLS", "MODULES", "WITHOUT", "Call"]

MODULES = (
    alignment, attention, basics, bert, blocks, capture, decoding, elmo, embeddings, gpt, llama,
    lora, positions, recurrent, repairs, retrieval, scaling, seq2seq, tokenizers, training,
    transformer, vit,
)  # fmt: skip


@dataclass
class Call:
    """A valid call.

    Attributes:
        function: what is called.
        given: its arguments by name.
        shapes: name of a tensor argument to its shape; None for one that may be left out.
        ids: name of a tensor of ids to the size of its vocabulary.
        fine: name of an argument and how it may be changed, to why the call stays valid.
    """

    function: object
    given: dict
    shapes: dict = field(default_factory=dict)
    ids: dict = field(default_factory=dict)
    fine: dict = field(default_factory=dict)


def floats(*sizes):
    return torch.rand(*sizes) + 0.1


def ints(top, *sizes, low=0):
    return torch.arange(torch.Size(sizes).numel()).view(sizes) % (top - low) + low


def mask(*sizes):
    return torch.ones(*sizes, dtype=torch.bool)


def call(function, shapes=None, ids=None, allowed=None, /, fine=None, **given):
    return Call(function, given, shapes or {}, ids or {}, fine or allowed or {})


SMALL = {"hidden_size": 12, "num_hidden_layers": 1, "num_attention_heads": 3}
CONFIGS = {
    "bert": bert.BertConfig(
        vocab_size=17, intermediate_size=20, max_position_embeddings=9, **SMALL
    ),
    "gpt": gpt.GPTConfig(17, n_positions=9, n_embd=12, n_layer=1, n_head=3),
    "llama": llama.LlamaConfig(17, 12, 20, 1, 3, num_key_value_heads=1, max_position_embeddings=9),
    "vit": vit.ViTConfig(intermediate_size=20, image_size=8, patch_size=4, **SMALL),
}
DROPOUT = {"dropout": 0.25}
END = {"dropout": "1.0"}


def steps(last, state):
    return torch.zeros(len(last), 7).index_fill(1, torch.tensor(5), 1.0), state


def filled_cache():
    cache = gpt.KVCache(1)
    cache.append(0, floats(3, 2, 5, 4), floats(3, 2, 5, 4))
    return cache


def adapted():
    model = nn.ModuleDict({"q_proj": nn.Linear(6, 4), "v_proj": nn.Linear(6, 5)})
    lora.add_lora(model, rank=2, alpha=4.0)
    return model


def linear_loss(model, batch):
    return model(batch).square().mean()


def indexed():
    index = retrieval.PassageIndex(lambda texts: floats(len(texts), 4))
    index.add(["one", "two", "three", "four"])
    return index


def trained(model=None):
    model = nn.Linear(3, 2) if model is None else model
    return {"model": model, "optimizer": torch.optim.SGD(model.parameters(), 0.1)}


VOCAB = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##b": 4, "ab": 5}


def byte_bpe():
    return tokenizers.ByteBPE([(b"a", b"b")])


def word_piece():
    return tokenizers.WordPiece(VOCAB)


def bert_call(name):
    model = getattr(bert, name)(CONFIGS["bert"]).eval()
    return call(
        model, {"ids": "B T", "segments": "B T", "mask": "B 1 1 T"}, {"ids": 17, "segments": 2},
        {"mask": "fewer axis0-1"}, ids=ints(17, 2, 5), segments=ints(2, 2, 5), mask=mask(2, 1, 1, 5),
    )  # fmt: skip


def config_call(kind, config):
    return call(partial(kind, config))


TEXT_LOSS = {"logits": floats(2, 5, 7), "ids": ints(7, 2, 5)}
ATTENTION = {"query": "B T 12", "key": "B S 12", "value": "B S 12", "mask": "1 1 1 S"}
ATTENDED = {
    "query": floats(2, 4, 12), "key": floats(2, 5, 12), "value": floats(2, 5, 12),
    "mask": mask(1, 1, 1, 5),
}  # fmt: skip
STEP = {
    "x": "B I",
    "h": "B H",
    "weight_hh": "G H",
    "weight_ih": "G I",
    "bias_ih": "G",
    "bias_hh": "G",
}


def step_given(gates):
    G = gates * 4  # of a state of 4
    return {
        "x": floats(2, 3), "h": floats(2, 4), "weight_ih": floats(G, 3), "weight_hh": floats(G, 4),
        "bias_ih": floats(G), "bias_hh": floats(G),
    }  # fmt: skip


def layer_calls(name, steps):
    """A recurrent layer and its cell: what they are made of, and what they read."""
    kind, cell = getattr(recurrent, name), getattr(recurrent, f"{name}Cell")
    sizes = {"input_size": 3, "hidden_size": 4}
    states = {} if name == "LSTM" else {"state": "2 B 4"}
    cell_states = {} if name == "LSTM" else {"state": "B 4"}
    return {
        name: call(kind, **sizes, num_layers=2, **DROPOUT),
        f"{name}.forward": call(
            kind(**sizes, num_layers=2), {"x": "B T 3", "lengths": "B", **states},
            x=floats(2, 5, 3), lengths=torch.tensor([5, 3]),
            **({} if name == "LSTM" else {"state": floats(2, 2, 4)}),
        ),
        f"{name}Cell": call(cell, **sizes),
        f"{name}Cell.forward": call(
            cell(**sizes), {"x": "B 3", **cell_states}, x=floats(2, 3),
            **({} if name == "LSTM" else {"state": floats(2, 4)}),
        ),
    }  # fmt: skip


def attention_calls(kind, **more):
    sizes = {"d_model": 12, "n_heads": 3}
    fewer = {"mask": "fewer axis0+1: it broadcasts"}
    return {
        kind.__name__: call(kind, **sizes, **DROPOUT, **more),
        f"{kind.__name__}.forward": call(kind(**sizes), ATTENTION, None, fewer, **ATTENDED),
    }


SEARCH = {"step": steps, "state": floats(3, 4), "bos_id": 1, "eos_id": 5, "max_len": 4}
ANY_STATE = {"state": "any: a state is whatever the step makes of it", "bos_id": "0", "eos_id": "0"}
BLOCK = {"d_model": 12, "n_heads": 3, "d_ff": 20}
SPEECH = {"decoder": "bahdanau", "attention": "additive"}
SEQ2SEQ = {"embedding_size": 4, "hidden_size": 6, "pad_id": 0, "bos_id": 1}
VOCABS = {"source_vocab_size": 17, "target_vocab_size": 19}
SENTENCES = {"source": ints(17, 2, 5, low=1), "target": ints(19, 2, 4, low=1)}
TEXTS = ({"source": "B S", "target": "B T"}, {"source": 17, "target": 19})
TRIPLE = {"centre": "N", "context": "N", "negatives": "N K"}
TRIPLE_IDS = {"centre": ints(7, 4), "context": ints(7, 4), "negatives": ints(7, 4, 3)}
SEVEN = dict.fromkeys(TRIPLE, 7)
DECODE = {"inputs": "B T", "state": "B 6", "memory": "B S 8", "mask": "1 1 1 S"}
DECODED = {
    "inputs": ints(11, 2, 3), "state": floats(2, 6), "memory": floats(2, 5, 8),
    "mask": mask(1, 1, 1, 5),
}  # fmt: skip
LOOK = {"query": "B T 6", "keys": "B S 8", "mask": "1 1 1 S"}
LOOKED = {"query": floats(2, 3, 6), "keys": floats(2, 5, 8), "mask": mask(1, 1, 1, 5)}
BROADCAST = {"mask": "fewer axis0+1: it broadcasts"}

NO_PAD = {"pad_id": "-1 0: any id"}
CALLS = {
    # basics
    "softmax": call(basics.softmax, {"logits": "..."}, logits=floats(2, 3), dim=-1,
                    fine={"dim": "-1 0: axes"}),
    "masked_softmax": call(basics.masked_softmax, {"scores": "B T K", "mask": "1 T K"}, None,
                           BROADCAST | {"scores": "more: any leading axes"}, scores=floats(2, 3, 5), mask=mask(1, 3, 5)),
    "cross_entropy": call(basics.cross_entropy, {"logits": "N V", "targets": "N"},
                          {"targets": 7}, logits=floats(4, 7), targets=ints(7, 4),
                          fine={"logits": "axis1+1: more classes than are named"}),
    "embedding_lookup": call(basics.embedding_lookup, {"weight": "V D", "ids": "..."}, {"ids": 7},
                             weight=floats(7, 3), ids=ints(7, 2, 4),
                             fine={"weight": "dtype: a table of anything"}),
    # training
    "language_model_loss": call(training.language_model_loss, {"logits": "B T V", "ids": "B T"},
                                {"ids": 7}, **TEXT_LOSS, pad_id=0, fine={
                                    "ids": "any: the first is predicted by nothing", **NO_PAD}),
    "sequence_loss": call(training.sequence_loss, {"logits": "B T V", "targets": "B T"},
                          {"targets": 7}, logits=floats(2, 5, 7), targets=ints(7, 2, 5), pad_id=0, fine={"pad_id": "-1 0 None: any id, or no padding"}),
    "label_smoothing_loss": call(
        training.label_smoothing_loss, {"logits": "B T V", "targets": "B T"}, {"targets": 7},
        logits=floats(2, 5, 7), targets=ints(7, 2, 5), smoothing=0.1, pad_id=0, fine=NO_PAD),
    "noam_schedule": call(training.noam_schedule, step=3, d_model=8, warmup=5),
    "cosine_schedule": call(training.cosine_schedule, step=3, total=9, warmup=2, peak=0.1, floor=0.01,
                            fine={"warmup": "0: none"}),
    "clip_gradients": call(lambda max_norm: training.clip_gradients([nn.Parameter(floats(2))], max_norm),
                           max_norm=1.5),
    "training_step": call(partial(training.training_step, batch=floats(4, 3)), **trained(),
                          loss=linear_loss, max_norm=1.5),
    "fit": call(training.fit, **trained(), batches=[floats(4, 3)], loss=linear_loss, epochs=1,
                steps=2, max_norm=1.5, progress=False, precision="float32", save_every=3),
    "seed_everything": call(training.seed_everything, seed=3, fine={"seed": "0: a seed"}),
    # tokenizers
    "train_bpe": call(tokenizers.train_bpe, text="low lower lowest", n_merges=3,
                      fine={"n_merges": "0: bytes alone"}),
    "bpe_merge": call(tokenizers.bpe_merge, tokens=[b"a", b"b"], ranks={(b"a", b"b"): 0},
                      fine={"tokens": "empty: nothing", "ranks": "empty: no merges"}),
    "pre_tokenize": call(tokenizers.pre_tokenize, text="a word"),
    "clean_text": call(tokenizers.clean_text, text="a word"),
    "bert_words": call(tokenizers.bert_words, text="a word"),
    "wordpiece_tokenize": call(tokenizers.wordpiece_tokenize, word="ab", vocab=VOCAB,
                               unk_token="[UNK]", max_chars=9, fine={"vocab": "empty: all unknown"}),
    "ByteBPE": call(tokenizers.ByteBPE, merges=[(b"a", b"b")], special_tokens=["<s>"],
                    fine={"merges": "empty: bytes", "special_tokens": "empty: none"}),
    "ByteBPE.train": call(tokenizers.ByteBPE.train, text="low lower", vocab_size=260,
                          special_tokens=["<s>"], fine={"special_tokens": "empty: none"}),
    "ByteBPE.encode": call(byte_bpe().encode, text="ab"),
    "ByteBPE.decode": call(byte_bpe().decode, ids=[97, 98], fine={"ids": "empty: no text"}),
    "WordPiece": call(tokenizers.WordPiece, vocab=VOCAB),
    "WordPiece.tokenize": call(word_piece().tokenize, text="ab a"),
    "WordPiece.encode": call(word_piece().encode, text="ab a", max_len=5),
    "WordPiece.encode_pair": call(word_piece().encode_pair, first="ab", second="a", max_len=6),
    "WordPiece.decode": call(word_piece().decode, ids=[1, 3, 2], fine={"ids": "empty: no text"}),
    # embeddings
    "skip_gram_pairs": call(embeddings.skip_gram_pairs, {"ids": "T"}, ids=ints(7, 5), window=2),
    "cooccurrences": call(embeddings.cooccurrences, {"ids": "T"}, ids=ints(7, 5), window=2),
    "negative_sampler": call(embeddings.negative_sampler, {"counts": "V"}, counts=floats(7),
                             n_pairs=3, n_negatives=2, power=0.75,
                             fine={"counts": "dtype: counts are integers", "power": "any: from 0 on"}),
    "negative_sampling_loss": call(
        embeddings.negative_sampling_loss, {"centre": "N D", "context": "N D", "negatives": "N K D"},
        centre=floats(4, 3), context=floats(4, 3), negatives=floats(4, 2, 3)),
    "glove_loss": call(
        embeddings.glove_loss, {"centre": "N D", "context": "N D", "centre_bias": "N",
                                "context_bias": "N", "counts": "N"},
        centre=floats(4, 3), context=floats(4, 3), centre_bias=floats(4), context_bias=floats(4),
        counts=floats(4), x_max=9.0, alpha=0.75),
    "character_ngrams": call(embeddings.character_ngrams, word="where", n_min=3, n_max=4),
    "ngram_bucket": call(embeddings.ngram_bucket, ngram="<wh", buckets=9),
    "nearest": call(embeddings.nearest, {"vectors": "V D", "query": "D"}, vectors=floats(7, 3),
                    query=floats(3), k=2, exclude=[0], fine={"exclude": "empty: none"}),
    "analogy": call(embeddings.analogy, {"vectors": "V D"}, vectors=floats(7, 3), a=1, b=2, c=3,
                    k=2, fine=dict.fromkeys("abc", "0: an id")),
    "SkipGram": call(embeddings.SkipGram, vocab_size=7, embedding_size=3),
    "SkipGram.forward": call(embeddings.SkipGram(7, 3), TRIPLE, SEVEN, **TRIPLE_IDS),
    "FastText": call(embeddings.FastText, words=["a", "b"], embedding_size=3, buckets=9, n_min=3,
                     n_max=4),
    "FastText.forward": call(embeddings.FastText(list("abcdefg"), 3, 9), TRIPLE, SEVEN,
                             **TRIPLE_IDS),
    "FastText.vector": call(embeddings.FastText(["a"], 3, 9).vector, word="b"),
    "GloVe": call(embeddings.GloVe, vocab_size=7, embedding_size=3, x_max=9.0, alpha=0.75),
    "GloVe.forward": call(embeddings.GloVe(7, 3), {"pairs": "N 2", "counts": "N"}, {"pairs": 7},
                          pairs=ints(7, 4, 2), counts=floats(4)),
    # recurrent
    "rnn_step": call(recurrent.rnn_step, STEP, **step_given(1)),
    "lstm_step": call(recurrent.lstm_step, {**STEP, "c": "B H"}, c=floats(2, 4), **step_given(4)),
    "gru_step": call(recurrent.gru_step, STEP, **step_given(3)),
    "reverse_padded": call(recurrent.reverse_padded, {"x": "B T ...", "lengths": "B"},
                           x=floats(2, 5, 3), lengths=torch.tensor([5, 3]),
                           fine={"x": "dtype axis2=0: ids may be turned round too"}),
    **layer_calls("RNN", 1), **layer_calls("LSTM", 4), **layer_calls("GRU", 3),
    # elmo
    "elmo_targets": call(elmo.elmo_targets, {"ids": "B T"}, ids=ints(7, 2, 5, low=1), pad_id=0,
                         ignore_id=-100, fine={"pad_id": "-1 0", "ignore_id": "0 -1"}),
    "elmo_mix": call(elmo.elmo_mix, {"layers": "L B T D", "scores": "L", "gamma": ""},
                     layers=floats(3, 2, 5, 4), scores=floats(3), gamma=torch.tensor(1.5)),
    "bilm_loss": call(lambda ids, pad_id: elmo.bilm_loss((floats(2, 5, 7), floats(2, 5, 7)), ids, pad_id),
                      {"ids": "2 5"}, {"ids": 7}, ids=ints(7, 2, 5, low=1), pad_id=0,
                      fine={"pad_id": "-1 0"}),
    "ScalarMix": call(elmo.ScalarMix, n_layers=3),
    "ScalarMix.forward": call(elmo.ScalarMix(3), {"layers": "3 B T D"}, layers=floats(3, 2, 5, 4)),
    "BiLM": call(elmo.BiLM, vocab_size=7, hidden_size=4, num_layers=2, **DROPOUT, pad_id=1,
                 fine={"pad_id": "0: an id"}),
    "BiLM.forward": call(elmo.BiLM(7, 4), {"ids": "B T"}, {"ids": 7}, ids=ints(7, 2, 5, low=1)),
    # decoding
    "apply_temperature": call(decoding.apply_temperature, {"logits": "..."}, logits=floats(2, 7),
                              temperature=0.7),
    "top_k_filter": call(decoding.top_k_filter, {"logits": "..."}, logits=floats(2, 7), k=3),
    "top_p_filter": call(decoding.top_p_filter, {"logits": "..."}, logits=floats(2, 7), p=0.7),
    "greedy_decode": call(decoding.greedy_decode, fine=ANY_STATE, **SEARCH),
    "beam_search": call(decoding.beam_search, fine=ANY_STATE, **SEARCH,
                        beam_size=2, length_penalty=0.6),
    "sample": call(decoding.sample, fine=ANY_STATE, **SEARCH, temperature=0.7,
                   top_k=2, top_p=0.9),
    "first_ids": call(decoding.first_ids, fine={"state": "any", "bos_id": "0"}, bos_id=1,
                      state=floats(3, 4)),
    "reorder": call(decoding.reorder, {"state": "3 4", "index": "M"}, {"index": 3},
                    state=floats(3, 4), index=ints(3, 5),
                    fine={"state": "any: a state is whatever has rows"}),
    "take_step": call(partial(decoding.take_step, last_ids=ints(7, 3), state=None), step=steps,
                      eos_id=5, fine={"eos_id": "0"}),
    "length_divisor": call(decoding.length_divisor, length=3, length_penalty=0.6),
    "bleu": call(decoding.bleu, hypotheses=[["a", "b"]], references=[["a", "c"]], max_n=2,
                 smooth="exp"),
    "corpus_bleu": call(decoding.corpus_bleu, hypotheses=["a b"], references=["a c"],
                        tokenize="13a", smooth="exp"),
    # seq2seq
    "last_state": call(seq2seq.last_state, {"outputs": "B T H", "lengths": "B"},
                       outputs=floats(2, 5, 3), lengths=torch.tensor([4, 3]),
                       fine={"outputs": "dtype: any numbers"}),
    "shift_right": call(seq2seq.shift_right, {"ids": "B T"}, ids=ints(7, 2, 5), bos_id=1,
                        fine={"bos_id": "0: an id"}),
    "Encoder": call(seq2seq.Encoder, vocab_size=17, embedding_size=4, hidden_size=6, num_layers=2,
                    **DROPOUT, cell="gru"),
    "Encoder.forward": call(seq2seq.Encoder(17, 4, 6), {"ids": "B T", "lengths": "B"}, {"ids": 17},
                            ids=ints(17, 2, 5), lengths=torch.tensor([4, 3])),
    "Decoder": call(seq2seq.Decoder, vocab_size=17, embedding_size=4, hidden_size=6, num_layers=2,
                    **DROPOUT, cell="gru", context_size=3, fine={"context_size": "0: none"}),
    "Decoder.forward": call(
        seq2seq.Decoder(17, 4, 6, context_size=3), {"inputs": "B T", "state": "B 1 6",
                                                   "context": "B 3"},
        {"inputs": 17}, inputs=ints(17, 2, 5), state=floats(2, 1, 6), context=floats(2, 3)),
    "Seq2Seq": call(seq2seq.Seq2Seq, **VOCABS, **SEQ2SEQ, num_layers=2, **DROPOUT, cell="gru",
                    fine={"pad_id": "0", "bos_id": "0"}),
    "Seq2Seq.forward": call(seq2seq.Seq2Seq(17, 19, 4, 6), *TEXTS, **SENTENCES,
                            teacher_forcing=0.5),
    # alignment
    "AdditiveAttention": call(alignment.AdditiveAttention, query_size=6, key_size=8, hidden_size=5),
    "AdditiveAttention.forward": call(alignment.AdditiveAttention(6, 8, 5), LOOK, None, BROADCAST,
                                      **LOOKED),
    "LuongAttention": call(alignment.LuongAttention, query_size=6, key_size=8, score="concat",
                           hidden_size=5),
    "LuongAttention.forward": call(alignment.LuongAttention(6, 8), LOOK, None, BROADCAST, **LOOKED),
    "AttentionDecoder": call(alignment.AttentionDecoder, vocab_size=11, embedding_size=4,
                             hidden_size=6, memory_size=8, attention="additive", **DROPOUT),
    "AttentionDecoder.forward": call(alignment.AttentionDecoder(11, 4, 6, 8), DECODE,
                                     {"inputs": 11}, BROADCAST, **DECODED),
    "LuongDecoder": call(alignment.LuongDecoder, vocab_size=11, embedding_size=4, hidden_size=6,
                         memory_size=8, attention="general", **DROPOUT),
    "LuongDecoder.forward": call(alignment.LuongDecoder(11, 4, 6, 8), DECODE, {"inputs": 11},
                                 BROADCAST, **DECODED),
    "AttentionSeq2Seq": call(alignment.AttentionSeq2Seq, **VOCABS, **SEQ2SEQ, **SPEECH, **DROPOUT,
                             fine={"pad_id": "0", "bos_id": "0"}),
    "AttentionSeq2Seq.forward": call(alignment.AttentionSeq2Seq(17, 19, 4, 6), *TEXTS, **SENTENCES),
    # attention
    "padding_mask": call(attention.padding_mask, {"ids": "B T"}, ids=ints(7, 2, 5), pad_id=0,
                         fine={"pad_id": "-1 0: an id, or none"}),
    "causal_mask": call(attention.causal_mask, Tq=3, Tk=5),
    "scaled_dot_product_attention": call(
        attention.scaled_dot_product_attention,
        {"query": "2 H T D", "key": "2 H S D", "value": "2 H S E", "mask": "1 1 1 S"}, None,
        BROADCAST | dict.fromkeys(("query", "key", "value"), "more fewer axis0-1: it broadcasts"), query=floats(2, 3, 4, 5), key=floats(2, 3, 6, 5), value=floats(2, 3, 6, 7),
        mask=mask(1, 1, 1, 6), **DROPOUT),
    "split_heads": call(attention.split_heads, {"x": "B T 12"}, x=floats(2, 5, 12), n_heads=3,
                        fine={"x": "dtype"}),
    "merge_heads": call(attention.merge_heads, {"x": "B H T D"}, x=floats(2, 3, 5, 4),
                        fine={"x": "dtype"}),
    "SelfAttention": call(attention.SelfAttention, d_model=12, d_k=5, d_v=7, **DROPOUT),
    "SelfAttention.forward": call(attention.SelfAttention(12, 5, 7), {"x": "B T 12", "mask": "1 1 T T"},
                                  None, BROADCAST, x=floats(2, 5, 12), mask=mask(1, 1, 5, 5)),
    "RepairedMultiHead": call(repairs.RepairedMultiHead, embed_dim=12, num_heads=3),
    "RepairedMultiHead.forward": call(
        repairs.RepairedMultiHead(12, 3), {"x": "B T 12", "mask": "1 1 T T"}, None, BROADCAST,
        x=floats(2, 5, 12), mask=mask(1, 1, 5, 5)),
    **attention_calls(attention.MultiHeadAttention),
    # positions
    "sinusoidal_positions": call(positions.sinusoidal_positions, T=5, d_model=4, base=100.0),
    "alibi_bias": call(positions.alibi_bias, n_heads=2, Tq=3, Tk=5),
    "apply_rope": call(positions.apply_rope, {"x": "B H T 4", "positions": "T"}, x=floats(2, 3, 5, 4),
                       positions=ints(9, 5), base=100.0,
                       fine={"positions": "dtype more: (1, T) and floats, as Llama has them"}),
    "LearnedPositions": call(positions.LearnedPositions, max_len=9, d_model=4),
    "LearnedPositions.forward": call(positions.LearnedPositions(9, 4), {"x": "B T 4"},
                                     x=floats(2, 5, 4), start=2, fine={"start": "0: the first"}),
    "SinusoidalPositions": call(positions.SinusoidalPositions, max_len=9, d_model=4),
    "SinusoidalPositions.forward": call(positions.SinusoidalPositions(9, 4), {"x": "B T 4"},
                                        x=floats(2, 5, 4), start=2, fine={"start": "0: the first"}),
    "RelativeAttention": call(positions.RelativeAttention, d_model=12, n_heads=3, **DROPOUT),
    **attention_calls(positions.RotaryAttention, base=100.0),
    **attention_calls(positions.AlibiAttention),
    # blocks, transformer
    "LayerNorm": call(blocks.LayerNorm, d_model=4, eps=0.1),
    "LayerNorm.forward": call(blocks.LayerNorm(4), {"x": "... 4"}, x=floats(2, 3, 4)),
    "FeedForward": call(blocks.FeedForward, d_model=4, d_ff=6, activation="relu", **DROPOUT),
    "FeedForward.forward": call(blocks.FeedForward(4, 6), {"x": "... 4"}, x=floats(2, 3, 4)),
    "TransformerEncoderLayer": call(blocks.TransformerEncoderLayer, **BLOCK, **DROPOUT, eps=0.1,
                                    activation="gelu", attention_dropout=0.5,
                                    activation_dropout=0.5),
    "TransformerEncoderLayer.forward": call(
        blocks.TransformerEncoderLayer(**BLOCK), {"x": "B T 12", "mask": "1 1 T T"}, None, BROADCAST,
        x=floats(2, 5, 12), mask=mask(1, 1, 5, 5)),
    "TransformerDecoderLayer": call(blocks.TransformerDecoderLayer, **BLOCK, **DROPOUT, eps=0.1,
                                    activation="gelu"),
    "TransformerDecoderLayer.forward": call(
        blocks.TransformerDecoderLayer(**BLOCK),
        {"x": "B T 12", "memory": "B S 12", "mask": "1 1 T T", "memory_mask": "1 1 1 S"}, None,
        BROADCAST | {"memory_mask": "fewer axis0+1"}, x=floats(2, 5, 12), memory=floats(2, 4, 12),
        mask=mask(1, 1, 5, 5), memory_mask=mask(1, 1, 1, 4)),
    "TransformerEncoder": call(transformer.TransformerEncoder, n_layers=1, **BLOCK, **DROPOUT),
    "TransformerEncoder.forward": call(
        transformer.TransformerEncoder(1, **BLOCK), {"x": "B T 12", "mask": "1 1 T T"}, None,
        BROADCAST, x=floats(2, 5, 12), mask=mask(1, 1, 5, 5)),
    "TransformerDecoder": call(transformer.TransformerDecoder, n_layers=1, **BLOCK, **DROPOUT),
    "TransformerDecoder.forward": call(
        transformer.TransformerDecoder(1, **BLOCK),
        {"x": "B T 12", "memory": "B S 12", "mask": "1 1 T T", "memory_mask": "1 1 1 S"}, None,
        BROADCAST | {"memory_mask": "fewer axis0+1"}, x=floats(2, 5, 12), memory=floats(2, 4, 12),
        mask=mask(1, 1, 5, 5), memory_mask=mask(1, 1, 1, 4)),
    "Transformer": call(transformer.Transformer, **VOCABS, **BLOCK, n_layers=1, max_len=9, pad_id=1,
                        activation="relu", positions="alibi", tied="none", **DROPOUT,
                        fine={"pad_id": "0: an id"}),
    "Transformer.forward": call(transformer.Transformer(17, 19, n_layers=1, **BLOCK), *TEXTS,
                                **SENTENCES),
    "decode_transformer": call(
        transformer.decode_transformer, {"source": "B S"}, {"source": 17},
        model=transformer.Transformer(17, 19, n_layers=1, **BLOCK).eval(), source=SENTENCES["source"],
        bos_id=1, eos_id=2, max_len=3, beam_size=2, length_penalty=0.6, fine={"eos_id": "0"}),
    # bert
    "BertConfig": call(bert.BertConfig, vocab_size=17, **SMALL, intermediate_size=20,
                       max_position_embeddings=9, type_vocab_size=2, num_labels=4,
                       hidden_act="gelu", hidden_dropout_prob=0.25, initializer_range=0.1,
                       attention_probs_dropout_prob=0.25, layer_norm_eps=0.1),
    **{name: config_call(getattr(bert, name), CONFIGS["bert"])
       for name in bert.__all__ if name.startswith(("BertFor", "BertM", "Masked"))},
    **{f"{name}.forward": bert_call(name)
       for name in bert.__all__ if name.startswith(("BertFor", "BertM"))},
    "MaskedLanguageModelHead.forward": call(
        bert.MaskedLanguageModelHead(CONFIGS["bert"]), {"hidden": "... 12", "table": "17 12"},
        hidden=floats(2, 5, 12), table=floats(17, 12)),
    "mask_tokens": call(bert.mask_tokens, {"ids": "B T"}, {"ids": 17}, ids=ints(17, 2, 5), mask_id=3,
                        vocab_size=17, special_ids=[0], rate=0.15,
                        fine={"mask_id": "0: an id", "special_ids": "empty: none"}),
    "mlm_loss": call(bert.mlm_loss, {"logits": "B T V", "labels": "B T"}, {"labels": 7},
                     logits=floats(2, 5, 7), labels=ints(7, 2, 5)),
    "nsp_pairs": call(bert.nsp_pairs, documents=[[[1], [2]], [[3], [4]]]),
    "pack_pair": call(bert.pack_pair, first=[5, 6], second=[7], cls_id=1, sep_id=2,
                      fine={"cls_id": "0", "sep_id": "0"}),
    "span_answer": call(bert.span_answer, {"start_logits": "B T", "end_logits": "B T", "mask": "B T"},
                        start_logits=floats(2, 5), end_logits=floats(2, 5), mask=mask(2, 5),
                        max_len=3),
    # gpt, llama
    "GPTConfig": call(gpt.GPTConfig, vocab_size=17, n_positions=9, n_embd=12, n_layer=1, n_head=3,
                      n_inner=20, activation_function="gelu", resid_pdrop=0.25, embd_pdrop=0.25,
                      attn_pdrop=0.25, layer_norm_epsilon=0.1, initializer_range=0.1),
    "GPT": config_call(gpt.GPT, CONFIGS["gpt"]),
    "GPT.forward": call(gpt.GPT(CONFIGS["gpt"]), {"ids": "B T", "mask": "1 1 1 T"}, {"ids": 17},
                        BROADCAST, ids=ints(17, 2, 5), mask=mask(1, 1, 1, 5)),
    "GPT.generate": call(gpt.GPT(CONFIGS["gpt"]).generate, {"ids": "B T"}, {"ids": 17},
                         ids=ints(17, 2, 5), max_new_tokens=2, temperature=0.7, top_k=3, top_p=0.9,
                         eos_id=2, fine={"eos_id": "0: an id"}),
    "GPTBlock": config_call(gpt.GPTBlock, CONFIGS["gpt"]),
    "GPTBlock.forward": call(gpt.GPTBlock(CONFIGS["gpt"]), {"x": "B T 12", "mask": "1 1 T T"}, None,
                             BROADCAST, x=floats(2, 5, 12), mask=mask(1, 1, 5, 5)),
    "KVCache": call(gpt.KVCache, n_layers=2),
    "KVCache.append": call(lambda layer, key, value: filled_cache().append(layer, key, value),
                           {"key": "3 2 T 4", "value": "3 2 T 4"}, layer=0,
                           key=floats(3, 2, 1, 4), value=floats(3, 2, 1, 4),
                           fine={"layer": "0"}),
    "KVCache.reorder": call(lambda index: filled_cache().reorder(index), {"index": "N"},
                            {"index": 3}, index=ints(3, 4)),
    "decay_groups": call(gpt.decay_groups, model=nn.Linear(3, 2), weight_decay=0.1),
    "LlamaConfig": call(llama.LlamaConfig, vocab_size=17, hidden_size=12, intermediate_size=20,
                        num_hidden_layers=1, num_attention_heads=3, num_key_value_heads=1,
                        head_dim=4, max_position_embeddings=9, rms_norm_eps=0.1, rope_theta=100.0,
                        attention_dropout=0.25, initializer_range=0.1),
    "Llama": config_call(llama.Llama, CONFIGS["llama"]),
    "Llama.forward": call(llama.Llama(CONFIGS["llama"]), {"ids": "B T", "mask": "1 1 1 T"},
                          {"ids": 17}, BROADCAST, ids=ints(17, 2, 5), mask=mask(1, 1, 1, 5)),
    "LlamaBlock": config_call(llama.LlamaBlock, CONFIGS["llama"]),
    "LlamaBlock.forward": call(llama.LlamaBlock(CONFIGS["llama"]), {"x": "B T 12", "mask": "1 1 T T"},
                               None, BROADCAST, x=floats(2, 5, 12), mask=mask(1, 1, 5, 5)),
    "GroupedQueryAttention": call(llama.GroupedQueryAttention, d_model=12, n_heads=3, n_kv_heads=1,
                                  d_k=4, **DROPOUT, base=100.0),
    "GroupedQueryAttention.forward": call(
        llama.GroupedQueryAttention(12, 3, 1), {"x": "B T 12", "mask": "1 1 T T", "positions": "T"},
        None, BROADCAST | {"positions": "dtype more: as apply_rope has them"}, x=floats(2, 5, 12),
        mask=mask(1, 1, 5, 5), positions=ints(9, 5)),
    "RMSNorm": call(llama.RMSNorm, d_model=4, eps=0.1),
    "RMSNorm.forward": call(llama.RMSNorm(4), {"x": "... 4"}, x=floats(2, 3, 4)),
    "SwiGLU": call(llama.SwiGLU, d_model=4, d_ff=6),
    "SwiGLU.forward": call(llama.SwiGLU(4, 6), {"x": "... 4"}, x=floats(2, 3, 4)),
    # lora, scaling, vit, retrieval, capture
    "LoRALinear": call(lora.LoRALinear, linear=nn.Linear(6, 4), rank=2, alpha=4.0, **DROPOUT),
    "LoRALinear.forward": call(lora.LoRALinear(nn.Linear(6, 4), 2, 4.0), {"x": "... 6"},
                               x=floats(2, 3, 6)),
    "add_lora": call(lambda rank, alpha, names, dropout: lora.add_lora(
        nn.ModuleDict({"q_proj": nn.Linear(6, 4)}), rank, alpha, names, dropout),
        rank=2, alpha=4.0, names=["q_proj"], **DROPOUT),
    **{name: call(getattr(lora, name), model=adapted())
       for name in ("merge_lora", "unmerge_lora", "remove_lora", "adapter_state")},
    "load_adapter": call(lora.load_adapter, model=adapted(), state=lora.adapter_state(adapted())),
    "scaling_law": call(scaling.scaling_law, {"sizes": "..."}, sizes=floats(5), E=1.5, A=4.0, alpha=0.5,
                        fine=dict.fromkeys(("E", "A", "alpha", "sizes"), "any")),
    "fit_scaling_law": call(scaling.fit_scaling_law, {"sizes": "5", "losses": "5"},
                            sizes=torch.tensor([1e3, 1e4, 1e5, 1e6, 1e7]),
                            losses=torch.tensor([4.0, 3.0, 2.5, 2.2, 2.1]),
                            fine={"sizes": "dtype", "losses": "dtype"}),
    "patch_embed": call(vit.patch_embed, {"images": "B 3 8 8", "weight": "D 3 4 4", "bias": "D"},
                        images=floats(2, 3, 8, 8), weight=floats(5, 3, 4, 4), bias=floats(5),
                        patch_size=4),
    "ViTConfig": call(vit.ViTConfig, **SMALL, intermediate_size=20, hidden_act="gelu", image_size=8,
                      hidden_dropout_prob=0.25, attention_probs_dropout_prob=0.25,
                      initializer_range=0.1, layer_norm_eps=0.1, patch_size=4, num_channels=3,
                      num_labels=5),
    **{name: config_call(getattr(vit, name), CONFIGS["vit"])
       for name in ("ViT", "ViTForImageClassification")},
    **{f"{name}.forward": call(getattr(vit, name)(CONFIGS["vit"]), {"images": "B 3 8 8"},
                               images=floats(2, 3, 8, 8))
       for name in ("ViT", "ViTForImageClassification")},
    "retrieve": call(retrieval.retrieve, {"query": "D", "documents": "N D"}, query=floats(4),
                     documents=floats(5, 4), k=2, similarity="cosine"),
    "rag_prompt": call(retrieval.rag_prompt, question="Who?", passages=["One.", "Two."], budget=999,
                       fine={"budget": "any: a length may be a float", "passages": "empty: none found"}),
    "PassageIndex": call(retrieval.PassageIndex, embed=lambda texts: floats(len(texts), 4),
                         similarity="dot"),
    "PassageIndex.add": call(indexed().add, texts=["five"]),
    "PassageIndex.search": call(lambda question, k: indexed().search(question, k), question="one", k=2),
    "capture_attention": call(lambda model: capture.capture_attention(model).__enter__(),
                              model=attention.MultiHeadAttention(12, 3)),
}  # fmt: skip
#: Public names that take nothing a learner could get wrong, or files and states of our own making.
WITHOUT = {
    "Captured": "it is filled by capture_attention", "Randomness": "a record of fit's",
    "Run": "a record of fit's", "deterministic": "a switch", "device": "no arguments",
    "flush_denormals": "a switch", "has_checkpoint": "a folder: tests/training/test_checkpoints.py",
    "load_checkpoint": "a folder: tests/training/test_checkpoints.py",
    "restore_rng": "what rng_state gave", "rng_state": "no arguments",
    "save_checkpoint": "a folder: tests/training/test_checkpoints.py",
    "to_device": "anything may be moved",
}  # fmt: skip
