"""A wrong key from the author's form to the learner's pages: dry run, regrade, certificate note, report, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from course.learning import certificates
from course.learning.tables import Attempt, Fact, Regrade
from quizzes.model import Response
from tests.learning.regrades import attempt, finish_lessons
from tests.site import Client, Site, counted_queries

HERE = "/en/author/mobility/regrade"
SCHOOL = {"who-travels": Response(choices=("school",))}
NINE = {"seats": Response(text="9")}
ASKED = {"item": "who-travels", "rule": "accept", "response": "school", "why": "Schools <b>opened</b> in May."}


def hidden(page: str) -> dict[str, str]:
    """The fields that the plan's form carries on."""
    form = page[page.index('class="row"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("</form>")]))


def regrade(browser: Client, **asked: str) -> str:
    """From the form through the plan to the end; returns the address of the regrade."""
    browser.page(HERE)
    plan = browser.send(HERE, ASKED | asked)
    assert plan.status_code == 200
    fields = hidden(plan.get_data(as_text=True))
    fields["why"] = (ASKED | asked)["why"]
    done = browser.send(f"{HERE}/make", fields)
    assert (done.status_code, done.location) == (303, f"{HERE}/{fields['name']}?notice=regraded")
    return f"{HERE}/{fields['name']}"


def rows(page: str) -> list[list[str]]:
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]
    return [[re.sub("<[^>]+>", "", cell).replace("\u00a0", " ") for cell in row] for row in cells]


def test_the_whole_way_of_a_regrade(site: Site) -> None:
    finish_lessons(site, "alice", "mobility")
    attempt(site, "alice", SCHOOL | NINE)
    attempt(site, "bob")
    dana, erin, alice = site.client("dana"), site.client("erin"), site.client("alice")
    assert f'href="{HERE}"' in dana.page("/en/author/")
    for browser, name in ((dana, "Learner 1"), (erin, "Alice Ben Salah")):
        browser.page(HERE)
        plan = browser.send(HERE, ASKED).get_data(as_text=True)
        assert "1 of 2 learners with a closed attempt would have another score. Nothing is written yet." in plan
        assert rows(plan) == [[name, "1", "1 of 3, 33 %", "2 of 3, 66 %", "passes the module"]]
        assert ("Alice" in plan) == (browser is erin)
        assert "Schools &lt;b&gt;opened&lt;/b&gt; in May." in plan
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Regrade)) == 0
    assert "A score of yours changed" not in alice.page("/en/")
    address = regrade(dana)
    page = dana.page(f"{address}?notice=regraded")
    assert "Done. Each learner whose score changed is told on their own pages." in page
    assert "2 of 2 gone through, 1 with another score" in page
    told = "Mobility, attempt 1</a>: 33\u00a0% before, <strong>66\u00a0%</strong> now. This attempt counts as passed now."
    for place in ("/en/", "/en/progress"):
        page = alice.page(place)
        assert told in page
        assert "Schools &lt;b&gt;opened&lt;/b&gt; in May." in page
    result = alice.page(re.search(r"/en/attempts/[\w-]+/result", alice.page("/en/progress")).group())  # type: ignore[union-attr]
    assert "<h1>Passed</h1>" in result
    assert "One more response counts as right. Schools &lt;b&gt;opened&lt;/b&gt; in May." in result
    assert "Also accepted: The schools" in result
    assert "Completed on" in alice.page("/en/modules/mobility/")
    assert "Regraded the item “who-travels” of Mobility: 1 of 3 points before, 2 of 3 now." in alice.page("/en/progress")
    assert "A score of yours changed" not in site.client("bob").page("/en/")
    site.later(days=31)
    assert "A score of yours changed" not in site.client("alice").page("/en/")


def test_the_button_pressed_twice_makes_one_regrade(site: Site) -> None:
    attempt(site, "alice", SCHOOL)
    dana = site.client("dana")
    dana.page(HERE)
    fields = hidden(dana.send(HERE, ASKED).get_data(as_text=True))
    first, second = (dana.send(f"{HERE}/make", fields) for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Regrade)) == 1
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "regraded")) == 1


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"why": " "}, "why", "Write why: learners read it beside their new score."),
        ({"why": "x" * 301}, "why", "Use at most 300 characters; these are 301."),
        ({"response": "trains"}, "response", "There is no `trains` in this item; there are nurses, school."),
        ({"response": ""}, "response", "Write the response."),
        ({"item": "none"}, "item", "Not a valid choice."),
        ({"rule": "double"}, "rule", "Not a valid choice."),
    ],
)
def test_what_is_wrong_stands_by_its_field(site: Site, asked: dict[str, str], field: str, message: str) -> None:
    dana = site.client("dana")
    dana.page(HERE)
    for address in (HERE, f"{HERE}/make"):
        answer = dana.send(address, ASKED | asked | {"name": "x" * 22})
        assert answer.status_code == 422
        assert f'<li><a href="#{field}">{message}</a></li>' in answer.get_data(as_text=True)
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Regrade)) == 0


def test_the_certificate_tells_its_holder_and_nobody_else(site: Site) -> None:
    for module in ("housing", "mobility"):
        finish_lessons(site, "alice", module)
    attempt(site, "alice", module="housing")
    attempt(site, "alice", SCHOOL)
    with site.session() as session:
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        code = shown.certificate.code
    alice = site.client("alice")
    before = alice.get(f"/en/certificates/{code}.pdf").data
    regrade(site.client("dana"))
    page = alice.page(f"/en/certificates/{code}")
    assert "The score was regraded in the quiz of Mobility: 66 % before, 100 % now." in page
    assert "quiz 66\u00a0%" in page
    assert len(alice.get(f"/en/certificates/{code}.pdf").data) == len(before)
    verified = site.client().page(f"/verify/{code}")
    assert "This certificate is valid" in verified
    assert "regraded" not in verified


def test_a_regrade_is_undone_after_a_look_at_what_that_changes(site: Site) -> None:
    attempt(site, "alice", SCHOOL | NINE)
    address = regrade(site.client("dana"))
    erin, alice = site.client("erin"), site.client("alice")
    erin.page(address)
    assert erin.send(f"{address}/undo", {"why": ""}).status_code == 422
    plan = erin.send(f"{address}/undo", {"why": "Only nurses."}).get_data(as_text=True)
    assert rows(plan) == [["Alice Ben Salah", "1", "2 of 3, 66 %", "1 of 3, 33 %", "below the mark, the pass stays"]]
    done = erin.send(f"{address}/undo", hidden(plan))
    assert done.location == f"{address}?notice=regrade-undone"
    page = erin.page(address)
    assert "<strong>undone</strong>" in page
    assert "Undo it" not in page
    assert erin.send(f"{address}/undo", {"why": "Again.", "do": "1"}).location == address
    page = alice.page("/en/progress")
    assert "66\u00a0% before, <strong>33\u00a0%</strong> now. The pass you had stays." in page
    assert "kept (60 %)" in alice.page("/en/modules/mobility/quiz")
    with site.session() as session:
        assert session.scalars(select(Attempt.is_passed)).all() == [True]


def test_a_new_key_is_the_key_that_the_result_shows(site: Site) -> None:
    attempt(site, "alice", SCHOOL)
    path = site.folder / "mobility" / "quiz.yaml"
    text = path.read_text().replace(
        "hospital, correct: true, feedback: It begins at five.", "hospital, feedback: It has its own."
    )
    path.write_text(
        text.replace("The schools, feedback: They are closed.", "The schools, correct: true, feedback: They opened.")
    )
    assert site.publish().is_new
    attempt(site, "bob")
    alice = site.client("alice")
    result = re.search(r"/en/attempts/[\w-]+/result", alice.page("/en/modules/mobility/quiz"))
    assert result is not None
    assert "They are closed." in alice.page(result.group())
    regrade(site.client("dana"), rule="new_key", response="")
    page = alice.page(result.group())
    assert "They opened." in page
    assert "They are closed." not in page
    assert "It was graded again with a corrected key." in page
    assert "3 of 3 points" in page


def test_a_dropped_item_stands_there_and_no_longer_counts(site: Site) -> None:
    attempt(site, "alice", SCHOOL)
    regrade(site.client("dana"), rule="drop", response="")
    alice = site.client("alice")
    page = alice.page(re.search(r"/en/attempts/[\w-]+/result", alice.page("/en/modules/mobility/quiz")).group())  # type: ignore[union-attr]
    assert "2 of 2 points" in page
    assert "(2 of 2 points instead of 2 of 3)" in page
    assert re.findall(r"</span> (no longer counts|1 of 1|0 of 1)", page).count("no longer counts") == 1


def test_a_stopped_run_goes_on_with_a_press(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt(site, "alice", SCHOOL)
    dana = site.client("dana")
    dana.page(HERE)
    fields = hidden(dana.send(HERE, ASKED).get_data(as_text=True))
    monkeypatch.setattr("course.web.regrading.PATIENCE", -1.0)
    address = dana.send(f"{HERE}/make", fields).location
    assert address == f"{HERE}/{fields['name']}"
    assert "It is not finished: 1 learner is left." in dana.page(address)
    monkeypatch.setattr("course.web.regrading.PATIENCE", 8.0)
    assert dana.send(f"{address}/go-on").location == f"{address}?notice=regraded"
    assert "1 of 1 gone through, 1 with another score" in dana.page(address)


def test_a_regrade_of_another_module_and_one_there_is_not_are_unknown(site: Site) -> None:
    dana = site.client("dana")
    address = regrade(dana)
    assert dana.get(address.replace("mobility", "housing")).status_code == 404
    assert dana.get(f"{HERE}/none").status_code == 404


def test_the_queries_of_a_plan_do_not_grow_with_learners(site: Site) -> None:
    dana = site.client("dana")

    def count() -> int:
        dana.page(HERE)
        with counted_queries(site) as said:
            assert dana.send(HERE, ASKED).status_code == 200
        return len([one for one in said if "publications" not in one and not one.startswith("BEGIN")])

    attempt(site, "alice", SCHOOL)
    before = count()
    for who in ("bob", "carla"):
        attempt(site, who, SCHOOL)
    assert count() == before


def test_an_attempt_whose_time_was_over_is_graded_before_a_regrade_and_regraded_by_it(site: Site) -> None:
    """Else a report as of a moment between them would show the score of a rule that was not made yet."""
    quiz = site.folder / "mobility" / "quiz.yaml"
    quiz.write_text(quiz.read_text().replace("attempts: 0\n", "attempts: 3\ntime_limit_minutes: 20\n"))
    assert site.publish().is_new
    attempt(site, "alice", SCHOOL, close=False)
    over, made = site.now + timedelta(minutes=20), site.later(minutes=40)
    regrade(site.client("dana"))
    with site.session() as session:
        assert session.scalars(select(Attempt.closed_at)).all() == [over]
        told = session.execute(select(Fact.at, Fact.kind).order_by(Fact.id)).all()
        assert [tuple(fact) for fact in told if fact.kind == "regraded"] == [(made, "regraded")]
