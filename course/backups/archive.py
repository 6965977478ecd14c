"""The file of a backup: a tar packed with gzip. It says first what it is, and ends with the SHA-256 of everything in it.

Any tar unpacks it and ``sha256sum --check SHA256SUMS`` proves it, without this program.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

FORMAT = 1
KIND = "backup of a course"
ABOUT, DATABASE, SETTINGS, SUMS = "backup.json", "database.sqlite3", "settings.toml", "SHA256SUMS"
FOLDERS = ("assets", "fonts")  # of the instance
PIECE = 1024 * 1024
LONGEST_ABOUT = 64 * 1024  # bytes of what it says of itself
MOST = 300  # times its size that it may unpack to; gzip makes a thousand of nothing but zeros, and a tenth of a database
_ALLOWED = re.compile(rf"{'|'.join(map(re.escape, (ABOUT, DATABASE, SETTINGS, SUMS)))}|(?:{'|'.join(FOLDERS)})/[\w -][\w. -]*")


class Refused(Exception):
    """Why nothing was done, and the way out, for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class About:
    """What stands first in the file: when it was made, from which version and kind of database, and how much it holds."""

    made_at: str
    version: str
    dialect: str
    people: int
    facts: int
    revisions: int
    assets: int


class _Summed:
    """A file that is summed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.sum.update(piece)
        return piece


class _Bounded:
    """What is unpacked, up to so many bytes."""

    def __init__(self, packed: gzip.GzipFile, file: Path) -> None:
        self._packed, self._file = packed, file
        self._left = MOST * file.stat().st_size + 64 * PIECE

    def read(self, size: int) -> bytes:
        piece = self._packed.read(min(size, PIECE))
        self._left -= len(piece)
        if self._left < 0:
            raise Refused(
                f"{self._file}: it unpacks to more than {MOST} times its size, as no backup does. Nothing was restored."
            )
        return piece


def pack(about: About, place: Path, into: IO[bytes]) -> None:
    """Packs what lies in ``place``. The caller brings the file to the disk."""
    (place / ABOUT).write_text(json.dumps({"kind": KIND, "format": FORMAT, **asdict(about)}, indent=1) + "\n", encoding="utf-8")
    names = [ABOUT, DATABASE, SETTINGS]
    names += [f"{folder}/{path.name}" for folder in FOLDERS for path in sorted((place / folder).glob("*"))]
    with (
        gzip.GzipFile(fileobj=into, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        sums = {name: _add(tar, place / name, name) for name in names}
        (place / SUMS).write_bytes(_lines(sums))
        _add(tar, place / SUMS, SUMS)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    info = tarfile.TarInfo(name)
    info.size, info.mode = path.stat().st_size, 0o600
    with path.open("rb") as file:
        summed = _Summed(file)
        tar.addfile(info, summed)
    return summed.sum.hexdigest()


def unpack(file: Path, place: Path) -> About:
    """Unpacks into an empty folder. Raises Refused for what is no backup, is a newer one, or is not whole to the last byte."""
    sums: dict[str, str] = {}
    about = None
    try:
        with gzip.open(file) as whole:
            packed: Any = _Bounded(whole, file)
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    if about is None and (member.name != ABOUT or member.size > LONGEST_ABOUT):
                        raise _foreign(file)
                    if not member.isfile() or SUMS in sums or member.name in sums or not _ALLOWED.fullmatch(member.name):
                        raise _damaged(file)
                    sums[member.name] = _take(tar, member, place / member.name)
                    about = about or _about(file, place / ABOUT)
            while packed.read(PIECE):  # to the end, where gzip has a sum of its own
                pass
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError, OverflowError):
        raise (_foreign if about is None else _damaged)(file) from None
    if about is None:
        raise _foreign(file)
    if sums.pop(SUMS, None) is None or not _is_as_summed(place / SUMS, sums):
        raise _damaged(file)
    if not {DATABASE, SETTINGS} <= set(sums) or not all(_is_named_rightly(*one) for one in sums.items()):
        raise _damaged(file)
    return about


def _is_as_summed(path: Path, sums: Mapping[str, str]) -> bool:
    lines = _lines(sums)
    return path.stat().st_size == len(lines) and path.read_bytes() == lines


def _is_named_rightly(name: str, digest: str) -> bool:
    """Media are asked for by their digest: under a wrong name one would be shown as another for ever."""
    folder, _, own = name.rpartition("/")
    return folder != "assets" or own == digest[:32]


def _lines(sums: Mapping[str, str]) -> bytes:
    """As ``sha256sum`` reads them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    path.parent.mkdir(exist_ok=True)
    found = tar.extractfile(member)
    assert found is not None
    with found, path.open("xb") as into:
        summed = _Summed(found)
        while piece := summed.read(PIECE):
            into.write(piece)
        into.flush()
        os.fsync(into.fileno())
    return summed.sum.hexdigest()


def _about(file: Path, path: Path) -> About:
    try:
        said = json.loads(path.read_bytes())
        kind, number = said.pop("kind"), said.pop("format")
        if kind == KIND and number > FORMAT:
            raise Refused(f"{file}: a backup of format {number}, and this program reads {FORMAT}. Install the newer program.")
        if kind == KIND:
            return About(**said)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _foreign(file)


def _foreign(file: Path) -> Refused:
    return Refused(f"{file}: no backup of a course. Name a file that `course backup` made.")


def _damaged(file: Path) -> Refused:
    return Refused(f"{file}: damaged or not whole; nothing was restored. Copy it anew from where it was made, or take another.")
