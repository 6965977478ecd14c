"""Several machines on one: network namespaces with an address each, joined by a bridge, and a real nginx before them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

NETWORK, HERE = "10.91.37.0/24", "10.91.37.1"  # of this machine itself
BRIDGE = "course-bridge"
CONFIGURATION = """
user root; worker_processes 1; daemon off; error_log stderr warn; pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;
    upstream course {{ {servers} keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://course; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $host; proxy_connect_timeout 2s;
        }}
    }}
}}
"""


class NotAllowed(Exception):
    """Why there can be no machines here, and what would change it."""


@contextmanager
def machines(number: int) -> Iterator[list[tuple[str, list[str]]]]:
    """So many: the address of each, and the words before a command that run it there. Raises NotAllowed."""
    if os.getuid() != 0:
        raise NotAllowed("network namespaces need root: run `./dev stress failover` as root")
    missing = [name for name in ("ip", "nginx") if shutil.which(name) is None]
    if missing:
        raise NotAllowed(f"there is no {' and no '.join(missing)} here: `apt-get install iproute2 nginx-light`")
    with ExitStack() as after:
        _ip(f"link add {BRIDGE} type bridge", after, f"link del {BRIDGE}")
        _ip(f"addr add {HERE}/24 dev {BRIDGE}")
        _ip(f"link set {BRIDGE} up")
        yield [_machine(one, after) for one in range(number)]


def _machine(number: int, after: ExitStack) -> tuple[str, list[str]]:
    name, address = f"course-{number}", f"10.91.37.{11 + number}"
    _ip(f"netns add {name}", after, f"netns del {name}")
    _ip(f"link add {name} type veth peer name eth0 netns {name}")
    _ip(f"link set {name} master {BRIDGE} up")
    for words in (f"addr add {address}/24 dev eth0", "link set eth0 up", "link set lo up"):
        _ip(f"-netns {name} {words}")
    return address, ["ip", "netns", "exec", name]


def _ip(words: str, after: ExitStack | None = None, undo: str = "") -> None:
    done = subprocess.run(["ip", *words.split()], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAllowed(f"`ip {words}` is refused here: {done.stderr.strip()}")
    if after is not None:
        after.callback(subprocess.run, ["ip", *undo.split()], check=False)


@contextmanager
def nginx(folder: Path, port: int, servers: Sequence[str], log: Path) -> Iterator[None]:
    """One that shares the requests to ``port`` of this machine among the servers."""
    folder.mkdir()
    named = " ".join(f"server {server} max_fails=0;" for server in servers)
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, servers=named), encoding="utf-8")
    with log.open("ab") as output:
        command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def promote_when_gone(asked: str, promote: str) -> float:
    """What watches over a database does: asks it five times a second, and promotes the other when it has failed three times.
    Returns when, by the clock that only goes on.
    """
    failed = 0
    while failed < 3:
        time.sleep(0.2)
        try:
            psycopg.connect(asked, connect_timeout=2).close()
            failed = 0
        except psycopg.OperationalError:
            failed += 1
    with psycopg.connect(promote, autocommit=True) as connection:
        connection.execute("SELECT pg_promote()")
    return time.monotonic()
