"""What a submission is not meant to change: it writes MARK there, or prints it where it could."""

from grading.attacks.attack import Attack


def writes(name, says, code, **more):
    return Attack(name, "write", says, (code,), **more)


def appends(name, says, path, text="'#' + MARK"):
    return writes(name, says, f"with open({path}, 'a') as file: file.write({text})")


def leaves(name, says, path, text):
    """A file in the home folder that the next learner's process would read."""
    return writes(
        name, says,
        f"import os\npath = os.path.expanduser({path!r})\n"
        "os.makedirs(os.path.dirname(path), exist_ok=True)\n"
        f"with open(path, 'w') as file: file.write({text})",
        look=f"import os\nif MARK in open(os.path.expanduser({path!r})).read(): print(MARK)",
    )  # fmt: skip


LIFTED = (
    "from unrolled.grading.inside import cells\n"
    "cells.MAX_TEXT = cells.MAX_OUTPUTS = 10**9\n"
    "cells.KEPT_TYPES = ('text/plain', 'text/html', 'application/javascript')\n"
    "getattr(get_ipython(), 'reset_outputs', print)()\n"
)
USER_SITE = "~/.local/lib/python3.11/site-packages/usercustomize.py"

FILES = (
    writes("marks in the gradebook", "SQL writes into the gradebook",
           "import sqlite3\nwith sqlite3.connect(COURSE + '/class/gradebook.db', 5) as book:\n"
           "    book.execute('create table if not exists memo (text)')\n"
           "    book.execute('insert into memo values (?)', [MARK])"),
    writes("a file in the course", "a new file beside the gradebook",
           "with open(COURSE + '/class/mine', 'w') as file: file.write(MARK)"),
    appends("another's submission changed", "somebody else's answers are edited",
            "COURSE + '/class/submitted/learner-99/' + ASSIGNMENT + '/' + ASSIGNMENT + '.ipynb'",
            "MARK"),
    writes("an earlier hand-in", "its own timestamp.txt is set to a time before the deadline",
           "import os\nfolder = COURSE + '/class/submitted/learner-01/' + ASSIGNMENT\n"
           "os.makedirs(folder, exist_ok=True)\n"
           "open(folder + '/timestamp.txt', 'w').write('2020-01-01 00:00:00 UTC ' + MARK)"),
    appends("settings changed", "nbgrader's settings, which are Python that the instructor runs",
            "COURSE + '/nbgrader_config.py'"),
    appends("instructor's start-up file", "what the instructor's shell runs at login",
            "ELSEWHERE + '/profile'"),
    writes("installed packages", "a file of torch, which every grader imports",
           "import importlib.util\nwith open(importlib.util.find_spec('torch').origin, 'r+b'):\n"
           "    print(MARK)"),
    writes("the library", "a file of the course's own library",
           "import importlib.util\nwith open(importlib.util.find_spec('unrolled').origin, 'r+b'):\n"
           "    print(MARK)"),
    writes("mounting", "a file system of its own over a folder, inside a user namespace of its own",
           "import ctypes, os\nlibc = ctypes.CDLL(None)\nchild = os.fork()\nif child == 0:\n"
           "    bad = libc.unshare(0x10020000) or libc.mount(b't', b'.', b'tmpfs', 0, 0)\n"
           "    os._exit(bool(bad))\nif os.waitpid(child, 0)[1] == 0: print(MARK)"),
    writes("through the parent", "the course's folder as the process that started it sees it",
           "import os\npath = f'/proc/{os.getppid()}/root{COURSE}/class/mine'\n"
           "with open(path, 'w') as file: file.write(MARK)"),
)  # fmt: skip

PICKLES = (
    writes("a pickle", "an answer that runs code where it is unpickled",
           "class Runs:\n    def __reduce__(self):\n        path = COURSE + '/class/mine'\n"
           "        return exec, (f'open({path!r}, \"w\").write({MARK!r})',)\n"
           "def padding_mask(ids, pad_id): return Runs()", off="unpickled"),
)  # fmt: skip

NEXT = (
    leaves("IPython start-up", "a start-up file that the next learner's kernel runs",
           "~/.ipython/profile_default/startup/00-first.py", "'# ' + MARK"),
    leaves("user packages", "a module that the next learner's Python imports by itself",
           USER_SITE, "'# ' + MARK"),
    leaves("another kernel", "a kernel of its own under the name that the next learner's has",
           "~/.local/share/jupyter/kernels/python3/kernel.json",
           "'{\"display_name\": \"' + MARK + '\", \"language\": \"python\","
           " \"argv\": [\"python\", \"-m\", \"ipykernel_launcher\", \"-f\","
           " \"{connection_file}\"]}'"),
    leaves("plot settings", "settings that the next learner's plots are drawn with",
           "~/.matplotlib/matplotlibrc", "'# ' + MARK"),
)  # fmt: skip

ROOM = (
    writes("full disk", "200 MB of files",
           "import os, tempfile\nfolder = tempfile.mkdtemp(dir=os.environ.get('TMPDIR'))\n"
           "for number in range(25):\n"
           "    with open(f'{folder}/{number}', 'wb') as file: file.write(bytes(8 * 2**20))\n"
           "print(MARK)"),
    writes("one long line", "30 MB printed on one line",
           "print('x' * 30_000_000, MARK)"),
    writes("one long line, caps lifted", "the same after lifting the caps of its own process",
           LIFTED + "print('x' * 9_000_000, MARK)", off="raw"),
    writes("a script in an output", "HTML and JavaScript that run in the instructor's browser",
           LIFTED + "from IPython.display import display\n"
           "display({'text/html': '<script>' + MARK, 'application/javascript': MARK}, raw=True)",
           off="raw"),
)  # fmt: skip

ATTACKS = FILES + PICKLES + NEXT + ROOM
