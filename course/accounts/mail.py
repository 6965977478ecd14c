"""Mail: queued with the change that causes it, sent afterwards. Without SMTP it is written into the instance folder."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from ..config import Settings
from .tables import Mail

CLAIM = timedelta(minutes=5)  # a mail claimed longer ago than this was left by a process that died


def queue(session: Session, *, to: str, subject: str, body: str, now: datetime) -> None:
    """Queues a mail with the change that causes it; the caller commits. A subject is one line, whatever was typed into it."""
    line = " ".join(subject.split())[:200]
    session.execute(insert(Mail).values(recipient=to, subject=line, body=body, created_at=now))


def send_pending(session: Session, settings: Settings, now: datetime) -> int:
    """Sends what waits in the outbox; returns how many went out. Each is claimed first, so two senders never send one twice."""
    waiting = session.scalars(
        select(Mail.id)
        .where(Mail.sent_at.is_(None), or_(Mail.claimed_at.is_(None), Mail.claimed_at < now - CLAIM))
        .order_by(Mail.id)
        .limit(100)
    ).all()
    session.commit()
    return sum(_send_one(session, settings, mail_id, now) for mail_id in waiting)


def _send_one(session: Session, settings: Settings, mail_id: int, now: datetime) -> int:
    claimed = session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.sent_at.is_(None), or_(Mail.claimed_at.is_(None), Mail.claimed_at < now - CLAIM))
        .values(claimed_at=now)
    )
    session.commit()
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        return 0
    mail = session.get_one(Mail, mail_id)
    try:
        message = _message(settings, mail)
        session.commit()  # no transaction is open while a server is waited for
        deliver(settings, message, f"{mail_id:06d}")
        outcome: dict[str, Any] = {"sent_at": now, "error": None}
    except (OSError, smtplib.SMTPException, ValueError) as error:  # one that cannot be written must not hold up the others
        outcome = {"error": str(error)[:300]}
    session.execute(update(Mail).where(Mail.id == mail_id).values(**outcome))
    session.commit()
    return int("sent_at" in outcome)


def _message(settings: Settings, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, mail.recipient, mail.subject
    message.set_content(mail.body)
    return message


def deliver(settings: Settings, message: EmailMessage, name: str) -> None:
    """Hands one mail to the SMTP server, or writes it to ``instance/mail/``. Raises OSError or SMTPException."""
    if not settings.smtp_url:
        folder = settings.instance / "mail"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / f"{name}.eml").write_bytes(bytes(message))
        return
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
