"""The end of the course: modules, course and certificate come by themselves, once, and stay as they were."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import func, select

import quizzes
from course.accounts import organisations, people
from course.accounts.tables import Organisation, Person
from course.learning import attempts, certificates, lessons, record
from course.learning.progress import course_progress
from course.learning.tables import Certificate, Fact
from course.publishing.revisions import live_digest, restore
from tests.rig.together import at_once
from tests.site import Site


def complete_all(site: Site, who: str = "alice") -> None:
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        for module in course.modules:
            given: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module}
            for lesson in module.lessons:
                lessons.mark_done(session, lesson=lesson, seen=0, now=site.later(minutes=5), **given)
            quiz = module.quizzes["en"]
            attempt = attempts.start(session, now=site.later(minutes=5), **given)
            attempts.save(session, attempt, {item.id: quizzes.key_of(item) for item in quiz.items}, site.now)
            attempts.close(session, attempt, quiz=quiz, course=course, now=site.later(minutes=9))


def test_certificate_at_once_and_once(site: Site) -> None:
    complete_all(site)
    with site.session() as session:
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        certificate = shown.certificate
        assert (shown.state, certificate.name, certificate.organisation) == (
            "valid",
            "Alice Ben Salah",
            "Tunisia › Sfax › Youth",
        )
        assert [(m["module"], m["percent"]) for m in certificate.modules] == [("housing", 100), ("mobility", 100)]
        assert session.scalar(select(func.count()).select_from(Certificate)) == 1
        counts = dict(session.execute(select(Fact.kind, func.count()).group_by(Fact.kind)).all())
        assert (counts["completed_module"], counts["completed_course"], counts["certified"]) == (2, 1, 1)
        progress = course_progress(restore(session, live_digest(session)), record.read(session.connection(), site.ids["alice"]))
        assert (progress.percent, progress.modules_completed) == (100, 2)


def test_certificate_names_every_home_from_its_country_down(site: Site) -> None:
    with site.session(write=True) as session:
        person_id = site.ids["alice"]
        tunisia, sfax, _youth = (place.id for place in organisations.places(session) if place.path[0] == "Tunisia")
        left = organisations.find_or_add(session, parent_id=sfax, kind="department", name="Roads", now=site.now)
        moved = organisations.find_or_add(session, parent_id=sfax, kind="department", name="Parks", now=site.now)
        other = organisations.find_or_add(session, parent_id=tunisia, kind="municipality", name="Gabès", now=site.now)
        for place, role in ((left, "member"), (moved, "member"), (other, "manager"), (other, "member")):
            people.join(session, person_id=person_id, organisation_id=place, role=role, now=site.now)
        people.leave(session, person_id=person_id, organisation_id=left, role="member", now=site.now)
        parks = session.get_one(Organisation, moved)
        organisations.change(session, parks, name="Parks and rivers", parent_id=other, now=site.now)
        homes = organisations.homes(session.connection(), person_id)
        assert homes == ["Tunisia › Sfax › Youth", "Tunisia › Gabès › Parks and rivers", "Tunisia › Gabès"]
        held = organisations.of_person(session, person_id)
        assert homes == [" › ".join(place.path) for place, role in held if role == "member"]
    complete_all(site)
    with site.session() as session:
        shown = certificates.of_person(session, person_id)
        assert shown is not None
        assert shown.certificate.organisation == "; ".join(homes)


def test_certificate_stays_when_name_and_course_change(site: Site) -> None:
    complete_all(site)
    with site.session(write=True) as session:
        session.get_one(Person, site.ids["alice"]).name = "Alice Trabelsi"
    title = site.folder / "course.yaml"
    title.write_text(title.read_text().replace("title: A small course", "title: Another course"))
    assert site.publish().is_new
    with site.session() as session:
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        assert (shown.certificate.name, shown.certificate.course_title) == ("Alice Ben Salah", "A small course")


def test_a_lesson_added_later_takes_nothing_away(site: Site) -> None:
    complete_all(site)
    (site.folder / "housing" / "09-more.md").write_text(
        "---\nid: more\ntitle: More\nsummary: Added later.\nminutes: 3\ncomplete_when: read\n---\nText.\n"
    )
    assert site.publish().is_new
    with site.session() as session:
        progress = course_progress(restore(session, live_digest(session)), record.read(session.connection(), site.ids["alice"]))
        assert (progress.percent, progress.module("housing").percent) == (100, 100)


def test_a_code_is_found_however_it_is_typed(site: Site) -> None:
    complete_all(site)
    with site.session() as session:
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        code = shown.certificate.code
        for typed in (code, code.lower(), code.replace("-", " "), f" {code.replace('-', '')} "):
            found = certificates.find(session, typed)
            assert found is not None
            assert found.certificate.code == code
        for wrong in ("", "0", "-1", code[:-1], code[:-1] + ("2" if code[-1] != "2" else "3")):
            assert certificates.find(session, wrong) is None


def test_of_several_who_revoke_a_certificate_at_once_the_first_gives_the_reason(site: Site) -> None:
    complete_all(site)

    def revoke(why: str) -> bool:
        with site.session(write=True) as session:
            shown = certificates.of_person(session, site.ids["alice"])
            assert shown is not None
            return certificates.revoke(session, shown.certificate, by_id=site.ids["erin"], why=why, now=site.now)

    reasons = [f"Reason {number}" for number in range(8)]
    revoked = at_once(*(partial(revoke, why) for why in reasons))
    with site.session() as session:
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        assert [(note.kind, note.text) for note in shown.notes] == [("revoked", reasons[revoked.index(True)])]
    assert revoked.count(True) == 1
