"""What outlives its question: a process or thread named MARK, or something that the next can see.

``look`` is the code of whoever comes next.
"""

from grading.attacks.attack import Attack


def stays(name, says, code, look="", **more):
    return Attack(name, "stay", says, (code,), look=look, **more)


START = "[sys.executable, '-c', 'import time; time.sleep(60)', MARK]"
# prctl(PR_SET_NAME): what /proc/*/comm shows.
NAMED = "ctypes.CDLL(None).prctl(15, MARK.encode(), 0, 0, 0)\n"
FOUND = "print(MARK)"
LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
KEYS = LIBC + "x86 = os.uname().machine == 'x86_64'\n"
PARENT = "import os, resource\nparent = os.getppid()\n"
IOPRIO = LIBC + "set_it, get_it = (251, 252) if os.uname().machine == 'x86_64' else (30, 31)\n"

PROCESSES = (
    stays("new session", "a process in a session of its own",
          f"import subprocess, sys\nsubprocess.Popen({START}, start_new_session=True)"),
    stays("daemon", "a process twice forked, deaf to signals",
          "import ctypes, os, signal, time\nif os.fork() == 0:\n    os.setsid()\n"
          "    if os.fork() == 0:\n        for number in (1, 2, 15): \n"
          "            signal.signal(number, signal.SIG_IGN)\n        "
          + NAMED.strip() + "\n        time.sleep(60)\n    os._exit(0)"),
    stays("from a shell", "a shell's background process",
          "import os, sys\n"
          "os.system(f\"nohup '{sys.executable}' -c 'import time; time.sleep(60)' {MARK}"
          " >/dev/null 2>&1 &\")"),
    stays("a server", "a service that the next learner can ask",
          "import os, socket, subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '''\n"
          "import socket, sys\ns = socket.socket(socket.AF_UNIX)\n"
          "s.bind(chr(0) + sys.argv[1]); s.listen()\n"
          "while True:\n    try: s.accept()[0].send(sys.argv[1].encode())\n"
          "    except OSError: pass\n''', MARK], start_new_session=True)\n"
          "import time\nfor wait in range(50):\n    try:\n"
          "        socket.socket(socket.AF_UNIX).connect(chr(0) + MARK)\n        break\n"
          "    except OSError: time.sleep(0.1)",
          "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect(chr(0) + MARK)\n"
          "print(s.recv(64).decode())"),
    stays("endless thread", "a thread that never ends, so that the process does not either",
          "import ctypes, threading, time\ndef run():\n    " + NAMED
          + "    while True: time.sleep(1)\nthreading.Thread(target=run).start()", hangs=True),
    stays("at exit", "code that runs when the process ends, and goes on in another one",
          "import atexit, os, subprocess, sys\n@atexit.register\ndef last():\n"
          f"    subprocess.Popen({START}, start_new_session=True)"),
)  # fmt: skip

LEFT = (
    stays("temporary file", "a file with answers in /tmp",
          "open('/tmp/' + MARK, 'w').close()",
          "import os\nos.remove('/tmp/' + MARK)\n" + FOUND),
    stays("shared memory file", "a file with answers in /dev/shm",
          "open('/dev/shm/' + MARK, 'w').close()",
          "import os\nos.remove('/dev/shm/' + MARK)\n" + FOUND),
    stays("home file", "a file with answers at home",
          "import os\nopen(os.path.expanduser('~/' + MARK), 'w').close()",
          "import os\nos.remove(os.path.expanduser('~/' + MARK))\n" + FOUND),
    stays("a folder that cannot be emptied", "a folder whose rights are taken from everybody",
          "import os\nos.makedirs(f'/tmp/{MARK}/b')\nos.chmod(f'/tmp/{MARK}', 0)",
          "import os\nos.chmod(f'/tmp/{MARK}', 0o700)\nos.rmdir(f'/tmp/{MARK}/b')\n"
          "os.rmdir(f'/tmp/{MARK}')\n" + FOUND),
    stays("a segment", "System V shared memory, which belongs to no process",
          LIBC + "if libc.shmget(4711, 100, 0o1600) < 0: raise OSError",
          LIBC + "found = libc.shmget(4711, 0, 0)\nif found >= 0:\n"
          "    libc.shmctl(found, 0, None)\n    " + FOUND),
    stays("a queue", "a POSIX message queue, which belongs to no process",
          LIBC + "rt = ctypes.CDLL('librt.so.1')\n"
          "if rt.mq_open(b'/' + MARK.encode(), os.O_CREAT | os.O_RDWR, 0o600, None) < 0:\n"
          "    raise OSError",
          LIBC + "rt = ctypes.CDLL('librt.so.1')\n"
          "if rt.mq_unlink(b'/' + MARK.encode()) == 0: " + FOUND),
    stays("a key", "a memo in the user's keyring, kept by the kernel",
          KEYS + "ring = ctypes.c_int(-4)\nnumber = 248 if x86 else 217\n"
          "if libc.syscall(number, b'user', MARK.encode(), b'answers', 7, ring) < 0:\n"
          "    raise OSError",
          KEYS + "ring = ctypes.c_int(-4)\nnumber = 250 if x86 else 219\n"
          "key = libc.syscall(number, 10, ring, b'user', MARK.encode(), 0)\n"
          "if key > 0:\n    libc.syscall(number, 9, key, ring)\n    " + FOUND),
)  # fmt: skip

FOLLOWERS = (
    stays("a limit", "a limit set on the parent, which every later process inherits",
          PARENT + "resource.prlimit(parent, resource.RLIMIT_DATA, (2**40, 2**40))",
          PARENT + "if resource.prlimit(parent, resource.RLIMIT_DATA)[0] == 2**40: " + FOUND),
    stays("a low priority", "the parent's priority lowered, for all who follow",
          PARENT + "os.setpriority(os.PRIO_PROCESS, parent, 19)",
          PARENT + "if os.getpriority(os.PRIO_PROCESS, parent) == 19: " + FOUND),
    stays("a place in the queue", "the parent runs only when nobody else wants to, on one core",
          PARENT + "os.sched_setaffinity(parent, {min(os.sched_getaffinity(parent))})\n"
          "os.sched_setscheduler(parent, os.SCHED_IDLE, os.sched_param(0))",
          PARENT + "if os.sched_getscheduler(parent) == os.SCHED_IDLE: " + FOUND),
    stays("a slow disk", "the parent's reading and writing waits for everybody else's",
          IOPRIO + "libc.syscall(set_it, 1, os.getppid(), 3 << 13)",
          IOPRIO + "if libc.syscall(get_it, 1, os.getppid()) == 3 << 13: " + FOUND),
    stays("patched for all", "torch's functions replaced for whoever runs next",
          "import torch\ntorch.allclose = MARK",
          "import torch\nprint(torch.allclose)", off="same"),
    stays("a secret generator", "the state of random numbers chosen for whoever runs next",
          "import torch\ntorch.manual_seed(int(MARK[-6:], 16))",
          "import torch\nif torch.initial_seed() == int(MARK[-6:], 16): " + FOUND, off="same"),
)  # fmt: skip

ATTACKS = PROCESSES + LEFT + FOLLOWERS
