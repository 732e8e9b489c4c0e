"""What costs others their marks: the right answer below it, the learner after it, the batch.

Never without a bound: where a cap is the defence, the code prints MARK when it has got further
than a question may, and goes no further.
"""

from grading.attacks.attack import Attack

PARENT = "import os, signal\n"
# What an answer does when it is asked, not before.
WHEN_ASKED = "def padding_mask(ids, pad_id):\n    "


def kills(name, says, code, **more):
    """Shown where the marks are decided in the learner's own process."""
    return Attack(name, "kill", says, (code,), off=more.pop("off", "kernel"), **more)


def beyond(name, says, code):
    """Shown where there is no cap."""
    return Attack(name, "kill", says, (code,))


ENDINGS = (
    kills("os._exit", "the process ends itself", "import os; os._exit(0)"),
    kills("SIGKILL", "the process kills itself",
          "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    kills("crash", "memory that is not there is read", "import ctypes; ctypes.string_at(0)"),
    kills("deep recursion", "calls until the stack is used up",
          "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()"),
    kills("descriptors closed", "every open file of the process is closed",
          "import os; os.closerange(3, 256)"),
    kills("endless", "a loop that never ends", "while True: pass"),
    kills("endless, deaf", "the same, deaf to every signal that can be ignored",
          "import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\n"
          "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
    kills("asleep", "a cell that waits for input for ever",
          "import os\nr, w = os.pipe()\nos.read(r, 1)"),
    kills("ends when asked", "the answer ends the process",
          WHEN_ASKED + "import os; os._exit(0)"),
    kills("endless when asked", "the answer never returns", WHEN_ASKED + "while True: pass"),
    kills("closes when asked", "the answer closes every open file",
          WHEN_ASKED + "import os; os.closerange(3, 256)"),
)  # fmt: skip

OTHERS = (
    Attack("kills the parent", "kill", "the process that started it is killed",
           (PARENT + "os.kill(os.getppid(), signal.SIGKILL)",)),
    Attack("stops the parent", "kill", "the process that started it is halted",
           (PARENT + "os.kill(os.getppid(), signal.SIGSTOP)",), hangs=True),
    Attack("kills another", "kill", "a process of the instructor's is killed",
           (PARENT + "os.kill(BYSTANDER, signal.SIGKILL)",)),
)  # fmt: skip

CAPS = (
    beyond("fork bomb", "processes without end",
           "import os, time\nfor number in range(150):\n"
           "    if os.fork() == 0:\n        time.sleep(1)\n        os._exit(0)\nprint(MARK)"),
    beyond("thread bomb", "threads without end",
           "import threading, time\nheld = []\ntry:\n    for number in range(150):\n"
           "        held.append(threading.Thread(target=time.sleep, args=(0.5,)))\n"
           "        held[-1].start()\n    print(MARK)\n"
           "finally:\n    for thread in held[:-1]: thread.join()"),
    beyond("memory bomb", "1 GB in one piece",
           "held = bytes(2**30)\nprint(MARK)"),
    beyond("memory by pieces", "1 GB in pieces of 16 MB",
           "held = [bytearray(2**24) for piece in range(64)]\nprint(MARK)"),
    beyond("memory mapped", "8 GB of addresses",
           "import mmap\nheld = mmap.mmap(-1, 8 * 2**30)\nprint(MARK)"),
    beyond("a large file", "one file of 80 MB",
           "import os, tempfile\nwith tempfile.TemporaryFile(dir=os.environ.get('TMPDIR')) as file:"
           "\n    for part in range(10): file.write(bytes(8 * 2**20))\n"
           "    file.flush()\nprint(MARK)"),
    beyond("open files", "300 open files",
           "held = [open('/dev/null') for number in range(300)]\nprint(MARK)"),
    beyond("empty files", "17,000 files with nothing in them, which are in no folder's size",
           "import os, shutil, tempfile, time\nfolder = tempfile.mkdtemp(dir='/dev/shm')\ntry:\n"
           "    for number in range(17_000): os.mknod(f'{folder}/{number}')\n"
           "    time.sleep(1)\n    print(MARK)\nfinally: shutil.rmtree(folder)"),
    beyond("full sockets", "500 MB sent and not read, which are no process's memory",
           "import os, socket, time\nr, w = os.pipe()\nfor number in range(10):\n"
           "    if os.fork() == 0:\n        held = []\n        for pair in range(120):\n"
           "            held += socket.socketpair()\n            for one in held[-2:]:\n"
           "                one.setblocking(False)\n                try:\n"
           "                    while one.send(bytes(60_000)): pass\n"
           "                except OSError: pass\n"
           "        os.write(w, b'.')\n        time.sleep(6)\n        os._exit(0)\n"
           "for number in range(10): os.read(r, 1)\ntime.sleep(5)\nprint(MARK)"),
)  # fmt: skip

ATTACKS = ENDINGS + OTHERS + CAPS
