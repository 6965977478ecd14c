"""Settings: ``COURSE_*`` in the environment over ``config.toml`` in the instance folder. A wrong one stops the start."""

from __future__ import annotations

import difflib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

ROOT = Path(__file__).resolve().parent.parent
Network = IPv4Network | IPv6Network
POSTGRESQL = ("postgresql://", "postgresql+psycopg://")
_SENDER = re.compile(r"(?P<name>[^<>\r\n]*<)?[^@\s<>]+@[^@\s<>]+(?(name)>)")  # an address, alone or behind a name
_FILE = re.compile(r"sqlite:////[^?]+")  # whole, since it would else stand in another folder than the instance; without options
NOT_SETTINGS = {"instance", "origins"}  # COURSE_INSTANCE says where the settings are; it is not one of them


class SettingError(Exception):
    """One line for the person who starts the server: which setting, what is wrong, what it may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. ``https`` and the cookie's name follow from ``public_url``.

    ``origins`` says where those stand that were given.
    """

    instance: Path
    secret_key: str
    database_url: str
    modules: Path
    assets: Path
    public_url: str = "http://127.0.0.1:8000"
    hosts: tuple[str, ...] = ()
    replica_url: str = ""
    proxies: tuple[Network, ...] = ()
    smtp_url: str = ""
    mail_from: str = "course@localhost"
    threads: int = 4
    watch: bool = False
    registration: str = "open"
    log_level: str = "info"
    origins: Mapping[str, str] = field(default_factory=dict)

    def origin(self, name: str) -> str:
        """How a setting is named to whoever gave it: by file, line and key, else by what it is called in the environment."""
        return self.origins.get(name, f"COURSE_{name.upper()}")

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """``__Host-`` binds the cookie to this host and to HTTPS; browsers refuse the name without HTTPS."""
        return "__Host-course" if self.https else "course"

    @property
    def database_file(self) -> Path | None:
        """Where SQLite keeps the database; None for PostgreSQL."""
        url = self.database_url
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None

    @property
    def folders(self) -> dict[str, Path]:
        """What the course keeps in files, by what it is."""
        return {"assets": self.assets, "fonts": self.instance / "fonts"}

    @property
    def trusted_hosts(self) -> list[str]:
        named = urlsplit(self.public_url).hostname or "127.0.0.1"
        return sorted({named, "127.0.0.1", "localhost", "[::1]", *self.hosts})


def instance_path(environ: Mapping[str, str]) -> Path:
    """``COURSE_INSTANCE``, or ``instance/`` beside the package in a checkout."""
    return Path(environ.get("COURSE_INSTANCE") or ROOT / "instance").resolve()


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads and checks every setting, and makes the instance folder with its secret key where there is none.

    Raises SettingError with one line that names the setting and the way out.
    """
    environ = os.environ if environ is None else environ
    instance = instance_path(environ)
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"COURSE_INSTANCE: cannot make the folder {instance} ({error.strerror})") from error
    given = _from_file(instance / "config.toml") | _from_environment(environ)
    known = {one.name for one in fields(Settings)} - NOT_SETTINGS
    for name, (origin, _) in given.items():
        if name not in known:
            raise SettingError(f"{origin}: there is no setting `{name}`{_nearest(name, known)}")
    values = {name: _typed(name, origin, value) for name, (origin, value) in given.items()}
    values.setdefault("secret_key", _stored_secret(instance))
    values.setdefault("database_url", f"sqlite:///{instance / 'course.sqlite3'}")
    values.setdefault("modules", ROOT / "modules")
    values.setdefault("assets", instance / "assets")
    origins = {name: origin for name, (origin, _) in given.items()}
    settings = Settings(instance=instance, origins=origins, **values)  # type: ignore[arg-type]  # _typed gives each its type
    _check(settings)
    return settings


def course_folder() -> Path:
    """The course folder that the settings name, for whoever looks at it alone: no instance is made. Raises SettingError."""
    given = _from_file(instance_path(os.environ) / "config.toml") | _from_environment(os.environ)
    origin, value = given.get("modules", ("", str(ROOT / "modules")))
    return Path(str(_typed("modules", origin, value)))


def _from_file(path: Path) -> dict[str, tuple[str, object]]:
    try:
        text = path.read_text(encoding="utf-8")
        read = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path}: cannot be read as TOML ({error})") from error
    return {name: (f"{path}:{_line_of(name, text)}: {name}", value) for name, value in read.items()}


def _line_of(name: str, text: str) -> int:
    """Where a key, or a table of this name, begins; what reads TOML does not tell."""
    begins = re.compile(rf"""\s*\[*\s*["']?{re.escape(name)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[str, object]]:
    names = {key: key.removeprefix("COURSE_").lower() for key in environ if key.startswith("COURSE_")}
    return {name: (key, environ[key]) for key, name in names.items() if key != "COURSE_INSTANCE"}


def _typed(name: str, origin: str, value: object) -> object:
    text = value if isinstance(value, str) else ""
    if name == "threads":
        if not re.fullmatch("[0-9]{1,2}", str(value)) or not 1 <= int(str(value)) <= 64:
            raise SettingError(f"{origin}: a number from 1 to 64, not `{value}`")
        return int(str(value))
    if name == "watch":
        if str(value).lower() not in {"true", "false", "1", "0", "yes", "no"}:
            raise SettingError(f"{origin}: true or false, not `{value}`")
        return str(value).lower() in {"true", "1", "yes"}
    if name in {"hosts", "proxies"}:
        if not isinstance(value, str | list):
            raise SettingError(f"{origin}: a list of texts in quotes, not `{value}`")
        listed = value if isinstance(value, list) else text.split(",")
        parts = [str(part).strip() for part in listed if str(part).strip()]
        return tuple(_network(origin, part) for part in parts) if name == "proxies" else tuple(parts)
    if not isinstance(value, str):
        raise SettingError(f"{origin}: a text in quotes, not `{value}`")
    if name == "public_url":
        return text.rstrip("/")
    if name in {"modules", "assets"}:
        return _folder(origin, text)
    return text


def _folder(origin: str, text: str) -> Path:
    """Not empty: that would be wherever the program happens to be started."""
    if not text or "\0" in text:
        raise SettingError(f"{origin}: the path of a folder, not `{text}`")
    return Path(text)


def _network(origin: str, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise SettingError(f"{origin}: addresses or networks such as 10.0.0.0/24, not `{text}`") from None


def _stored_secret(instance: Path) -> str:
    """One random key an instance, made at the first start, readable by its owner alone."""
    path = instance / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_secret(path)
    except OSError as error:
        raise SettingError(f"COURSE_INSTANCE: cannot write {path} ({error.strerror})") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return _read_secret(path)


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingError(
            f"COURSE_INSTANCE: {path} cannot be read ({why}); run this as the account that serves the course"
        ) from error


def _check(settings: Settings) -> None:
    named = settings.origin
    if len(settings.secret_key) < 32:
        raise SettingError(f"{named('secret_key')}: at least 32 characters; leave it out to have one made")
    if not settings.database_url.startswith(("sqlite:///", *POSTGRESQL)):
        scheme = settings.database_url.split(":")[0]
        raise SettingError(f"{named('database_url')}: sqlite:///… or postgresql://…, not `{scheme}:`")
    if settings.database_url.startswith("sqlite:") and not _FILE.fullmatch(settings.database_url):
        raise SettingError(
            f"{named('database_url')}: a file by its whole path, such as sqlite:////srv/course/course.sqlite3, not "
            f"`{settings.database_url}`"
        )
    if settings.replica_url:
        _check_replica(settings)
    _check_site(settings)
    _check_mail(settings)
    if settings.registration not in {"open", "closed"}:
        raise SettingError(f"{named('registration')}: open or closed, not `{settings.registration}`")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise SettingError(f"{named('log_level')}: debug, info, warning or error, not `{settings.log_level}`")


def _check_site(settings: Settings) -> None:
    """Pages name each other from the first ``/`` on, so that a site below a path of its host would lead out of itself."""
    named = settings.origin
    parts = _address(settings.public_url)
    if parts is None or parts.scheme not in {"http", "https"} or parts.path or parts.query or parts.fragment:
        raise SettingError(
            f"{named('public_url')}: the address of the site, such as https://learn.example.org, not `{settings.public_url}`"
        )
    for host in settings.hosts:
        if not re.fullmatch(r"[^\s/@]+", host):
            raise SettingError(f"{named('hosts')}: host names such as course.example.org, not `{host}`")


def _check_mail(settings: Settings) -> None:
    named = settings.origin
    parts = _address(settings.smtp_url) if settings.smtp_url else None
    if settings.smtp_url and (parts is None or parts.scheme not in {"smtp", "smtps"}):
        raise SettingError(f"{named('smtp_url')}: smtp://user:password@host:587 or smtps://…")
    if not _SENDER.fullmatch(settings.mail_from):
        raise SettingError(f"{named('mail_from')}: an address such as course@example.org, not `{settings.mail_from}`")


def _address(text: str) -> SplitResult | None:
    """An address in its parts; None for one without a host, or with a port that is no number."""
    try:
        parts = urlsplit(text)
        return parts if parts.hostname and (parts.port is None or parts.port) else None
    except ValueError:
        return None


def _check_replica(settings: Settings) -> None:
    named = settings.origin
    if not settings.replica_url.startswith(POSTGRESQL):
        raise SettingError(f"{named('replica_url')}: postgresql://…, not `{settings.replica_url.split(':')[0]}:`")
    if not settings.database_url.startswith(POSTGRESQL):
        raise SettingError(
            f"{named('replica_url')}: only a PostgreSQL has a replica; let {named('database_url')} name one, or leave this out"
        )


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(sorted(known))}"
