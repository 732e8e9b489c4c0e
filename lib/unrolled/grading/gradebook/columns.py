"""The columns of class lists: nbgrader's, Canvas' and, in the languages it speaks, Moodle's."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

FIELDS = ("last_name", "first_name", "email", "lms_user_id")
FIRST = (
    "First name", "Given name", "Forename", "Vorname", "Prénom", "Nombre", "Nombre(s)", "Nome",
    "Primeiro nome", "Nome próprio", "Voornaam", "Förnamn", "Fornavn", "Etunimi", "Imię", "Jméno",
    "Křestní jméno", "Keresztnév", "Prenume",
)  # fmt: skip
LAST = (
    "Last name", "Surname", "Family name", "Nachname", "Familienname", "Nom de famille", "Nom",
    "Apellido(s)", "Apellidos", "Apellido", "Cognome", "Apelido", "Apelido(s)", "Sobrenome",
    "Último nome", "Achternaam", "Efternamn", "Efternavn", "Etternavn", "Sukunimi", "Nazwisko",
    "Příjmení", "Vezetéknév", "Nume",
)  # fmt: skip
USER = (
    "Username", "User name", "Login", "Login name", "Anmeldename", "Benutzername", "Nutzername",
    "Kennung", "Benutzerkennung", "Nom d'utilisateur", "Identifiant", "Nombre de usuario",
    "Usuario", "Nome utente", "Nome de utilizador", "Nome de usuário", "Utilizador", "Usuário",
    "Identificação de usuário", "Gebruikersnaam", "Användarnamn", "Brugernavn", "Brukernavn",
    "Käyttäjätunnus", "Nazwa użytkownika", "Uživatelské jméno", "Felhasználónév",
)  # fmt: skip
NUMBER = (
    "ID number", "ID-Nummer", "Matrikelnummer", "Matrikel-Nr.", "Matr.-Nr.", "Student ID",
    "Student number", "Numéro d'identification", "Numéro d'étudiant", "N° étudiant",
    "Numéro étudiant", "Número de ID", "Número ID", "Número de identificación", "Matrícula",
    "Numero ID", "Codice identificativo", "Numero di identificazione", "Numero identificativo",
    "Matricola", "Numero di matricola", "Número de identificação", "Número de aluno", "ID-nummer",
    "Identificatienummer", "Studentnummer", "Studienummer", "Tunnistenumero", "Opiskelijanumero",
    "Numer ID", "Numer identyfikacyjny", "Numer albumu", "Identifikační číslo", "Azonosító szám",
)  # fmt: skip
EMAIL = (
    "Email address", "Email", "Mail", "E-mail", "Mail address", "E-Mail-Adresse", "Mailadresse",
    "Adresse de courriel", "Courriel", "Adresse e-mail", "Adresse électronique",
    "Adresse de messagerie", "Dirección de correo", "Dirección Email", "Correo electrónico",
    "Correo", "Dirección de correo electrónico", "Indirizzo email",
    "Indirizzo di posta elettronica",
    "Endereço de email", "Endereço de e-mail", "Endereço de correio eletrónico",
    "Correio eletrónico", "E-mailadres", "E-postadress", "E-post", "E-mailadresse", "E-postadresse",
    "Sähköpostiosoite", "Sähköposti", "Adres e-mail", "E-mailová adresa", "E-mail cím",
)  # fmt: skip


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        name: what to call it.
        signs: what tells it from others: of each group, one column has to be there.
        ids: columns that may name a learner; the first that holds something is taken.
        columns: of each field of a learner, by what a file may call it.
    """

    name: str
    signs: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]


FORMATS = (
    Format("nbgrader", (("id",),), ("id",), {name: (name,) for name in FIELDS}),
    Format(
        "Canvas",
        (("Student",), ("ID",)),
        ("SIS Login ID", "SIS User ID", "ID"),
        {"email": ("Email",), "lms_user_id": ("ID",)},
    ),
    Format(
        "Moodle",
        (FIRST, (*EMAIL, *USER, *NUMBER)),
        (*USER, *NUMBER, *EMAIL),
        {"last_name": LAST, "first_name": FIRST, "email": EMAIL, "lms_user_id": NUMBER},
    ),
)


def format_of(columns: Sequence[str]) -> Format | None:
    """The kind of a file with these columns, its names as this file writes them; None if unknown.

    nbgrader's and Canvas' names are taken as they stand, for ``id`` and ``ID`` tell them apart.
    Moodle's may differ in case, accents and signs.
    """
    for kind in FORMATS:
        key = column_key if kind.name == "Moodle" else str
        there = {key(column): column for column in reversed(columns)}

        def own(group: Sequence[str], key=key, there=there) -> tuple[str, ...]:
            return tuple(dict.fromkeys(there[key(c)] for c in group if key(c) in there))

        if all(map(own, kind.signs)):
            fields = {name: own(group) for name, group in kind.columns.items()}
            return replace(kind, ids=own(kind.ids), columns=fields)
    return None


def column_key(column: str) -> str:
    """A column's name without case, accents and signs: ``E-Mail-Adresse`` is ``emailadresse``."""
    apart = unicodedata.normalize("NFKD", column).casefold()
    return "".join(c for c in apart if c.isalnum())
