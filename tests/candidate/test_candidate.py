"""Every dummy exercise, in one process and over a socket: the same questions, the same answers."""

import json
import socket
import threading

import pytest
import torch

from candidate.dummies import DUMMIES
from candidate.equal import equal
from unrolled.candidate.handles import AnswerDied, Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.candidate.wire import SocketTransport, WireError, encode, receive, serve


def host(source):
    namespace = {}
    exec(source, namespace)
    return Host(namespace)


class ThroughJson(LocalTransport):
    """The same process, with every message through its text: nothing may lean on shared objects."""

    def request(self, message, tensors, callback):
        def called(message, tensors):
            return callback(json.loads(json.dumps(message)), tensors)

        reply, tensors = super().request(json.loads(json.dumps(message)), tensors, called)
        return json.loads(json.dumps(reply)), tensors


@pytest.fixture
def over_a_socket():
    ours, theirs = socket.socketpair()
    threads = []

    def connect(source):
        threads.append(threading.Thread(target=serve, args=(theirs, host(source)), daemon=True))
        threads[-1].start()
        return SocketTransport(ours, seconds=60)

    yield connect
    ours.close()
    for thread in threads:
        thread.join(timeout=10)


@pytest.mark.parametrize("name", DUMMIES)
def test_in_one_process(name):
    dummy = DUMMIES[name]
    assert equal(dummy.ask(Candidate(ThroughJson(host(dummy.source)), "answer")), dummy.wanted)


@pytest.mark.parametrize("name", DUMMIES)
def test_over_a_socket(name, over_a_socket):
    dummy = DUMMIES[name]
    assert equal(dummy.ask(Candidate(over_a_socket(dummy.source), "answer")), dummy.wanted)


def test_a_missing_name_is_an_error_of_the_answer():
    with pytest.raises(Exception, match="NameError: name 'answer' is not defined"):
        Candidate(LocalTransport(Host({})), "answer").answer().value()


@pytest.mark.parametrize(
    "source",
    [
        "def answer():\n    x = []\n    x.append(x)\n    return x",
        "def answer():\n    return 'x' * 10_000_000",
        "def answer():\n    return 10 ** 100_000",
        "def answer():\n    return [[0] * 300 for _ in range(300)]",
        "import torch\ndef answer():\n    return torch.zeros(80_000_000)",
        "def answer():\n    return ['x' * 1000] * 300",
        "def answer():\n    return bytes(10_000_000)",
        "def answer():\n    return range(10**12)",
        "import torch\ndef answer():\n    return torch.zeros([1] * 100)",
        "import torch\ndef answer():\n    return torch.zeros(0, 10**12)",
        "import torch\ndef answer():\n    return [torch.zeros(2**20)] * 100",
        "import torch\ndef answer():\n    return list(torch.zeros(3_000))",
    ],
    ids=[
        "endless nesting",
        "long text",
        "long integer",
        "many items",
        "large tensor",
        "long text in parts",
        "many bytes",
        "long range",
        "many dimensions",
        "nothing, and much of it",
        "one tensor many times",
        "many tensors",
    ],
)
def test_values_beyond_the_limits_are_refused(source):
    with pytest.raises(Exception, match="ValueRefused"):
        Candidate(LocalTransport(host(source)), "answer").answer().value()


FORGED = {
    "not JSON": b"{",
    "not an object": b"[1]",
    "deep": b"[" * 100_000,
    "no values": b'{"printed": "", "warned": [], "changed": [], "error": null}',
    "values of another kind": b'{"values": 3, "printed": "", "warned": [], "changed": [],'
    b'"error": null}',
    "no such tensor": b'{"values": [{"tensor": 9}], "printed": "", "warned": [], "changed": [],'
    b'"error": null}',
    "unknown tag": b'{"values": [{"pickle": "x"}], "printed": "", "warned": [], "changed": [],'
    b'"error": null}',
    "unhashable key": b'{"values": [{"dict": [[[], 1]]}], "printed": "", "warned": [],'
    b'"changed": [], "error": null}',
    "an unknown callback": b'{"callback": 99, "args": {"tuple": [{"tuple": []}, {"dict": []}]}}',
    "a nameless error": b'{"values": [], "printed": "", "warned": [], "changed": [], "error": 1}',
}


@pytest.mark.parametrize("head", FORGED.values(), ids=FORGED)
def test_a_forged_reply_is_a_wire_error(head):
    ours, theirs = socket.socketpair()
    body = encode({}, [])[8:]
    body = body[2:]  # what follows the two bytes of the empty JSON object
    theirs.sendall(len(head).to_bytes(4) + len(body).to_bytes(4) + head + body)
    with pytest.raises(WireError):
        Candidate(SocketTransport(ours, seconds=5), "answer").answer().value()
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("sent", "says"),
    [(b"", "ended"), (b"\xff" * 8, "larger than any"), (b"\0\0\0\2\0\0\0\0{}", "malformed")],
    ids=["nothing", "a length of 8 GB", "an empty body"],
)
def test_a_connection_that_ends_or_lies_costs_the_answer(sent, says):
    ours, theirs = socket.socketpair()
    theirs.sendall(sent)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(AnswerDied, match=says):
        receive(ours, 5)
    ours.close()
    theirs.close()


def test_silence_ends_at_the_time_limit_even_byte_by_byte():
    ours, theirs = socket.socketpair()
    theirs.sendall(b"\0\0\0\2\0")  # a frame that begins and never goes on
    with pytest.raises(AnswerDied, match="time limit"):
        receive(ours, 0.2)
    ours.close()
    theirs.close()


def test_tensors_that_cross_are_copies():
    x = torch.zeros(3)
    candidate = Candidate(
        LocalTransport(host("def answer(x):\n    x += 1\n    return x")), "answer"
    )
    out = candidate.answer(x).value()
    out += 1
    assert x.tolist() == [0, 0, 0]


def test_what_was_made_here_stays_here():
    sent = []

    class Listening(LocalTransport):
        def request(self, message, tensors, callback):
            sent.append(json.dumps(message))
            return super().request(message, tensors, callback)

    candidate = Candidate(Listening(host("def answer():\n    return 7")), "answer")
    tree = {"theirs": [candidate.answer(), (candidate.answer(), None)], "verdict": True}
    assert candidate.resolved(tree) == {"theirs": [7, (7, None)], "verdict": True}
    assert len(sent) == 1
    assert "verdict" not in sent[0]
