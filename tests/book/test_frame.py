"""The pages around the chapters say what is so: the list of chapters, the glossary, the symbols."""

import importlib
import inspect
import json
import re

import pytest
import yaml

from unrolled.checks import all_exercises
from unrolled.checks.sections import CHAPTERS

from .conftest import ROOT
from .form_source import Page

INDEX = ROOT / "book/index.md"
ITEM = re.compile(r"^(\d+)\. \[(.+?)\]\((.+?)\)(.*)\n +(.*\?)\n +You write (.*)\.$", re.MULTILINE)


def chapters_listed():
    """Number, title, link, status and exercises of each chapter on the first page."""
    return ITEM.findall(INDEX.read_text(encoding="utf-8"))


def toc_chapters():
    """The files of the table of contents' first part, in order, and the titles given there."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [(chapter["file"], chapter.get("title", "")) for chapter in parts[0]["chapters"]]


def written(chapter):
    return (ROOT / f"book/{chapter}/chapter.md").exists()


def door(chapter):
    """Where a chapter begins: at its page where it is written, else at its exercises."""
    return f"book/{chapter}/chapter" if written(chapter) else f"exercises/{chapter}/{chapter}"


def test_the_first_page_lists_all_chapters_in_order():
    listed = chapters_listed()
    assert [int(number) for number, *_ in listed] == list(range(len(CHAPTERS)))
    for chapter, (_, _, link, status, _, _) in zip(CHAPTERS, listed, strict=True):
        exercises = f"../exercises/{chapter}/{chapter}.ipynb"
        here = f"{chapter}/chapter.md" if written(chapter) else exercises
        says = f": page and [exercises]({exercises})." if written(chapter) else None
        assert link == here
        assert status == (says or ": exercises; page to come.")


def test_the_first_page_names_every_exercise():
    for chapter, (*_, tasks) in zip(CHAPTERS, chapters_listed(), strict=True):
        names = [task.name for task in all_exercises() if task.chapter == chapter]
        assert re.findall(r"`(\w+)`", tasks) == names


def test_the_table_of_contents_has_the_same_order():
    assert [file for file, _ in toc_chapters()] == [door(chapter) for chapter in CHAPTERS]


def test_chapters_to_come_have_the_first_pages_titles():
    listed = {number: title for number, title, *_ in chapters_listed()}
    for number, (file, title) in enumerate(toc_chapters()):
        wanted = f"{number} {listed[str(number)]} (exercises)"
        assert title == ("" if file.endswith("/chapter") else wanted)


def test_the_way_has_a_station_for_each_chapter():
    from .drawn import drawings

    markup = drawings()["book.way"]._repr_html_()
    stations = re.findall(r"(\d+), ([\w -]+):", markup)
    assert [int(number) for number, _ in stations] == list(range(len(CHAPTERS)))


# The glossary.
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LEADS = re.compile(
    r"→ (?:\{ref\}`(?P<section>sec-\d\d-[\w-]+)`|\[`unrolled\.\w+`\]\(api/(?P<module>\w+)\.md\)|"
    r"\[chapter (?P<number>\d+)(?:'s exercises)?\]"
    r"\(\.\./exercises/(?P<chapter>[\w-]+)/(?P=chapter)\.ipynb\)(?P<later>, to come)?)$"
)
SAME_IN_CHINESE = {"BERT", "BLEU", "ELMo", "GPT", "GloVe", "WordPiece", "fastText", "word2vec"}
# What the explanation says instead of the term.
SAID = {
    "activation function": "without the activation",
    "additive attention": "AdditiveAttention",
    "autograd": "recorded",
    "backpropagation": "backward()",
    "broadcasting": "shapes broadcast",
    "context vector": "through a single vector",
    "exploding gradient": "explode",
    "gradient clipping": "Clipping",
    "greedy decoding": "greedy search",
    "initialisation": "fresh weights",
    "KV cache": "KVCache",
    "label smoothing": "smoothing",
    "linear layer": "nn.Linear",
    "multi-head attention": "MultiHeadAttention",
    "negative sampling": "negative_sampling_loss",
    "overfitting": "by heart",
    "positional encoding": "where a token stands",
    "rotary position embedding": "rotary",
    "sequence to sequence": "one sequence to another",
    "training loop": "the loop",
    "truncated back-propagation": "truncated",
    "vanishing gradient": "vanishes",
}
WANTED = [
    "encoder", "decoder", "autoregressive", "broadcasting", "autograd", "BLEU", "stride", "GRU",
    "LSTM", "RNN", "perplexity", "token", "tokenizer", "likelihood", "seed", "parameter",
    "gradient", "nat", "bit", "head", "rank", "logit", "teacher forcing", "beam search",
    "residual connection", "layer normalisation", "activation function", "linear layer",
    "sequence to sequence", "rotary position embedding",
]  # fmt: skip


def entries():
    """Terms and definition of each entry of the glossary."""
    (glossary,) = Page.read(ROOT / "book/glossary.md").of("glossary")
    for block in glossary.text.strip().split("\n\n"):
        *terms, definition = block.split("\n")
        yield terms, definition


def test_the_glossary_is_sorted_and_names_a_thing_once():
    first = [terms[0] for terms, _ in entries()]
    assert first == sorted(first, key=str.casefold)
    every = [term for terms, _ in entries() for term in terms]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(("terms", "definition"), [*entries()], ids=lambda part: part[0])
def test_an_entry_is_bilingual_and_leads_to_its_explanation(terms, definition):
    assert not CHINESE.search(terms[0])
    in_chinese = any(CHINESE.search(term) for term in terms[1:])
    assert in_chinese != (terms[0] in SAME_IN_CHINESE)
    assert definition.startswith("  ")
    assert LEADS.search(definition), definition


def in_section(label):
    """What a reader sees of a section, without its labelled parts."""
    (chapter,) = ROOT.glob(f"book/{label[4:6]}-*/chapter.md")
    pieces = Page.read(chapter).pieces
    return "\n".join(piece.text for piece in pieces if piece.section == label and piece.seen)


def in_reference(name):
    """What the library's page on a module says: the docstrings of what is public."""
    module = importlib.import_module(f"unrolled.{name}")
    public = [getattr(module, one) for one in module.__all__]
    members = [one for it in public if inspect.isclass(it) for one in vars(it).values()]
    told = [module, *public, *filter(inspect.isfunction, members)]
    return "\n".join([*module.__all__, *(one.__doc__ or "" for one in told)])


def in_exercises(chapter):
    """What a learner reads in a chapter's notebook."""
    notebook = json.loads((ROOT / f"exercises/{chapter}/{chapter}.ipynb").read_text("utf-8"))
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


@pytest.mark.parametrize(("terms", "definition"), [*entries()], ids=lambda part: part[0])
def test_the_place_that_an_entry_leads_to_says_the_term(terms, definition):
    to = LEADS.search(definition)
    assert int(to["number"] or 0) == int((to["chapter"] or "0")[:2])
    if to["later"]:
        assert not written(to["chapter"])
        return
    places = {"section": in_section, "module": in_reference, "chapter": in_exercises}
    (text,) = [said_in(to[kind]) for kind, said_in in places.items() if to[kind]]
    said = SAID.get(terms[0], terms[0])
    assert re.search(rf"\b{re.escape(said)}", " ".join(text.split()), re.IGNORECASE), said


def test_the_glossary_has_what_a_reader_looks_up():
    assert {terms[0] for terms, _ in entries()} >= set(WANTED)


# The notation.
def symbols():
    """Every symbol of the notation's tables: its column and itself."""
    for table in Page.read(ROOT / "book/notation.md").of("list-table"):
        rows = re.findall(r"^\* - (.*)\n(?:  -(.*)\n)?  - .*", table.text, re.MULTILINE)
        for row in rows[1:]:
            for column, cell in zip(("equation", "code"), row, strict=True):
                maths = re.findall(r"\$([^$]+)\$", cell)
                found = [part for text in maths for part in re.split(r",\\ ?|, ", text)]
                found += re.findall(r"`([^`]+)`", cell)
                yield from ((column, symbol.strip()) for symbol in found)


def test_a_symbol_has_one_meaning():
    listed = list(symbols())
    assert len(listed) > 30
    twice = sorted({one for one in listed if listed.count(one) > 1})
    assert twice == []


def test_the_letters_that_meant_two_things_mean_one():
    equations = [symbol for column, symbol in symbols() if column == "equation"]
    assert {"V", "N", "M", "L", "H"} <= set(equations)
    assert r"|\mathcal{V}|" in equations


# The bibliography.
BIB = (ROOT / "book/references.bib").read_text(encoding="utf-8")
WORKS = dict(re.findall(r"^@\w+\{(\S+?),(.*?)^\}", BIB, re.MULTILINE | re.DOTALL))


def cited():
    sources = [*ROOT.glob("book/*.md"), *ROOT.glob("book/*/*.md")]
    texts = [source.read_text(encoding="utf-8") for source in sources]
    groups = [group for text in texts for group in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)]
    return {key.strip() for group in groups for key in group.split(",")}


@pytest.mark.parametrize("key", WORKS)
def test_a_work_can_be_found(key):
    assert "$" not in WORKS[key]  # mathematics would be shown as it is written
    assert re.search(r"^\s+(?:url\s+= \{https://|doi\s+= \{10\.)", WORKS[key], re.MULTILINE)


def test_works_stand_in_the_order_of_their_keys_and_are_cited():
    assert list(WORKS) == sorted(WORKS)
    assert sorted(set(WORKS) - cited()) == []
