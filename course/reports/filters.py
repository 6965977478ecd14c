"""What a reader asks a report for, and the rules by which it then counts, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

STATES = {
    "enrolled": "Enrolled",
    "started": "Started",
    "not_started": "Not started",
    "passed": "Passed",
    "completed": "Completed",
    "certified": "With a certificate",
}
OF_MODULE = {"scored": "With a score"}  # of whom there can be many scores on the whole course
WHO = {"learners": "Learners", "staff": "Staff", "everyone": "Learners and staff"}


@dataclass(frozen=True, slots=True)
class Filters:
    """``organisation`` and ``cohort`` are ids of what the reader may see; empty values do not limit. ``as_of`` None is now.

    ``within`` is what a file says of where its people belong: the organisation, or all that its reader may see.

    ``week`` and ``words`` limit a list of people alone. ``week`` is a Monday: those who came to be what is listed in the days
    from it. ``words`` is a part of the name.
    """

    organisation: int | None = None
    module: str = ""
    since: date | None = None
    until: date | None = None
    as_of: datetime | None = None
    language: str = ""
    who: str = "learners"
    cohort: int | None = None
    cohort_name: str = ""
    week: date | None = None
    words: str = ""
    within: str = ""


RULES = (
    "Enrolled: people who have started the course at least once. Registering alone does not enrol.",
    "Started: enrolled people who have opened a lesson or the quiz of the module; for all modules, of any module. "
    "Not started: the rest.",
    "Passed: the quiz score that counts by the module's rule reached the pass mark; for all modules, of as many "
    "modules as have a quiz in the course. A module that is retired counts for whoever passed it.",
    "Completed: the module's rule was met; for all modules, the course's rule, which gives the certificate. "
    "Once completed stays completed. In percent of the enrolled it is cut to whole percent.",
    "Certificates: people whose certificate is not revoked; of the whole course only.",
    "Mean and median score: of the quiz scores that count, of people with at least one closed attempt, cut to whole percent. "
    "For all modules, each module of a person is one score. The median of an even number is the middle of the two.",
    "Median days: of those who completed, the days of the calendar (UTC) from enrolling to completing the course; "
    "for a module, from starting to completing it. The day itself is 0.",
    "By week: those who enrolled (for a module: started) and who completed in the week that begins on that Monday, UTC.",
    "A person in two departments counts once in everything above them, and once in the total. "
    "People outside any organisation count in the total only.",
)
WHO_RULES = {
    "learners": "Staff are left out: authors, administrators, and managers of an organisation. "
    "Accounts that are switched off keep counting, and so do deleted ones, without a name.",
    "staff": "Only staff are counted: authors, administrators, and managers of an organisation. "
    "Accounts that are switched off keep counting, and so do deleted ones, without a name.",
    "everyone": "Staff are counted too: authors, administrators, and managers of an organisation. "
    "Accounts that are switched off keep counting, and so do deleted ones, without a name.",
}
DATES_RULE = "Dates limit the report to people who enrolled between these days, both included, in UTC."
LANGUAGE_RULE = "Language limits the report to people who had chosen it for their account."
COHORT_RULE = (
    "Cohort limits the report to people who belong to it; of a past moment, to those who belonged to it then. "
    "It has the name of today."
)
WEEK_RULE = "Week limits this list to people who came to be what it lists in the seven days from that Monday, in UTC."
WORDS_RULE = (
    "Name limits this list to people in whose name these letters stand together, with accents or without; no figure counts so."
)
NOW_RULE = "People, organisations and roles are as they are now; somebody who moved counts where they are."
THEN_RULE = (
    "As of {moment}: people, organisations, roles, scores and the published course are as they were at that moment, "
    "whatever happened since. Names of deleted accounts, and of people who have left what you may see, are not shown."
)

LATE = timedelta(minutes=1)  # in which what somebody did has long been saved
LATE_RULE = (
    "This moment was less than a minute before the report was made, so something that was being saved then may be missing. "
    "A report of an earlier moment never changes."
)


def states_of(module: str) -> Mapping[str, str]:
    """What people can be listed as, in words; ``module`` empty is the whole course."""
    return STATES | OF_MODULE if module else STATES


def rules_of(filters: Filters, now: datetime) -> tuple[str, ...]:
    """The rules of a report that is made now, those of its filters included."""
    found = [*RULES, WHO_RULES[filters.who], DATES_RULE]
    if filters.language:
        found.append(LANGUAGE_RULE)
    if filters.cohort is not None:
        found.append(COHORT_RULE)
    if filters.week:
        found.append(WEEK_RULE)
    if filters.words:
        found.append(WORDS_RULE)
    found.append(THEN_RULE.format(moment=exact(filters.as_of)) if filters.as_of else NOW_RULE)
    if filters.as_of and now - filters.as_of < LATE:
        found.append(LATE_RULE)
    return tuple(found)


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def exact(moment: datetime) -> str:
    """With a fraction of a second if there is one: read back, it is the same moment."""
    return moment.isoformat()


def moment_of(text: str) -> datetime:
    """What ``exact`` says, or a reader writes: without a zone in UTC, without a time the day's beginning. Raises ValueError."""
    found = datetime.fromisoformat(text)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text}: before or after all years in UTC") from error
