"""nbgrader's formgrader on what we wrote: a person marks in a browser, and the mark counts."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from grading.conftest import ASSIGNMENT, ROOT, notebook
from grading.drawn import PNG, answer, attached, drawn
from grading.spellings import LINKS, TEX
from unrolled.grading.run import Options, grade_assignment
from unrolled.grading.sandbox.tiers import choose_tier

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

EXPLAIN = "explain-same-word-twice"
MASK = "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]"
SAID = "And when the words are shuffled?"
START_SECONDS = 120
# What is typed before formgrader has fetched the marks is lost: nothing listens to the fields yet.
LISTENS = "() => window.formgrader?.grades?.loaded && formgrader.comments?.loaded"


def grade(course, pool, **options):
    return grade_assignment(course, ASSIGNMENT, choose_tier(), Options(**options), pool=pool)


@pytest.fixture
def lab(course):
    """JupyterLab in the course's folder, as ``make formgrader`` starts it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    binaries = Path(sys.executable).parent
    words = [
        binaries / "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=",
    ]  # fmt: skip
    own = os.environ | {"PATH": os.pathsep.join([str(binaries), os.environ["PATH"]])}
    log = course.root / "lab.log"
    with log.open("w") as file:
        process = subprocess.Popen(words, cwd=course.root, env=own, stdout=file, stderr=file)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(address, process, log):
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()[-3000:]}")


def open_submission(course, lab, browser):
    """The page on which a person marks the only submission."""
    with course.gradebook() as gradebook:
        found = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "learner-01").id
    page = browser.new_page()
    page.goto(f"{lab}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    page.get_by_role("link", name="Submission #1").wait_for()
    page.goto(f"{lab}/formgrader/submissions/{found}/?index=0")
    page.wait_for_function(LISTENS)
    return page


def test_an_answer_that_is_not_in_its_cell_is_shown_and_can_be_marked(
    course, submit, warm_pool, lab, browser
):
    given = nbformat.read(ROOT / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in given.cells}
    cells["question-same-word-twice"].source += "\n\nThey are the same vector."
    cells["check-causal_mask"].source += "\n# Shuffled words give shuffled outputs."
    submit("learner-01", given)
    (result,) = grade(course, warm_pool).results
    assert any("more words are elsewhere" in doubt or "may be" in doubt for doubt in result.doubts)
    page = open_submission(course, lab, browser)
    shown = page.locator("body").inner_text()
    assert "They are the same vector." in shown
    assert "Shuffled words give shuffled outputs." in shown
    assert "No response." not in page.locator(f"#{EXPLAIN}-comment").get_attribute("placeholder")
    score = page.locator(f"#{EXPLAIN}")
    with page.expect_response(lambda reply: "/api/grade/" in reply.url) as marked:
        score.fill("4")
        score.press("Tab")
    assert marked.value.status == 200
    page.close()
    grade(course, warm_pool)
    feedback = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "4 of 5" in feedback.read_text()


def test_a_mark_and_a_comment_from_formgrader_reach_the_learner(
    course, submit, warm_pool, lab, browser
):
    submit("learner-01", notebook("import torch", padding_mask=MASK, **{EXPLAIN: "md:The same."}))
    grade(course, warm_pool)
    page = open_submission(course, lab, browser)
    score, words = page.locator(f"#{EXPLAIN}"), page.locator(f"#{EXPLAIN}-comment")
    with page.expect_response(lambda reply: "/api/grade/" in reply.url) as marked:
        score.fill("3")
        score.press("Tab")
    with page.expect_response(lambda reply: "/api/comment/" in reply.url) as commented:
        words.fill(SAID)
        words.press("Tab")
    assert (marked.value.status, commented.value.status) == (200, 200)
    assert "4 of 4 points" in page.content()  # our report stands beside the answer
    page.close()
    grade(course, warm_pool)
    feedback = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    text = feedback.read_text()
    assert SAID in text
    assert "3 of 5" in text


# Everything in a learner's text is clicked; what leads to another site is only looked at.
CLICK = """async () => {
    const links = [...document.querySelectorAll(".text_cell_render a")];
    document.addEventListener("click", event => {
        const away = event.target.closest("a");
        if (away.protocol.startsWith("http") && away.host !== location.host) event.preventDefault();
    });
    for (const link of links) {
        link.target = "";
        link.click();
        await new Promise(resolve => setTimeout(resolve, 5));
    }
    const shown = [...document.querySelectorAll(".text_cell_render img")];
    await Promise.all(shown.map(image => image.decode().catch(() => image.remove())));
    const wide = [...document.querySelectorAll(".text_cell_render img")].map(i => i.naturalWidth);
    return {ran: window.ran ?? 0, here: location.pathname, wide, links: links.map(l => l.href)};
}"""


def clicked(browser, address):
    """What clicking on everything in a page's prose did; other sites do not answer."""
    page = browser.new_page()
    page.route(lambda url: "127.0.0.1" not in url and "file:" not in url, lambda r: r.abort())
    page.goto(address)
    page.locator(".text_cell_render").first.wait_for()
    try:
        return page.evaluate(CLICK)
    finally:
        page.close()


def test_no_link_in_prose_runs_where_a_person_marks_and_pictures_are_seen(
    course, submit, warm_pool, lab, browser, monkeypatch
):
    theirs = notebook(*(f"md:{text}" for text in (*LINKS.values(), *TEX.values())))
    theirs.cells += answer("![](attachment:image.png)", attached(**{"image.png": PNG})).cells
    theirs.cells[-1].source += "\n\n![](beside.png) ![](nowhere.png)"
    (submit("learner-01", theirs).parent / "beside.png").write_bytes(drawn(width=7))
    grade(course, warm_pool)
    with course.gradebook() as gradebook:
        found = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "learner-01").id
    address = f"{lab}/formgrader/submissions/{found}/?index=0"
    seen = clicked(browser, address)
    assert seen["ran"] == 0
    assert seen["here"] == f"/formgrader/submissions/{found}/"
    assert seen["wide"] == [3, 7]
    api = NbGraderAPI(CourseDirectory(config=course.config), config=course.config)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert api.generate_feedback(ASSIGNMENT, "learner-01", force=True)["success"]
    feedback = course.folder("feedback") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "Student's answer" in feedback.read_text()
    again = clicked(browser, feedback.as_uri())
    assert again["ran"] == 0
    assert again["wide"] == [3, 7]
    assert again["here"].endswith(".html")
    # The same text as it was handed in is what stock nbgrader shows.
    path = course.folder("autograded") / "learner-01" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    stock = nbformat.read(path, 4)
    for text in (LINKS[name] for name in ("plain", "case", "hex entity", "shortcut", "table")):
        stock.cells.append(nbformat.v4.new_markdown_cell(text))
    nbformat.write(stock, path)
    assert clicked(browser, address)["ran"] == 1
