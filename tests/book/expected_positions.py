"""What chapter 8's figures must show, computed again with the library's own positions."""

import torch

from unrolled.positions import apply_rope, sinusoidal_positions

from .expected import expected, named


@expected("clock-hands")
def clock_hands(data, controls):
    """The codes of two positions, and their dot product there and one place further on."""
    first, second = int(controls["position"]), int(controls["other"])
    table = sinusoidal_positions(data["T"] + 1, data["d_model"], controls["base"])
    return {
        **named("code", table[[first, second]]),
        "dot": (table[first] @ table[second]).item(),
        "shifted": (table[first + 1] @ table[second + 1]).item(),
        "distance": second - first,
    }


@expected("rotary-pair")
def rotary_pair(data, controls):
    """A query and a key turned by ``apply_rope``; the shift must not matter to their product."""
    plain = torch.tensor([data["query"], data["key"]], dtype=torch.float64)  # (2, d_k)

    def turned(shift):
        places = torch.tensor([controls["m"] + shift, controls["n"] + shift])
        return apply_rope(plain.view(1, 1, 2, -1), places, controls["base"])[0, 0]  # (2, d_k)

    now = turned(controls["shift"])
    halves = now.view(2, 2, -1)  # (2, half, d_k / 2)
    return {
        **named("turned", now),
        **named("part", (halves[0] * halves[1]).sum(0)),
        "dot": turned(0).prod(0).sum().item(),
        "before": plain.prod(0).sum().item(),
    }
