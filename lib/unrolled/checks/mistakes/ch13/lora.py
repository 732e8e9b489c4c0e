"""Known mistakes in a linear layer with a low-rank change."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_FREEZE = "self.linear = linear.requires_grad_(False)"
_SCALE = "self.scale = alpha / rank"
_A = "self.lora_A = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))"
_B = "self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))"
_DRAWN = "nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))"
_MERGED = "if self.before_merge is not None:\n            return self.linear(x)"
_LOW = "low_rank = self.dropout(x) @ self.lora_A.T"
_SUM = "return self.linear(x) + self.scale * (low_rank @ self.lora_B.T)"
_ONCE = "if self.before_merge is None:"
_KEEP = "self.before_merge = self.linear.weight.detach().clone()"
_ADD = "self.linear.weight += self.scale * (self.lora_B @ self.lora_A)"
_BACK = "self.linear.weight.copy_(self.before_merge)"
_STOP = tuple(f"self.lora_{name}.requires_grad_(False)" for name in "AB")
_GO = tuple(f"self.lora_{name}.requires_grad_(True)" for name in "AB")

LORA = (
    Mistake("scale-inverted", "the change is scaled by r / alpha; alpha / r is wanted.",
            ((_SCALE, "self.scale = rank / alpha"),)),
    Mistake("scale-not-divided", "the change is scaled by alpha; divide alpha by the rank.",
            ((_SCALE, "self.scale = alpha"),)),
    Mistake("scale-missing", "the change is not scaled; alpha / r is wanted.",
            ((_SCALE, "self.scale = 1.0"),)),
    Mistake("scale-by-root", "the change is scaled by alpha / sqrt(r); alpha / r is wanted.",
            ((_SCALE, "self.scale = alpha / math.sqrt(rank)"),)),
    Mistake("b-starts-random", "B starts random, so the layer does not start as the linear layer; "
            "B starts at zero.",
            ((_DRAWN, _DRAWN + "\n        nn.init.normal_(self.lora_B, mean=1.0)"),)),
    Mistake("both-start-at-zero", "A and B both start at zero, so neither ever gets a gradient; A "
            "starts random.", ((_DRAWN, "nn.init.zeros_(self.lora_A)"),)),
    Mistake("a-starts-at-zero", "A starts at zero and B random; it is the other way round.",
            ((_DRAWN, "nn.init.zeros_(self.lora_A)\n        nn.init.normal_(self.lora_B)"),)),
    Mistake("a-drawn-otherwise", "A starts random in another way; here it starts evenly between "
            "-1 / sqrt(D_in) and 1 / sqrt(D_in), as the weight of an nn.Linear does.",
            ((_DRAWN, "nn.init.normal_(self.lora_A)"),)),
    Mistake("a-drawn-otherwise", "A starts spread too widely; here it starts evenly between "
            "-1 / sqrt(D_in) and 1 / sqrt(D_in), as the weight of an nn.Linear does.",
            ((_DRAWN, "nn.init.kaiming_uniform_(self.lora_A)"),), variant="kaiming"),
    Mistake("a-drawn-small", "A starts too small; here it starts evenly between -1 / sqrt(D_in) and "
            "1 / sqrt(D_in), as the weight of an nn.Linear does.",
            ((_DRAWN, "nn.init.normal_(self.lora_A, std=0.02)"),)),
    Mistake("linear-not-frozen", "the linear layer is still trained: freeze its parameters.",
            ((_FREEZE, "self.linear = linear"),)),
    Mistake("bias-not-frozen", "the bias of the linear layer is still trained: freeze it too.",
            ((_FREEZE, "linear.weight.requires_grad_(False)\n        self.linear = linear"),)),
    Mistake("under-no-grad", "the linear layer is called without gradients, so none reaches x "
            "through it: freeze its parameters and nothing else.",
            ((_SUM, _SUM.replace("self.linear(x)", "self.linear(x).detach()")),)),
    Mistake("a-frozen", "A is not trained; A and B both are.",
            ((_DRAWN, _DRAWN + "\n        self.lora_A.requires_grad_(False)"),)),
    Mistake("linear-left-out", "the output is the change alone: the linear layer's output is missing.",
            ((_SUM, "return self.scale * (low_rank @ self.lora_B.T)"),)),
    Mistake("bias-dropped", "the bias of the linear layer is not added.",
            ((_SUM, _SUM.replace("self.linear(x)", "x @ self.linear.weight.T")),)),
    Mistake("change-subtracted", "the change is subtracted; it is added.",
            ((_SUM, _SUM.replace(" + ", " - ")), (_ADD, _ADD.replace("+=", "-=")))),
    Mistake("activation-between", "there is an activation between A and B; without it the change "
            "is one matrix and can be merged.", ((_LOW, _LOW + ".relu()"),)),
    Mistake("a-the-other-way", "A is (D_in, r); (r, D_in) is wanted.",
            ((_A, _A.replace("rank, linear.in_features", "linear.in_features, rank")),
             (_LOW, _LOW.replace("lora_A.T", "lora_A")))),
    Mistake("b-the-other-way", "B is (r, D_out); (D_out, r) is wanted.",
            ((_B, _B.replace("linear.out_features, rank", "rank, linear.out_features")),
             (_SUM, _SUM.replace("lora_B.T", "lora_B")))),
    Mistake("not-parameters", "A and B are plain tensors: wrap them in nn.Parameter, or they are "
            "neither trained nor saved.",
            ((_A, "self.lora_A = linear.weight.new_empty(rank, linear.in_features)"),
             (_B, "self.lora_B = linear.weight.new_zeros(linear.out_features, rank)"))),
    Mistake("change-has-biases", "the change has biases; A and B are matrices alone.",
            ((_DRAWN, _DRAWN + "\n        self.bias_A = nn.Parameter(torch.zeros(rank))"),
             (_LOW, _LOW + " + self.bias_A"))),
    Mistake("always-float32", "A and B are float32 whatever the linear layer is; take its dtype, for "
            "example with linear.weight.new_zeros.",
            ((_A, "self.lora_A = nn.Parameter(torch.empty(rank, linear.in_features))"),
             (_B, "self.lora_B = nn.Parameter(torch.zeros(linear.out_features, rank))"))),
    Mistake("dropout-everywhere", "dropout falls on the input of the linear layer too; it belongs "
            "before A alone.", ((_LOW, "x = self.dropout(x)\n        low_rank = x @ self.lora_A.T"),)),
    Mistake("dropout-after-a", "dropout falls between A and B; it belongs before A.",
            ((_LOW, "low_rank = self.dropout(x @ self.lora_A.T)"),)),
    Mistake("dropout-on-change", "dropout falls on the finished change; it belongs before A.",
            ((_LOW, "low_rank = x @ self.lora_A.T"),
             (_SUM, _SUM.replace("self.scale * (low_rank @ self.lora_B.T)",
                                 "self.dropout(self.scale * (low_rank @ self.lora_B.T))")))),
    Mistake("dropout-missing", "dropout is never applied, also not while training.",
            ((_LOW, "low_rank = x @ self.lora_A.T"),)),
    Mistake("dropout-in-eval", "dropout is also applied in evaluation.",
            (("self.dropout = nn.Dropout(dropout)",
              "self.dropout = lambda x: nn.functional.dropout(x, dropout)"),)),
    Mistake("merge-does-nothing", "merge leaves the matrix as it is; it adds the change to it.",
            ((_ADD, "pass"), (_MERGED, "pass"))),
    Mistake("merge-without-scale", "merge adds B A without its scale.",
            ((_ADD, "self.linear.weight += self.lora_B @ self.lora_A"),)),
    Mistake("added-once-more", "once merged, the change is still added to the output: it counts "
            "twice.", ((_MERGED, "pass"),)),
    Mistake("merge-adds-again", "a second merge adds the change a second time.",
            ((_ONCE, "if True:"),)),
    Mistake("merge-loses-change", "once merged, the output is that of the linear layer before.",
            ((_ADD, "pass"),)),
    Mistake("unmerge-subtracts", "unmerge takes the change away by subtracting it, which rounds; put "
            "the kept matrix back.",
            ((_BACK, "self.linear.weight -= self.scale * (self.lora_B @ self.lora_A)"),)),
    Mistake("matrix-not-restored", "the matrix kept beside it is the same tensor, which merge "
            "changes, so unmerge finds it merged: keep a clone.",
            ((_KEEP, "self.before_merge = self.linear.weight.detach()"),),
            variant="kept without a clone"),
    Mistake("unmerge-keeps-flag", "after unmerge the layer still takes itself for merged: the change "
            "is not added to the output.", ((_BACK, _BACK + "\n            return"),)),
    Mistake("matrix-not-restored", "unmerge leaves the matrix merged: put the kept one back.",
            ((_BACK, "pass"),)),
    Mistake("trained-while-merged", "A and B are still trained while merged, where they have no "
            "effect: freeze them.", tuple((line, "pass") for line in _STOP)),
    Mistake("frozen-after-unmerge", "A and B stay frozen after unmerge: let them train again.",
            tuple((line, "pass") for line in _GO)),
)  # fmt: skip
