"""Rosters of nbgrader, Canvas and Moodle: who comes in, and what is said of the rest."""

import csv

import pytest

from grading.filled import empty_course
from unrolled.grading.gradebook.roster import (
    LMS,
    enter_roster,
    keep_lms_columns,
    read_lms_columns,
    read_roster,
)

NBGRADER = "id,last_name,first_name,email,lms_user_id\nlearner-01,Li,Ana,a@example.org,7\n"
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,06-self-attention (4711)
    Points Possible,,,,,35
"Li, Ana",101,S-1,learner-01,"Tuesday, 10"
"Ångström, Zoë",102,S-2,learner-02,Monday
"Student, Test",999,,,Monday
"""
MOODLE = """\
First name;Last name;ID number;Email address
Ana;Li;m-1;learner-01@example.org
Zoë;Ångström;m-2;learner-02@example.org
"""


@pytest.fixture
def course(tmp_path_factory, tmp_path):
    return empty_course(tmp_path_factory, tmp_path / "course")


@pytest.fixture
def write(tmp_path):
    def put(text, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return put


def who(course):
    with course.gradebook() as gradebook:
        return {
            s.id: (s.last_name, s.first_name, s.email, s.lms_user_id) for s in gradebook.students
        }


def enter(course, path, dry_run=False):
    with course.gradebook() as gradebook:
        return enter_roster(gradebook, read_roster(path), dry_run)


def test_nbgraders_own_format(course, write):
    assert enter(course, write(NBGRADER)) == ["new      learner-01"]
    assert who(course) == {"learner-01": ("Li", "Ana", "a@example.org", "7")}


def test_canvas(course, write):
    roster = read_roster(write(CANVAS))
    assert (roster.format, roster.id_column) == ("Canvas", "SIS Login ID")
    assert roster.problems == roster.notes == ()
    enter(course, write(CANVAS))
    assert who(course) == {
        "learner-01": ("Li", "Ana", None, "101"),
        "learner-02": ("Ångström", "Zoë", None, "102"),
    }


def test_moodle(course, write):
    roster = read_roster(write(MOODLE))
    assert (roster.format, roster.id_column) == ("Moodle", "ID number")
    enter(course, write(MOODLE))
    assert who(course)["m-2"] == ("Ångström", "Zoë", "learner-02@example.org", "m-2")
    assert read_roster(write(MOODLE), "Email address").entries[0].learner.id == (
        "learner-01@example.org"
    )


def test_moodle_without_id_numbers_takes_the_address(write):
    roster = read_roster(
        write("First name,Surname,ID number,Email address\nAna,Li,,a@example.org\n")
    )
    assert roster.id_column == "Email address"
    assert roster.entries[0].learner.last_name == "Li"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("text", [CANVAS, MOODLE, MOODLE.replace(";", "\t")])
def test_encodings_and_separators(write, text, encoding):
    entries = read_roster(write(text, encoding)).entries
    assert [(e.learner.last_name, e.learner.first_name) for e in entries] == [
        ("Li", "Ana"),
        ("Ångström", "Zoë"),
    ]


def test_what_is_missing_doubled_or_impossible_is_said_with_its_line(course, write):
    text = CANVAS + (
        '"Bo, ""B"" Ben",103,S-3,,Monday\n'
        '"Two\nLines, Cy",104,,learner-01,Monday\n'
        "Dot,105,,../../etc,Monday\n"
        f"Long,106,,{'x' * 129},Monday\n"
        "Good,107,,learner-07,Monday\n"
    )
    roster = read_roster(write(text))
    assert [problem.split(":")[0] for problem in roster.problems] == [
        "line 6",
        "line 7",
        "line 9",
        "line 10",
    ]
    assert 'SIS Login ID is empty (Bo, "B" Ben)' in roster.problems[0]
    assert "learner-01 is on line 3 already" in roster.problems[1]
    assert "'../../etc'" in roster.problems[2]
    assert [e.learner.id for e in roster.entries] == ["learner-01", "learner-02", "learner-07"]


def test_learners_that_a_download_cannot_tell_apart_are_said(write):
    text = MOODLE + "ana;LI ;m-3;Learner-02@example.org\n"
    assert read_roster(write(text)).notes == (
        "line 4: the same name as line 2",
        "line 4: the same email as line 3",
    )


def test_a_dry_run_changes_nothing(course, write):
    assert enter(course, write(CANVAS), dry_run=True) == [
        "new      learner-01",
        "new      learner-02",
    ]
    assert who(course) == {}


def test_a_second_import_changes_what_changed_and_keeps_the_rest(course, write):
    enter(course, write(NBGRADER))
    with course.gradebook() as gradebook:
        gradebook.update_or_create_student("learner-09", email="kept@example.org")
    says = enter(course, write(CANVAS))
    assert says == [
        "changed  learner-01: lms_user_id 7 -> 101",
        "new      learner-02",
        "kept     learner-09, who is not in the file",
    ]
    assert who(course)["learner-01"] == ("Li", "Ana", "a@example.org", "101")  # not emptied
    assert "learner-09" in who(course)
    assert enter(course, write(CANVAS))[0].startswith("kept")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("name,mark\nAna,3\n", "no roster's"),
        (b"PK\x03\x04\x81\x8d\x00\xff", "neither UTF-8 nor Windows-1252"),
        ("id,email\nlearner-01," + "x" * 200_000 + "\n", "line 2"),
    ],
)
def test_another_file_is_refused(write, text, wanted):
    with pytest.raises(ValueError, match=wanted):
        read_roster(write(text))


def test_an_unknown_id_column_is_refused(write):
    with pytest.raises(ValueError, match="no column 'Login'; it has Student, ID"):
        read_roster(write(CANVAS), "Login")


def test_control_characters_go_and_lines_that_are_short_or_long_do_no_harm(write):
    text = "id,last_name,first_name,email\nlearner-01,L\x1b[31mi\nlearner-02,a,b,c,d,e\n"
    entries = read_roster(write(text)).entries
    assert entries[0].learner.last_name == "L[31mi"
    assert entries[1].learner.email == "c"


def test_what_canvas_wants_back_is_kept_and_added_to(tmp_path, write):
    path = tmp_path / "class" / LMS
    keep_lms_columns(path, read_roster(write(NBGRADER)))
    assert not path.exists()
    keep_lms_columns(path, read_roster(write(CANVAS)))
    keep_lms_columns(
        path, read_roster(write(CANVAS.replace("Monday", "Friday").replace("S-1", "")))
    )
    kept = read_lms_columns(path)
    assert kept["learner-02"]["Section"] == "Friday"
    assert kept["learner-01"]["Section"] == "Tuesday, 10"
    assert next(csv.reader(path.open())) == ["id", "SIS User ID", "SIS Login ID", "Section"]


LISTS = {
    "en": "First name,Last name,Username,ID number,Email address",
    "de": "Vorname;Nachname;Anmeldename;ID-Nummer;E-Mail-Adresse",
    "de, other": "VORNAME;Nachname;Benutzername;Matrikelnummer;E-Mail",
    "fr": "Prénom;Nom de famille;Nom d’utilisateur;Numéro d’identification;Adresse de courriel",
    "fr, other": "Prenom;Nom;Identifiant;N° étudiant;Courriel",
    "es": "Nombre,Apellido(s),Nombre de usuario,Número de ID,Dirección de correo",
    "it": "Nome;Cognome;Nome utente;Codice identificativo;Indirizzo email",
    "pt": "Nome,Apelido,Nome de utilizador,Número de identificação,Endereço de email",
    "pt-br": "Nome,Sobrenome,Identificação de usuário,Número de identificação,Endereço de e-mail",
    "nl": "Voornaam\tAchternaam\tGebruikersnaam\tID-nummer\tE-mailadres",
    "sv": "Förnamn,Efternamn,Användarnamn,ID-nummer,E-postadress",
    "da": "Fornavn;Efternavn;Brugernavn;ID-nummer;E-mailadresse",
    "pl": "Imię;Nazwisko;Nazwa użytkownika;Numer ID;Adres e-mail",
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("head", LISTS.values(), ids=LISTS)
def test_the_languages_of_moodle(course, write, head, encoding):
    separator = next(c for c in ";\t," if c in head)
    row = separator.join(["Zoë", "Ångström", "learner-02", "m-2", "l2@example.org"])
    path = write(f"{head}\r\n{row}\r\n", encoding)
    roster = read_roster(path)
    assert (roster.format, roster.problems, roster.notes) == ("Moodle", (), ())
    assert roster.id_column == head.split(separator)[2]
    enter(course, path)
    assert who(course) == {"learner-02": ("Ångström", "Zoë", "l2@example.org", "m-2")}


def test_old_excel_writes_the_same_columns(write):
    text = "Vorname;Nachname;Anmeldename\nZoë;Ångström;learner-02\n"
    assert read_roster(write(text, "cp1252")).entries[0].learner.first_name == "Zoë"


@pytest.mark.parametrize(
    ("row", "column"),
    [(";m-1;l1@example.org", "ID-Nummer"), (";;l1@example.org", "E-Mail-Adresse")],
)
def test_the_first_column_that_names_learners_is_taken_in_any_language(write, row, column):
    text = f"Vorname;Nachname;Anmeldename;ID-Nummer;E-Mail-Adresse\nAna;Li;{row}\n"
    assert read_roster(write(text)).id_column == column


def test_an_id_column_is_found_whatever_its_case(write):
    text = "Vorname;Nachname;Anmeldename;E-Mail-Adresse\nAna;Li;learner-01;l1@example.org\n"
    assert read_roster(write(text), "e-mail-adresse").entries[0].learner.id == "l1@example.org"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_what_is_said_to_excel_alone_is_no_column(write, first):
    text = f"{first}\r\nVorname;Nachname;Anmeldename\r\nA, B;Li;learner-01\r\nBo;Li;a b\r\n"
    roster = read_roster(write(text))
    assert roster.entries[0].learner.first_name == "A, B"
    assert roster.problems[0].startswith("line 4: ")


def test_spaces_in_a_name_are_spaces_of_one_kind(write):
    text = "Vorname;Nachname;Anmeldename\nAna\u00a0 Maria ; van\tder Li;learner-01\n"
    learner = read_roster(write(text)).entries[0].learner
    assert (learner.first_name, learner.last_name) == ("Ana Maria", "van der Li")


def test_names_that_a_system_may_write_alike_are_said(write):
    names = ("Zoë;Li", "Zoe;Li", "Sean;O'Brien", "Sean;OBrien", "Li;Zoë", "Bo;Li")
    rows = "".join(f"{name};l{n}\n" for n, name in enumerate(names))
    assert read_roster(write("Vorname;Nachname;Anmeldename\n" + rows)).notes == (
        "line 3: the name may be written like that of line 2",
        "line 5: the name may be written like that of line 4",
        "line 6: the name may be written like that of line 2",
    )
