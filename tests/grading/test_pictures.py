"""Pictures that learners paste or hand in beside a notebook: what can be shown is shown."""

import io
import json
import os
import random
import struct
import zipfile
import zlib

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import InvalidNotebook
from PIL import Image

from grading.conftest import ASSIGNMENT, notebook
from grading.drawn import (
    EXPLAIN,
    JPEG,
    PNG,
    answer,
    as_text,
    attached,
    drawn,
    explained,
    fitted,
    page,
)
from unrolled.grading.submissions import pictures
from unrolled.grading.submissions.pictures import Album, path_of
from unrolled.grading.submissions.reading import parse_notebook, read_submission

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def hand_in(course, submit, release):
    """Hand in an answer, files beside it; return what goes to nbgrader."""

    def handed(notebook, files=None):
        folder = submit("learner-01", notebook).parent
        for name, contents in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(contents)
        matched = fitted(course, release)
        nbformat.validate(matched.notebook)
        return matched

    return handed


def shown(matched):
    """The pictures on formgrader's page, as they stand in its HTML."""
    soup = BeautifulSoup(page(matched.notebook), "html.parser")
    return [tag["src"] for tag in soup.find_all("img")]


def test_a_pasted_picture_is_what_stock_nbgrader_shows_and_what_losing_it_broke(hand_in):
    notebook = answer("See ![here](attachment:image.png)", attached(**{"image.png": PNG}))
    matched = hand_in(notebook)
    assert explained(matched).attachments == {"image.png": {"image/png": as_text(PNG)}}
    assert explained(matched).source == "See ![here](attachment:image.png)"
    assert shown(matched) == [f"data:image/png;base64,{as_text(PNG)}"]
    assert matched.notes == matched.doubts == () or "check" in matched.notes[0]
    del explained(matched)["attachments"]  # as they were dropped once
    with pytest.raises(InvalidNotebook):
        page(matched.notebook)


@pytest.mark.parametrize(
    ("source", "lies"),
    [
        ("![](foo.png)", "foo.png"),
        ("![](./foo.png)", "foo.png"),
        ("![a](plots/foo.png 'title')", "plots/foo.png"),
        ("![](plots/../foo.png)", "foo.png"),
        ("![](my%20plot.png)", "my plot.png"),
        ("![](<my plot.png>)", "my plot.png"),
        ("![](my plot.png)", "my plot.png"),
        ("![](plot(1).png)", "plot(1).png"),
        ("![](bild%C3%A4.png)", "bildä.png"),
        ("![](bildä.png)", "bilda\u0308.png"),
        ("![](FOO.PNG)", "foo.png"),
        (r"![](plots\foo.png)", "plots/foo.png"),
        ("![][r]\n\n[r]: foo.png", "foo.png"),
        ("![r]\n\n[R]: <foo.png> 'title'", "foo.png"),
        ("[![](foo.png)](https://example.org)", "foo.png"),
        ("<img src=foo.png>", "foo.png"),
        ("<IMG width=3 alt='a b' src='plots/my plot.png'/>", "plots/my plot.png"),
        ("| a |\n|---|\n| ![](foo.png) |", "foo.png"),
    ],
)
def test_a_picture_beside_the_notebook_comes_along(hand_in, source, lies):
    matched = hand_in(answer(source), {lies: PNG})
    assert shown(matched) == [f"data:image/png;base64,{as_text(PNG)}"]
    assert matched.doubts == tuple(d for d in matched.doubts if "picture" not in d)


@pytest.mark.parametrize(
    "name",
    ["a b.png", "ü.png", 'q"q.png', "l\nl.png", "../../etc/passwd", "<b>.png", "[x].png", "(.png",
     "", "a" * 300, "image.png?x", "%41.png", "../a.png", "`.png", "$x$.png", "\\.png"],
)  # fmt: skip
@pytest.mark.parametrize("spelling", ["![](attachment:{})", "![](<attachment:{}>)"])
def test_an_attachment_of_any_name_is_shown(hand_in, name, spelling):
    matched = hand_in(answer(spelling.format(name), attached(**{name: PNG})))
    [kept] = explained(matched).attachments
    assert all(letter.isalnum() or letter in "._-" for letter in kept)
    assert len(shown(matched)) == 1


@pytest.mark.parametrize(
    "attachments",
    [
        {}, None, [], 7, "x", {"image.png": None}, {"image.png": {}},
        {"image.png": {"image/png": 7}},
        {"image.png": {"image/png": "no base64!"}}, {"image.png": {"image/png": ""}},
        {"image.png": {"image/png": as_text(SVG)}}, {"image.png": {"image/svg+xml": SVG.decode()}},
        {"image.png": {"image/png": as_text(b"<html>")}}, {"image.png": "x"},
        {"image.png": {"image/png": as_text(PNG[:-9])}}, {"image.png": {"image/png": [1]}},
        {"image.png": {"image/jpeg": as_text(JPEG[: len(JPEG) // 2])}}, {"other.png": {}},
        {"image.png": {"image/gif": as_text(drawn("GIF"))}},
        {"image.png": {"image/webp": as_text(b"RIFF\0\0\0\0WEBP")}},
    ],
)  # fmt: skip
def test_what_is_no_picture_becomes_words_and_a_person_is_asked(hand_in, attachments):
    notebook = json.loads(nbformat.writes(answer("a ![](attachment:image.png) b")))
    notebook["cells"][0]["attachments"] = attachments
    matched = hand_in(json.dumps(notebook))
    assert "attachments" not in explained(matched)
    assert "a [picture image.png is" in explained(matched).source
    assert any("picture image.png is" in doubt for doubt in matched.doubts)
    assert "[picture image.png is" in page(matched.notebook)


def test_a_picture_is_of_the_type_that_its_bytes_say(hand_in):
    lines = [as_text(JPEG)[:80] + "\n", as_text(JPEG)[80:]]
    claimed = {"image.png": {"text/html": "<script>", "image/png": lines}}
    matched = hand_in(answer("![](attachment:image.png)", claimed))
    assert explained(matched).attachments == {"image.png": {"image/jpeg": as_text(JPEG)}}


def bomb(width, height):
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks
    )


@pytest.mark.parametrize("size", [(10_000, 10_000), (2**31 - 1, 2**31 - 1), (50_000_000, 1)])
def test_a_picture_that_unpacks_to_too_much_is_never_unpacked(size):
    assert Album().take("a", bomb(*size)).refused == "has too many pixels"


def test_pictures_are_capped_alone_and_together(hand_in, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PICTURE", len(PNG))
    assert "larger" in Album().take("a", PNG + b"\0").refused
    album = Album(bytes_left=2 * len(PNG), left=3)
    refused = [album.take(f"{n}", PNG).refused for n in range(4)]
    assert refused == ["", "", pictures.TOO_MANY, pictures.TOO_MANY]


def test_a_notebook_of_fifty_pictures_is_shown_whole(hand_in):
    named = {f"image-{n}.png": drawn(width=n + 1) for n in range(50)}
    source = "\n".join(f"![](attachment:{name})" for name in named)
    assert len(shown(hand_in(answer(source, attached(**named))))) == 50


def test_one_picture_shown_again_and_again_is_sent_once(hand_in):
    matched = hand_in(answer("![](attachment:a.png) " * 500, attached(**{"a.png": PNG})))
    assert len(shown(matched)) == 1
    assert "[picture a.png: see above]" in explained(matched).source


@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/passwd", "a/../../secret.png", "..%2fsecret.png", "link.png",
             "linked/secret.png", "file:///etc/passwd", "C:/x.png", "//host/x.png", "~/x.png"]
)  # fmt: skip
def test_no_picture_comes_from_outside_the_folder(course, submit, release, tmp_path, path):
    (tmp_path / "secret.png").write_bytes(PNG)
    folder = submit("learner-01", answer(f"![]({path})")).parent
    (folder.parent / "secret.png").write_bytes(PNG)
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    os.symlink(tmp_path, folder / "linked")
    matched = fitted(course, release)
    assert shown(matched) == []
    assert any("is missing" in doubt for doubt in matched.doubts)


def test_a_picture_lies_beside_the_notebook_wherever_that_is(course, release):
    folder = course.folder("submitted") / "learner-01" / ASSIGNMENT
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr(f"mine/{ASSIGNMENT}.ipynb", nbformat.writes(answer("![](x/foo.png)")))
        archive.writestr("mine/x/foo.png", PNG)
    assert len(shown(fitted(course, release))) == 1


NOISE = Image.frombytes("L", (600, 600), random.Random(0).randbytes(360_000))


@pytest.mark.parametrize(
    "source",
    ["![me](data:image/png;base64,{})", "![me][i]\n\n[i]: <data:image/png;base64,{}>",
     "![i]\n\n[i]: data:image/png;base64,{}", "<img src='data:image/png;base64,{}'>"],
)  # fmt: skip
def test_pictures_in_the_text_itself_are_taken_out_of_it(hand_in, source):
    """As Colab pastes them; a screenshot alone is longer than a text may be."""
    file = io.BytesIO()
    NOISE.save(file, "PNG")
    text = as_text(file.getvalue())
    matched = hand_in(answer(f"Before. {source.format(text)}"))
    assert len(text) > 200_000
    assert "base64" not in explained(matched).source
    assert shown(matched) == [f"data:image/png;base64,{text}"]
    assert not any("cut off" in doubt for doubt in matched.doubts)


def test_what_is_no_picture_in_the_text_itself_becomes_words(hand_in):
    for data in (f"svg+xml;base64,{as_text(SVG)}", "png;base64,AAAA", "svg+xml,x", "png,x"):
        matched = hand_in(answer(f"a ![](data:image/{data}) b"))
        assert "[picture" in explained(matched).source
        assert shown(matched) == []


def test_code_that_holds_a_picture_is_left_alone():
    code = 'x = "data:image/png;base64,AAAA"'
    [cell] = parse_notebook(nbformat.writes(notebook(code)).encode())
    assert (cell.source, cell.attachments) == (code, ())


def test_a_picture_on_another_site_is_a_link_and_not_fetched(hand_in):
    matched = hand_in(answer("![seen](https://example.org/p.png) <img src=//example.org/p.png>"))
    assert shown(matched) == []
    assert '<a href="https://example.org/p.png">seen</a>' in page(matched.notebook)
    assert any("another site" in note for note in matched.notes)


def test_a_picture_where_none_can_be_shown_is_for_a_person_to_look_at(hand_in):
    notebook = answer("Mine.", None)
    for kind in ("raw", "code"):
        cell = nbformat.v4.new_markdown_cell("![](attachment:image.png)")
        cell.cell_type, cell["attachments"] = kind, attached(**{"image.png": PNG})
        notebook.cells.append(cell)
    matched = hand_in(json.dumps(notebook))
    assert sum("can show none" in doubt for doubt in matched.doubts) == 1  # once for both
    page(matched.notebook)


def test_an_answer_turned_into_a_raw_cell_keeps_its_picture(hand_in):
    notebook = answer("![](attachment:image.png)", attached(**{"image.png": PNG}), kind="raw")
    assert len(shown(hand_in(json.dumps(notebook)))) == 1


def test_another_picture_means_another_submission(course, submit):
    read = []
    for size in (3, 4):
        notebook = answer("![](attachment:a.png)", attached(**{"a.png": drawn(width=size)}))
        submit("learner-01", notebook)
        read.append(read_submission(course.folder("submitted"), "learner-01", ASSIGNMENT, ()))
    assert repr(read[0]) != repr(read[1])
    assert len(repr(read[0])) < 1_000  # it is kept, and the picture is not in it


def test_the_cells_of_an_old_notebook_have_their_pictures():
    notebook = answer("![](attachment:a.png)", attached(**{"a.png": PNG}))
    [cell] = parse_notebook(nbformat.writes(notebook).encode())
    assert [picture.data for picture in cell.attachments] == [PNG]
    assert cell.grade_id == EXPLAIN


@pytest.mark.parametrize(
    ("reference", "path"),
    [("a/./b.png", "a/b.png"), ("..", ""), (".", ""), ("", ""), ("javascript:x", ""),
     ("a%2Fb.png", "a/b.png"), ("%2e%2e/x", ""), ("x" * 300, "")],
)  # fmt: skip
def test_a_path_is_normal_or_none(reference, path):
    assert path_of(reference) == path


@pytest.mark.parametrize(("source", "count"), [("![](attachment:b.png)", 1), ("Taken out.", 0)])
def test_a_picture_under_another_name_than_in_the_text_stands_below_it(hand_in, source, count):
    assert len(shown(hand_in(answer(source, attached(**{"a.png": PNG}))))) == count
