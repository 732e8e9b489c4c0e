"""Pages hold the form; and a page that does not is told so, with its line."""

import pytest

from .form import IN_FORM, faults, main, sources
from .form_rules import WORDS
from .form_source import ROOT, Page

GOOD = """\
---
kernelspec: {name: python3}
---

# 6 Self-attention

> *the dog heard a voice on the road, and paid for it*

Whose bone? Nobody has asked 12 words, simple as they are.

:::{admonition} What you will be able to do
:class: tip
- compute a row by hand.

**Time:** 75 minutes. **You need:** {term}`softmax`.
:::

(sec-06-question)=
## 6.1 The question

Figure {numref}`fig-06-roles` shows {glue:text}`06-n:.1f` % of it, `0.5` in code, $0.5$ in
mathematics, section 3.2 and 3.3 of the paper, {cite}`vaswani2017attention` with 28.4 BLEU.

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-06-roles
    caption: |
      Each word asks once, as in Vaswani et al. one.
  image:
    alt: Arrows from five words to five words.
---
plots.heatmap(torch.eye(5))
```

$$ a = b $$ (eq-06-one)

### The divisor decides how sharp a row is

```{code-cell} ipython3
:tags: [hide-input]
plots.moving("attention-row", {"d": 2}, fallback=figure, alt="a row")
```

```{code-cell} ipython3
:tags: [remove-cell]
figure, ax = plt.subplots()  # drawn for the page, in a cell that nobody can open
```

(sec-06-real)=
## 6.2 On real text

```{code-cell} ipython3
plots.table(["a"], [[record["loss"]]], caption="One.", record=record)
```

(sec-06-misconceptions)=
## 6.3 Common misconceptions

:::{admonition} "Attention looks at what is alike."
:class: caution
It compares a query with a key.
:::

(sec-06-limits)=
## 6.4 What it still cannot do

It cannot tell orders apart.

(sec-06-pencil)=
## 6.5 Paper and pencil

1. Why a logarithm?

:::{dropdown} Answer
:class-container: answer
It makes products sums.
:::

2. Why two matrices?

:::{dropdown} Answer
:class-container: answer
A word may ask what it is not.
:::

3. Why exp?

:::{dropdown} Answer
:class-container: answer
It is positive.
:::

(sec-06-reading)=
## 6.6 Further reading

- [The paper, in 2.5 hours](https://example.org/1.5).

(sec-06-exercises)=
## 6.7 Exercises

Build it.
"""
ANSWER = ":::{dropdown} Answer\n:class-container: answer\nYes.\n:::\n\n"
MISCONCEPTION = ':::{admonition} "One."\n:class: caution\nNo.\n:::\n\n'
REAL, PENCIL = "(sec-06-real)=\n## 6.2 On real text", "(sec-06-pencil)=\n## 6.5 Paper and pencil"
CELL = "```{code-cell} ipython3\n:tags: [hide-input]\n%s\n```\n\n(sec-06-real)="
PROSE = "It cannot tell orders apart."
LABEL = "(sec-06-real)="

# What is replaced by what, where the fault stands, and what it says.
BAD = {
    "words": (PROSE, "word " * WORDS, "---", f"words; at most {WORDS}"),
    "sections": (
        PROSE, "## 6.9 More\n\n" * 9 + "## 6.9 Last\n\n" + "## 6.9 More\n\n" * 2, "## 6.9 Last",
        "19 sections; at most 13",
    ),
    "section number": ("## 6.4 What", "## What", None, "has no number"),
    "misconceptions": (
        "(sec-06-limits)=", MISCONCEPTION * 3 + MISCONCEPTION.replace("No", "Fifth") +
        "(sec-06-limits)=", "Fifth", "5 misconceptions; at most 4",
    ),
    "few answers": ("3. Why exp?\n\n:::{dropdown} Answer", "3. Why exp?\n\n:::{note} Answer",
                    "## 6.5", "2 folded answers"),
    "many answers": ("(sec-06-reading)=", ANSWER * 3 + "(sec-06-reading)=", "## 6.5", "6 folded"),
    "answer's class": ("container: answer\nIt makes", "container: other\nIt makes",
                       "It makes", "without `:class-container: answer`"),
    "no question": ("Whose bone?", "A bone.", "---", "no part 'the question'"),
    "no goals": (":class: tip", ":class: note", "---", "no part 'the goals"),
    "no diagram first": ("(sec-06-question)=", "$$ c = d $$\n\n(sec-06-question)=", "$$ c",
                         "'the first equation' comes before 'a diagram"),
    "no moving figure": ('plots.moving("attention-row", ', "plots.table(caption=", "---",
                         "no part 'a moving figure'"),
    "no real text": (LABEL, "", "---", "no part 'real text"),
    "no pencil": ("(sec-06-pencil)=", "", "---", "no part 'paper and pencil"),
    "order": (REAL, REAL.replace("real)", "limits)"), "## 6.2", "comes before"),
    "minutes": ("75 minutes", "Some time", "- compute a row", "how many minutes"),
    "need": ("You need", "You know", "- compute a row", "what one needs"),
    "moving heading": ("### The divisor decides how sharp a row is", "### Move it",
                       'plots.moving("', "heading that says what it shows"),
    "long cell": (LABEL, CELL % ("x = 1\n" * 26), "x = 1", "a cell of 26 lines"),
    "long line": (LABEL, CELL % f"\nx = '{'x' * 68}'", "x = '", "a line of 74 characters"),
    "drawing": (LABEL, CELL % "a = 1\nax.plot(a)", "ax.plot", "drawing (ax.plot)"),
    "unnumbered figure": (LABEL, CELL % "f = plots.lines(a)\nf", "f = plots", "without a number"),
    "shown figure": (LABEL, CELL % "plots.show(f, alt='a')", "plots.show", "without a number"),
    "figure's name": ("    name: fig-06-roles\n", "", "plots.heatmap", "without a name"),
    "figure's mention": ("{numref}`fig-06", "{numref}`fig-07", "plots.heatmap", "refers to"),
    "caption": ("Each word asks once,", "Each asks. It", "plots.heatmap", "not one sentence"),
    "no caption": ("      Each word asks once, as in Vaswani et al. one.", "", "plots.heatmap",
                   "not one sentence"),
    "alt": ("    alt: Arrows from five words to five words.\n", "    width: 3\n", "plots.heatmap",
            "without `mystnb: image: alt`"),
    "own markup": (PROSE, 'Look:\n<img src="a.png">', "<img", "<img: figures are made"),
    "own class": (LABEL, CELL % "HTML('figure-card')", "HTML(", "figure-card: figures are made"),
    "no table caption": ('caption="One.", ', "", "plots.table(", "a table without `caption=`"),
    "table's record": (", record=record", "", "plots.table(", "without `record=`"),
    "distrust": (PROSE, "So.\nDo not take our word for it.", "Do not take", "ritual of distr"),
    "commerce": (PROSE, "A flat line at the price of a square.", None, "word of commerce"),
    "payment": (PROSE, "It pays dearly for it.", None, "pays dearly for"),
    "hearing": (PROSE, "*its* hears.\nIt listens,\nor heard.", "or heard", "3 times where 2"),
    "roads": (PROSE, "A road.\nA road.\nThe road.", "The road", "carried image of roads"),
    "belittling": (PROSE, "It is\njust an average.", "just an", "a word that belittles"),
    "claim": (PROSE, "Everybody does. {cite}`a`", None, "claim about the world"),
    "typed decimal": (PROSE, "It loses\n0.25 nats.", "0.25", "neither computed nor read"),
    "typed share": (PROSE, "It takes 80 % of it.", None, '"80 %" is a number in prose'),
    "typed in a table": (PROSE, "| a | b |\n|---|---|\n| x | 1.5 |", "| x", '"1.5" is a number'),
    "typed in a caption": ("Each word asks once", "Each asks 2.5 times", None, '"2.5" is a'),
    "bold": (PROSE, "It is **{glue:text}`06-n:.1f`**.", None, "plain weight"),
    "bold in a cell": (LABEL, CELL % "Markdown(f'**{x:.2f}**')", "Markdown", "plain weight"),
}  # fmt: skip


def found_in(text, name="book/06-x/chapter.md"):
    return faults(Page(name, text))


def test_a_good_page_has_no_faults():
    assert found_in(GOOD) == []


@pytest.mark.parametrize("case", BAD)
def test_a_fault_is_named_with_its_line(case):
    old, new, at, says = BAD[case]
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    place = text.index(at or new.split("\n")[0])
    line = text.count("\n", 0, place) + 1
    wanted = f"book/06-x/chapter.md:{line}: "
    assert any(f.startswith(wanted) and says in f for f in found_in(text)), found_in(text)


@pytest.mark.parametrize(
    "harmless",
    [
        "A claim of everybody {cite}`someone2020`.",
        "Just as before, and just above; justice is dearth, and a tollgate is none.",
        "*The price is dear*, one example says, and a listener heard it.",
        "Figure 3.2, sections 3.2, 5.3 and 6.1, PyTorch 2.13, version 1.0.4, CC BY 4.0 and item 3.",
        "It was trained on 4.5 million pairs {cite}`vaswani2017attention`.",
        "A cost that is cheap in time, 3 heads and 2017.",
    ],
)
def test_what_is_no_fault_is_let_pass(harmless):
    assert found_in(GOOD.replace(PROSE, harmless)) == []


def test_folded_answers_tables_and_code_count_no_words():
    much = "word " * WORDS
    for old, new in (
        ("It is positive.", much),
        (PROSE, f"| a |\n|---|\n| {much} |"),
        (
            LABEL,
            f"```{{code-cell}} ipython3\n'''\n{much[:60]}\n'''\n```\n\n```\n{much}\n```\n\n{LABEL}",
        ),
    ):
        assert found_in(GOOD.replace(old, new)) == []


def test_a_second_page_has_its_own_length_and_no_order():
    text = GOOD.replace("(sec-06-pencil)=", "").replace(PROSE, "word " * 3100)
    (fault,) = found_in(text, "book/06-x/further.md")
    assert "at most 3000" in fault


def test_the_first_chapter_is_short():
    first = GOOD.replace("06-", "00-").replace("## 6.", "## 0.").replace(PROSE, "word " * 2100)
    (fault,) = found_in(first, "book/00-x/chapter.md")
    assert "at most 2000" in fault


def test_writers_get_the_faults_of_a_page(tmp_path, capsys):
    page = tmp_path / "chapter.md"
    page.write_text(GOOD.replace(PROSE, "A dear road."))
    assert main([str(page)]) == 1
    assert f"{page}:" in capsys.readouterr().out


def test_chapters_in_form_are_chapters():
    assert set(IN_FORM) <= {page.parent.name for page in sources()}


@pytest.mark.parametrize("page", sources(IN_FORM), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_chapter_holds_the_form(page):
    found = faults(Page.read(page))
    assert not found, "\n".join(found)
