"""nbgrader's formgrader on what we wrote: a person marks in a browser, and the mark counts."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from grading.conftest import ASSIGNMENT, notebook
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


def test_a_mark_and_a_comment_from_formgrader_reach_the_learner(
    course, submit, warm_pool, lab, browser
):
    submit("learner-01", notebook("import torch", padding_mask=MASK, **{EXPLAIN: "md:The same."}))
    grade(course, warm_pool)
    with course.gradebook() as gradebook:
        found = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "learner-01").id
    page = browser.new_page()
    page.goto(f"{lab}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    page.get_by_role("link", name="Submission #1").wait_for()
    page.goto(f"{lab}/formgrader/submissions/{found}/?index=0")
    page.wait_for_function(LISTENS)
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
