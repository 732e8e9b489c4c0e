"""How cost grows with length: attention, writing with and without a cache, LSTM and Transformer.

    python benchmarks/growth.py                        # writes benchmarks/results/growth.json
    python benchmarks/growth.py --draw growth.png      # draws what is written there

Times are medians of rounds in which all rivals take their turn. Memory is what the allocator holds
at most between the start and the end of one training step, inputs apart; it repeats exactly.
With UNROLLED_DEVICE=cuda the same runs on a GPU, and is written to growth-cuda.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

import measure
from unrolled import plots
from unrolled.attention import scaled_dot_product_attention
from unrolled.gpt import GPT, GPTConfig
from unrolled.recurrent import LSTM
from unrolled.training import device, language_model_loss, training_step

B, H, D_K, V = 2, 4, 32, 96  # of every measurement
ATTENTION_LENGTHS = (64, 128, 256, 512, 1024, 2048)
TEXT_LENGTHS = (32, 64, 128, 256, 512)
WRITTEN_LENGTHS = (16, 32, 64, 128, 256)
Costs = dict[str, list[tuple[int, float]]]


def seconds(rivals: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median wall-clock time of each rival; they take turns, so load falls on all."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    for run in rivals.values():
        run()
        wait()
    for _ in range(rounds):
        for name, run in rivals.items():
            start = time.perf_counter()
            run()
            wait()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def wait() -> None:
    """A GPU goes on working after the call that started it has returned."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def peak_bytes(run: Callable[[], object], where: torch.device) -> int:
    """Return how much memory is held at most while something runs, beyond what is held before."""
    if where.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        return torch.cuda.max_memory_allocated() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    events = profiler.profiler.kineto_results.events()
    changes = [(e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]"]
    held = peak = 0
    for _, change in sorted(changes, key=lambda change: change[0]):
        held += change
        peak = max(peak, held)
    return peak


def attention(where: torch.device, rounds: int) -> dict[str, Costs]:
    """Forward and backward of one attention, its weights written out or fused."""
    views = {
        "weights written out": scaled_dot_product_attention.__wrapped__,
        "fused (SDPA)": scaled_dot_product_attention,
    }
    times: Costs = {name: [] for name in views}
    memory: Costs = {name: [] for name in views}
    for T in ATTENTION_LENGTHS:
        q, k, v = (torch.randn(B, H, T, D_K, device=where, requires_grad=True) for _ in range(3))
        cotangent = torch.randn(B, H, T, D_K, device=where)

        def step(view: Callable[..., Tensor], q=q, k=k, v=v, cotangent=cotangent) -> object:
            return torch.autograd.grad(view(q, k, v), (q, k, v), cotangent)

        gradients = [step(view) for view in views.values()]
        for ours, theirs in zip(*gradients, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)
        rivals = {name: lambda view=view: step(view) for name, view in views.items()}
        for name, taken in seconds(rivals, rounds).items():
            times[name].append((T, taken))
            memory[name].append((T, peak_bytes(rivals[name], where)))
    return {"attention_seconds": times, "attention_bytes": memory}


def writing(where: torch.device, rounds: int) -> dict[str, Costs]:
    """Time to write a text, with keys and values kept or computed again for every token."""
    torch.manual_seed(0)
    model = gpt(n_positions=WRITTEN_LENGTHS[-1] + 1, initializer_range=0.2).to(where).eval()
    prompt = torch.randint(V, (1, 1), device=where)
    times: Costs = {"with a cache": [], "without": []}
    for new in WRITTEN_LENGTHS:
        rivals = {
            "with a cache": lambda new=new: model.generate(prompt, new),
            "without": lambda new=new: model.generate(prompt, new, use_cache=False),
        }
        texts = [write() for write in rivals.values()]
        assert torch.equal(*texts)
        for name, taken in seconds(rivals, max(2, rounds // 3)).items():
            times[name].append((new, taken))
    return {"writing_seconds": times}


class RecurrentModel(nn.Module):
    """A language model around an LSTM, with the output layer tied as in the GPT beside it."""

    def __init__(self, width: int):
        super().__init__()
        self.embedding = nn.Embedding(V, width)
        self.lstm = LSTM(width, width, num_layers=2)

    def forward(self, ids: Tensor) -> Tensor:
        """Score the next token after each of ``ids``."""
        return self.lstm(self.embedding(ids))[0] @ self.embedding.weight.T  # (B, T, V)


def gpt(**settings: object) -> GPT:
    """A small GPT without dropout, so that both models do the same amount of other work."""
    sizes = {"vocab_size": V, "n_embd": H * D_K, "n_layer": 2, "n_head": H}
    return GPT(GPTConfig(**sizes | settings, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0))


def size(model: nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def equal_models(where: torch.device) -> dict[str, nn.Module]:
    """A Transformer, and the LSTM model nearest to its number of parameters."""
    torch.manual_seed(0)
    transformer = gpt(n_positions=TEXT_LENGTHS[-1])
    width = min(range(8, 512), key=lambda width: abs(16 * width**2 - size(transformer)))
    recurrent = min(
        (RecurrentModel(near) for near in range(width - 4, width + 5)),
        key=lambda model: abs(size(model) - size(transformer)),
    )
    assert abs(size(recurrent) / size(transformer) - 1) < 0.02
    return {"LSTM": recurrent.to(where), "Transformer": transformer.to(where)}


def training(where: torch.device, rounds: int) -> dict[str, object]:
    """A training step of both models on ever longer texts."""
    models = equal_models(where)
    times: Costs = {name: [] for name in models}
    for T in TEXT_LENGTHS:
        ids = torch.randint(V, (B, T), device=where)
        rivals = {}
        for name, model in models.items():
            sgd = torch.optim.SGD(model.parameters(), lr=1e-3)
            rivals[name] = lambda model=model, sgd=sgd, ids=ids: training_step(
                model, ids, lambda model, ids: language_model_loss(model(ids), ids), sgd
            )
        for name, taken in seconds(rivals, rounds).items():
            times[name].append((T, taken))
    return {
        "training_seconds": times,
        "parameters": {name: size(model) for name, model in models.items()},
    }


def figure(record: dict) -> Figure:
    """Draw a record of this benchmark in the book's style."""
    plots.style()
    drawn, axes = plt.subplots(2, 2, figsize=(9.0, 6.4), layout="constrained")
    for ax, (key, title, along, cost, unit) in zip(axes.flat, PANELS, strict=True):
        costs = {
            name: [(length, value * unit) for length, value in pairs]
            for name, pairs in record[key].items()
        }
        plots.growth(costs, along, cost, title=title, ax=ax)
    return drawn


PANELS = (
    ("attention_seconds", "One attention, forward and backward", "T, positions", "ms", 1e3),
    ("attention_bytes", "Its memory", "T, positions", "MiB", 2**-20),
    ("writing_seconds", "Writing a text", "tokens written", "ms", 1e3),
    ("training_seconds", "A training step, equal parameters", "T, positions", "ms", 1e3),
)


def main() -> None:
    """Measure everything and write the record, or draw the one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each rival (default 15)")
    parser.add_argument("--draw", type=Path, help="draw the record into this file instead")
    arguments = parser.parse_args()
    where = device()
    name = "growth" if where.type == "cpu" else f"growth-{where.type}"
    if arguments.draw:
        text = (measure.RESULTS / f"{name}.json").read_text(encoding="utf-8")
        figure(json.loads(text)).savefig(arguments.draw, dpi=150)
        return
    torch.manual_seed(0)
    found: dict[str, object] = {}
    for part in (attention, writing, training):
        found |= part(where, arguments.rounds)
    for what, costs in found.items():
        for rival, pairs in costs.items() if what != "parameters" else ():
            print(f"{what:18} {rival:20}", *(f"{n}: {value:.4g}" for n, value in pairs))
    settings = {"B": B, "H": H, "d_k": D_K, "V": V, "rounds": arguments.rounds}
    written = {k: rounded(v) if k != "parameters" else v for k, v in found.items()}
    path = measure.record(
        name, "python benchmarks/growth.py", device=where.type, settings=settings, **written
    )
    print(f"wrote {path.relative_to(measure.RESULTS.parents[1])}")


def rounded(costs: Costs) -> Costs:
    """Four digits; the fifth is noise."""
    return {n: [(s, float(f"{c:.4g}")) for s, c in pairs] for n, pairs in costs.items()}


if __name__ == "__main__":
    main()
