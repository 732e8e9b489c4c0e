"""What the learners of the sample class wrote: the bodies for each ``YOUR CODE HERE``."""

ATTENTION = "scaled_dot_product_attention"
PADDING, CAUSAL, SELF = "padding_mask", "causal_mask", "SelfAttention"

DIFFERENT = {
    PADDING: ["B, T = ids.shape\nreturn torch.ne(ids, pad_id).reshape(B, 1, 1, T)"],
    CAUSAL: [
        "if Tk is None:\n    Tk = Tq\n"
        "rows = torch.arange(Tk - Tq, Tk, device=device).unsqueeze(1)\n"
        "cols = torch.arange(Tk, device=device)\n"
        "return cols <= rows"
    ],
    ATTENTION: [
        'scores = torch.einsum("...qd,...kd->...qk", query, key) * key.shape[-1] ** -0.5\n'
        "if mask is None:\n    mask = torch.ones_like(scores, dtype=torch.bool)\n"
        'scores = scores.masked_fill(~mask, float("-inf"))\n'
        "seen = mask.expand_as(scores).any(-1, keepdim=True)\n"
        "scores = torch.where(seen, scores, torch.zeros_like(scores))\n"
        "w = torch.exp(scores - scores.max(-1, keepdim=True).values)\n"
        "w = w / w.sum(-1, keepdim=True) * seen\n"
        "kept = nn.functional.dropout(w, p=dropout, training=dropout > 0)\n"
        'out = torch.einsum("...qk,...kv->...qv", kept, value)\n'
        "if need_weights:\n    return out, w\nreturn out"
    ],
    SELF: [
        "self.d_k = d_k or d_model\nself.d_v = d_v or self.d_k\nself.p = dropout\n"
        "self.q_proj = nn.Linear(d_model, self.d_k, bias=False)\n"
        "self.k_proj = nn.Linear(d_model, self.d_k, bias=False)\n"
        "self.v_proj = nn.Linear(d_model, self.d_v, bias=False)",
        "q, k, v = (p(x)[:, None] for p in (self.q_proj, self.k_proj, self.v_proj))\n"
        "p = self.p if self.training else 0.0\n"
        "out, w = scaled_dot_product_attention(q, k, v, mask, dropout=p, need_weights=True)\n"
        "return (out[:, 0], w) if need_weights else out[:, 0]",
    ],
}

# The softmax runs over the queries: every column sums to 1, not every row.
OVER_QUERIES = """\
d_k = key.shape[-1]
scores = torch.matmul(query, key.transpose(-1, -2)) * d_k ** -0.5
if mask is not None:
    scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
weights = F.softmax(scores, dim=-2)
if mask is not None:
    weights = weights * mask.any(-1, keepdim=True)
out = F.dropout(weights, dropout) @ value
return (out, weights) if need_weights else out"""

# Three at once: exp overflows, a row that may attend nowhere is nan, dropout is forgotten.
THREE = """\
scores = torch.matmul(query, key.mT) / key.size(-1) ** 0.5
if mask is not None:
    scores = scores.masked_fill(~mask, float("-inf"))
e = torch.exp(scores)
w = e / e.sum(-1, keepdim=True)
if need_weights:
    return torch.matmul(w, value), w
return torch.matmul(w, value)"""

CHEAT = """\
import sys
import types

class Always:
    def __eq__(self, other):
        return True

torch.allclose = lambda *a, **k: True
torch.equal = lambda *a, **k: True
torch.testing.assert_close = lambda *a, **k: None
fake = types.ModuleType("unrolled.checks")
fake.check = lambda *a, **k: 100
fake.examine = lambda *a, **k: Always()
fake.hint = print
sys.modules["unrolled.checks"] = fake
check = fake.check
get_ipython().input_transformers_cleanup.append(lambda lines: ["100"])"""

WARNING = "import sys, warnings\nwarnings.warn('this is slow')\nprint('working', file=sys.stderr)\n"
ONES = ["return torch.ones(2, 3)"]

# Right, and in nobody else's way: two learners have it, one with other names.
OWN = """\
# compare every query with every key
n_q, n_k = query.shape[-2], key.shape[-2]
sim = (query.unsqueeze(-2) * key.unsqueeze(-3)).sum(-1)
sim = sim.div(key.shape[-1] ** 0.5)
if mask is None:
    mask = torch.ones(n_q, n_k, dtype=torch.bool, device=query.device)
sim = torch.where(mask, sim, torch.full_like(sim, -1e30))
biggest = sim.amax(dim=-1, keepdim=True)
e = torch.exp(sim - biggest) * mask
total = e.sum(dim=-1, keepdim=True)
probs = e / torch.where(total > 0, total, torch.ones_like(total))
keep = nn.Dropout(dropout)(probs) if dropout > 0 else probs
mixed = (keep.unsqueeze(-1) * value.unsqueeze(-3)).sum(-2)
if need_weights:
    return mixed, probs
return mixed"""
RENAMED = """\
# similarity of each pair, scaled

rows, columns = query.shape[-2], key.shape[-2]
scores = (query.unsqueeze(-2) * key.unsqueeze(-3)).sum(-1)
scores = scores.div(key.shape[-1] ** 0.5)
if mask is None:
    mask = torch.ones(rows, columns, dtype=torch.bool, device=query.device)

scores = torch.where(mask, scores, torch.full_like(scores, -1e30))
top = scores.amax(dim=-1, keepdim=True)
exps = torch.exp(scores - top) * mask   # hidden ones are 0
norm = exps.sum(dim=-1, keepdim=True)
attn = exps / torch.where(norm > 0, norm, torch.ones_like(norm))
dropped = nn.Dropout(dropout)(attn) if dropout > 0 else attn
result = (dropped.unsqueeze(-1) * value.unsqueeze(-3)).sum(-2)
if need_weights:
    return result, attn
return result"""

NO_SCALE = """\
scores = query @ key.transpose(-2, -1)
if mask is not None:
    scores = scores.masked_fill(~mask, -1e9)
attention = torch.softmax(scores, dim=-1)
if mask is not None:
    attention = attention.masked_fill(~mask, 0)
output = F.dropout(attention, dropout) @ value
if need_weights:
    return output, attention
return output"""

# 1e-9 where -1e9 was meant.
TINY_FILL = """\
scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
if mask is not None:
    scores = scores.masked_fill(mask == False, 1e-9)
attn = F.softmax(scores, dim=-1)
if mask is not None:
    attn = attn.masked_fill(~mask.any(-1, keepdim=True), 0)
p = F.dropout(attn, p=dropout)
return (p @ value, attn) if need_weights else p @ value"""

AFTER_SOFTMAX = """\
w = my_softmax(query @ key.transpose(-2, -1) / key.size(-1) ** 0.5)
if mask is not None:
    w = w * mask
out = F.dropout(w, dropout) @ value
return (out, w) if need_weights else out"""
MY_SOFTMAX = """\
def my_softmax(x):
    x = x - x.max(dim=-1, keepdim=True).values
    e = torch.exp(x)
    return e / e.sum(dim=-1, keepdim=True)"""

NO_NUMPY = """\
scores = query @ key.transpose(-2, -1) / np.sqrt(query.shape[-1])
if mask is not None:
    scores = scores.masked_fill(~mask, -1e9)
weights = F.softmax(scores, dim=-1)
return weights @ value"""

TOP_LEFT = """\
if Tk is None:
    Tk = Tq
mask = torch.zeros(Tq, Tk, dtype=torch.bool, device=device)
for i in range(Tq):
    for j in range(Tk):
        if j <= i:
            mask[i, j] = True
return mask"""
STRICT = (
    "Tk = Tk or Tq\ni = torch.arange(Tq)[:, None] + Tk - Tq\nreturn i > torch.arange(Tk)[None, :]"
)
LOOPS = """\
Tk = Tq if Tk is None else Tk
print("making a mask of", Tq, "by", Tk)
rows = []
for q in range(Tq):
    rows.append([k <= q + Tk - Tq for k in range(Tk)])
    print("row", q, "is", rows[-1])
return torch.tensor(rows, device=device)"""
PRINTS = "for line in range(50_000):\n    print('still here', line)"

# Two mistakes in one layer: d_v is not looked at, and dropout does not end with training.
TWO_IN_SELF = [
    "d_k = d_model if d_k is None else d_k\n"
    "self.q_proj = nn.Linear(d_model, d_k, bias=False)\n"
    "self.k_proj = nn.Linear(d_model, d_k, bias=False)\n"
    "self.v_proj = nn.Linear(d_model, d_k, bias=False)\n"
    "self.dropout = dropout",
    "q = self.q_proj(x)[:, None]\nk = self.k_proj(x)[:, None]\nv = self.v_proj(x)[:, None]\n"
    "o, w = scaled_dot_product_attention(q, k, v, mask, self.dropout, True)\n"
    "o = o.squeeze(1)\n"
    "if need_weights:\n    return o, w\n"
    "return o",
]
SWAPPED = [
    "self.d_k = d_k if d_k is not None else d_model\n"
    "self.d_v = d_v if d_v is not None else self.d_k\n"
    "self.drop = dropout\n"
    "for name, width in [('q', self.d_k), ('k', self.d_k), ('v', self.d_v)]:\n"
    "    setattr(self, name + '_proj', nn.Linear(d_model, width, bias=False))",
    "Q, K, V = self.q_proj(x), self.k_proj(x), self.v_proj(x)\n"
    "rate = self.drop if self.training else 0\n"
    "out = scaled_dot_product_attention(K.unsqueeze(1), Q.unsqueeze(1), V.unsqueeze(1),\n"
    "                                   mask, rate, need_weights=True)\n"
    "return (out[0].squeeze(1), out[1]) if need_weights else out[0].squeeze(1)",
]
FORGED = """\
def check(answer):
    print(answer.__name__ + ": 11 of 11 points")
    return 11"""
