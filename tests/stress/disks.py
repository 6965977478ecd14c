"""A small file system, made in a file and mounted, so that it can be filled, made read-only and cut off from power."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHUTDOWN, WITHOUT_THE_LOG = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH


class NotAllowed(Exception):
    """This account may not mount: what is left out, and the way out."""


class Disk:
    """An ext4 in a file. ``here`` is where it is mounted."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._image, self.here = folder / "image", folder / "mounted"
        with self._image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)
        self.here.mkdir()
        _call("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))

    def mount(self) -> None:
        """Replays the journal, as after a power cut."""
        _call("mount", "-o", "loop", str(self._image), str(self.here))

    def unmount(self) -> None:
        """Waits for processes that are ending. Raises RuntimeError where anybody else holds it."""
        for _ in range(100):
            if subprocess.run(["umount", str(self.here)], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        _call("umount", "--lazy", str(self.here))
        raise RuntimeError(f"{self.here} was in use still")

    def cut(self) -> None:
        """The power is off: from now on nothing reaches the disk, neither what waits in memory nor the journal's last part."""
        descriptor = os.open(self.here, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_THE_LOG))
        finally:
            os.close(descriptor)


@contextmanager
def disk(megabytes: int) -> Iterator[Disk]:
    """Mounted. Raises NotAllowed."""
    if os.getuid() != 0:
        raise NotAllowed("it needs a file system of its own, and only root may mount one: `sudo ./dev stress …`")
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    folder.chmod(0o755)  # a database runs as somebody else
    try:
        made = Disk(folder, megabytes)
        made.mount()
        try:
            yield made
        finally:
            made.unmount()
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
