"""A checkpoint brings everything back, or nothing changes and the file is named."""

import json
import os

import pytest
import torch
from torch import nn

from unrolled.training import checkpoints, has_checkpoint, load_checkpoint, save_checkpoint


class Tied(nn.Module):
    """Two layers that share a weight, and a buffer."""

    def __init__(self, tied=True, width=3):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        if tied:
            self.second.weight = self.first.weight
        self.register_buffer("count", torch.arange(2))

    def forward(self, x):
        return self.second(self.first(x))


def trained(tied=True, seed=0, optimizer=torch.optim.AdamW):
    torch.manual_seed(seed)
    model = Tied(tied)
    made = optimizer(model.parameters(), lr=0.1)
    for _ in range(2):
        made.zero_grad()
        model(torch.randn(4, 3)).square().mean().backward()
        made.step()
    return model, made


def assert_equal_states(ours, theirs):
    for (name, our), (other, their) in zip(
        ours.state_dict().items(), theirs.state_dict().items(), strict=True
    ):
        assert name == other
        assert torch.equal(our, their), name


@pytest.mark.parametrize(
    "kind",
    [
        torch.optim.AdamW,
        lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True),
        torch.optim.Adagrad,
        lambda p, lr: torch.optim.AdamW(p, torch.tensor(lr), amsgrad=True),
    ],
    ids=["adamw", "momentum", "adagrad", "tensor-lr"],
)
def test_model_optimizer_random_states_and_progress_come_back(tmp_path, kind):
    model, optimizer = trained(optimizer=kind)
    progress = {
        "step": 2,
        "losses": [0.1, 1 / 3],
        "pair": (1, None, "a", [True]),
        "w": torch.ones(2),
    }
    save_checkpoint(tmp_path / "new" / "run", model, optimizer, progress)
    expected = torch.rand(3)
    other, other_optimizer = trained(seed=1, optimizer=kind)
    got = load_checkpoint(tmp_path / "new" / "run", other, other_optimizer)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(got.pop("w"), progress.pop("w"))
    assert got == progress
    assert type(got["pair"]) is tuple
    assert type(got["losses"]) is list
    assert_equal_states(model, other)
    assert other.second.weight is other.first.weight
    theirs = other_optimizer.state_dict()
    ours = optimizer.state_dict()
    assert theirs["param_groups"] == ours["param_groups"]
    assert theirs["state"].keys() == ours["state"].keys()
    for key, state in ours["state"].items():
        for name, value in state.items():
            assert torch.equal(torch.as_tensor(theirs["state"][key][name]), torch.as_tensor(value))
    x = torch.randn(4, 3)
    for m, o in ((model, optimizer), (other, other_optimizer)):
        o.zero_grad()
        m(x).square().mean().backward()
        o.step()
    assert_equal_states(model, other)


def test_a_tied_weight_is_saved_once_and_views_are_no_trouble(tmp_path):
    model, optimizer = trained()
    model.register_buffer("turned", model.first.weight.detach().T)
    assert list(checkpoints.weights(model)) == [
        "count", "turned", "first.weight", "first.bias", "second.bias",
    ]  # fmt: skip
    save_checkpoint(tmp_path, model, optimizer, {"step": 2})
    load_checkpoint(tmp_path, model, optimizer)


def test_weights_are_copies(tmp_path):
    model, _ = trained()
    kept = checkpoints.weights(model)
    before = kept["first.bias"].clone()
    with torch.no_grad():
        model.first.bias.zero_()
    assert torch.equal(kept["first.bias"], before)


def test_what_json_cannot_say_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="float values"):
        save_checkpoint(tmp_path, *trained(), {"step": 1, "loss": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_there_is_one_checkpoint_and_no_litter(tmp_path):
    model, optimizer = trained()
    assert not has_checkpoint(tmp_path)
    for step in (2, 30):
        save_checkpoint(tmp_path, model, optimizer, {"step": step})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "state.json"
    assert names[1].startswith("tensors-00000030-")
    assert len(names) == 2
    assert has_checkpoint(tmp_path)
    # Nothing that runs code when it is read.
    assert json.loads((tmp_path / "state.json").read_text())["content"]["tensors"] == names[1]


@pytest.mark.parametrize("fails_at", [0, 1])
def test_a_save_that_is_cut_leaves_the_last_one_whole(tmp_path, monkeypatch, fails_at):
    model, optimizer = trained()
    save_checkpoint(tmp_path, model, optimizer, {"step": 2})
    before = checkpoints.weights(model)
    calls = []
    replace = os.replace

    def cut(*paths):
        if len(calls) == fails_at:
            raise OSError("no space left on device")
        calls.append(paths)
        replace(*paths)

    monkeypatch.setattr(checkpoints.os, "replace", cut)
    with torch.no_grad():
        model.first.bias.zero_()
    with pytest.raises(OSError, match="no space left"):
        save_checkpoint(tmp_path, model, optimizer, {"step": 3})
    assert load_checkpoint(tmp_path, model, optimizer) == {"step": 2}
    assert torch.equal(model.first.bias, before["first.bias"])


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-9])


def tensors(folder):
    return next(folder.glob("tensors-*.safetensors"))


def digit(folder):
    path = folder / "state.json"
    text = path.read_text().replace('["lr", 0.1]', '["lr", 0.2]')
    path.write_text(text)


def other_format(folder):
    path = folder / "state.json"
    content = json.loads(path.read_text())["content"] | {"format": 2}
    text = json.dumps(content)
    digest = checkpoints.hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps({"sha256": digest, "content": content}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: flip(tensors(folder), -1), "safetensors is damaged: its SHA-256 is "),
        (lambda folder: flip(tensors(folder), 12), "safetensors is damaged: its SHA-256 is "),
        (lambda folder: cut_short(tensors(folder)), "safetensors is damaged: its SHA-256 is "),
        (lambda folder: tensors(folder).unlink(), "state.json is damaged: tensors-00000002-"),
        (lambda folder: cut_short(folder / "state.json"), "state.json is damaged: it cannot be"),
        (lambda folder: (folder / "state.json").write_text("[]"), "damaged: it cannot be read"),
        (lambda folder: (folder / "state.json").write_text("{}"), "damaged: it cannot be read"),
        (lambda folder: (folder / "state.json").write_bytes(b"\xff"), "damaged: it cannot be read"),
        (digit, "state.json is damaged: its SHA-256 is "),
        (other_format, "state.json has format 2, 1 is wanted"),
    ],
)
def test_a_damaged_file_is_refused_before_use(tmp_path, damage, message):
    model, optimizer = trained()
    save_checkpoint(tmp_path, model, optimizer, {"step": 2})
    damage(tmp_path)
    other, other_optimizer = trained(seed=1)
    before = checkpoints.weights(other)
    with pytest.raises(ValueError, match=r"damaged|format") as refused:
        load_checkpoint(tmp_path, other, other_optimizer)
    assert message in str(refused.value)
    for name, tensor in checkpoints.weights(other).items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Tied(tied=False), "does not fit Tied: missing keys ['second.weight'], unexpected "
         "keys none"),
        (lambda: nn.ModuleDict({"first": nn.Linear(3, 3), "second": nn.Linear(3, 3)}),
         "does not fit ModuleDict: missing keys ['second.weight'], unexpected keys ['count']"),
        (lambda: Tied(width=4), "'first.weight' is torch.float32 (3, 3), torch.float32 (4, 4) is"),
        (lambda: Tied().double(), "torch.float32 (3, 3), torch.float64 (3, 3) is"),
    ],
)  # fmt: skip
def test_another_model_is_refused(tmp_path, build, message):
    model, _ = trained()
    plain = torch.optim.SGD([model.first.bias], lr=0.1)
    save_checkpoint(tmp_path, model, plain, {"step": 2})
    other = build()
    with pytest.raises(ValueError, match="checkpoint") as refused:
        load_checkpoint(tmp_path, other, torch.optim.SGD([nn.Parameter(torch.ones(3))], lr=0.1))
    assert message in str(refused.value)


def test_another_optimizer_is_refused(tmp_path):
    model, optimizer = trained()
    save_checkpoint(tmp_path, model, optimizer, {"step": 2})
    with pytest.raises(ValueError, match=r"groups of \[3\] tensors, \[1\] is wanted"):
        load_checkpoint(tmp_path, model, torch.optim.SGD([model.first.bias], lr=0.1))


def test_a_folder_without_a_checkpoint_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no checkpoint \(state.json is missing\)"):
        load_checkpoint(tmp_path, *trained())


def test_what_json_and_safetensors_cannot_hold_is_named(tmp_path):
    with pytest.raises(TypeError, match="progress/note/1 is a set, which a checkpoint cannot hold"):
        save_checkpoint(tmp_path, *trained(), {"step": 1, "note": ["a", {1}]})
    assert not has_checkpoint(tmp_path)
