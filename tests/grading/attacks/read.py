"""What a submission is not meant to see: it prints what it found, or MARK where it got in."""

from grading.attacks.attack import Attack


def reads(name, says, code, **more):
    return Attack(name, "read", says, (code,), **more)


def opens(name, says, path, **more):
    """A file whose contents are the secret, or hold it."""
    return reads(name, says, f"print(open({path}, errors='replace').read())", **more)


# Process 1 of the sandbox; elsewhere the parent, which is whoever started the learner's process.
PARENT = "import ctypes, os\nparent = os.getppid()\nlibc = ctypes.CDLL(None, use_errno=True)\n"
# Where there is something in its memory; a fork has the same places.
START = """\
try: maps = open(f'/proc/{parent}/maps').read()
except OSError: maps = open('/proc/self/maps').read()
start = int(maps.split('-')[0], 16)
"""

FILES = (
    opens("hidden tests", "its own notebook, with the hidden tests put back into it",
          "COURSE + '/class/autograded/learner-01/' + ASSIGNMENT + '/' + ASSIGNMENT + '.ipynb'"),
    opens("gradebook", "the gradebook, with everybody's marks",
          "COURSE + '/class/gradebook.db'"),
    opens("course secret", "what every graded question is drawn from",
          "COURSE + '/class/secret'"),
    opens("another's submission", "what somebody else handed in",
          "COURSE + '/class/submitted/learner-99/' + ASSIGNMENT + '/' + ASSIGNMENT + '.ipynb'"),
    reads("another's feedback", "every file of the class is searched",
          "import pathlib\nfor path in pathlib.Path(COURSE, 'class').rglob('*'):\n"
          "    if path.is_file(): print(path.read_bytes())"),
    reads("solutions", "the notebook with the reference answers",
          "import pathlib\n[path] = pathlib.Path(COURSE, 'solutions', ASSIGNMENT).glob('*.ipynb')\n"
          "if 'BEGIN SOLUTION' in path.read_text(): print(MARK)"),
    reads("through a program", "another program is sent for the file",
          "import subprocess\n"
          "print(subprocess.run(['cat', COURSE + '/class/secret'], capture_output=True).stdout)"),
    opens("instructor's home", "keys and tokens of the person who grades",
          "ELSEWHERE + '/token'"),
    reads("accounts", "the machine's list of users",
          "if 'root' in open('/etc/passwd').read(): print(MARK)"),
    reads("machine", "the machine's hardware and network addresses",
          "import os\nif os.listdir('/sys/class/net'): print(MARK)"),
    reads("how it started", "what the machine's kernel was started with, and its disks",
          "for name in ('cmdline', 'swaps', 'partitions', 'diskstats', 'modules'):\n"
          "    try: found = open('/proc/' + name).read().splitlines()\n"
          "    except OSError: continue\n"
          "    if len(found) > 0: print(MARK, found)"),
    reads("probes", "the library's probes and the code that marks",
          "import importlib.util\n"
          "if importlib.util.find_spec('unrolled.checks.probing'): print(MARK)"),
)  # fmt: skip

PROCESSES = (
    reads("environment", "the grader's environment variables",
          "import os\nprint(dict(os.environ))"),
    reads("others' environment", "the environment of every process",
          "import pathlib\nfor path in pathlib.Path('/proc').glob('[0-9]*/environ'):\n"
          "    try: print(path.read_bytes())\n    except OSError: pass"),
    reads("others' command lines", "the command line of every process",
          "import pathlib\nfor path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n"
          "    print(path.read_bytes())"),
    reads("parent's memory", "the memory of the process that started it, through /proc",
          PARENT + START + "with open(f'/proc/{parent}/mem', 'rb') as memory:\n"
          "    memory.seek(start)\n    if memory.read(1): print(MARK)"),
    reads("parent's memory by call", "the same with process_vm_readv",
          PARENT + "class Vector(ctypes.Structure):\n"
          "    _fields_ = ('at', ctypes.c_void_p), ('size', ctypes.c_size_t)\n"
          "kept = ctypes.create_string_buffer(1)\n" + START
          + "mine, theirs = Vector(ctypes.addressof(kept), 1), Vector(start, 1)\n"
          "places = ctypes.byref(mine), 1, ctypes.byref(theirs), 1\n"
          "if libc.process_vm_readv(parent, *places, 0) == 1: print(MARK)"),
    reads("parent traced", "ptrace stops the process that started it and looks inside",
          PARENT + "PTRACE_ATTACH, PTRACE_DETACH = 16, 17\n"
          "if libc.ptrace(PTRACE_ATTACH, parent, None, None) == 0:\n"
          "    os.waitpid(parent, 0x40000000)\n"
          "    libc.ptrace(PTRACE_DETACH, parent, None, None)\n    print(MARK)"),
    reads("parent's descriptors", "the open files of the process that started it",
          PARENT + "if os.listdir(f'/proc/{parent}/fd'): print(MARK)"),
    reads("a descriptor taken", "pidfd_getfd copies an open file, say the control socket",
          PARENT + "pidfd = os.pidfd_open(parent)\n"
          "if any(libc.syscall(438, pidfd, number, 0) >= 0 for number in range(9)): print(MARK)"),
    reads("through the parent's root", "the file system as the process that started it sees it",
          PARENT + "print(open(f'/proc/{parent}/root{COURSE}/class/secret').read())"),
    reads("shared memory", "a System V segment of the instructor's",
          "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.shmat.restype = ctypes.c_void_p\n"
          "segment = libc.shmget(KEY, 0, 0)\n"
          "if segment >= 0: print(ctypes.string_at(libc.shmat(segment, None, 0o10000), 64))"),
)  # fmt: skip

NETWORK = (
    reads("network", "a service of this machine, over TCP",
          "import socket\nwith socket.create_connection(('127.0.0.1', PORT), 5) as s:\n"
          "    print(s.recv(64))"),
    reads("datagrams", "the same over UDP",
          "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.settimeout(1)\n"
          "s.sendto(b'?', ('127.0.0.1', PORT))\nprint(s.recv(64))"),
    reads("a name without a file", "a service on an abstract Unix socket",
          "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + NAME)\n"
          "print(s.recv(64))"),
    reads("a socket in the course", "a service on a Unix socket, as Docker has one",
          "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect(ELSEWHERE + '/socket')\n"
          "print(s.recv(64))"),
    reads("sockets of other kinds", "what no network is in the way of, as to a virtual machine's "
          "host (AF_VSOCK), and the kernel's own services",
          "import socket\nfor family in range(64):\n    for kind in (1, 2, 3, 5):\n"
          "        for protocol in range(32) if family == 16 else (0, 3, 132, 262):\n"
          "            try: socket.socket(family, kind, protocol).close()\n"
          "            except OSError: continue\n"
          "            if family not in (1, 2, 10, 16) or family > 1 and protocol: print(MARK)"),
)  # fmt: skip

ATTACKS = FILES + PROCESSES + NETWORK
