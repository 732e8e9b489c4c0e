"""When something was handed in: ``timestamp.txt``, read only where it can mean one moment.

nbgrader takes what it does not understand for something: an unknown zone is UTC, ``+0200`` two
hundred seconds, ``10`` the tenth of this month. Each moves a deadline. What is not a full date and
time here is no time, costs nothing, and is for a person to look at.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from unrolled.grading.submissions.files import contents_of, entries
from unrolled.grading.submissions.repair import Said, Unreadable, plain

if TYPE_CHECKING:
    from unrolled.grading.submissions.folders import Place

TIMESTAMP = "timestamp.txt"
NEARLY = re.compile(r"time[ _-]?stamps?\b.*", re.IGNORECASE)
MOST_BYTES = 400
MOST_SHOWN = 60
YEARS = range(2000, 2100)
FARTHEST = timedelta(hours=14)  # that a clock on this planet is from UTC
WANTED = "a date and time such as 2026-03-02 23:10:00 +0100 is wanted"
FULL = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:T| +)(\d{1,2}):(\d{2})"
    r"(?::(\d{2})(?:[.,](\d{1,6})\d{0,3})?)? *(\S{0,40})",
    re.ASCII,
)
OFFSET = re.compile(r"(?:UTC)?([+-])(\d{2})(?::?(\d{2}))?", re.ASCII)
PLACE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+", re.ASCII)  # Europe/Berlin


class Unclear(ValueError):
    """What stands there is no moment, or may be several; says what it is instead."""


def handed_in(folder: Path, zone: tzinfo) -> datetime | None:
    """When a submission was handed in, in UTC and without a zone, as nbgrader stores it.

    Args:
        folder: the submission's.
        zone: the course's, for times that name none.

    Returns:
        The time; None if there is no ``timestamp.txt``.

    Raises:
        Unclear: if there is one that says no time, in words.
    """
    if not os.path.lexists(folder / TIMESTAMP):
        if near := [e.name for e in entries(folder) if NEARLY.fullmatch(e.name)]:
            raise Unclear(f"it is called {near[0]!r}")
        return None
    try:
        return read_time(contents_of(folder / TIMESTAMP), zone)
    except Unreadable as error:
        raise Unclear(f"it cannot be read. {error.why}") from None


def timestamp_of(place: Place, zone: tzinfo, said: Said) -> str:
    """The time for nbgrader's gradebook, in UTC and saying so.

    Args:
        place: the submission's.
        zone: the course's, for times that name none.
        said: takes a sentence on a time that is none.

    Returns:
        The time; empty if there is none to be trusted.
    """
    try:
        if not place.timed:
            raise Unclear("it lies where it may be about something else")
        time = handed_in(place.folder, zone)
    except Unclear as error:
        said.doubt(f"When it was handed in is not known from {TIMESTAMP}: {error}. No points "
                   "were taken off for being late.")  # fmt: skip
        return ""
    return f"{time.isoformat(' ')} UTC" if time else ""


def read_time(contents: bytes, zone: tzinfo) -> datetime:
    """Read a date and time.

    Args:
        contents: year, month and day in this order, hours and minutes; seconds, and behind it
            ``Z``, ``UTC``, an offset, a place such as ``Europe/Berlin``, or what the clocks of
            ``zone`` are called at that time, such as ``CET``.
        zone: the course's, for a time that says none.

    Returns:
        It in UTC, without a zone.

    Raises:
        Unclear: if it is anything else, or a time that comes twice or never.
    """
    text = _text(contents)
    found = FULL.fullmatch(text)
    if found is None:
        shown = "".join(c if c.isprintable() else " " for c in text[:MOST_SHOWN])
        raise Unclear(f"it says {shown!r}; {WANTED}" if text else f"it is empty; {WANTED}")
    year, _, month, day, hour, minute, second, fraction, name = found.groups()
    try:
        parts = (int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        local = datetime(*parts, int((fraction or "").ljust(6, "0")))
    except ValueError as error:
        raise Unclear(f"it says {text!r}, which is no time: {error}") from None
    if local.year not in YEARS:
        raise Unclear(f"it says {text!r}; the year cannot be right")
    return _moment(local, name, zone, text)


def _text(contents: bytes) -> str:
    if len(contents) > MOST_BYTES:
        raise Unclear(f"it has {len(contents)} bytes; {WANTED}, and nothing else")
    try:
        return plain(contents.decode(json.detect_encoding(contents))).strip()
    except UnicodeDecodeError:
        raise Unclear(f"it is no text; {WANTED}") from None


def _moment(local: datetime, name: str, zone: tzinfo, text: str) -> datetime:
    """The one moment, in UTC, at which the clocks of a zone show a time."""
    named = _zone(name)
    moments = _moments(local, named or zone)
    if name and named is None:
        moments = {when: called for when, called in moments.items() if called == name.upper()}
        if not moments:
            raise Unclear(f"it says {text!r}, and {name!r} is not what the clocks of {zone} are "
                          "called at that time; +0100 or UTC would be clear")  # fmt: skip
    if not moments:
        raise Unclear(f"it says {text!r}, which the clocks of {named or zone} skip")
    if len(moments) > 1:
        raise Unclear(f"it says {text!r}, which the clocks of {named or zone} show twice; "
                      f"{' or '.join(moments.values())} behind it would be clear")  # fmt: skip
    return next(iter(moments))


def _moments(local: datetime, zone: tzinfo) -> dict[datetime, str]:
    """All moments at which a zone's clocks show a time, and what the clocks are called then."""
    moments = {}
    for fold in (0, 1):  # before and after the clocks change
        aware = local.replace(tzinfo=zone, fold=fold)
        utc = aware.astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None, fold=0) == local:
            moments[utc.replace(tzinfo=None)] = aware.tzname() or ""
    return moments


def _zone(name: str) -> tzinfo | None:
    """The zone that a name means everywhere; None for one that has other meanings elsewhere."""
    if name in ("Z", "z") or name.upper() == "UTC":
        return UTC
    if offset := OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        fits = ahead <= FARTHEST and int(minutes or 0) < 60
        return timezone(-ahead if sign == "-" else ahead) if fits else None
    try:
        return ZoneInfo(name) if PLACE.fullmatch(name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
