"""Known mistakes in the norm and the feed-forward network of a Llama."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_MEAN = "mean_square = x.square().mean(dim=-1, keepdim=True)"
_NORM = "return x / (mean_square + self.eps).sqrt() * self.weight"
_SCALE = "self.weight = nn.Parameter(torch.ones(d_model))"

RMS_NORM = (
    Mistake("mean-subtracted", "the mean is subtracted first, as in LayerNorm; here it stays.",
            ((_MEAN, "x = x - x.mean(dim=-1, keepdim=True)\n        " + _MEAN),)),
    Mistake("variance", "the variance stands where the mean square is wanted: the mean is not "
            "subtracted before squaring.",
            ((_MEAN, "mean_square = x.var(dim=-1, keepdim=True, unbiased=False)"),)),
    Mistake("variance", "the variance stands where the mean square is wanted: the mean is not "
            "subtracted before squaring.", ((_MEAN, "mean_square = x.var(dim=-1, keepdim=True)"),),
            variant="unbiased"),
    Mistake("sum-for-mean", "the squares are summed up; their mean is wanted, or the result depends "
            "on the width.", ((_MEAN, _MEAN.replace("mean(dim", "sum(dim")),)),
    Mistake("absolute-values", "the mean of absolute values stands where the root of the mean "
            "square is wanted.", ((_MEAN, "mean_square = x.abs().mean(dim=-1, keepdim=True)**2"),)),
    Mistake("no-root", "x is divided by the mean square; divide by its root.",
            ((_NORM, _NORM.replace(".sqrt()", "")),)),
    Mistake("multiplied", "x is multiplied by its root mean square; divide by it.",
            ((_NORM, "return x * (mean_square + self.eps).sqrt() * self.weight"),)),
    Mistake("no-eps", "eps is missing: it is added to the mean square, under the root.",
            ((_NORM, _NORM.replace("(mean_square + self.eps)", "mean_square")),)),
    Mistake("eps-outside-root", "eps is added after the root; it belongs under it.",
            ((_NORM, "return x / (mean_square.sqrt() + self.eps) * self.weight"),)),
    Mistake("eps-ignored", "the argument eps is ignored.", (("self.eps = eps", "self.eps = 1e-6"),)),
    Mistake("eps-of-layer-norm", "eps is 1e-5 where 1e-6 is the default.",
            (("eps: float = 1e-6", "eps: float = 1e-5"),)),
    Mistake("eps-as-floor", "the mean square is clamped from below at eps; eps is added to it.",
            ((_NORM, _NORM.replace("(mean_square + self.eps)", "mean_square.clamp(min=self.eps)")),)),
    Mistake("no-scale", "the learned scale is never used.",
            ((_NORM, _NORM.replace(" * self.weight", "")),)),
    Mistake("scale-plus-one", "the scale is 1 + weight, as in Gemma; here weight itself starts at 1.",
            ((_NORM, _NORM.replace("self.weight", "(1 + self.weight)")),
             (_SCALE, _SCALE.replace("ones", "zeros")))),
    Mistake("scale-plus-one", "the scale is 1 + weight, as in Gemma; here weight itself starts at 1.",
            ((_NORM, _NORM.replace("self.weight", "(1 + self.weight)")),), variant="both"),
    Mistake("scale-starts-at-zero", "the scale starts at 0, so that nothing passes; it starts at 1.",
            ((_SCALE, _SCALE.replace("ones", "zeros")),)),
    Mistake("scale-starts-random", "the scale starts random; it starts at 1.",
            ((_SCALE, _SCALE.replace("ones(d_model)", "rand(d_model) * 0.1 + 0.4")),)),
    Mistake("scale-first", "x is scaled before its root mean square is taken; normalise first.",
            ((_MEAN, "x = x * self.weight\n        " + _MEAN),
             (_NORM, _NORM.replace(" * self.weight", "")))),
    Mistake("scale-not-a-parameter", "the scale is a plain tensor: wrap it in nn.Parameter, or it "
            "is neither trained nor saved.", ((_SCALE, "self.weight = torch.ones(d_model)"),)),
    Mistake("scale-divides", "x is divided by the scale; it is multiplied by it.",
            ((_NORM, _NORM.replace("* self.weight", "/ self.weight")),)),
    Mistake("a-bias-too", "there is a bias, as in LayerNorm; here nothing is shifted.",
            ((_SCALE, _SCALE + "\n        self.bias = nn.Parameter(torch.zeros(d_model))"),
             (_NORM, _NORM + " + self.bias"))),
    Mistake("over-positions", "the mean runs over the positions; it runs over the features of each "
            "position, the last axis.", ((_MEAN, _MEAN.replace("dim=-1", "dim=0")),),
            variant="first axis"),
    Mistake("over-everything", "one mean is taken of the whole tensor; each position has its own.",
            ((_MEAN, "mean_square = x.square().mean()"),)),
    Mistake("over-positions", "the mean runs over the positions; it runs over the features of each "
            "position, the last axis.",
            ((_MEAN, "mean_square = x.square().mean(dim=max(-2, -x.dim()), keepdim=True)"),)),
    Mistake("statistics-detached", "the mean square is detached: its share of the gradient is "
            "missing.", ((_NORM, _NORM.replace("mean_square", "mean_square.detach()")),)),
    Mistake("in-place", "x itself is changed: write the result into a new tensor.",
            ((_NORM, "with torch.no_grad():\n            x /= (mean_square + self.eps).sqrt()\n"
              "        return x * self.weight"),)),
    Mistake("cast-to-float32", "float64 inputs come back as float32: keep the dtype of x.",
            ((_NORM, _NORM + ".float()"),)),
)  # fmt: skip

_GATE = "gate = F.silu(self.gate_proj(x))"
_DOWN = "return self.down_proj(gate * self.up_proj(x))"
_MADE = {
    "gate": "self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)",
    "up": "self.up_proj = nn.Linear(d_model, d_ff, bias=bias)",
    "down": "self.down_proj = nn.Linear(d_ff, d_model, bias=bias)",
}

SWIGLU = (
    # The first is often one of two: pairs are tried in this order.
    Mistake("residual-inside", "x is added to the output. The residual belongs to the block.",
            ((_DOWN, _DOWN + " + x"),)),
    Mistake("gate-and-up-swapped", "Swish is on the wrong projection: it is for gate_proj.",
            ((_GATE, "gate = self.gate_proj(x)"),
             (_DOWN, "return self.down_proj(gate * F.silu(self.up_proj(x)))"))),
    Mistake("sigmoid-gate", "the gate goes through a sigmoid (GLU); Swish is x times sigmoid(x).",
            ((_GATE, "gate = self.gate_proj(x).sigmoid()"),)),
    Mistake("gelu-gate", "the gate goes through GELU (GEGLU); Swish is wanted.",
            ((_GATE, "gate = F.gelu(self.gate_proj(x))"),)),
    Mistake("relu-gate", "the gate goes through ReLU (ReGLU); Swish is wanted.",
            ((_GATE, "gate = F.relu(self.gate_proj(x))"),)),
    Mistake("tanh-gate", "the gate goes through tanh; Swish is wanted.",
            ((_GATE, "gate = self.gate_proj(x).tanh()"),)),
    Mistake("quick-gelu", "Swish multiplies by sigmoid(x), not by sigmoid(1.702 x).",
            ((_GATE, "gate = self.gate_proj(x)\n        gate = gate * torch.sigmoid(1.702 * gate)"),)),
    Mistake("softmax-gate", "the gate goes through a softmax; Swish looks at each feature alone.",
            ((_GATE, "gate = self.gate_proj(x).softmax(dim=-1)"),)),
    Mistake("no-activation", "the gate has no activation: Swish is missing.",
            ((_GATE, "gate = self.gate_proj(x)"),)),
    Mistake("swish-on-both", "Swish is on both projections; it is for the gate alone.",
            ((_DOWN, _DOWN.replace("self.up_proj(x)", "F.silu(self.up_proj(x))")),)),
    Mistake("swish-on-product", "Swish is taken of the product; it is for the gate alone, before.",
            ((_GATE, "gate = self.gate_proj(x)"),
             (_DOWN, "return self.down_proj(F.silu(gate * self.up_proj(x)))"))),
    Mistake("swish-on-output", "the output goes through Swish once more.",
            ((_DOWN, "return F.silu(self.down_proj(gate * self.up_proj(x)))"),)),
    Mistake("added", "gate and up are added; they are multiplied, feature by feature.",
            ((_DOWN, _DOWN.replace("gate * ", "gate + ")),)),
    Mistake("no-up", "up_proj is not used: it is a plain feed-forward network.",
            ((_DOWN, "return self.down_proj(gate)"),)),
    Mistake("no-gate", "gate_proj is not used: nothing decides how much passes.",
            ((_DOWN, "return self.down_proj(F.silu(self.up_proj(x)))"),)),
    Mistake("gate-used-twice", "both factors come from gate_proj: up_proj makes the other.",
            ((_DOWN, "return self.down_proj(gate * self.gate_proj(x))"),)),
    Mistake("always-biases", "the projections have biases although bias is False by default.",
            tuple((made, made.replace("bias=bias", "bias=True")) for made in _MADE.values())),
    Mistake("never-biases", "the projections have no biases although bias=True.",
            tuple((made, made.replace("bias=bias", "bias=False")) for made in _MADE.values())),
    Mistake("never-biases", "the biases are never added.",
            ((_GATE, "gate = F.silu(F.linear(x, self.gate_proj.weight))"),
             (_DOWN, "return F.linear(gate * F.linear(x, self.up_proj.weight), "
              "self.down_proj.weight)")), variant="present and unused"),
    Mistake("down-without-bias", "down_proj has no bias although bias=True.",
            ((_MADE["down"], _MADE["down"].replace("bias=bias", "bias=False")),)),
    Mistake("two-thirds", "d_ff is made smaller inside; it is the width as it is given.",
            ((_MADE["gate"], "d_ff = 2 * d_ff // 3\n        " + _MADE["gate"]),)),
    Mistake("one-projection-for-both", "one projection, cut in half, makes gate and up; here they "
            "are two layers (or say in PARAM_MAP what the one is made of).",
            ((_MADE["gate"], "self.both = nn.Linear(d_model, 2 * d_ff, bias=bias)"),
             (_MADE["up"], "pass"), (_GATE, "gate, up = self.both(x).chunk(2, dim=-1)"),
             (_DOWN, "return self.down_proj(F.silu(gate) * up)"))),
    Mistake("exp-overflows", "Swish is written with an exponential that overflows; use sigmoid or "
            "F.silu.",
            ((_GATE, "gate = self.gate_proj(x)\n        gate = gate * gate.exp() / (1 + gate.exp())"),)),
    Mistake("exp-overflows", "Swish is written with an exponential that overflows; use sigmoid or "
            "F.silu.",
            ((_GATE, "gate = self.gate_proj(x)\n        gate = gate * (gate.exp() / (1 + gate.exp()))"),),
            variant="the share first"),
    Mistake("gate-detached", "no gradient flows through the gate: it is detached.",
            ((_DOWN, _DOWN.replace("gate *", "gate.detach() *")),)),
    Mistake("over-the-batch", "the gate is averaged over the positions; each position has its own.",
            ((_DOWN, "gate = gate.mean(dim=max(-2, -x.dim()), keepdim=True) if x.dim() > 1 else gate"
              "\n        " + _DOWN),)),
)  # fmt: skip
