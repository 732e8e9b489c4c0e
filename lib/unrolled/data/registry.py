"""The five real data sets: where each file comes from, and how its bytes are known to be right.

``fetch("tinyshakespeare.txt")`` gives a path whose content has the SHA-256 written here. It looks
in the folder that ``UNROLLED_DATA`` names, then in the cache, then downloads. A file with another
hash is refused, never used and never replaced behind its owner's back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pooch

from unrolled.data.download import ResumingDownloader

__all__ = ["FILES", "DataCorrupt", "DataUnavailable", "RealFile", "fetch", "present"]

_GITHUB = "https://raw.githubusercontent.com"
_SHAKESPEARE = f"{_GITHUB}/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"
_TATOEBA = (
    f"{_GITHUB}/13luoyu/Transformer-machine-translation/b172d4aa468126c16f51dbf75797aaff77cf787e"
)
_MULTI30K = f"{_GITHUB}/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw"
_REVIEWS = f"{_GITHUB}/yoonkim/CNN_sentence/23e0e1f7355705bb083043fda05c031b15acb38c"
_WNUT17 = f"{_GITHUB}/leondz/emerging_entities_17/e52a2d2a71ac1a051ca2d532eef28653c5c02603"
_RESEARCH = "research use, see the source's README"


class DataUnavailable(RuntimeError):
    """The file is not here and cannot be fetched; the message says what to do."""


class DataCorrupt(ValueError):
    """The file's bytes are not the pinned ones; the message gives both hashes."""


@dataclass(frozen=True)
class RealFile:
    """One file of a real data set.

    Attributes:
        url: where it comes from.
        sha256: the only content that is accepted.
        licence: on which terms it may be used.
    """

    url: str
    sha256: str
    licence: str


def _multi30k(name: str, sha256: str) -> dict[str, RealFile]:
    return {f"multi30k/{name}": RealFile(f"{_MULTI30K}/{name}", sha256, _RESEARCH)}


def _reviews(name: str, sha256: str) -> dict[str, RealFile]:
    licence = "research use (Pang and Lee 2005)"
    return {f"rt-polarity/{name}": RealFile(f"{_REVIEWS}/{name}", sha256, licence)}


def _wnut17(name: str, sha256: str) -> dict[str, RealFile]:
    return {f"wnut17/{name}": RealFile(f"{_WNUT17}/{name}", sha256, "CC-BY 4.0")}


FILES: dict[str, RealFile] = {
    "tinyshakespeare.txt": RealFile(
        f"{_SHAKESPEARE}/data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        "public domain",
    ),
    "tatoeba/cmn-simplified.txt": RealFile(
        f"{_TATOEBA}/cmn.txt",
        "aa264a2447b26ab7c9d413f8321f9e2a779fd134b5118306b6e26a3499b3926e",
        "CC-BY 2.0 FR",
    ),
    **_multi30k("train.de.gz", "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
    **_multi30k("train.en.gz", "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
    **_multi30k("val.de.gz", "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
    **_multi30k("val.en.gz", "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
    **_multi30k(
        "test_2016_flickr.de.gz",
        "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    ),
    **_multi30k(
        "test_2016_flickr.en.gz",
        "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    ),
    **_reviews(
        "rt-polarity.pos", "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0"
    ),
    **_reviews(
        "rt-polarity.neg", "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca"
    ),
    **_wnut17(
        "wnut17train.conll", "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5"
    ),
    **_wnut17(
        "emerging.dev.conll", "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8"
    ),
    **_wnut17(
        "emerging.test.annotated",
        "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
    ),
}


def fetch(name: str) -> Path:
    """Return the path of one file of a real data set, its content verified.

    Args:
        name: a key of ``FILES``, for example ``"multi30k/val.en.gz"``.

    Returns:
        A path to read from: in the mirror if it has the file, else in the download cache.

    Raises:
        ValueError: if ``name`` is not registered.
        DataCorrupt: if the mirror's or the downloaded bytes have another SHA-256.
        DataUnavailable: if the file is neither in the mirror nor to be downloaded.
    """
    if name not in FILES:
        raise ValueError(f"name={name!r} is not registered, one of {', '.join(FILES)} is wanted")
    wanted = FILES[name]
    mirror = os.environ.get("UNROLLED_DATA")
    if mirror and not Path(mirror).is_dir():
        raise DataUnavailable(f"UNROLLED_DATA={mirror!r} is not a folder, a local mirror is wanted")
    if mirror and (path := Path(mirror) / name).is_file():
        return _verified(path, wanted)
    return _download(name, wanted, mirror)


def present() -> tuple[str, ...]:
    """Return the names of the files that lie here already, in the mirror or in the cache.

    Nothing is downloaded, and no content looked at: it says what :func:`fetch` would begin with.
    """
    places = [Path(pooch.os_cache("unrolled"))]
    if mirror := os.environ.get("UNROLLED_DATA"):
        places.append(Path(mirror))
    return tuple(name for name in FILES if any((place / name).is_file() for place in places))


def _verified(path: Path, wanted: RealFile) -> Path:
    found = pooch.file_hash(str(path), alg="sha256")
    if found != wanted.sha256:
        raise DataCorrupt(
            f"{path} has SHA-256 {found}, {wanted.sha256} is wanted: replace it by a fresh copy"
        )
    return path


def _what_to_set(name: str, mirror: str | None) -> str:
    if mirror:
        return f"UNROLLED_DATA={mirror!r} has no {name}: put the file there."
    return f"Set UNROLLED_DATA to a folder that holds {name}."


def _download(name: str, wanted: RealFile, mirror: str | None) -> Path:
    """Fetch into the cache; what a broken download left is gone on with, here or next time."""
    store = pooch.create(
        path=pooch.os_cache("unrolled"),
        base_url="",
        registry={name: f"sha256:{wanted.sha256}"},
        urls={name: wanted.url},
    )
    downloader = ResumingDownloader(name)
    try:
        try:
            return Path(store.fetch(name, downloader=downloader))
        except ValueError:
            if not downloader.resumed:
                raise
            # Put together from two answers: the first may have been of another file.
            return Path(store.fetch(name, downloader=ResumingDownloader(name)))
    except ValueError as error:  # Pooch's message gives both hashes
        raise DataCorrupt(f"{name} from {wanted.url} was refused. {error}") from error
    except OSError as error:  # connection, time-out, HTTP status: all of requests' errors are this
        raise DataUnavailable(
            f"{name} could not be downloaded from {wanted.url} ({type(error).__name__}). "
            f"Without a network: {_what_to_set(name, mirror)}"
        ) from error
