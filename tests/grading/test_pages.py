"""Feedback and report in a browser: on a phone and a laptop, by day and by night."""

import contextlib
import secrets

import pytest

from book.visit import LAPTOP, PHONE, visit
from grading.conftest import ASSIGNMENT
from grading.filled import filled_course
from sample_class.learners import LEARNERS
from unrolled.checks import examine, exercises
from unrolled.grading.asking.marking import graded_seed
from unrolled.grading.asking.marks import Result, reported, unasked
from unrolled.grading.gradebook.journal import JOURNAL, Journal
from unrolled.grading.gradebook.recording import ByHand
from unrolled.grading.pages.feedback import Page, render_feedback
from unrolled.grading.pages.report import write_report
from unrolled.grading.sandbox.tiers import BWRAP
from unrolled.grading.submissions.repair import LOOK

pytestmark = pytest.mark.browser

FOUR = exercises(ASSIGNMENT)
SECRET = secrets.token_hex(32).encode()
LONG = "w" * 300
ADDRESS = "http://127.0.0.2:9/"
NASTY = f"{LONG}<script src='{ADDRESS}x.js'></script><img src='{ADDRESS}x.png'>"
WINDOWS = pytest.mark.parametrize("window", [PHONE, LAPTOP], ids=["phone", "laptop"])
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])

# Text that is nearly as light or dark as what it stands on: the contrast WCAG asks for is 4.5.
FAINT = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const luminance = (colour) => {
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
            .map((x) => x / 255)
            .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (node) => {
        const colour = getComputedStyle(node).backgroundColor;
        return colour === "rgba(0, 0, 0, 0)" && node.parentElement ?
            behind(node.parentElement) : colour;
    };
    return [...document.querySelectorAll("body *")]
        .filter((node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .filter((node) => {
            const [one, other] = [getComputedStyle(node).color, behind(node)].map(luminance);
            return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
        }).map((node) => node.outerHTML.slice(0, 100));
}"""


def causal_mask(Tq, Tk=None, device=None):
    """Aligned at the wrong corner: the smallest case that shows it is eight columns wide."""
    import torch

    return torch.ones(Tq, Tk or Tq, dtype=torch.bool).tril()


def padding_mask(ids, pad_id):
    raise ValueError(NASTY)


@pytest.fixture(scope="module")
def result():
    answers = ((FOUR[0], padding_mask), (FOUR[1], causal_mask), (FOUR[3], FOUR[3].reference))
    marks = [
        reported(e, examine(e.id, answer, graded_seed(SECRET, "learner-01", e.id)), (NASTY,))
        for e, answer in answers
    ]
    marks.insert(2, unasked(FOUR[2], f"The cell is not valid Python: {NASTY}"))
    return Result("learner-01", tuple(marks), (f"Renamed {NASTY}", f"Cut off {NASTY}. {LOOK}"))


@pytest.fixture(scope="module")
def feedback(result, tmp_path_factory):
    by_hand = ByHand({"explain-same-word-twice": (None, 5.0)}, {"causal_mask": NASTY})
    page = tmp_path_factory.mktemp("feedback") / "page.html"
    page.write_text(render_feedback(Page(ASSIGNMENT, result, by_hand, BWRAP)), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def report(result, tmp_path_factory):
    course = filled_course(tmp_path_factory, tmp_path_factory.mktemp("report") / "course")
    with course.gradebook() as gradebook:
        gradebook.add_student("x" * 100, last_name=NASTY[:120])
    with contextlib.closing(Journal(course.class_folder / JOURNAL, ASSIGNMENT)) as journal:
        journal.keep(result, "digest")
    return write_report(course, ASSIGNMENT)


def faults(tab, page, theme, window):
    with visit(tab, page.as_uri(), theme, window) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        return [*seen.look(), *seen.page.evaluate(FAINT)]


@WINDOWS
@THEMES
def test_feedback_is_readable_and_sends_nothing(tab, feedback, theme, window):
    assert faults(tab, feedback, theme, window) == []


@WINDOWS
@THEMES
def test_the_report_is_readable_and_sends_nothing(tab, report, theme, window):
    assert faults(tab, report, theme, window) == []


def test_a_wide_table_scrolls_by_itself(tab, feedback):
    with visit(tab, feedback.as_uri(), window=PHONE) as seen:
        wide = seen.page.locator(".wide").filter(has_text="expected")
        assert wide.evaluate("(node) => node.scrollWidth > node.clientWidth")
        cell = wide.locator("td", has_text="True").first
        assert (
            cell.evaluate("(node) => node.clientHeight") < 50
        )  # one line, no letter below another
        wide.focus()
        assert wide.evaluate("(node) => node === document.activeElement")  # keys can scroll it


@pytest.mark.parametrize("kept", [True, False], ids=["as it is", "without its policy"])
def test_a_script_that_got_into_a_page_would_not_run(tab, feedback, tmp_path, kept):
    text = feedback.read_text(encoding="utf-8")
    text = text.replace("</main>", "<script>document.title = 'ran'</script></main>")
    page = tmp_path / "page.html"
    page.write_text(text if kept else text.replace("Content-Security-Policy", "x"))
    with visit(tab, page.as_uri()) as seen:
        assert (seen.page.title() == "ran") is not kept


def test_faint_text_would_be_found(tab, feedback, tmp_path):
    page = tmp_path / "page.html"
    text = feedback.read_text(encoding="utf-8")
    page.write_text(text.replace("--quiet: #57606a", "--quiet: #8a939c"))
    assert faults(tab, page, "light", LAPTOP) != []
    assert faults(tab, page, "dark", LAPTOP) == []


def test_feedback_holds_no_seed_and_nobody_else(feedback):
    page = feedback.read_text(encoding="utf-8")
    assert SECRET.decode() not in page
    for exercise in FOUR:
        seed = graded_seed(SECRET, "learner-01", exercise.id)
        assert str(seed) not in page
        assert f"{seed:x}" not in page
    assert [learner for learner in LEARNERS if learner in page] == ["learner-01"]


def test_every_table_says_what_its_rows_and_columns_are(tab, feedback, report):
    for page in (feedback, report):
        with visit(tab, page.as_uri()) as seen:
            rows = "() => [...document.querySelectorAll('tr')]"
            unnamed = f"{rows}.filter((row) => !row.querySelector('th[scope]')).length"
            assert seen.page.evaluate(unnamed) == 0
            assert seen.page.locator("html[lang=en]").count() == 1
            assert seen.page.locator("h1").count() == 1
