"""``timestamp.txt``: one moment in UTC or a doubt, and no points for what nobody can read."""

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from nbgrader.exchange import Exchange
from nbgrader.utils import parse_utc

from grading.conftest import ASSIGNMENT, notebook
from grading.test_choices import CHOSEN, grade
from unrolled.grading.submissions.reading import read_submission
from unrolled.grading.submissions.times import Unclear, read_time

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
EVENING = datetime(2026, 3, 2, 22, 10)  # UTC

CLEAR = (
    ("2026-03-02 23:10:00 CET", BERLIN, EVENING),
    ("2026-07-02 23:10:00 CEST", BERLIN, datetime(2026, 7, 2, 21, 10)),
    ("2026-03-02 23:10:00.000000 CET", BERLIN, EVENING),
    ("2026-03-02 17:10:00 EST", NEW_YORK, EVENING),
    ("2026-03-02 22:10:00 GMT", ZoneInfo("Europe/London"), EVENING),
    ("2026-03-03 00:10:00 +0200", BERLIN, EVENING),
    ("2026-03-03 00:10:00 +02", BERLIN, EVENING),
    ("2026-03-03 00:10:00+02:00", BERLIN, EVENING),
    ("2026-03-03T00:10:00+02:00", NEW_YORK, EVENING),
    ("2026-03-02 17:10:00 -0500", BERLIN, EVENING),
    ("2026-03-03 03:55:00 +0545", BERLIN, EVENING),
    ("2026-03-02 22:10:00 UTC", BERLIN, EVENING),
    ("2026-03-02 22:10:00.000000 UTC", BERLIN, EVENING),
    ("2026-03-02 23:10:00 UTC+01:00", NEW_YORK, EVENING),
    ("2026-03-02T22:10:00Z", BERLIN, EVENING),
    ("2026-03-02T22:10Z", BERLIN, EVENING),
    ("2026-03-02T22:10:00.000Z", BERLIN, EVENING),
    ("2026-03-02 23:10:00", BERLIN, EVENING),
    ("2026-03-02 23:10", BERLIN, EVENING),
    ("2026/3/2 23:10", BERLIN, EVENING),
    ("2026-03-02 22:10:00", UTC, EVENING),
    ("  2026-03-02 23:10:00\r\n", BERLIN, EVENING),
    ("2026-03-02 23:10:00 Europe/Berlin", NEW_YORK, EVENING),
    ("2026-03-02 22:10:00.25 UTC", BERLIN, EVENING.replace(microsecond=250_000)),
    # the hour that comes twice, told apart
    ("2026-10-25 02:30:00 CEST", BERLIN, datetime(2026, 10, 25, 0, 30)),
    ("2026-10-25 02:30:00 CET", BERLIN, datetime(2026, 10, 25, 1, 30)),
    ("2026-10-25 02:30:00 +0200", BERLIN, datetime(2026, 10, 25, 0, 30)),
    ("2026-03-29 03:00:00", BERLIN, datetime(2026, 3, 29, 1)),
    ("2026-02-28 23:59:59 -1400", BERLIN, datetime(2026, 3, 1, 13, 59, 59)),
)
DOUBTFUL = (
    "", " \n", "10", "today", "yesterday, I think", "1772000000", "1772000000.5", "20260302",
    "03/04/2026", "03/04/2026 23:10:00", "02.03.2026 23:10", "2. März 2026 23:10",
    "2 Mar 2026 23:10:00", "Mon Mar  2 23:10:00 2026", "26-03-02 23:10:00", "2026-03-02", "23:10",
    "2026-03-02 23", "2026-W10-1T23:10:00", "2026-061T23:10:00", "2026-03-02 11:10:00 PM",
    "2026-03-02 23:10:00\n2026-03-01 10:00:00", "2026-03-02 23:10:00 UTC late", "x" * 5000,
    "2026-02-30 23:10:00", "2026-13-01 23:10:00", "2026-03-02 24:10:00", "2026-03-02 23:60:00",
    "2026-03-02 23:10:61", "2026-00-00 00:00:00", "0001-01-01 00:00:00 UTC",
    "9999-12-31 23:59:59 UTC", "9999-12-31 23:59:59 -1400", "0001-01-01 00:00:00 +1400",
    "1970-01-01 00:00:00 UTC", "-2026-03-02 23:10:00", "\u0662026-03-02 23:10:00",
    "2026-03-02 23:10:00 EST", "2026-03-02 23:10:00 CEST", "2026-07-02 23:10:00 CET",
    "2026-03-02 23:10:00 MEZ", "2026-03-02 23:10:00 GMT", "2026-03-02 23:10:00 IST",
    "2026-03-02 23:10:00 Foo", "2026-03-02 23:10:00 Nowhere/Town", "2026-03-02 23:10:00 A",
    "2026-03-02 23:10:00 ../../etc/passwd", "2026-03-02 23:10:00 +2500", "2026-03-02 23:10:00 +9",
    "2026-03-02 23:10:00 +0190", "2026-03-02 23:10:00 200", "2026-03-02 23:10:00 GMT+2",
    "2026-03-29 02:30:00", "2026-03-29 02:30:00 CET", "2026-03-29 02:30:00 CEST",  # never
    "2026-10-25 02:30:00", "2026-10-25 02:30:00 Europe/Berlin",  # twice
    "2026-03-02 23:10:00 " + "x" * 300, "2026-03-02 23:10:00+01:00[America/New_York]",
    "20260302T231000Z", "2026-03-02 23:59:60", "2026-03-02 24:00", "2026-03-02 23:10:00\0",
)  # fmt: skip


@pytest.mark.parametrize(("text", "zone", "utc"), CLEAR, ids=repr)
def test_a_clear_time_is_one_moment(text, zone, utc):
    assert read_time(text.encode(), zone) == utc


@pytest.mark.parametrize("text", DOUBTFUL, ids=lambda text: ascii(text[:40]))
def test_anything_else_is_no_time_and_says_what_it_is(text):
    with pytest.raises(Unclear) as raised:
        read_time(text.encode(), BERLIN)
    said = str(raised.value)
    assert said.startswith("it ")
    assert "\n" not in said
    assert len(said) < 300


def test_without_a_zone_of_the_course_an_abbreviation_is_nobodys():
    with pytest.raises(Unclear, match="'CET' is not what the clocks of UTC are called"):
        read_time(b"2026-03-02 23:10:00 CET", UTC)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_the_encodings_that_editors_write(encoding):
    assert read_time("2026-03-02 23:10:00\r\n".encode(encoding), BERLIN) == EVENING


@pytest.mark.parametrize("contents", [b"\xff\xfe\x00", b"\x80\x81", b"\0\0\0\0", b"PK\x03\x04\x00"])
def test_what_is_no_text_is_no_time(contents):
    with pytest.raises(Unclear):
        read_time(contents, BERLIN)


@pytest.mark.parametrize("written", ["%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S %z"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo"])
def test_what_nbgraders_submit_writes_is_read(zone, written):
    exchange = Exchange()
    exchange.timezone, exchange.timestamp_format = zone, written
    exchange.set_timestamp()
    read = read_time(exchange.timestamp.encode(), ZoneInfo(zone))
    assert abs((datetime.now(UTC).replace(tzinfo=None) - read).total_seconds()) < 3600


def handed_in(course, zone=BERLIN, learner="learner-01"):
    return read_submission(course.folder("submitted"), learner, ASSIGNMENT, set(), zone=zone)


@pytest.mark.parametrize(
    "text", ["2026-03-02 23:10:00 CET", "2026-03-02 23:10", "2026-03-02 22:10Z"]
)
def test_what_reaches_nbgrader_is_utc_and_says_so(course, submit, text):
    (submit("learner-01", notebook("x = 1")).parent / "timestamp.txt").write_text(text)
    submission = handed_in(course)
    assert submission.timestamp == "2026-03-02 22:10:00 UTC"
    assert parse_utc(submission.timestamp) == EVENING
    assert not submission.doubts


def test_no_file_is_no_doubt(course, submit):
    submit("learner-01", notebook("x = 1"))
    submission = handed_in(course)
    assert (submission.timestamp, submission.doubts) == ("", ())


@pytest.mark.parametrize(
    "name", ["Timestamp.txt", "timestamp.TXT", "timestamp", "timestamp.txt.txt", "time_stamp.txt",
             "timestamp (1).txt", "timestamp.rtf"]
)  # fmt: skip
def test_a_file_nearly_called_so_is_for_a_person(course, submit, name):
    folder = submit("learner-01", notebook("x = 1")).parent
    (folder / name).write_text("2026-03-02 22:10:00 UTC")
    submission = handed_in(course)
    assert submission.timestamp == ""
    assert f"it is called {name!r}" in submission.doubts[0]
    (folder / "timestamp.txt").write_text("2026-03-02 22:10:00 UTC")
    submission = handed_in(course)
    assert (submission.timestamp, submission.doubts) == ("2026-03-02 22:10:00 UTC", ())


def a_link(path):
    Path(path.parent, "elsewhere").write_text("2020-01-01 00:00:00 UTC")
    os.symlink("elsewhere", path)


@pytest.mark.parametrize(
    "make", [Path.touch, Path.mkdir, os.mkfifo, a_link, lambda path: path.write_text("soon")]
)
def test_a_file_without_a_time_is_for_a_person(course, submit, make):
    make(submit("learner-01", notebook("x = 1")).parent / "timestamp.txt")
    submission = handed_in(course)
    assert submission.timestamp == ""
    (doubt,) = submission.doubts
    assert doubt.startswith("When it was handed in is not known from timestamp.txt: it ")
    assert submission.cells


@pytest.mark.sandbox
def test_a_doubtful_time_costs_nothing_and_undoes_what_it_had_cost(course, submit, warm_pool):
    """CET is the course's zone: an hour earlier than UTC, which nbgrader would take EST for."""
    path = submit("learner-01", notebook("x = 1")).parent / "timestamp.txt"
    (course.class_folder / "course.toml").write_text(CHOSEN)
    for text, late in (
        ("2026-03-02 23:58:00 CET", 0),
        ("2026-03-03 00:00:00 CET", 60),
        ("2026-03-03 00:00:00", 60),
        ("2026-03-02 23:59:30 EST", None),
        ("2026-03-03 00:59:00 +0200", 0),
    ):
        path.write_text(text)
        graded, _ = grade(course, warm_pool)
        with course.gradebook() as gradebook:
            found = gradebook.find_submission(ASSIGNMENT, "learner-01")
            assert found.total_seconds_late == (late or 0), text
            assert (found.timestamp is None) == (late is None), text
        doubts = [doubt for doubt in graded.results[0].doubts if "timestamp.txt" in doubt]
        assert bool(doubts) == (late is None), text
