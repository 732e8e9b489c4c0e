"""One account for all that an answer sends: kind on its own side, unforgiving on the other."""

import json
import socket
import threading
import tracemalloc
from contextlib import closing

import pytest
import torch
from safetensors import torch as safetensors

from unrolled.candidate.budget import Budget
from unrolled.candidate.handles import AnswerError, Candidate
from unrolled.candidate.host import Host
from unrolled.candidate.unpacking import unpack
from unrolled.candidate.values import ValueRefused
from unrolled.candidate.wire import SocketTransport, WireError, encode, receive, serve

ENVELOPE = {"values": [], "error": None, "printed": "", "warned": [], "changed": [], "seen": []}
MOST = 64 * 2**20  # bytes that reading one forged reply may take beside the reply


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        yield ours, theirs


def answering(pair, source, **budget):
    """A candidate over a socket, whose own side has the budget given."""
    namespace = {}
    exec(source, namespace)
    host = Host(namespace)
    host.budget = Budget(**budget)
    threading.Thread(target=serve, args=(pair[1], host), daemon=True).start()
    return Candidate(SocketTransport(pair[0], seconds=60), "answer")


def frame(head, body=None):
    body = safetensors.save({}) if body is None else body
    return len(head).to_bytes(4) + len(body).to_bytes(4) + head + body


def replies(sock, *frames, forever=False):
    """Send frames from a thread, until nobody reads them."""

    def write():
        try:
            while True:
                for bytes_ in frames:
                    sock.sendall(bytes_)
                if not forever:
                    return
        except OSError:
            pass

    threading.Thread(target=write, daemon=True).start()


LARGE = {
    "values": "[0] * 19_000",
    "complex numbers": "[1j] * 6_000",
    "ranges": "[range(3)] * 4_000",
    "slices, dicts and iterators": "[({1: slice(3)}, iter('ab')) for _ in range(1_500)]",
    "types": "[type] * 15_000",
    "text that JSON writes six times as long": "'\\x01' * 199_000",
    "text that JSON writes twelve times as long": "chr(128512) * 199_000",
    "commas": "'[,' * 99_000",
    "bytes": "bytes(99_000)",
    "strings that are not what they say": "['a' * 190_000, Odd('b')]",
    "tensors": "[torch.zeros(7_000_000)] * 2",
    "many tensors": "[torch.zeros(1) for _ in range(900)]",
    "what is printed": "print(chr(128512) * 10**6)",
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_an_answer_that_goes_on_is_told_so_and_lives(pair, value):
    """What the kind side lets through, the other always takes."""
    source = (
        f"import torch\nclass Odd(str):\n    __str__ = lambda self: 'b' * 10**7\n"
        f"def answer():\n    return {value}"
    )
    candidate = answering(pair, source, text=400_000, nodes=40_000, bytes=2**26)
    error = None
    for _ in range(6):
        try:
            candidate.answer().value()
        except AnswerError as raised:
            error = raised
    if error is not None:
        assert error.type_name == "ValueRefused"
        assert "all questions together" in error.message


def test_calls_back_are_counted(pair):
    source = "def answer(ask):\n    while True: ask(1)"
    candidate = answering(pair, source, calls=20)
    asked, callee = candidate.function(lambda x: None)
    with pytest.raises(AnswerError, match="called more than"):
        candidate.answer(asked).value()
    assert len(callee.calls) == 20


def test_a_call_back_is_small(pair):
    source = "import torch\ndef answer(ask):\n    ask(torch.zeros(10**6))"
    candidate = answering(pair, source)
    asked, callee = candidate.function(lambda x: None)
    with pytest.raises(AnswerError, match="a call with tensors of more than"):
        candidate.answer(asked).value()
    assert not callee.calls


def text(head):
    return json.dumps(head).encode()


def tensors(*values):
    return safetensors.save({str(n): v for n, v in enumerate(values)})


EMPTIES = b"[" + b"[]," * 4_000_000
ODD = "\U0001f600" + "x" * 3_000_000
FORGED = {
    "a nested reply": (text(ENVELOPE)[:-1] + b', "more": ' + EMPTIES + b"0]}", None),
    "brackets between odd strings": (b'{"a": "\\"' + b'[' * 9 + b'", "b":' + EMPTIES, None),
    "one odd character": (json.dumps(ODD, ensure_ascii=False).encode(), None),
    "UTF-16": (json.dumps("x" * 3_000_000).encode("utf-16"), None),
    "a number of many digits": (b'{"values": [' + b"9" * 5_000_000 + b"]}", None),
    "a long call back": (text({"callback": 0, "args": []})[:-1] + b', "a": "' + b"x" * 13 * 2**20
                         + b'"}', None),
    "a large call back": (text({"callback": 0, "args": {"tuple": [{"tuple": []}, {"dict": []}]}}),
                          tensors(torch.zeros(2**19))),
}  # fmt: skip


@pytest.mark.parametrize(("head", "body"), FORGED.values(), ids=FORGED)
def test_a_forged_reply_is_paid_for_before_it_is_read(pair, head, body):
    replies(pair[1], frame(head, body))
    candidate = Candidate(SocketTransport(pair[0], seconds=60), "answer")
    tracemalloc.start()
    with pytest.raises(WireError):
        candidate.answer().value()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < MOST


CALLS = {
    "heads": {"tuple": [{"tuple": []}, {"dict": [["a", "x" * 100_000]]}]},
    "values": {"tuple": [{"tuple": [0] * 10_000}, {"dict": []}]},
    "number": {"tuple": [{"tuple": []}, {"dict": []}]},
}


@pytest.mark.parametrize("args", CALLS.values(), ids=CALLS)
def test_what_forged_calls_back_leave_is_limited(pair, args):
    replies(pair[1], encode({"callback": 0, "args": args}, []), forever=True)
    transport = SocketTransport(pair[0], seconds=60)
    transport.budget.calls, transport.budget.nodes = 500, 200_000
    candidate = Candidate(transport, "answer")
    asked, callee = candidate.function(lambda *args, **kwargs: None)
    threading.Thread(target=_swallow, args=(pair[1],), daemon=True).start()
    tracemalloc.start()
    with pytest.raises(WireError, match="too much"):
        candidate.answer(asked).value()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(callee.calls) <= 500
    assert kept < MOST


def _swallow(sock):
    try:
        while sock.recv(2**16):
            pass
    except OSError:
        pass


ALIKE = [{"int": str(n * (2**61 - 1))} for n in range(1, 2_000)]
BLOWN_UP = {
    "one tensor many times": ([{"tensor": 0}] * 1_000, [torch.zeros(2**16)]),
    "nothing, and much of it": ({"tensor": 0}, [torch.zeros(0, 10**12)]),
    "100,000 dimensions": ({"tensor": 0}, [torch.zeros([1] * 100_000)]),
    "an array of nothing": ({"array": 0}, [torch.zeros(10**12, 0)]),
    "a range": ({"range": [0, 10**15, 1]}, []),
    "a range of numbers without end": ({"range": [0, {"int": "9" * 900}, 1]}, []),
    "keys with one hash": ({"dict": [[key, 0] for key in ALIKE]}, []),
    "members with one hash": ({"set": [{"tuple": [key, 0]} for key in ALIKE]}, []),
    "complex keys with one hash": (
        {"set": [{"complex": [-1000003.0 * n, n]} for n in range(1, 2000)]},
        [],
    ),
    "text in parts": (["x" * 1_000] * 300, []),
    "text in keys": ({"dict": [["x" * 1_000 + str(n), 0] for n in range(300)]}, []),
    "text as bytes": ({"bytes": "AAAA" * 100_000}, []),
    "a class with a tree for its name": ({"opaque": [[]] * 10}, []),
    "a class with a long name": ({"opaque": "x" * 300_000}, []),
    "many values": ([[0] * 200] * 200, []),
}


@pytest.mark.parametrize(("tree", "given"), BLOWN_UP.values(), ids=BLOWN_UP)
def test_what_no_packer_writes_is_not_unpacked(tree, given):
    with pytest.raises(ValueRefused):
        unpack(tree, given)


STATES = {
    "a shape of text": ["x" * 100, None, None, True, "w"],
    "a shape of tensors": [{"tuple": [{"tensor": 0}]}, None, None, True, "w"],
    "a shape without end": [{"tuple": [1] * 1_000}, None, None, True, "w"],
    "a value of text": [{"tuple": [1]}, "x" * 1_000, None, True, "w"],
    "a gradient that is a list": [{"tuple": [1]}, None, [0], True, "w"],
    "a name that is a number": [{"tuple": [1]}, None, None, True, 3],
}


@pytest.mark.parametrize("parameter", STATES.values(), ids=STATES)
def test_a_forged_state_is_no_state(pair, parameter):
    raw = [["parameters", {"dict": [["w", {"tuple": parameter}]]}],
           ["buffers", {"dict": []}], ["maps", {"dict": []}]]  # fmt: skip
    reply = ENVELOPE | {"values": [{"dict": raw}]}
    pair[1].sendall(encode(reply, [torch.zeros(1)]))
    with pytest.raises(WireError, match="state"):
        Candidate(SocketTransport(pair[0], seconds=60), "answer").answer().state()


def test_an_error_is_cut_part_by_part(pair):
    error = dict.fromkeys(("type", "message", "line"), "x" * 100_000)
    replies(pair[1], encode(ENVELOPE | {"error": error}, []))
    with pytest.raises(AnswerError) as raised:
        Candidate(SocketTransport(pair[0], seconds=60), "answer").answer().value()
    lengths = [len(part) for part in (raised.value.type_name, raised.value.line)]
    assert lengths == [100, 200]
    assert len(raised.value.message) == 2_000


def test_what_is_nobodys_answer_needs_no_budget(pair):
    replies(pair[1], encode({"cell": "x" * 10**6}, []))
    assert receive(pair[0], 60)[0] == {"cell": "x" * 10**6}


@pytest.mark.parametrize(
    ("head", "why"),
    [
        # All brackets are in a string. Each quote in it could begin another that has no end either,
        # and 12 MB would be read as often as they have quotes.
        (b'{"' + b'[\\"' * 1000, "malformed"),
        (b'"",' * 1000, "too much"),
        (b"[],,[" + b'""' * 1000, "too much"),
    ],
)
def test_strings_are_read_once_and_paid_for(head, why):
    one, other = socket.socketpair()
    with one, other:
        one.sendall(len(head).to_bytes(4, "big") + bytes(4) + head)
        with pytest.raises(WireError, match=why):
            receive(other, budget=Budget(nodes=3))


def test_many_strings_take_no_memory_before_they_are_paid_for():
    head = b'"",' * 500_000
    one, other = socket.socketpair()
    with one, other:
        sender = threading.Thread(
            target=lambda: one.sendall(len(head).to_bytes(4, "big") + bytes(4) + head)
        )
        sender.start()
        tracemalloc.start()
        with pytest.raises(WireError, match="too much"):
            receive(other, budget=Budget(nodes=100, text=2**21))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        sender.join()
    assert most < 10 * len(head)


def test_a_tag_that_is_not_there_is_refused():
    with pytest.raises(ValueRefused):
        unpack([{}], [])
