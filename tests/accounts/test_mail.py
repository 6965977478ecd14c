"""Mail: queued with its cause, sent once, kept when the server is away; written to the instance where there is none."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import policy

from sqlalchemy import select

from course.accounts import mail
from course.accounts.tables import Mail
from tests.rig.server import free_port
from tests.site import Site


class _Handler(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs."""

    def handle(self) -> None:
        self.say("220 ready")
        inside, lines = False, list[bytes]()
        for line in self.rfile:
            if inside and line == b".\r\n":
                inside = False
                self.server.got.append(b"".join(lines))  # type: ignore[attr-defined]
                self.say("250 taken")
            elif inside:
                lines.append(line)
            elif line.upper().startswith(b"DATA"):
                inside, lines = True, []
                self.say("354 go on")
            elif line.upper().startswith(b"QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def smtp_server() -> Iterator[tuple[str, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        got: list[bytes] = []
        server.got = got  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{server.server_address[1]}", got
        finally:
            server.shutdown()
            thread.join()


def queue(site: Site) -> None:
    with site.session(write=True) as session:
        mail.queue(session, to="alice@example.org", subject="Größe", body="Line one\nأهلا\n", now=site.now)


def test_without_a_server_it_is_written_to_the_instance(site: Site) -> None:
    queue(site)
    with site.session(write=True) as session:
        assert mail.send_pending(session, site.settings, site.now) == 1
        assert mail.send_pending(session, site.settings, site.now) == 0
    (file,) = (site.settings.instance / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == ("alice@example.org", "Größe")
    assert message.get_body().get_content() == "Line one\nأهلا\n"  # type: ignore[union-attr]


def test_a_server_gets_it_once(site: Site) -> None:
    queue(site)
    with smtp_server() as (address, got), site.session(write=True) as session:
        settings = replace(site.settings, smtp_url=address)
        assert [mail.send_pending(session, settings, site.now) for _ in range(2)] == [1, 0]
    assert [email.message_from_bytes(one, policy=policy.default)["Subject"] for one in got] == ["Größe"]


def test_a_server_that_is_away_loses_nothing(site: Site) -> None:
    queue(site)
    away = replace(site.settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    with site.session(write=True) as session:
        assert mail.send_pending(session, away, site.now) == 0
        held = session.execute(select(Mail)).scalar_one()
        assert (held.sent_at, bool(held.error)) == (None, True)
        assert mail.send_pending(session, site.settings, site.now) == 0  # claimed: another sender may be at it
        assert mail.send_pending(session, site.settings, site.now + mail.CLAIM + timedelta(seconds=1)) == 1
        session.refresh(held)
        assert (held.sent_at is None, held.error) == (False, None)


def test_a_subject_cannot_bring_a_header_along(site: Site) -> None:
    with site.session(write=True) as session:
        mail.queue(session, to="alice@example.org", subject="a\r\nBcc: x@example.org", body="b", now=site.now)
        assert mail.send_pending(session, site.settings, site.now) == 1
    (file,) = (site.settings.instance / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["Bcc"], message["Subject"]) == (None, "a Bcc: x@example.org")
