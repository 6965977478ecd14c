"""Mail: queued with the change that causes it, sent afterwards. Without SMTP it is written into the instance folder."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.orm import Session

from ..config import Settings
from ..extensions import changed
from .tables import Mail, Person

CLAIM = timedelta(minutes=5)  # a mail claimed longer ago than this was left by a process that died


def queue(session: Session, *, to: int, subject: str, body: str, now: datetime) -> bool:
    """Queues a mail with the change that causes it; the caller commits. A subject is one line, whatever was typed into it.

    ``to`` is the person's id. Nothing is queued to one who was erased, and an erasure waits until the caller has committed.
    """
    address = session.scalar(select(Person.email).where(Person.id == to).with_for_update(read=True))
    if address is None:
        return False
    line = " ".join(subject.split())[:200]
    session.execute(insert(Mail).values(recipient=address, subject=line, body=body, created_at=now))
    return True


def send_pending(session: Session, settings: Settings, now: datetime) -> int:
    """Sends what waits in the outbox; returns how many went out. Each is claimed first, so two senders never send one twice."""
    waiting = session.scalars(select(Mail.id).where(_is_free(now)).order_by(Mail.id).limit(100)).all()
    session.commit()
    return sum(_send_one(session, settings, mail_id, now) for mail_id in waiting)


def refused(session: Session) -> tuple[int, str]:
    """How many mails wait because they could not be sent, and what was said of the last of them."""
    said = session.scalars(select(Mail.error).where(Mail.sent_at.is_(None), Mail.error.is_not(None)).order_by(Mail.id)).all()
    return len(said), (said[-1] or "") if said else ""


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Whether a mail waits and no sender is at it."""
    return Mail.sent_at.is_(None) & or_(Mail.claimed_at.is_(None), Mail.claimed_at < now - CLAIM)


def _send_one(session: Session, settings: Settings, mail_id: int, now: datetime) -> int:
    is_claimed = changed(session, update(Mail).where(Mail.id == mail_id, _is_free(now)).values(claimed_at=now))
    session.commit()
    if not is_claimed:
        return 0
    mine = update(Mail).where(Mail.id == mail_id, Mail.claimed_at == now)  # an erasure takes it away, and its id may come again
    try:
        message = _message(settings, session.get_one(Mail, mail_id))
        if settings.smtp_url:
            session.commit()  # no transaction is open while a server is waited for
            deliver(settings, message)
        sent = changed(session, mine.values(sent_at=now, error=None))
        if sent and not settings.smtp_url:
            write(settings, message, mail_id)  # before the commit, for which an erasure waits
    except (OSError, smtplib.SMTPException, ValueError) as error:  # one that cannot be written must not hold up the others
        sent = 0
        session.execute(mine.values(sent_at=None, error=str(error)[:300]))
    session.commit()
    return sent


def _message(settings: Settings, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, mail.recipient, mail.subject
    message.set_content(mail.body)
    return message


def write(settings: Settings, message: EmailMessage, mail_id: int) -> None:
    """Where there is no SMTP server, a mail is a file of ``instance/mail/``."""
    folder = settings.instance / "mail"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{mail_id:06d}.eml").write_bytes(bytes(message))


def forget_written(session: Session, settings: Settings) -> None:
    """Deletes the files of mails that the outbox does not hold any more, since their recipients were erased."""
    written = {int(path.stem): path for path in (settings.instance / "mail").glob("*.eml") if path.stem.isdecimal()}
    for path in map(written.__getitem__, written.keys() - set(session.scalars(select(Mail.id)) if written else ())):
        path.unlink(missing_ok=True)


def deliver(settings: Settings, message: EmailMessage) -> None:
    """Hands one mail to the SMTP server. Raises OSError or SMTPException."""
    parts = urlsplit(settings.smtp_url)
    host = parts.hostname or "localhost"
    secure = ssl.create_default_context()
    if parts.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=20, context=secure)
    else:
        client = smtplib.SMTP(host, parts.port or 25, timeout=20)
    with client:
        client.ehlo()
        if parts.scheme == "smtp" and client.has_extn("starttls"):
            client.starttls(context=secure)
        if parts.username:
            client.login(unquote(parts.username), unquote(parts.password or ""))
        client.send_message(message)
