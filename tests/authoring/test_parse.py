import pytest

from unrolled.authoring.parse import Directive, Text, parse

PAGE = """\
# Title

```python
x = 1  # ordinary code
```

````{exercise} softmax
:title: Softmax
:points: 3

A task.

```python
y = 2
```
````

Afterwards.
"""


def test_directives_stand_between_texts_and_ordinary_code_stays():
    first, directive, last = parse(PAGE)
    assert first == Text("# Title\n\n```python\nx = 1  # ordinary code\n```")
    assert last == Text("Afterwards.")
    assert directive == Directive(
        "exercise",
        "softmax",
        "A task.\n\n```python\ny = 2\n```",
        7,
        {"title": "Softmax", "points": 3},
    )


def test_indentation_and_empty_lines_inside_code_are_kept():
    (cell,) = parse("```{code-cell} python\n:tags: [demo]\nif True:\n\n    x = 1\n```")
    assert cell.body == "if True:\n\n    x = 1"
    assert cell.options == {"tags": ["demo"]}


def test_a_fence_within_a_list_or_a_longer_fence_is_text():
    (block,) = parse("````markdown\n```{setup}\n```\n````")
    assert isinstance(block, Text)


def test_an_empty_directive():
    (block,) = parse("```{setup}\n```")
    assert block == Directive("setup", "", "", 1)


@pytest.mark.parametrize("page", ["text\n\n```{exercise} softmax\nno end", "text\n\n```{setup}"])
def test_a_directive_that_is_not_closed_is_refused_with_its_line(page):
    with pytest.raises(ValueError, match=r"line 3: .* is not closed"):
        parse(page)
