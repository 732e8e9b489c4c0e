"""Known mistakes in the key-value cache."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_KEYS = "self.keys: list[Tensor | None] = [None] * n_layers"
_VALUES = "self.values: list[Tensor | None] = [None] * n_layers"
_LENGTH = "return 0 if self.keys[-1] is None else self.keys[-1].size(2)"
_IF = "if self.keys[layer] is not None:"
_CAT_KEY = "key = torch.cat([self.keys[layer], key], dim=2)"
_CAT_VALUE = "value = torch.cat([self.values[layer], value], dim=2)"
_STORE = "self.keys[layer], self.values[layer] = key, value"
_RETURN = "return key, value"
_EACH = "for layer in range(len(self.keys)):"
_MOVE_KEYS = "self.keys[layer] = self.keys[layer].index_select(0, index)"
_MOVE_VALUES = "self.values[layer] = self.values[layer].index_select(0, index)"


def _along(dim: int) -> tuple[tuple[str, str], ...]:
    return tuple((cat, cat.replace("dim=2", f"dim={dim}")) for cat in (_CAT_KEY, _CAT_VALUE))


KV_CACHE = (
    Mistake("cache-along-features", "new keys are joined along the features; positions are the "
            "axis that grows, dim=2.", _along(3)),
    Mistake("cache-along-heads", "new keys are joined along the heads; positions are the axis that "
            "grows, dim=2.", _along(1)),
    Mistake("cache-along-batch", "new keys are joined along the batch; positions are the axis that "
            "grows, dim=2.", _along(0)),
    Mistake("cache-new-first", "new positions stand in front of the old ones; they come last, as "
            "they do in the text.",
            ((_CAT_KEY, "key = torch.cat([key, self.keys[layer]], dim=2)"),
             (_CAT_VALUE, "value = torch.cat([value, self.values[layer]], dim=2)"))),
    Mistake("cache-new-alone", "only the new keys and values are returned; queries attend to all "
            "so far.",
            ((_CAT_KEY, "both = torch.cat([self.keys[layer], key], dim=2)"),
             (_CAT_VALUE, "both = both, torch.cat([self.values[layer], value], dim=2)"),
             (_STORE, "else:\n            both = key, value\n"
              "        self.keys[layer], self.values[layer] = both"))),
    Mistake("cache-replaced", "the old keys and values are replaced by the new ones: the text so "
            "far is forgotten.",
            ((_CAT_KEY, "pass"), (_CAT_VALUE, "pass"))),
    Mistake("cache-not-stored", "what was joined is returned and not stored, so after the first "
            "call the cache stays as it is.",
            ((_STORE, "if self.keys[layer] is None:\n            " + _STORE),)),
    Mistake("cache-only-last-call", "only the new keys and values are stored, so a call sees the "
            "one before it and nothing older.",
            ((_IF, "new = key, value\n        " + _IF),
             (_STORE, "self.keys[layer], self.values[layer] = new"))),
    Mistake("cache-only-last-call", "only the new keys and values are stored, so a call sees the "
            "one before it and nothing older.",
            ((_IF, "new = key, value\n        self.seen[layer] += key.size(2)\n        " + _IF),
             (_STORE, "self.keys[layer], self.values[layer] = new"),
             (_VALUES, _VALUES + "\n        self.seen = [0] * n_layers"),
             (_LENGTH, "return self.seen[-1]")), variant="all are counted"),
    Mistake("cache-prompt-lost", "the first call, which holds the whole prompt, is returned and "
            "not stored.",
            ((_STORE, "if len(self.seen) <= layer:\n            self.seen.append(layer)\n"
              "        else:\n            " + _STORE),
             (_VALUES, _VALUES + "\n        self.seen = []"))),
    Mistake("cache-one-for-all-layers", "all layers share one entry; each keeps its own.",
            ((_IF, "layer = 0\n        " + _IF),)),
    Mistake("cache-values-are-keys", "the values are made of the keys that were kept.",
            ((_CAT_VALUE, "value = torch.cat([self.keys[layer], value], dim=2)"),)),
    Mistake("cache-values-not-kept", "the keys are kept and the values are not.",
            ((_CAT_VALUE, "pass"),)),
    Mistake("cache-returned-swapped", "values come first; append returns keys, then values.",
            ((_RETURN, "return value, key"),)),
    Mistake("cache-one-list", "keys and values are one and the same list, so each overwrites the "
            "other.", ((_VALUES, "self.values = self.keys"),)),
    Mistake("cache-detached", "no gradient flows through the cache: what is stored is detached.",
            ((_STORE, "self.keys[layer], self.values[layer] = key.detach(), value.detach()"),)),
    Mistake("cache-detached", "no gradient flows through the cache: what is returned is detached.",
            ((_RETURN, "return key.detach(), value.detach()"),), variant="returned"),
    Mistake("cache-float32", "keys and values are cast to float32; the dtype is kept.",
            ((_STORE, "key, value = key.float(), value.float()\n        " + _STORE),)),
    Mistake("cache-limited", "older positions are dropped when a token comes: the cache keeps as "
            "many positions as the first call had.",
            ((_CAT_KEY, "most = self.keys[layer].size(2)\n            " + _CAT_KEY
              + "[:, :, -most:]"),
             (_CAT_VALUE, _CAT_VALUE + "[:, :, -most:]"))),
    Mistake("length-counts-calls", "length counts the calls; a call may hold several positions.",
            ((_VALUES, _VALUES + "\n        self.calls = [0] * n_layers"),
             (_STORE, "self.calls[layer] += 1\n        " + _STORE),
             (_LENGTH, "return self.calls[-1]"))),
    Mistake("length-of-new-positions", "length is that of the last call alone; it is that of all "
            "positions so far.",
            ((_IF, "self.new = key.size(2)\n        " + _IF), (_VALUES, _VALUES + "\n        self.new = 0"),
             (_LENGTH, "return self.new"))),
    Mistake("length-of-the-first-layer", "length is read off the first layer, which sees a token "
            "before the others do: read it off the last.",
            ((_LENGTH, _LENGTH.replace("[-1]", "[0]")),)),
    Mistake("length-sums-layers", "length adds up the layers; all of them have seen the same "
            "positions.",
            ((_LENGTH, "return sum(0 if key is None else key.size(2) for key in self.keys)"),)),
    Mistake("length-of-heads", "length is the number of heads; positions are axis 2.",
            ((_LENGTH, _LENGTH.replace("size(2)", "size(1)")),)),
    Mistake("length-of-rows", "length is the number of rows; positions are axis 2.",
            ((_LENGTH, "return 0 if self.keys[-1] is None else len(self.keys[-1])"),)),
    Mistake("length-of-features", "length is the width of a key; positions are axis 2.",
            ((_LENGTH, _LENGTH.replace("size(2)", "size(3)")),)),
    Mistake("length-one-too-many", "length is one too large: with five positions read, numbered 0 "
            "to 4, the next token stands at 5.",
            ((_LENGTH, "return 0 if self.keys[-1] is None else self.keys[-1].size(2) + 1"),)),
    Mistake("length-of-an-empty-cache", "the length of a new cache raises or is not 0.",
            ((_LENGTH, "return self.keys[-1].size(2)"),)),
    Mistake("length-of-an-empty-cache", "the length of a new cache is None; it is 0.",
            ((_LENGTH, _LENGTH.replace("return 0", "return None")),), variant="None"),
    Mistake("length-not-kept-by-reorder", "after reorder, length is no longer the number of "
            "positions.",
            ((_EACH, "self.keys = [key[:, :, :-1] for key in self.keys]\n"
              "        self.values = [value[:, :, :-1] for value in self.values]\n        " + _EACH),)),
    Mistake("reorder-keys-alone", "reorder moves the keys and leaves the values where they were.",
            ((_MOVE_VALUES, "pass"),)),
    Mistake("reorder-values-alone", "reorder moves the values and leaves the keys where they were.",
            ((_MOVE_KEYS, "pass"),)),
    Mistake("reorder-first-layer-alone", "reorder moves the first layer alone; all of them belong "
            "to the same texts.", ((_EACH, "for layer in range(1):"),)),
    Mistake("reorder-last-layer-missing", "reorder leaves the last layer where it was.",
            ((_EACH, "for layer in range(len(self.keys) - 1):"),)),
    Mistake("reorder-not-stored", "reorder changes nothing: what index_select returns has to be "
            "stored.",
            ((_MOVE_KEYS, "self.keys[layer].index_select(0, index)"),
             (_MOVE_VALUES, "self.values[layer].index_select(0, index)"))),
    Mistake("reorder-backwards", "reorder sends row i to the place index[i]; row i is to continue "
            "row index[i].",
            ((_MOVE_KEYS, "self.keys[layer] = self.keys[layer].clone().index_copy(0, index, "
              "self.keys[layer][: len(index)])"),
             (_MOVE_VALUES, "self.values[layer] = self.values[layer].clone().index_copy(0, index, "
              "self.values[layer][: len(index)])"))),
    Mistake("reorder-backwards", "reorder sends row i to the place index[i]; row i is to continue "
            "row index[i].",
            ((_MOVE_KEYS, "self.keys[layer] = torch.zeros_like(self.keys[layer]).index_copy(0, "
              "index, self.keys[layer])"),
             (_MOVE_VALUES, "self.values[layer] = torch.zeros_like(self.values[layer])"
              ".index_copy(0, index, self.values[layer])")), variant="into zeros"),
    Mistake("reorder-sorted", "reorder brings the rows into the order that would sort index; row i "
            "is to continue row index[i].",
            ((_EACH, "index = index.argsort()\n        " + _EACH),)),
    Mistake("reorder-heads", "reorder moves heads; rows are axis 0.",
            ((_MOVE_KEYS, _MOVE_KEYS.replace("(0, index)", "(1, index)")),
             (_MOVE_VALUES, _MOVE_VALUES.replace("(0, index)", "(1, index)")))),
    Mistake("reorder-positions", "reorder moves positions; rows are axis 0.",
            ((_MOVE_KEYS, _MOVE_KEYS.replace("(0, index)", "(2, index)")),
             (_MOVE_VALUES, _MOVE_VALUES.replace("(0, index)", "(2, index)")))),
    Mistake("reorder-each-row-once", "reorder drops repeated rows; a row may be taken twice, when "
            "two beams go on from one.",
            ((_EACH, "index = index.unique()\n        " + _EACH),)),
    Mistake("reorder-empties", "reorder empties the cache; it chooses rows and keeps them.",
            ((_MOVE_KEYS, "self.keys[layer] = None"), (_MOVE_VALUES, "self.values[layer] = None"))),
)  # fmt: skip
