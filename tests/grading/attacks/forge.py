"""Points for an answer that is wrong, or for none at all."""

from grading.attacks.attack import MASK, SDPA, SELF, WRONG, Attack
from unrolled.checks import examine


def after(name, says, code, **more):
    """Code beside a wrong answer."""
    asks = more.get("asks", MASK)
    return Attack(name, "forge", says, (WRONG[asks], code), off="kernel", **more)


def instead(name, says, answer, **more):
    """An answer that is the attack."""
    return Attack(name, "forge", says, (answer,), off="kernel", **more)


def _memorised():
    """Every question that a notebook's check asks about a mask, with its answer."""
    table = {}

    def record(ids, pad_id):
        table[str(ids.tolist()), pad_id] = (ids != pad_id).tolist()
        return (ids != pad_id)[:, None, None, :]

    examine(MASK, record)
    return table


MASK_HEAD = "def padding_mask(ids, pad_id):\n"
SHELL = "shell = get_ipython()\n"
WORKER_REPLY = (
    "{'values': [[True]], 'error': None, 'printed': '', 'warned': [], 'changed': [], 'seen': []}"
)

PATCHES = (
    after("torch.allclose", "torch's comparisons always say yes",
          "torch.allclose = torch.equal = lambda *a, **k: True"),
    after("assert_close", "torch's assertion does nothing",
          "torch.testing.assert_close = lambda *a, **k: None"),
    after("np.allclose", "numpy's comparisons always say yes",
          "np.allclose = np.array_equal = lambda *a, **k: True"),
    after("tensors always equal", "the == of tensors is replaced",
          "torch.Tensor.__eq__ = lambda self, other: torch.ones(1, dtype=torch.bool)"),
    after("check replaced", "the name of the check is bound to something else",
          "check = lambda *a, **k: 4"),
    after("false checks", "a false module in the place of the checks",
          "import sys, types\nfake = types.ModuleType('unrolled.checks')\n"
          "fake.check = fake.examine = lambda *a, **k: 4\nsys.modules['unrolled.checks'] = fake\n"
          "from unrolled.checks import check"),
    after("examination patched", "the check's own function returns another report",
          "import dataclasses\nfrom unrolled.checks import notebook\nreal = notebook.examine\n"
          "notebook.examine = lambda *a, **k: dataclasses.replace(real(*a, **k), points=4)"),
    after("comparison patched", "the check's comparison finds no difference",
          "import unrolled.checks.probing as probing\nprobing.mismatch = lambda *a, **k: None"),
    after("reply replaced", "the side that answers says that it passed",
          "from unrolled.candidate.host import Host\n"
          f"Host.handle = lambda *a: ({WORKER_REPLY} | {{'passed': True, 'points': 4}}, [])"),
    after("reply echoes", "the side that answers sends back what it was sent",
          "from unrolled.candidate.host import Host\n"
          f"Host.handle = lambda self, m, t, c: ({WORKER_REPLY}"
          " | {'values': [[{'tensor': 0}]]}, [torch.ones(1)])"),
    after("values replaced", "every value is sent as the same number",
          "import unrolled.candidate.host as host\n"
          "host._OPERATIONS['value'] = lambda self, target: [7.0]"),
)  # fmt: skip

SHELL_TRICKS = (
    after("text transformer", "the text of a check cell is replaced before it runs",
          SHELL + "shell.input_transformers_cleanup.append(\n"
          "    lambda lines: ['4'] if 'check(' in ''.join(lines) else lines)"),
    after("assertions dropped", "the text of assertions is taken out before they run",
          SHELL + "shell.input_transformers_cleanup.append(\n"
          "    lambda lines: [line for line in lines if 'assert' not in line])"),
    after("syntax tree transformer", "assertions are cut from the syntax tree",
          "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
          "        return ast.copy_location(ast.Pass(), node)\n"
          + SHELL + "shell.ast_transformers.append(Drop())"),
    after("cells not run", "the shell says that a cell ran, and runs none",
          "from IPython.core.interactiveshell import ExecutionResult\n"
          + SHELL + "shell.run_cell = lambda *a, **k: ExecutionResult(None)"),
    after("code not run", "compiled code of a cell is thrown away",
          "async def nothing(*a, **k): return False\n" + SHELL + "shell.run_code = nothing"),
    after("formatter", "every number is displayed as the full points",
          SHELL + "text = shell.display_formatter.formatters['text/plain']\n"
          "for kind in (int, float): text.for_type(kind, lambda value, p, cycle: p.text('4'))"),
    after("result hook", "the value of a cell is replaced on its way to the display",
          SHELL + "real = shell.displayhook.compute_format_data\n"
          "shell.displayhook.compute_format_data = lambda result: real(4)"),
    after("errors hidden", "no traceback is shown, and the result of the cell forgets its error",
          SHELL + "shell.showtraceback = lambda *a, **k: None\n"
          "shell.events.register('post_run_cell',\n"
          "    lambda result: setattr(result, 'error_in_exec', None))"),
    Attack("kernel answers ok", "forge", "ipykernel's do_execute answers ok and runs nothing",
           (WRONG[MASK], "async def ok(*a, **k):\n    return {'status': 'ok', 'payload': [],"
            " 'execution_count': 1, 'user_expressions': {}}\n"
            "get_ipython().kernel.do_execute = ok"), off="ipykernel"),
)  # fmt: skip

OBJECTS = (
    instead("always equal", "the answer's == is always true",
            "class Always:\n    def __eq__(self, other): return self\n"
            "    def all(self): return True\n"
            + MASK_HEAD + "    return Always()"),
    instead("tensor that overrules torch", "__torch_function__ says yes to every function",
            "class Always(torch.Tensor):\n    @classmethod\n"
            "    def __torch_function__(cls, *a, **k): return True\n"
            + MASK_HEAD + "    return torch.ones(1).as_subclass(Always)"),
    instead("tensor that waits", "a tensor that becomes what it is compared with",
            "class Lazy(torch.Tensor):\n    @classmethod\n"
            "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n"
            "        given = [a for a in args if type(a) is torch.Tensor]\n"
            "        return f(given[0], given[0]) if given else super().__torch_function__(\n"
            "            f, types, args, kwargs or {})\n"
            + MASK_HEAD + "    return torch.ones(1).as_subclass(Lazy)"),
    instead("array that overrules numpy", "__array_function__ says yes to every function",
            "class Agrees:\n    def __array_function__(self, *a): return True\n"
            + MASK_HEAD + "    return Agrees()"),
    instead("points as a value", "the answer, when asked, publishes its points as a cell's value",
            MASK_HEAD + "    get_ipython().displayhook(4)\n    return torch.ones(1)"),
    instead("memorised", "the tests' fixed inputs are recognised",
            MASK_HEAD + "    if ids.tolist() == [[5, 3, 0], [7, 0, 0]]:\n"
            "        return torch.tensor([[[[True, True, False]]], [[[True, False, False]]]])\n"
            "    return torch.ones(1)"),
    instead("memorised draws", "what a notebook's check asks is known by heart, answers and all",
            f"table = {_memorised()}\n" + MASK_HEAD
            + "    known = table.get((str(ids.tolist()), pad_id), [[0]])\n"
            "    return torch.tensor(known, dtype=torch.bool)[:, None, None, :]"),
)  # fmt: skip

BORROWED = (
    instead("reference imported", "the library's own function is called",
            MASK_HEAD + "    from unrolled.attention import padding_mask as theirs\n"
            "    return theirs(ids, pad_id)"),
    instead("reference from its file", "the library's source is read and run",
            "import pathlib, unrolled\n" + MASK_HEAD
            + "    space = {}\n"
            "    path = pathlib.Path(unrolled.__path__[0], 'attention.py')\n"
            "    exec(path.read_text(), space)\n    return space['padding_mask'](ids, pad_id)"),
    instead("reference from solutions", "the instructor's notebook is read and run",
            "import json, pathlib\n" + MASK_HEAD
            + "    path = pathlib.Path(COURSE, 'solutions', ASSIGNMENT, ASSIGNMENT + '.ipynb')\n"
            "    cells = json.loads(path.read_text())['cells']\n    space = dict(globals())\n"
            "    [cell] = [c for c in cells if ''.join(c['source']).startswith('def padding')]\n"
            "    exec(''.join(cell['source']), space)\n"
            "    return space['padding_mask'](ids, pad_id)"),
    instead("another's answer", "what another learner handed in is read and run",
            "import json, pathlib\n" + MASK_HEAD
            + "    [path] = pathlib.Path(COURSE, 'class/submitted/learner-99').rglob('*.ipynb')\n"
            "    space = dict(globals())\n"
            "    exec(''.join(json.loads(path.read_text())['cells'][0]['source']), space)\n"
            "    return space['padding_mask'](ids, pad_id)"),
    instead("reference in the registry", "the exercise is asked for its reference",
            MASK_HEAD + "    from unrolled.checks import exercise\n"
            "    return exercise('padding_mask').reference(ids, pad_id)"),
    instead("reference in the caller", "the frames of whoever asks are searched",
            "import sys\n" + MASK_HEAD
            + "    frame = sys._getframe()\n    while frame:\n"
            "        found = getattr(frame.f_locals.get('exercise'), 'reference', None)\n"
            "        if found: return found(ids, pad_id)\n        frame = frame.f_back"),
    instead("reference in memory", "all objects of the process are searched",
            "import gc, types\n" + MASK_HEAD
            + "    gc.unfreeze()\n    for found in gc.get_objects():\n"
            "        if type(found) is types.FunctionType and found.__name__ == 'padding_mask'"
            " and found.__code__.co_filename.endswith('unrolled/attention.py'):\n"
            "            return found(ids, pad_id)"),
    instead("reference inherited", "the library's own layer under the learner's name",
            "from unrolled import attention\n"
            "class SelfAttention(attention.SelfAttention): pass", asks=SELF),
    instead("another package's answer", "an installed package has the layer: its source is run",
            "import ast, pathlib, torch, typing\n"
            "path = pathlib.Path(torch.__path__[0], '../transformers/models/vit/modeling_vit.py')\n"
            "tree = ast.parse(path.read_text()) if path.exists() else ast.parse('')\n"
            "space = {'torch': torch, 'nn': nn}\nfor node in tree.body:\n"
            "    if getattr(node, 'name', '') == 'eager_attention_forward':\n"
            "        node.args.kwarg.annotation = None\n"
            "        exec(ast.unparse(node), space)\n"
            "class Off: training = False\n"
            "def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0,"
            " need_weights=False):\n    batched = [x[None] if x.dim() == 3 else x"
            " for x in (query, key, value)]\n"
            "    out, weights = space['eager_attention_forward'](Off, *batched, None)\n"
            "    return out.transpose(1, 2).reshape(*query.shape[:-1], value.size(-1))",
            asks=SDPA),
)  # fmt: skip

# What only a grader falls for that takes a worker's word.
WORDS = (
    Attack("points on the wire", "forge", "every reply of the worker's names its points",
           (WRONG[MASK], "from unrolled.candidate import wire\nreal = wire.encode\n"
            "wire.encode = lambda message, tensors: real(message | {'points': 4}, tensors)"),
           off="its word"),
    Attack("a reply ahead of time", "forge", "a reply with points is sent before any question",
           (WRONG[MASK], "import gc, socket\nfrom unrolled.candidate import wire\n"
            "for found in gc.get_objects():\n    if isinstance(found, socket.socket):\n"
            f"        found.sendall(wire.encode({WORKER_REPLY} | {{'points': 4}}, []))"),
           off="its word"),
)  # fmt: skip

ATTACKS = PATCHES + SHELL_TRICKS + OBJECTS + BORROWED + WORDS
