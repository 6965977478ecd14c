"""Settings: the environment over config.toml over defaults, and one clear line for each that is wrong."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from course import config, create_app


def load(tmp_path: Path, **given: str) -> config.Settings:
    return config.load({"COURSE_INSTANCE": str(tmp_path / "instance"), **given})


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/course.sqlite3"
    assert (settings.cookie, settings.https, settings.threads, settings.watch) == ("course", False, 4, False)
    assert settings.modules == config.ROOT / "modules"


def test_each_instance_has_a_secret_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    one, two = load(tmp_path / "a"), load(tmp_path / "b")
    assert one.secret_key != two.secret_key
    assert load(tmp_path / "a").secret_key == one.secret_key
    assert len(one.secret_key) >= 43
    assert stat.S_IMODE((one.instance / "secret.key").stat().st_mode) == 0o600


def test_the_environment_is_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "config.toml").write_text(
        'threads = 7\nregistration = "closed"\nhosts = ["a.example"]\n', encoding="utf-8"
    )
    settings = load(tmp_path, COURSE_THREADS="9")
    assert (settings.threads, settings.registration, settings.hosts) == (9, "closed", ("a.example",))


def test_https_follows_from_the_address(tmp_path: Path) -> None:
    settings = load(tmp_path, COURSE_PUBLIC_URL="https://learn.example.org")
    assert (settings.https, settings.cookie) == (True, "__Host-course")
    assert settings.trusted_hosts == ["127.0.0.1", "[::1]", "learn.example.org", "localhost"]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"COURSE_THREDS": "4"}, "COURSE_THREDS: there is no setting `threds`; did you mean `threads`?"),
        ({"COURSE_THREADS": "many"}, "COURSE_THREADS: a number from 1 to 64, not `many`"),
        ({"COURSE_THREADS": "0"}, "COURSE_THREADS: a number from 1 to 64, not `0`"),
        ({"COURSE_THREADS": "²"}, "COURSE_THREADS: a number from 1 to 64, not `²`"),
        ({"COURSE_MODULES": ""}, "COURSE_MODULES: the path of a folder, not ``"),
        ({"COURSE_WATCH": "perhaps"}, "COURSE_WATCH: true or false, not `perhaps`"),
        ({"COURSE_SECRET_KEY": "short"}, "COURSE_SECRET_KEY: at least 32 characters; leave it out to have one made"),
        (
            {"COURSE_PROXIES": "10.0.0.0/24, proxy.example"},
            "COURSE_PROXIES: addresses or networks such as 10.0.0.0/24, not `proxy.example`",
        ),
        ({"COURSE_REPLICA_URL": "sqlite:///x"}, "COURSE_REPLICA_URL: postgresql://…, not `sqlite:`"),
        (
            {"COURSE_REPLICA_URL": "postgresql://b/course"},
            "COURSE_REPLICA_URL: only a PostgreSQL has a replica; let COURSE_DATABASE_URL name one, or leave this out",
        ),
        ({"COURSE_DATABASE_URL": "mysql://x/y"}, "COURSE_DATABASE_URL: sqlite:///… or postgresql://…, not `mysql:`"),
        *[
            (
                {"COURSE_DATABASE_URL": address},
                f"COURSE_DATABASE_URL: a file by its whole path, such as sqlite:////srv/course/course.sqlite3, not `{address}`",
            )
            for address in ("sqlite:///", "sqlite:///:memory:", "sqlite:///x.sqlite3", "sqlite:////srv/x.sqlite3?mode=ro")
        ],
        (
            {"COURSE_PUBLIC_URL": "learn.example.org"},
            "COURSE_PUBLIC_URL: the address of the site, such as https://learn.example.org, not `learn.example.org`",
        ),
        (
            {"COURSE_PUBLIC_URL": "https://example.org/course"},
            "COURSE_PUBLIC_URL: the address of the site, such as https://learn.example.org, not `https://example.org/course`",
        ),
        (
            {"COURSE_PUBLIC_URL": "https://example.org:https"},
            "COURSE_PUBLIC_URL: the address of the site, such as https://learn.example.org, not `https://example.org:https`",
        ),
        (
            {"COURSE_HOSTS": "a.example, https://b.example"},
            "COURSE_HOSTS: host names such as course.example.org, not `https://b.example`",
        ),
        *[
            ({"COURSE_SMTP_URL": address}, "COURSE_SMTP_URL: smtp://user:password@host:587 or smtps://…")
            for address in ("mail.example", "smtp://", "smtp://mail.example:submission", "smtp://mail.example:99999")
        ],
        *[
            ({"COURSE_MAIL_FROM": sender}, f"COURSE_MAIL_FROM: an address such as course@example.org, not `{sender}`")
            for sender in ("nobody", "The course", "The course <course>")
        ],
        ({"COURSE_REGISTRATION": "maybe"}, "COURSE_REGISTRATION: open or closed, not `maybe`"),
        ({"COURSE_LOG_LEVEL": "loud"}, "COURSE_LOG_LEVEL: debug, info, warning or error, not `loud`"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(tmp_path: Path, given: dict[str, str], line: str) -> None:
    with pytest.raises(config.SettingError, match=f"^{re.escape(line)}$"):
        load(tmp_path, **given)


def test_what_is_written_in_another_way_is_right_too(tmp_path: Path) -> None:
    given = {
        "COURSE_PUBLIC_URL": "https://learn.example.org:8443/",
        "COURSE_HOSTS": "a.example, .b.example, [::2]:80",
        "COURSE_SMTP_URL": "smtp://clerk:p%40ss@mail.example",
        "COURSE_MAIL_FROM": "The course <course@example.org>",
    }
    settings = load(tmp_path, **given)
    assert settings.public_url == "https://learn.example.org:8443"
    assert settings.hosts == ("a.example", ".b.example", "[::2]:80")
    assert (settings.smtp_url, settings.mail_from) == (given["COURSE_SMTP_URL"], given["COURSE_MAIL_FROM"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("threads = 0", ":1: threads: a number from 1 to 64, not `0`"),
        ("# ours\n\npublic_url = 5", ":3: public_url: a text in quotes, not `5`"),
        ("thread = 5", ":1: thread: there is no setting `thread`; did you mean `threads`?"),
        ("threads 5", ": cannot be read as TOML (Expected '=' after a key in a key/value pair (at line 1, column 9))"),
        ('watch = true\n[registration]\nis = "open"', ":2: registration: a text in quotes, not `{'is': 'open'}`"),
        ("hosts = 5", ":1: hosts: a list of texts in quotes, not `5`"),
        ('modules = "\\u0000"', ":1: modules: the path of a folder, not `\0`"),
        ('watch = false\n"registration" = "maybe"', ":2: registration: open or closed, not `maybe`"),
        ('secret_key="short"', ":1: secret_key: at least 32 characters; leave it out to have one made"),
        ('mail_from = """\nnobody"""', ":1: mail_from: an address such as course@example.org, not `nobody`"),
        ('database_url = "mysql://x/y"', ":1: database_url: sqlite:///… or postgresql://…, not `mysql:`"),
        (
            'replica_url = "postgresql://b/course"',
            ":1: replica_url: only a PostgreSQL has a replica; let COURSE_DATABASE_URL name one, or leave this out",
        ),
    ],
)
def test_a_wrong_file_names_itself_the_line_and_the_key(tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "instance" / "config.toml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(config.SettingError, match=f"^{re.escape(f'{file}{line}')}$"):
        load(tmp_path)


def test_what_is_wrong_is_named_as_it_was_given(tmp_path: Path) -> None:
    """Also by whoever finds out later, such as the database; the environment is over the file."""
    file = tmp_path / "instance" / "config.toml"
    file.parent.mkdir()
    file.write_text('threads = 2\ndatabase_url = "postgresql://a:b@c:port/d"\n', encoding="utf-8")
    for given, origin in (({}, f"{file}:2: database_url"), ({"COURSE_DATABASE_URL": "postgresql://:x"}, "COURSE_DATABASE_URL")):
        settings = load(tmp_path, **given)
        with pytest.raises(config.SettingError, match=f"^{re.escape(origin)}: this cannot be read; "):
            create_app(settings)
    lost = load(tmp_path, COURSE_DATABASE_URL=f"sqlite:///{tmp_path}/none/x.sqlite3")
    assert lost.origin("threads") == f"{file}:1: threads"
    assert lost.origin("smtp_url") == "COURSE_SMTP_URL"


def test_an_instance_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file", encoding="utf-8")
    with pytest.raises(config.SettingError, match=r"^COURSE_INSTANCE: cannot make the folder .*instance \(File exists\)$"):
        load(tmp_path)


def test_a_secret_that_cannot_be_read(tmp_path: Path) -> None:
    secret = tmp_path / "instance" / "secret.key"
    secret.mkdir(parents=True)  # as unreadable as one of another account
    line = f"COURSE_INSTANCE: {secret} cannot be read (Is a directory); run this as the account that serves the course"
    with pytest.raises(config.SettingError, match=f"^{re.escape(line)}$"):
        load(tmp_path)


def test_a_file_of_settings_that_cannot_be_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the instance is a folder of another account."""
    monkeypatch.setenv("COURSE_INSTANCE", f"/tmp/{'long' * 99}")
    with pytest.raises(config.SettingError, match=r"config\.toml: cannot be read as TOML \(\[Errno 36\] File name too long"):
        config.course_folder()
