"""What the filter of system calls refuses, and what goes on working under it."""

import os
import re

import pytest

from grading.conftest import run
from unrolled.candidate.wire import AnswerDied

pytestmark = pytest.mark.sandbox

CALL = """\
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*words):
    if libc.syscall(*map(ctypes.c_long, words)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""
# Families that open here are few, so each is asked by what it says: another error is no filter.
ODD = {
    "AF_VSOCK": "socket.socket(40, 1)",
    "AF_ALG": "socket.socket(38, 5)",
    "AF_PACKET": "socket.socket(17, 3)",
    "AF_BLUETOOTH": "socket.socket(31, 3)",
    "AF_CAN": "socket.socket(29, 3)",
    "AF_KEY": "socket.socket(15, 3)",
    "AF_TIPC": "socket.socket(30, 5)",
    "AF_RDS": "socket.socket(21, 5)",
    "AF_KCM": "socket.socket(41, 2)",
    "AF_SMC": "socket.socket(43, 1)",
    "AF_XDP": "socket.socket(44, 3)",
    "a family to come": "socket.socket(46, 1)",
    "above an int": "call(41, 40 | 1 << 32, 1, 0)",
    "a negative int": "call(41, 40 | 0xffffffff << 32, 1, 0)",
    "a pair": "call(53, 30, 5, 0, 0)",
}
ODD_PROTOCOLS = {
    "netlink of audit": "socket.socket(16, 3, 9)",
    "netlink of the firewall": "socket.socket(16, 3, 12)",
    "netlink, above an int": "call(41, 16, 3, 12 | 1 << 32)",
    "MPTCP": "socket.socket(2, 1, 262)",
    "SMC by its protocol": "socket.socket(2, 1, 256)",
    "SCTP": "socket.socket(10, 1, 132)",
    "UDP-Lite": "socket.socket(2, 2, 136)",
    "DCCP by its type": "socket.socket(2, 6)",
    "raw": "socket.socket(2, 3, 1)",
    "pings": "socket.socket(2, 2, 1)",
    "packets of old": "socket.socket(2, 10, 3)",
}
REFUSED = {
    "Address family not supported": ODD,
    "(Protocol|Socket type) not supported": ODD_PROTOCOLS,
    "Function not implemented": {
        "a call newer than libseccomp": "call(457, 0, 0, 0, 0)",
        "a mount by its number": "call(458, 0, 0, 0, 0)",
        "clone3": "call(435, 0, 0)",
        "inotify": "if libc.inotify_init1(0) < 0: raise OSError(ctypes.get_errno(), "
        "os.strerror(ctypes.get_errno()))",
        "landlock": "call(444, 0, 0, 1)",
    },
    "Operation not permitted": {
        "a namespace by clone": "call(56, 0x10000011, 0, 0, 0, 0)",
        "words for a terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",
    },
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of calls are x86-64's")
@pytest.mark.parametrize(("said", "codes"), REFUSED.items(), ids=["family", "kind", "call", "how"])
def test_the_kernels_rarer_parts_are_refused_by_the_filter(worker, said, codes):
    said = rf"no: {said}"
    tries = "\n".join(
        f"try:\n    {code}\n    print('GOT IT', {name!r})\n"
        f"except OSError as error: print('no:', error.strerror, {name!r})"
        for name, code in codes.items()
    )
    lines = run(worker, CALL + tries).splitlines()
    assert len(lines) == len(codes)
    assert [line for line in lines if not re.match(said, line)] == []


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="code of x86")
@pytest.mark.parametrize("way", ["x32", "32 bits"])
def test_no_other_architectures_calls_get_by(worker, way):
    """AF_VSOCK asked for with the numbers of another one; without the filter no call kills."""
    asked = (
        "call(0x40000000 + 41, 40, 1, 0)"
        if way == "x32"
        else "import mmap\n"  # mov eax, socket; mov ebx, AF_VSOCK; mov ecx, 1; int 0x80
        "code = mmap.mmap(-1, 4096, prot=7)\n"
        "code.write(bytes.fromhex('53b867010000bb28000000b90100000031d2cd805bc3'))\n"
        "at = ctypes.addressof(ctypes.c_char.from_buffer(code))\n"
        "if ctypes.CFUNCTYPE(ctypes.c_int)(at)() < 0: raise OSError"
    )
    with pytest.raises(AnswerDied, match="ended without"):
        run(worker, CALL + asked)
    allowed = "import socket; socket.socket(socket.AF_UNIX).close(); print('fine')"
    assert run(worker, allowed) == "fine\n"


NEEDED = {
    "sockets": "import socket\n[s.close() for s in socket.socketpair()]\n"
    "socket.create_server(('127.0.0.1', 0)).close()\nsocket.socket(socket.AF_INET6).close()\n"
    "socket.if_nameindex()",
    "asyncio": "import asyncio\nasync def echo(reader, writer):\n"
    "    writer.write(await reader.readline())\n    writer.close()\n"
    "async def main():\n    server = await asyncio.start_server(echo, '127.0.0.1', 0)\n"
    "    port = server.sockets[0].getsockname()[1]\n"
    "    reader, writer = await asyncio.open_connection('127.0.0.1', port)\n"
    "    writer.write(b'hello\\n')\n    assert await reader.readline() == b'hello\\n'\n"
    "import threading\nthread = threading.Thread(target=lambda: asyncio.run(main()))\n"
    "thread.start()\nthread.join()",
    "a program": "import subprocess\nassert subprocess.check_output(['echo', 'hi']) == b'hi\\n'",
    "processes": "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as pool:\n"
    "    assert pool.map(abs, [-1, 2]) == [1, 2]",
    "a loader's workers": "import torch\ndata = torch.utils.data.TensorDataset(torch.ones(8, 2))\n"
    "loader = torch.utils.data.DataLoader(data, batch_size=4, num_workers=2)\n"
    "assert sum(x.sum() for x, in loader) == 16",
    "threads of torch": "import torch\ntorch.set_num_threads(2)\n"
    "assert (torch.ones(500, 500) @ torch.ones(500, 500)).sum() == 500 ** 3",
    "a database": "import sqlite3\nbook = sqlite3.connect('/tmp/book.db')\n"
    "book.execute('create table t (x)')\nbook.commit()",
    "a plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('/tmp/a')"
    "\nplt.close()",
}


@pytest.mark.parametrize("code", NEEDED.values(), ids=NEEDED)
def test_what_learners_do_need_works(worker, code):
    code = code.replace("\n", "\n    ")
    assert run(worker, f"try:\n    {code}\n    print('fine')\nfinally: pass") == "fine\n"


def test_a_buffer_stays_as_it_is_whatever_is_asked(worker):
    """What waits in sockets is estimated by what they hold from the start."""
    code = (
        "import socket\ns = socket.socketpair()[0]\n"
        "before = s.getsockopt(1, 7), s.getsockopt(1, 8)\n"
        "for option in (7, 8): s.setsockopt(1, option, 2**22)\n"
        "print(before == (s.getsockopt(1, 7), s.getsockopt(1, 8)))"
    )
    assert run(worker, code) == "True\n"


def test_timers_without_end_cannot_be_had(worker):
    code = (
        "import ctypes\nlibc, made = ctypes.CDLL(None), 0\n"
        "while made < 5000 and libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())) == 0:\n"
        "    made += 1\nprint(0 < made <= 256)"
    )
    assert run(worker, code) == "True\n"
