"""Downloads of Canvas and Moodle: every notebook to its learner, everything else kept and said."""

import json
import zipfile
from datetime import datetime

import pytest
from jupyter_core.application import NoStart
from nbgrader.apps import NbGraderApp
from nbgrader.utils import parse_utc

from grading.conftest import ASSIGNMENT
from grading.drawn import JPEG, PNG
from grading.filled import empty_course
from grading.test_unzipping import zipped
from unrolled.grading.downloads.collecting import collect
from unrolled.grading.downloads.senders import Senders
from unrolled.grading.gradebook.scores import Learner
from unrolled.grading.submissions.reading import read_submission

NAME = f"{ASSIGNMENT}.ipynb"
FILE = "assignsubmission_file_"
CLASS = {
    "learner-01": {"first_name": "Ana", "last_name": "Li", "lms_user_id": "101"},
    "learner-02": {"first_name": "Zoë", "last_name": "Ångström", "lms_user_id": "102"},
    "learner-03": {"first_name": "Same", "last_name": "Name", "lms_user_id": "103"},
    "learner-04": {"first_name": "same", "last_name": "name", "lms_user_id": "104"},
    "learner-05": {"first_name": "Eve_999", "last_name": "Li", "lms_user_id": "105"},
}


@pytest.fixture
def course(tmp_path_factory, tmp_path):
    course = empty_course(tmp_path_factory, tmp_path / "course")
    (course.class_folder / "course.toml").write_text('timezone = "Europe/Berlin"\n')
    with course.gradebook() as gradebook:
        for learner, known in CLASS.items():
            gradebook.update_or_create_student(learner, **known)
    return course


@pytest.fixture
def take(course, tmp_path):
    def run(*entries):
        path = tmp_path / "submissions.zip"
        path.write_bytes(zipped(*entries))
        return collect(course, ASSIGNMENT, path)

    return run


def work(text):
    """A notebook, the same each time."""
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"answer = {text!r}"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]})


def handed_in(course):
    folder = course.folder("submitted")
    files = (path for path in folder.rglob("*.*") if path.is_file())
    return {str(p.relative_to(folder)): p.read_text(errors="replace") for p in files}


def reasons(collected):
    return {left.path: left.why for left in collected.left}


def at(hour, name):
    return zipfile.ZipInfo(name, (2026, 3, 2, hour, 0, 0))


def test_canvas(course, take):
    collected = take(
        (f"liana_101_5001_{ASSIGNMENT}-2.ipynb", work("first")),
        (f"ångströmzoë_LATE_102_5002_{NAME}", work("second")),
        ("samename_103_5003_Untitled 1.ipynb", work("third")),
    )
    assert reasons(collected) == {}
    assert handed_in(course) == {
        f"learner-01/{ASSIGNMENT}/{NAME}": work("first"),
        f"learner-02/{ASSIGNMENT}/{NAME}": work("second"),
        f"learner-02/{ASSIGNMENT}/timestamp.txt": "",
        f"learner-03/{ASSIGNMENT}/Untitled 1.ipynb": work("third"),
    }
    assert set(collected.learners.values()) == {None}  # Canvas' times are those of the download
    (late,) = collected.notes
    assert late.startswith("learner-02: Canvas says late and not how late")
    folder = course.folder("submitted")
    assert read_submission(folder, "learner-01", ASSIGNMENT, set()).doubts == ()
    (doubt,) = read_submission(folder, "learner-02", ASSIGNMENT, set()).doubts
    assert doubt.startswith("When it was handed in is not known from timestamp.txt: it is empty")


def test_late_is_late_whichever_file_says_so_and_a_time_by_hand_stays(course, take):
    files = (
        (f"liana_101_5001_{NAME}", work("first")),
        ("liana_LATE_101_5002_helper.py", "x = 1"),
    )
    assert "learner-01: Canvas says late" in take(*files).notes[0]
    path = course.folder("submitted") / "learner-01" / ASSIGNMENT / "timestamp.txt"
    assert path.read_text() == ""
    path.write_text("2026-03-02 12:00")
    again = take(*files)
    assert (again.learners, again.notes, path.read_text()) == ({}, (), "2026-03-02 12:00")
    newer = take((f"liana_LATE_101_5003_{NAME}", work("second")))
    assert (newer.replaced, path.read_text()) == (("learner-01",), "")


def test_moodle_with_the_times_of_the_submissions(course, take):
    collected = take(
        (at(12, f"Ana Li_7001_{FILE}/{NAME}"), work("first")),
        (at(13, f"ångström  ZOË_7002_{FILE}/{NAME}"), work("second")),
        ("Ana Li_7001_assignsubmission_onlinetext_/onlinetext.html", "<p>See file</p>"),
    )
    assert collected.learners == {
        "learner-01": datetime(2026, 3, 2, 11),
        "learner-02": datetime(2026, 3, 2, 12),
    }
    files = handed_in(course)
    assert files[f"learner-01/{ASSIGNMENT}/{NAME}"] == work("first")
    assert files[f"learner-02/{ASSIGNMENT}/timestamp.txt"] == "2026-03-02 12:00:00+00:00"
    assert parse_utc("2026-03-02 12:00:00+00:00") == datetime(2026, 3, 2, 12)  # nbgrader's own
    (path,) = reasons(collected)
    assert path.endswith("onlinetext.html")
    assert (collected.folder / "left" / path).read_text() == "<p>See file</p>"


@pytest.mark.parametrize("year", [1980, 1981, 1999, 2100, 2107])
def test_a_year_that_cannot_be_right_is_no_time(course, take, year):
    entry = zipfile.ZipInfo(f"Ana Li_7001_{FILE}/{NAME}", (year, 3, 2, 12, 0, 0))
    assert take((entry, work("first"))).learners == {"learner-01": None}
    assert f"learner-01/{ASSIGNMENT}/timestamp.txt" not in handed_in(course)


def test_pictures_come_with_the_notebook_that_shows_them_and_never_replace_one(course, take):
    collected = take(
        (f"Ana Li_7001_{FILE}/{NAME}", work("first")),
        (f"Ana Li_7001_{FILE}/plots/Foo 1.PNG", PNG),
        (f"Ångström Zoë_7002_{FILE}/photo.jpeg", JPEG),
    )
    folder = course.folder("submitted") / "learner-01" / ASSIGNMENT
    assert (folder / "plots" / "Foo 1.PNG").read_bytes() == PNG
    assert list(reasons(collected).values()) == ["a picture, and no notebook with it"]
    collected = take((f"Ana Li_7003_{FILE}/plots/Foo 1.PNG", JPEG))
    assert collected.replaced == ()
    assert (folder / NAME).read_text() == work("first")
    assert (folder / "plots" / "Foo 1.PNG").read_bytes() == PNG


def test_moodle_without_folders(course, take):
    assert reasons(take((f"Ana Li_7001_{FILE}{NAME}", work("1")))) == {}
    assert f"learner-01/{ASSIGNMENT}/{NAME}" in handed_in(course)


def test_a_zip_that_a_learner_made_is_read_as_their_submission(course, take):
    inner = zipped((f"work/{NAME}", work("1")), ("timestamp.txt", "1999-01-01"))
    collected = take((at(12, f"Ana Li_7001_{FILE}/my work.zip"), inner))
    assert collected.learners == {"learner-01": datetime(2026, 3, 2, 11)}  # not the learner's own
    folder = course.folder("submitted")
    assert (folder / "learner-01" / ASSIGNMENT / "my work.zip").read_bytes() == inner
    read = read_submission(folder, "learner-01", ASSIGNMENT, set())
    assert [cell.source for cell in read.cells] == ["answer = '1'"]
    assert read.timestamp == "2026-03-02 11:00:00 UTC"


def test_folders_scripts_and_what_machines_add(course, take):
    collected = take(
        (f"Ana Li_7001_{FILE}/a/x.ipynb", work("a")),
        (f"Ana Li_7001_{FILE}/b/x.ipynb", work("b")),
        (f"Ana Li_7001_{FILE}/answers.py", "x = 1"),
        (f"Ana Li_7001_{FILE}/timestamp.txt", "1999-01-01"),
        (f"Ana Li_7001_{FILE}/__MACOSX/._{NAME}", "?"),
    )
    top = f"learner-01/{ASSIGNMENT}"
    files = handed_in(course)
    del files[f"{top}/timestamp.txt"]
    assert files == {
        f"{top}/a/x.ipynb": work("a"),
        f"{top}/b/x.ipynb": work("b"),
        f"{top}/answers.py": "x = 1",
    }
    why = "neither a notebook nor a script or zip file"
    assert reasons(collected) == {f"Ana Li_7001_{FILE}/timestamp.txt": why}


def test_of_several_of_one_name_the_last_counts(course, take):
    collected = take(
        (f"liana_101_5001_{NAME}", work("first")),
        (f"liana_101_5002_{ASSIGNMENT}-9.ipynb", work("ninth")),
        (f"liana_101_5003_{ASSIGNMENT}-10.ipynb", work("tenth")),
    )
    assert handed_in(course) == {f"learner-01/{ASSIGNMENT}/{NAME}": work("tenth")}
    assert len(reasons(collected)) == 2
    assert all("handed in later" in why for why in reasons(collected).values())
    kept = (collected.folder / "left" / f"liana_101_5001_{NAME}").read_text()
    assert kept == work("first")


@pytest.mark.parametrize(
    "number", ["-10", " (1)", "(7)", "_(2)", "-Copy1", " (1)-3", "-2 (1)", "-Copy2-1"]
)
def test_no_number_beats_the_file_that_canvas_got_later(course, take, number):
    collected = take(
        (f"liana_101_9999_{ASSIGNMENT}{number}.ipynb", work("earlier")),
        (f"liana_101_10000_{NAME}", work("later")),
    )
    assert handed_in(course) == {f"learner-01/{ASSIGNMENT}/{NAME}": work("later")}
    assert list(reasons(collected)) == [f"liana_101_9999_{ASSIGNMENT}{number}.ipynb"]


def test_what_canvas_numbers_is_one_file_under_any_name(course, take):
    take(
        ("liana_101_9_solution-1.ipynb", work("earlier")),
        ("liana_101_10_solution.ipynb", work("later")),
        ("liana_101_11_part-1.ipynb", work("part 1")),
        ("liana_101_12_part-2.ipynb", work("part 2")),
    )
    top = f"learner-01/{ASSIGNMENT}"
    assert handed_in(course) == {
        f"{top}/solution.ipynb": work("later"),
        f"{top}/part-1.ipynb": work("part 1"),
        f"{top}/part-2.ipynb": work("part 2"),
    }


def test_a_time_already_there_is_read_as_the_grader_reads_it(course, take):
    """Without a zone it is the course's, not UTC; one that says nothing holds nobody up."""
    folder = course.folder("submitted") / "learner-01" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / NAME).write_text(work("old"))
    (folder / "timestamp.txt").write_text("2026-03-02 12:30")
    collected = take((at(13, f"Ana Li_7001_{FILE}/{NAME}"), work("new")))
    assert collected.replaced == ("learner-01",)
    (folder / "timestamp.txt").write_text("2026-03-02 13:30 CET")
    collected = take((at(13, f"Ana Li_7001_{FILE}/{NAME}"), work("newer")))
    assert list(reasons(collected).values()) == [
        "learner-01 has handed in later, 2026-03-02 12:30 UTC"
    ]
    (folder / "timestamp.txt").write_text("31/12/2026")
    assert take((at(13, f"Ana Li_7001_{FILE}/{NAME}"), work("newest"))).replaced


def test_nobody_is_guessed(course, take):
    collected = take(
        (f"stranger_999_5001_{NAME}", work("1")),
        (f"Same Name_7001_{FILE}/{NAME}", work("2")),
        (f"Participant 7_7001_{FILE}/{NAME}", work("3")),
        (NAME, work("4")),
    )
    why = reasons(collected)
    assert "nobody in the roster has the Canvas ID 999" in why.values()
    assert "it could be learner-03 or learner-04 who is called 'Same Name'" in why.values()
    assert "nobody in the roster is called 'Participant 7'" in why.values()
    assert why[NAME] == "its name is of neither Canvas' nor Moodle's form"
    assert handed_in(course) == {}
    kept = {path.name for path in (collected.folder / "left").rglob("*.ipynb")}
    assert kept == {f"stranger_999_5001_{NAME}", NAME}


def test_a_name_made_to_look_like_anothers_is_nobodys(course, take):
    """Canvas takes spaces out of a name after it has looked for digits between underscores."""
    collected = take(
        (f"eve_101_1__105_5001_{NAME}", work("forged")),
        (f"Eve_999 Li_7001_{FILE}/Ana Li_7002_{FILE}/{NAME}", work("own")),
    )
    assert reasons(collected) == {
        f"eve_101_1__105_5001_{NAME}": "it could be learner-01 or learner-05 who is meant"
    }
    assert set(collected.learners) == {"learner-05"}


def test_two_senders_for_one_learner_are_left_to_a_person(course, take):
    collected = take(
        (f"liana_101_5001_{NAME}", work("hers")), (f"evil_101_5002_{NAME}", work("not hers"))
    )
    assert set(reasons(collected).values()) == {
        "two senders would be learner-01; put the right one into its folder by hand"
    }
    assert handed_in(course) == {}


def test_a_second_download_replaces_and_keeps(course, take):
    take((at(12, f"Ana Li_7001_{FILE}/{NAME}"), work("old")))
    again = take((at(12, f"Ana Li_7001_{FILE}/{NAME}"), work("old")))
    assert (again.learners, again.replaced, again.left) == ({}, (), ())
    newer = take((at(13, f"Ana Li_7001_{FILE}/{NAME}"), work("new")))
    assert newer.replaced == ("learner-01",)
    assert handed_in(course)[f"learner-01/{ASSIGNMENT}/{NAME}"] == work("new")
    kept = newer.folder / "replaced" / "learner-01"
    assert (kept / NAME).read_text() == work("old")
    assert (kept / "timestamp.txt").read_text() == "2026-03-02 11:00:00+00:00"
    older = take((at(9, f"Ana Li_7001_{FILE}/{NAME}"), work("oldest")))
    assert older.learners == {}
    (why,) = reasons(older).values()
    assert why == "learner-01 has handed in later, 2026-03-02 12:00 UTC"
    assert handed_in(course)[f"learner-01/{ASSIGNMENT}/{NAME}"] == work("new")


def test_nothing_leaves_its_folder(course, take, tmp_path):
    before = {path for path in tmp_path.rglob("*") if "collected" not in path.parts}
    collected = take(
        (f"liana_101_5001_../../{NAME}", work("1")),
        (f"../../submitted/learner-02/{ASSIGNMENT}/{NAME}", work("2")),
        (f"Ana Li_7001_{FILE}/../../learner-02/{NAME}", work("3")),
    )
    assert len(reasons(collected)) == 3
    after = {path for path in tmp_path.rglob("*") if "collected" not in path.parts}
    assert after - before == {tmp_path / "submissions.zip"}


def test_an_empty_download(course, take):
    collected = take()
    assert (collected.learners, collected.left) == ({}, ())


def test_no_zip_file(course, tmp_path):
    path = tmp_path / "page.zip"
    path.write_text("<html>Please log in</html>")
    with pytest.raises(ValueError, match="cannot be read as a zip file"):
        collect(course, ASSIGNMENT, path)


def test_nbgraders_own_command_takes_the_plugins(course, monkeypatch):
    downloaded = course.root / "downloaded" / ASSIGNMENT / "archive"
    downloaded.mkdir(parents=True)
    (downloaded / "a.zip").write_bytes(zipped((f"liana_101_5001_{NAME}", work("1"))))
    monkeypatch.chdir(course.root)
    NbGraderApp.clear_instance()
    module = "unrolled.grading.downloads.collecting"
    plugins = [f"--extractor={module}.SafeExtractor", f"--collector={module}.LmsCollector"]
    app = NbGraderApp.instance()
    try:
        app.initialize(["zip_collect", ASSIGNMENT, *plugins])
        with pytest.raises(NoStart):  # how a jupyter application says that a subcommand ran
            app.start()
    finally:
        NbGraderApp.clear_instance()
    assert handed_in(course) == {f"learner-01/{ASSIGNMENT}/{NAME}": work("1")}


def test_a_learner_whose_id_is_no_folder_gets_nothing():
    senders = Senders([Learner("../x", "Li", "Ana", "", "101")])
    assert senders.who(f"liana_101_5001_{NAME}").learner == ""
    assert senders.who(f"Ana Li_7_{FILE}/x").learner == ""


MOODLE_NAMES = {  # first and last name in the roster, and how downloads write the two
    ("Sean", "O'Brien"): (
        "Sean OBrien", "Sean O’Brien", "Sean O_Brien", "sean o brien", "OBrien Sean",
        "O'Brien, Sean", "Sean O&#39;Brien",
    ),
    ("Ana & Bo", "Li"): ("Ana  Bo Li", "Ana & Bo Li", "Li Ana Bo", "Li, Ana & Bo", "Ana__Bo_Li"),
    ("Eve_999", "Li"): ("Eve 999 Li", "Eve_999 Li", "Li, Eve 999"),
    ("Zoë", "Ångström"): (
        "Zoe Angstrom", "Zoë Ångström", "Zoe\u0308 A\u030angstro\u0308m", "Zo_ _ngstr_m",
        "ANGSTROM ZOE", "Zo├½ ├àngstr├╢m", "ZoÃ« Ã…ngstrÃ¶m", "Zoe Aangstroem",
    ),
    ("Jürgen", "Groß-Weiß"): ("Juergen Gross-Weiss", "Jurgen Gross Weiss", "Jürgen Groß–Weiß"),
    ("Łukasz", "Østby"): ("Lukasz Ostby", "Lukasz Oestby", "Łukasz  ØSTBY"),
    ("María José", "de la Cruz"): ("Maria Jose de la Cruz", "de la Cruz María  José"),
    ("李", "安娜"): ("李 安娜", "安娜李"),
}  # fmt: skip
WRITTEN = [(known, name) for known, names in MOODLE_NAMES.items() for name in names]


@pytest.mark.parametrize(("known", "name"), WRITTEN, ids=ascii)
def test_a_name_is_known_however_a_download_writes_it(known, name):
    class_list = [
        Learner(f"learner-{n:02}", last, first) for n, (first, last) in enumerate(MOODLE_NAMES)
    ]
    wanted = next(who.id for who in class_list if (who.first_name, who.last_name) == known)
    sender = Senders(class_list).who(f"{name}_7001_{FILE}")
    assert (sender.learner, sender.why) == (wanted, "")


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        (("Sean", "O'Brien"), ("Sean", "OBrien"), "Sean OBrien"),
        (("Zoë", "Li"), ("Zoe", "Li"), "Zoe Li"),
        (("Ana", "Müller"), ("Ana", "Mueller"), "Ana Mueller"),
        (("Ana", "Li"), ("Li", "Ana"), "Ana Li"),
        (("An", "Ali"), ("Ana", "Li"), "Ana Li"),
        (("Ana-Bo", "Li"), ("Ana Bo", "Li"), "Ana Bo Li"),
    ],
)
def test_a_name_that_fits_two_is_nobodys(one, other, name):
    class_list = [Learner(f"l{n}", last, first) for n, (first, last) in enumerate((one, other))]
    sender = Senders(class_list).who(f"{name}_7001_{FILE}")
    assert sender.learner == ""
    assert sender.why == f"it could be l0 or l1 who is called {name!r}"


def test_an_accent_that_is_written_tells_two_apart():
    senders = Senders([Learner("l0", "Li", "Zoë"), Learner("l1", "Li", "Zoe")])
    assert senders.who(f"Zoë Li_7001_{FILE}").learner == "l0"


@pytest.mark.parametrize("name", ["Ana", "Li", "An", "Ana Maria Li", "Bo-Ana Li", "?", "' &"])
def test_a_part_of_a_name_is_nobodys(name):
    senders = Senders([Learner("l0", "Li", "Ana"), Learner("l1", "李", "Ana")])
    assert senders.who(f"{name}_7001_{FILE}").learner == ""
