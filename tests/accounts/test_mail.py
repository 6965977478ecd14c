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
from pathlib import Path

import pytest
from sqlalchemy import select

from course.accounts import mail, people
from course.accounts.tables import Mail, Person
from tests.rig.server import free_port
from tests.site import PASSWORD, Site


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
def smtp_server(handler: type[_Handler] = _Handler) -> Iterator[tuple[str, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
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
        mail.queue(session, to=site.ids["alice"], subject="Größe", body="Line one\nأهلا\n", now=site.now)


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
        mail.queue(session, to=site.ids["alice"], subject="a\r\nBcc: x@example.org", body="b", now=site.now)
        assert mail.send_pending(session, site.settings, site.now) == 1
    (file,) = (site.settings.instance / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["Bcc"], message["Subject"]) == (None, "a Bcc: x@example.org")


def files(site: Site) -> list[str]:
    """Whom the written mails are to."""
    found = sorted((site.settings.instance / "mail").glob("*.eml"))
    return [str(email.message_from_bytes(path.read_bytes(), policy=policy.default)["To"]) for path in found]


def erase(site: Site, who: str) -> None:
    with site.session(write=True) as session:
        people.erase(session, session.get_one(Person, site.ids[who]), by_id=None, now=site.now)
        session.commit()
        mail.forget_written(session, site.settings)


def test_written_mails_go_with_their_recipient(site: Site) -> None:
    for who in ("alice", "bob", "alice"):
        with site.session(write=True) as session:
            assert mail.queue(session, to=site.ids[who], subject="s", body="b", now=site.now)
    with site.session(write=True) as session:
        mail.send_pending(session, site.settings, site.now)
    kept = site.settings.instance / "mail" / "notes.eml"
    kept.write_bytes(b"To: nobody\r\n\r\n")  # no file of ours
    assert files(site) == ["alice@example.org", "bob@example.org", "alice@example.org", "nobody"]
    alice = site.client("alice")
    alice.page("/en/account/delete")
    assert alice.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    assert files(site) == ["bob@example.org", "nobody"]


def test_nothing_is_queued_to_whoever_was_erased(site: Site) -> None:
    erase(site, "alice")
    with site.session(write=True) as session:
        assert not mail.queue(session, to=site.ids["alice"], subject="s", body="b", now=site.now)
        assert session.scalars(select(Mail)).all() == []


def test_an_erasure_waits_for_the_mail_that_is_being_queued(site: Site) -> None:
    eraser = threading.Thread(target=erase, args=(site, "alice"))
    with site.session(write=True) as session:
        mail.queue(session, to=site.ids["alice"], subject="s", body="b", now=site.now)
        eraser.start()
        eraser.join(timeout=0.3)
        assert eraser.is_alive()
    eraser.join()
    with site.session() as session:
        assert session.scalars(select(Mail.recipient)).all() == []


def test_an_erasure_waits_for_the_mail_that_is_being_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(site)
    eraser, written = threading.Thread(target=erase, args=(site, "alice")), Path.write_bytes

    def slowly(path: Path, content: bytes) -> int:
        eraser.start()
        eraser.join(timeout=0.3)
        assert eraser.is_alive()
        return written(path, content)

    monkeypatch.setattr(Path, "write_bytes", slowly)
    with site.session(write=True) as session:
        assert mail.send_pending(session, site.settings, site.now) == 1
    eraser.join()
    assert files(site) == []


def test_a_mail_that_was_erased_while_it_was_sent_is_not_marked_in_place_of_another(site: Site) -> None:
    """SQLite gives the number of the last mail that was taken away to the next."""
    queue(site)

    class Erasing(_Handler):
        def say(self, text: str) -> None:
            if text == "221 bye":
                erase(site, "alice")
                with site.session(write=True) as session:
                    mail.queue(session, to=site.ids["bob"], subject="s", body="b", now=site.now)
            super().say(text)

    with smtp_server(Erasing) as (address, got), site.session(write=True) as session:
        assert mail.send_pending(session, replace(site.settings, smtp_url=address), site.now) == 0
    assert len(got) == 1
    with site.session() as session:
        assert [(one.recipient, one.sent_at) for one in session.scalars(select(Mail))] == [("bob@example.org", None)]
