"""Every page type of the course, by name: who opens it, at which address, and what is done there first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.instance import Instance

NOT_PAGES = {  # endpoints that answer GET with a file, with data, or with the way to another page
    "accounts.municipalities",
    "analysis.people_table",
    "analysis.table",
    "assets.show",
    "at_risk.table",
    "certificates.download",
    "exchange.again",
    "exchange.export",
    "exports.fetch",
    "health.healthz",
    "lesson_report.table",
    "modules.root",
    "quiz.resume",
    "reports.completion_table",
    "reports.people_table",
    "static",
}
Act = Callable[["Page"], None]
# Every name that people give themselves and their organisations becomes one word of 80 letters; which tables then hide any.
LONG_NAMES = """() => {
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const named = /Alice Ben Salah|Bob Quispe|Carla Trabelsi|Erin Vidal|Sfax|Tunisia|[a-z]+(?=@example[.]org)/g;
  let changed = 0;
  while (walk.nextNode()) {
    const data = walk.currentNode.data.replace(named, 'W'.repeat(80));
    changed += data !== walk.currentNode.data && !walk.currentNode.parentElement.closest('option');
    walk.currentNode.data = data;
  }
  return changed;
}"""


@dataclass(frozen=True)
class Visit:
    """``path`` has places such as ``{open}``; ``act`` is done after the page is there, and leads to the page that is meant."""

    name: str
    endpoint: str
    path: str
    who: str = ""
    status: int = 200
    act: Act | None = None
    while_nobody_administers: bool = False

    def go(self, page: Page, instance: Instance) -> None:
        with instance.without_administrators() if self.while_nobody_administers else nullcontext():
            answer = page.goto(instance.address(self.path))
        assert answer is not None
        assert answer.status == self.status, f"{self.name}: {answer.status}"
        if self.act:
            self.act(page)


def press(words: str) -> Act:
    def act(page: Page) -> None:
        with page.expect_navigation():
            page.get_by_role("button", name=words, exact=True).click()

    return act


def _add_nothing(page: Page) -> None:
    """The form is folded on a phone."""
    if not page.get_by_label("Kind").is_visible():
        page.locator(".limits summary").click()
    press("Add")(page)


def _press_signed_out(page: Page) -> None:
    page.context.clear_cookies()
    with page.expect_navigation():
        page.locator("#item-form button").first.click()


def _press_as_another(page: Page) -> None:
    page.evaluate("document.querySelector('#item-form [name=csrf_token]').value = 'old'")
    with page.expect_navigation():
        page.locator("#item-form button").first.click()


def _write_no_number(page: Page) -> None:
    page.locator("nav[aria-label=Items] a").first.wait_for()
    for number in range(1, 8):
        page.goto(page.url.rsplit("/", 1)[0] + f"/{number}")
        field = page.locator("input.short")
        if field.count():
            field.fill("many")
            with page.expect_navigation():
                page.locator("#item-form button").first.click()
            return
    raise AssertionError("no numeric item")


def _plan_a_regrade(page: Page) -> None:
    page.get_by_label("Item", exact=True).select_option("first-step")
    page.get_by_label("Rule").select_option("full_marks")
    page.get_by_label("Why").fill("The item was unfair to everybody without a hall.")
    press("Show what would change")(page)


def _write_no_percent(page: Page) -> None:
    page.get_by_label("Extra time, in percent").fill("half")
    press("Save the extra time")(page)


def _put_in_nobody(page: Page) -> None:
    page.get_by_label("E-mail addresses").fill("nobody@example.org\nNobody at all\nalice@example.org")
    press("Put them in")(page)


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def _see_an_import(page: Page) -> None:
    page.locator("#format").select_option("gift")
    file = {"name": "items.gift", "mimeType": "text/plain", "buffer": b"::Two:: 1 + 1? {=2#Right. ~3#One less.}\n\nA note."}
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]  # Playwright types it as a TypedDict
    press("See what would happen")(page)


HOUSING = "/en/modules/housing/"
VISITS = [
    Visit("home, visitor", "modules.home", "/en/"),
    Visit("home, half-way", "modules.home", "/en/", "alice"),
    Visit("home, all lit", "modules.home", "/en/", "grace"),
    Visit("home, manager", "modules.home", "/en/", "carla"),
    Visit("home, author", "modules.home", "/en/", "dana"),
    Visit("home, administrator", "modules.home", "/en/", "erin"),
    Visit("home, Spanish", "modules.home", "/es/"),
    Visit("home, Arabic", "modules.home", "/ar/"),
    Visit("modules", "modules.index", "/en/modules/"),
    Visit("module, visitor", "modules.show", HOUSING),
    Visit("module, half-way", "modules.show", HOUSING, "alice", act=_open_all),
    Visit("lesson with clip, visitor", "lessons.show", f"{HOUSING}rooms-before-rules", act=_open_all),
    Visit("lesson with clip, done", "lessons.show", f"{HOUSING}rooms-before-rules", "alice"),
    Visit("lesson with table", "lessons.show", f"{HOUSING}rules-that-hold", "carla"),
    Visit("lesson with recording", "lessons.show", f"{HOUSING}on-monday", "grace"),
    Visit("lesson in Spanish", "lessons.show", "/es/modules/mobility/buses", "grace"),
    Visit("lesson not translated", "lessons.show", "/ar/modules/housing/rules-that-hold", "grace"),
    Visit("practices", "library.practices", "/en/practices/"),
    Visit("practices, none found", "library.practices", "/en/practices/?words=zeppelin"),
    Visit("practice", "library.practice", "/en/practices/harbour-halls"),
    Visit("sessions", "library.sessions", "/en/sessions/"),
    Visit("session", "library.session", "/en/sessions/02-housing"),
    Visit("quiz, visitor", "quiz.start", f"{HOUSING}quiz"),
    Visit("quiz, before the start", "quiz.start", "/en/modules/mobility/quiz", "carla"),
    Visit("quiz, attempts", "quiz.start", f"{HOUSING}quiz", "alice"),
    *[Visit(f"quiz item {n}", "quiz.item", f"/en/attempts/{{open}}/{n}", "alice") for n in range(1, 8)],
    *[Visit(f"quiz item of water {n}", "quiz.item", f"/en/attempts/{{water}}/{n}", "alice") for n in range(1, 7)],
    Visit("quiz result of water", "quiz.result", "/en/attempts/{water-passed}/result", "grace", act=_open_all),
    Visit("quiz item, error", "quiz.item", "/en/attempts/{open}/1", "alice", act=_write_no_number),
    Visit("quiz item, signed out", "quiz.item", "/en/attempts/{open}/1", "alice", act=_press_signed_out),
    Visit("quiz item, stale page", "quiz.item", "/en/attempts/{open}/1", "alice", act=_press_as_another),
    Visit("quiz with a time limit, before the start", "quiz.start", "/en/modules/mobility/quiz", "bob"),
    Visit("quiz item with a time limit", "quiz.item", "/en/attempts/{timed}/1", "hugo"),
    Visit("quiz with a time limit, look over", "quiz.check", "/en/attempts/{timed}/check", "hugo"),
    Visit("quiz result, regraded", "quiz.result", "/en/attempts/{regraded}/result", "grace", act=_open_all),
    Visit("quiz, look over", "quiz.check", "/en/attempts/{open}/check", "alice"),
    Visit("quiz result, not passed", "quiz.result", "/en/attempts/{failed}/result", "alice", act=_open_all),
    Visit("quiz result, passed", "quiz.result", "/en/attempts/{passed}/result", "grace"),
    Visit("progress, nothing", "progress.show", "/en/progress", "bob"),
    Visit("progress, half-way", "progress.show", "/en/progress", "alice", act=_open_all),
    Visit("progress, all", "progress.show", "/en/progress", "grace"),
    Visit("progress, a page of the record", "progress.show", "/en/progress?before={fact}", "hugo"),
    Visit("certificate", "certificates.show", "/en/certificates/{code}", "grace"),
    Visit("certificate, administrator", "certificates.show", "/en/certificates/{code}", "erin", act=_open_all),
    Visit("verify", "certificates.ask", "/verify/"),
    Visit("verify, valid", "certificates.verify", "/verify/{code}"),
    Visit("verify, unknown", "certificates.verify", "/verify/NONE", status=404),
    Visit("register", "accounts.register", "/en/account/register"),
    Visit("register, errors", "accounts.register", "/en/account/register", act=press("Register")),
    Visit("sign in", "accounts.sign_in", "/en/account/sign-in"),
    Visit("sign in, errors", "accounts.sign_in", "/en/account/sign-in", act=press("Sign in")),
    Visit("sign in, said", "accounts.sign_in", "/en/account/sign-in?notice=reset-sent"),
    Visit("reset", "accounts.reset", "/en/account/reset"),
    Visit("new password", "accounts.new_password", "/en/account/reset/{reset}"),
    Visit("new password, link ended", "accounts.new_password", "/en/account/reset/old", status=410),
    Visit("first administrator", "accounts.first_administrator", "/en/account/first/{first}", while_nobody_administers=True),
    Visit("first administrator, link ended", "accounts.first_administrator", "/en/account/first/{first}", status=410),
    Visit("account", "accounts.profile", "/en/account/", "carla"),
    Visit("password", "accounts.password", "/en/account/password", "alice"),
    Visit("delete the account", "accounts.delete", "/en/account/delete", "alice"),
    Visit("report", "reports.completion_page", "/en/reports/completion", "erin"),
    Visit("report, manager", "reports.completion_page", "/en/reports/completion", "carla"),
    Visit("report, one module", "reports.completion_page", "/en/reports/completion?module=housing", "erin"),
    Visit("report, wrong dates", "reports.completion_page", "/en/reports/completion?since=2026-03-02&until=2026-03-01", "erin"),
    Visit("report, people", "reports.people_page", "/en/reports/completion/people?state=started&module=housing", "erin"),
    Visit("report, nobody", "reports.people_page", "/en/reports/completion/people?state=passed&since=2090-01-01", "erin"),
    Visit("report, person", "reports.person", "/en/reports/people/{alice}", "erin"),
    Visit("report, person, a page of the record", "reports.person", "/en/reports/people/{hugo}?before={fact}", "erin"),
    Visit("at risk", "at_risk.page", "/en/reports/at-risk?days=1", "erin"),
    Visit("at risk, manager", "at_risk.page", "/en/reports/at-risk", "carla"),
    Visit("cohorts", "cohorts.index", "/en/reports/cohorts", "erin"),
    Visit("cohorts, manager", "cohorts.index", "/en/reports/cohorts", "carla", act=press("Make the cohort")),
    Visit("cohort", "cohorts.show", "/en/reports/cohorts/{cohort}", "carla"),
    Visit("cohort, errors", "cohorts.show", "/en/reports/cohorts/{cohort}", "carla", act=_put_in_nobody),
    Visit("report, cohort", "reports.completion_page", "/en/reports/completion?cohort={cohort}", "carla"),
    Visit("exports, none", "exports.index", "/en/reports/exports", "erin"),
    Visit("exports", "exports.index", "/en/reports/exports?full=1", "carla"),
    Visit("where people stop", "lesson_report.page", "/en/reports/lessons", "dana"),
    Visit(
        "people of a lesson",
        "lesson_report.people",
        "/en/reports/lessons/people?module=housing&lesson=rooms&state=opened",
        "erin",
    ),
    Visit("report, past moment", "reports.completion_page", "/en/reports/completion?as_of=2020-01-31T00:00Z", "erin"),
    Visit("author", "authoring.show", "/en/author/", "dana"),
    Visit("regrade", "regrading.show", "/en/author/housing/regrade", "dana"),
    Visit("regrade, errors", "regrading.show", "/en/author/housing/regrade", "dana", act=press("Show what would change")),
    Visit("regrade, plan", "regrading.show", "/en/author/housing/regrade", "erin", act=_plan_a_regrade),
    Visit("regrade, one", "regrading.one", "/en/author/mobility/regrade/{regrade}", "dana"),
    Visit("items elsewhere", "exchange.index", "/en/author/items", "dana"),
    Visit("items of a module", "exchange.show", "/en/author/items/housing", "dana"),
    Visit("items of a module, errors", "exchange.show", "/en/author/items/housing", "dana", act=press("See what would happen")),
    Visit("an import, before", "exchange.show", "/en/author/items/housing", "dana", act=_see_an_import),
    Visit("ledger of an export", "exchange.ledger", "/en/author/items/housing/ledger/gift", "dana"),
    Visit("item analysis", "analysis.show", "/en/author/water/analysis", "dana"),
    Visit("item analysis, administrator", "analysis.show", "/en/author/water/analysis", "erin"),
    Visit("item analysis, people", "analysis.people", "/en/author/water/analysis/people", "erin"),
    Visit("item analysis, too few people", "analysis.show", "/en/author/housing/analysis", "dana"),
    Visit("administration", "administration.show", "/en/admin/", "erin"),
    Visit("people", "administration.people_page", "/en/admin/people", "erin"),
    Visit("person", "administration.person", "/en/admin/people/{carla}", "erin"),
    Visit("person, errors", "administration.person", "/en/admin/people/{carla}", "erin", act=_write_no_percent),
    Visit("person, organisations found", "administration.person", "/en/admin/people/{carla}?place=sfax", "erin"),
    Visit("organisations", "administration.organisations_page", "/en/admin/organisations", "erin"),
    Visit("organisations, errors", "administration.organisations_page", "/en/admin/organisations", "erin", act=_add_nothing),
    Visit("organisations, found", "administration.organisations_page", "/en/admin/organisations?place=sfax&words=sfax", "erin"),
    Visit("changes", "administration.changes_page", "/en/admin/changes", "erin"),
    Visit("mails", "administration.mails", "/en/admin/mails", "erin", act=_open_all),
    Visit("error 404", "errors", "/en/nothing", status=404),
    Visit("error 404, signed in", "errors", "/en/modules/none/", "alice", status=404),
    Visit("error 403", "errors", "/en/admin/", "alice", status=403),
]
NAMES = [visit.name for visit in VISITS]
