"""A learner's own library: what passed is used, what changed since is refused."""

import pytest
import torch

from unrolled.basics import cross_entropy, softmax
from unrolled.parts import mine, part, store, use

SOFTMAX = """
def softmax(logits, dim=-1):
    powers = (logits - logits.max()).exp()
    return powers / powers.sum(dim, keepdim=True)
"""
CROSS_ENTROPY = """
from mylib.softmax import softmax

def cross_entropy(logits, targets):
    return -softmax(logits)[range(len(targets)), targets].log().mean()
"""


def test_what_was_stored_is_used_in_place_of_the_reference(tmp_path):
    store("softmax", SOFTMAX, tmp_path)
    store("cross_entropy", CROSS_ENTROPY, tmp_path)
    with use(mine(tmp_path)):
        theirs = part(cross_entropy)
    assert theirs.__module__ == "mylib.cross_entropy"
    logits, targets = torch.randn(3, 5), torch.tensor([4, 0, 2])
    torch.testing.assert_close(theirs(logits, targets), cross_entropy(logits, targets))
    assert part(softmax) is softmax


def test_a_folder_is_read_as_it_is_now(tmp_path):
    store("softmax", SOFTMAX, tmp_path)
    first = mine(tmp_path)["softmax"]
    store("softmax", SOFTMAX.replace("logits.max()", "logits.max() - 0.0"), tmp_path)
    assert mine(tmp_path)["softmax"].__code__.co_consts != first.__code__.co_consts
    assert (tmp_path / "softmax.py.bak").read_text() == SOFTMAX


def test_storing_the_same_again_leaves_no_backup(tmp_path):
    store("softmax", SOFTMAX, tmp_path)
    store("softmax", SOFTMAX, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["passed.json", "softmax.py"]


def test_what_changed_after_it_passed_is_refused_unless_asked_for(tmp_path):
    path = store("softmax", SOFTMAX, tmp_path)
    path.write_text(SOFTMAX + "# one more line\n")
    with pytest.raises(ValueError, match=r"softmax\.py has not passed its checks in the form"):
        mine(tmp_path)
    assert mine(tmp_path, unpassed=True)["softmax"](torch.zeros(2)).tolist() == [0.5, 0.5]


def test_what_never_passed_is_refused(tmp_path):
    store("softmax", SOFTMAX, tmp_path)
    (tmp_path / "cross_entropy.py").write_text(CROSS_ENTROPY)
    with pytest.raises(ValueError, match="cross_entropy"):
        mine(tmp_path)
    (tmp_path / "cross_entropy.py").rename(tmp_path / "_draft.py")  # not offered as a part
    assert list(mine(tmp_path)) == ["softmax"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere_to_be_found", "softmax.py cannot be used: ModuleNotFoundError"),
        ("def soft_max(): ...", "softmax.py cannot be used: AttributeError"),
        ("def softmax(:", "softmax.py cannot be used: SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, source, message):
    store("softmax", source, tmp_path)
    with pytest.raises(ValueError, match=message):
        mine(tmp_path)


def test_bad_names_and_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"name='\.\./x' is not a Python name"):
        store("../x", SOFTMAX, tmp_path)
    with pytest.raises(ValueError, match="does not exist"):
        mine(tmp_path / "nowhere")
