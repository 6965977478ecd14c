"""The commands about figures, run as a person runs them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from course.database.alone import alone
from course.database.connections import address
from tests.rig.command import Command


def test_verify_finds_what_rebuild_mends(command: Command) -> None:
    command("seed", "--learners", "30", "--seed", "7")
    said = command("verify")
    assert re.fullmatch(r"Verifying\n30 people, [\d,]+ facts, [\d,]+ rows, [\d,]+ figures: no difference\n", lines(said))
    url = command.environ["COURSE_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE enrolments SET modules_completed = 9 WHERE person_id = 2"))
    engine.dispose()
    said = command("verify", code=1)
    difference = re.search("enrolments 2: modules_completed is 9, by the facts [0-2]\n", said)
    assert difference is not None
    assert len(re.findall(r"^person 2: http://\S+/en/reports/people/[\w-]{22}$", said, re.MULTILINE)) == 1
    way_out = "`course rebuild` mends summaries, the tree, tallies and past days, and names what only a backup can mend.\n"
    assert said.count(way_out) == 1
    assert command("verify", "--sample", "30", code=1).count(difference.group()) == 1
    assert command("rebuild").count(f"mended  {difference.group()}") == 1
    assert lines(command("rebuild")) == "Rebuilding\nAdding up\n30 people: 0 mended, 0 left as they are\n"
    assert command("verify").count("no difference") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL takes none
def test_a_value_that_is_no_value_ends_with_where_it_is(command: Command) -> None:
    command("seed", "--learners", "12", "--seed", "7")
    engine = create_engine(command.environ["COURSE_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE enrolments SET enrolled_at = 'one day' WHERE person_id = 2"))
    engine.dispose()
    for verb in ("verify", "rebuild"):
        said = [line for line in command(verb, code=1).splitlines() if line.startswith("Error")]
        assert said == [
            "Error: a value in the rows of the people 1 to 12 cannot be read (Invalid isoformat string: 'one day+00:00'): "
            "compare them with a backup"
        ]


def test_verify_before_anybody_is_there(command: Command) -> None:
    command("publish")
    assert lines(command("verify")) == "Verifying\n0 people, 0 facts, 0 rows, 24 figures: no difference\n"


def lines(said: str) -> str:
    """What was said, with the label of the bar first: it goes to the other stream."""
    return "".join(sorted(said.splitlines(keepends=True), key=lambda line: line[0].isdigit()))


def test_a_report_of_a_past_moment(command: Command) -> None:
    command("seed", "--learners", "12", "--seed", "7")
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    now = command("report", "completion", "--no-head")
    assert command("report", "completion", "--no-head", "--as-of", moment) == now
    with_head = command("report", "completion", "--as-of", moment)
    assert with_head.endswith(now.removeprefix("\ufeff"))
    assert with_head.count(f"as_of: {moment[:19]}") == 1
    assert (
        command("report", "completion", "--cohort", "March", code=1)
        == "Error: --cohort: there is no cohort of this name; there are none\n"
    )
    assert command("report", "completion", "--as-of", "2020-01-01", code=1) == (
        "Error: --as-of: nothing was published yet at that moment; choose a later one\n"
    )
    assert command("report", "completion", "--as-of", "soon", code=1) == "Error: --as-of: write a moment as 2026-01-31T00:00Z\n"
    days = ("--since", "2026-02-02", "--until", "2026-02-01")
    said = "Error: --until: the last day is before the first, which --since names; change one of them\n"
    assert command("report", "completion", *days, code=1) == said


def test_a_filter_by_which_nobody_can_count_is_refused(command: Command) -> None:
    command("seed", "--learners", "12", "--seed", "7")
    refused = {
        ("--language", "xx"): "--language: nobody has chosen `xx`; the course is there in en",
        ("--language", "e\n"): "--language: nobody has chosen `e\n`; the course is there in en",
        ("--module", "bridges"): "--module: there is no module `bridges`; there are housing, mobility",
        ("--cohort", "March"): "--cohort: there is no cohort of this name; there are none",
        ("--as-of", "31/01/2026"): "--as-of: write a moment as 2026-01-31T00:00Z",
    }
    for words, line in refused.items():
        assert command("report", "completion", *words, code=1) == f"Error: {line}\n"
    assert command("report", "completion", "--language", "en", "--no-head").count("\n") > 1
    engine = create_engine(address(command.environ["COURSE_DATABASE_URL"]))
    with engine.begin() as connection:
        connection.execute(text("UPDATE people SET language = 'pt' WHERE id = 2"))
    engine.dispose()
    found = json.loads(command("report", "completion", "--language", "pt", "--format", "json"))
    assert found["lines"][0]["enrolled"] == 1


def test_a_report_by_a_clock_that_was_set_back(command: Command) -> None:
    """To before the first publication: what is live is live all the same."""
    command("publish")
    engine = create_engine(address(command.environ["COURSE_DATABASE_URL"]))
    with engine.begin() as connection:
        connection.execute(text("UPDATE publications SET at = '2999-01-01 00:00:00.000000'"))
    engine.dispose()
    found = json.loads(command("report", "completion", "--format", "json"))
    assert [line["module"] for line in found["lines"]] == ["all", "housing", "mobility"]


def test_past_days_are_kept_by_one_process_at_a_time(command: Command) -> None:
    command("seed", "--learners", "30", "--seed", "7")
    engine = create_engine(address(command.environ["COURSE_DATABASE_URL"]))
    with alone(engine, "keep") as is_alone:
        assert is_alone is True
        assert command("report", "keep") == "another process is keeping them\n"
    engine.dispose()
    said = command("report", "keep")
    assert re.fullmatch(r"0 organisations kept up to the beginning of \d{4}-\d\d-\d\d\nKeeping\n", said)
