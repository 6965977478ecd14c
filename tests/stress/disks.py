"""A small file system of its own, made in a file and mounted, so that it can be filled and made read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NotAllowed(Exception):
    """This account may not mount: what is left out, and the way out."""


@contextmanager
def mounted(megabytes: int) -> Iterator[Path]:
    """An ext4 of this size. Raises NotAllowed."""
    if os.getuid() != 0:
        raise NotAllowed("it needs a file system of its own, and only root may mount one: `sudo ./dev stress …`")
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    image, here = folder / "image", folder / "mounted"
    try:
        with image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)
        here.mkdir()
        _call("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
        _call("mount", "-o", "loop", str(image), str(here))
        try:
            yield here
        finally:
            _call("umount", "--lazy", str(here))
    finally:
        shutil.rmtree(folder)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is left."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def forbid_writing(path: Path, *, is_forbidden: bool) -> None:
    """Also for those who have it open, and for root."""
    _call("chattr", "+i" if is_forbidden else "-i", str(path))


def _call(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAllowed(f"`{' '.join(words)}` ended with {done.returncode}: {(done.stdout + done.stderr).strip()}")
