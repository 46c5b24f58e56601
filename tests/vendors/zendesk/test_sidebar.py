"""The sidebar app in a real browser: what an agent sees beside a ticket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from ml_connector.core.objects import SetupItem
from ml_connector.flows import wave_zendesk
from ml_connector.vendors.zendesk.setup import create_body, fields_place
from tests.support.sandbox import SandboxProcess
from tests.vendors.zendesk.desk import SDK, WIDTH, Account, Desk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is on this machine")

NOW = datetime.now(UTC)
HACK = '<img src=x onerror="window.hacked=1"><b>bold</b>'


def day(days: int) -> str:
    return (NOW + timedelta(days=days)).date().isoformat()


def stamp(hours: float = 0) -> str:
    return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An account in which the flow's fields and objects stand, its index without a lag."""
    with SandboxProcess("--customers", "1", "--invoices", "0") as sandbox:
        account = Account(sandbox)
        defaults = {s.name: s.parse(s.default) for s in wave_zendesk.FLOW.settings}
        for item in wave_zendesk.FLOW.setup(defaults):
            make(account, item)
        account.control(
            "PATCH", "switches", {"zendesk.index_lag_seconds": 0, "zendesk.rate_limits": False}
        )
        yield account


def make(account: Account, item: SetupItem) -> None:
    place, body = create_body(item)
    reply = account.call("POST", f"/api/v2{place.path}", {place.one: body})
    assert reply.status == 201, reply.body
    assert item.kind == "object" or place == fields_place(item.object)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(browser: Browser, account: Account, tmp_path: Path, request: Any) -> Iterator[Desk]:
    """Every test ends with a look: nothing is cut off, nothing left the page, nothing was run."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    desk = Desk(context.new_page(), account)
    errors: list[str] = []
    desk.page.on("pageerror", lambda error: errors.append(str(error)))
    yield desk
    desk.page.screenshot(path=tmp_path / f"{request.node.name}.png", full_page=True)
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert desk.page.evaluate("window.hacked") is None
    assert all(url == SDK or url.startswith("https://app.test/assets/") for url in desk.left)
    assert errors == []
    context.close()


def wholesome(account: Account, name: str, **more: Any) -> dict[str, Any]:
    """A customer with a bit of everything."""
    fields = {
        "wave_balances": "1,620.50 CAD", "wave_open_balance": 1620.5, "wave_open_invoices": 4,
        "wave_overdue_invoices": 2, "wave_oldest_due": day(-45),
        "wave_billing_status": "wave_overdue", "wave_synced_at": stamp(-1),
        "wave_last_payment": "2026-11-03 779.50 CAD",
        "wave_recent_changes": f"{day(-3)} Invoice 1042: payment of 779.50 CAD\n"
        f"{day(-9)} Invoice 1051 issued, 700.00 CAD",
        "wave_invoice_list": "1038: 250.00 CAD overdue\n1042: 420.50 CAD part paid",
    }  # fmt: skip
    organization = account.organization(name, **{**fields, **more})

    def invoice(number: str, status: str, due: int, total: float, open: float, **more: Any) -> None:
        account.invoice(
            organization, number, status=status, due_date=day(due), total=total, amount_due=open,
            currency="CAD", **more,
        )  # fmt: skip

    invoice("1051", "unpaid", 21, 700, 700, view_url="https://next.waveapps.com/i/1051")
    invoice("1042", "partial", -5, 1200, 420.5, last_change=f"{day(-3)} paid 779.50 CAD")
    invoice("1060", "draft", 30, 99, 99)
    invoice("1038", "overdue", -45, 250, 250, view_url="javascript:window.hacked=1")
    invoice("1044", "unpaid", 2, 250, 250)
    invoice("1030", "paid", -90, 80, 0)
    invoice("1029", "void", -91, 80, 80)
    invoice("1028", "deleted", -92, 80, 80)
    for number, days, amount, more_ in (
        ("1030", -60, 80, {"method": "CASH"}),
        ("1042", -3, 779.5, {"method": "BANK_TRANSFER", "memo": "first half"}),
        ("1041", -20, -5, {"status": "refund"}),
        ("1039", -21, 5, {"status": "deleted"}),
    ):
        account.payment(
            organization, f"{number} {day(days)}", date=day(days), amount=amount, currency="CAD",
            **more_,
        )  # fmt: skip
    return organization


def test_an_agent_sees_what_is_owed_oldest_due_first(desk: Desk, account: Account) -> None:
    organization = wholesome(account, "Brightleaf Studio & Søns")
    desk.open(organization=organization, requester={"name": "Pat", "organizations": []})
    assert desk.text("h1") == "Brightleaf Studio & Søns"
    assert desk.text(".sum") == "1,620.50 CAD"
    assert "4 open invoices · 2 overdue · oldest due" in desk.text()
    assert desk.texts("#invoices .row:first-child > :first-child") == [
        "1038", "1042", "1044", "1051", "1060"
    ]  # fmt: skip
    assert desk.texts("#invoices .badge") == ["Overdue", "Overdue", "Open", "Open", "Draft"]
    looks = [b.get_attribute("class") for b in desk.page.locator("#invoices .badge").all()]
    assert looks == [f"badge {x}" for x in ("long-overdue", "overdue", "unpaid", "unpaid", "draft")]
    second = desk.texts("#invoices li")[1]
    assert "CA$420.50" in second
    assert "of CA$1,200.00" in second
    assert "5 days overdue" in second
    assert desk.texts("#invoices a") == ["Open in Wave"]  # a script in an address is no link
    assert [text.split("\n")[1] for text in desk.texts("#payments li")] == [
        "CA$779.50", "-CA$5.00", "CA$80.00"
    ]  # fmt: skip
    assert desk.texts("#payments p") == [
        "Invoice 1042 · Bank transfer · first half", "Refund 1041", "Invoice 1030 · Cash"
    ]  # fmt: skip
    assert "Invoice 1051 issued" in desk.text("#changes")
    assert desk.text("#as-of").startswith("As of ")
    assert "No news" not in desk.text()
    assert len(desk.asked) == 3
    resized = desk.page.evaluate("window.invoked")
    assert resized[-1][0] == "resize"


def test_the_colours_have_enough_contrast(desk: Desk, account: Account) -> None:
    desk.open(organization=wholesome(account, "Contrast"))
    ratios: list[float] = desk.page.evaluate(CONTRASTS)
    assert len(ratios) > 10
    assert min(ratios) >= 4.5


def test_a_ticket_without_an_organization(desk: Desk) -> None:
    desk.open(requester={"id": 5, "name": "Pat Doe", "organizations": []})
    assert desk.text() == "Pat Doe belongs to no organization, so there is no account to show."
    desk.open()
    assert "This ticket has no organization" in desk.text()
    assert desk.asked == []


def test_a_person_in_several_organizations(desk: Desk, account: Account) -> None:
    one, other = wholesome(account, "First Ltd"), account.organization("Second Ltd")
    requester = {"id": 5, "name": "Pat", "organizations": [other, one]}
    desk.open(organization=one, requester=requester)
    assert desk.texts("#organization option") == ["First Ltd", "Second Ltd"]
    assert "2 organizations" in desk.text("label")
    desk.page.select_option("#organization", str(other["id"]))
    desk.page.wait_for_selector("h1:text('Second Ltd')")
    assert "Nothing has come from Wave" in desk.text()
    desk.page.evaluate("window.zaf.trigger('ticket.organization.changed')")
    desk.page.wait_for_selector("h1:text('First Ltd')")


def test_the_requesters_memberships_are_asked_for_where_the_framework_tells_none(
    desk: Desk, account: Account
) -> None:
    organization = wholesome(account, "Membership Ltd")
    pat = {"name": "Pat", "email": "pat@m.example", "organization_id": organization["id"]}
    user = account.control("POST", "zendesk/users", pat)
    desk.open(requester={"id": user["id"], "name": "Pat"})
    assert desk.text("h1") == "Membership Ltd"
    assert "organization_memberships" in desk.asked[0]["url"]


def test_beside_an_organization(desk: Desk, account: Account) -> None:
    organization = wholesome(account, "Beside Ltd")
    desk.open(location="organization_sidebar", organization=organization)
    assert desk.text("h1") == "Beside Ltd"
    assert len(desk.texts("#invoices li")) == 5


@pytest.mark.parametrize("status", [403, 404])
def test_without_custom_objects_the_summary_is_shown(
    desk: Desk, account: Account, status: int
) -> None:
    organization = wholesome(account, f"Summary {status}")
    desk.open(organization=organization, fails={"/custom_objects/": status})
    assert "This is the summary." in desk.text()
    assert desk.text("#invoice-list").split("\n")[0] == "1038: 250.00 CAD overdue"
    assert "Last payment 2026-11-03 779.50 CAD" in desk.text()
    assert desk.page.locator("#invoices").count() == 0
    assert len(desk.asked) == 2


def test_an_account_whose_plan_has_no_custom_objects(desk: Desk, account: Account) -> None:
    organization = wholesome(account, "Small plan")
    account.control("PATCH", "switches", {"zendesk.custom_objects_enabled": False})
    try:
        desk.open(organization=organization)
    finally:
        account.control("PATCH", "switches", {"zendesk.custom_objects_enabled": True})
    assert "This is the summary." in desk.text()


def test_old_data_says_so(desk: Desk, account: Account) -> None:
    organization = account.organization(
        "Stale Ltd", wave_synced_at=stamp(-24 * 6 - 1), wave_open_balance=5,
        wave_source_state="wave_archived",
    )  # fmt: skip
    desk.open(organization=organization)
    assert "No news from Wave for 6 days." in desk.text()
    assert "archived in Wave" in desk.text()
    assert "No open invoices." in desk.text()
    desk.open(organization=organization, settings={"stale_hours": "1000"})
    assert "No news" not in desk.text()


def test_what_comes_from_data_is_text_and_nothing_else(desk: Desk, account: Account) -> None:
    organization = account.organization(
        f"Evil {HACK}", wave_balances=HACK, wave_recent_changes=HACK, wave_synced_at=HACK,
        wave_last_payment=HACK,
    )  # fmt: skip
    account.invoice(
        organization, HACK, status="unpaid", amount_due=1, total=1, currency=HACK, last_change=HACK,
        due_date=day(1), view_url=f"https://x.example/{HACK}",
    )  # fmt: skip
    account.payment(organization, HACK, amount=1, currency="XXXX", method=HACK, memo=HACK)
    desk.open(organization=organization, requester={"id": 1, "name": HACK, "organizations": [
        {"id": 1, "name": HACK}]})  # fmt: skip
    assert desk.text("h1") == f"Evil {HACK}"
    assert HACK in desk.text("#invoices")
    assert HACK in desk.text("#payments")
    assert HACK in desk.text("#changes")
    assert desk.page.locator("#app img, #app b, #app script").count() == 0


def test_a_page_may_not_reach_out_by_itself(desk: Desk) -> None:
    desk.open()
    told = desk.page.evaluate("fetch('https://app.test/assets/app.js').then(() => 1, () => 0)")
    assert told == 0


def test_trouble_is_told_and_tried_again(desk: Desk, account: Account) -> None:
    organization = wholesome(account, "Trouble Ltd")
    desk.open(organization=organization, fails={"/organizations/": 403})
    assert "You have no right to see this organization." in desk.text()
    desk.open(organization=organization, fails={"/custom_objects/": 429})
    assert "The invoices could not be read. Zendesk asks to wait a little." in desk.text()
    assert desk.text("h1") == "Trouble Ltd"
    desk.scene.fails.clear()
    desk.page.click("text=Try again")
    desk.page.wait_for_selector("#invoices")
    assert "could not be read" not in desk.text()


def test_a_slow_answer_does_not_cover_a_newer_one(desk: Desk, account: Account) -> None:
    slow, quick = wholesome(account, "Slow Ltd"), account.organization("Quick Ltd")
    desk.open(organization=quick)
    desk.page.evaluate(
        "part => { let open; const opened = new Promise((go) => { open = go; });"
        " window.gate = { part, opened, open }; }",
        f"/organizations/{slow['id']}",
    )
    desk.scene.organization = slow
    desk.page.evaluate("window.zaf.trigger('ticket.organization.changed')")
    desk.page.wait_for_selector("#app[aria-busy=true]")
    desk.scene.organization = quick
    desk.page.evaluate("window.zaf.trigger('ticket.organization.changed')")
    desk.settled()
    before = len(desk.asked)
    desk.page.evaluate("window.gate.open()")
    while len(desk.asked) < before + 2:  # the slow one's organization, and its payments at last
        desk.page.evaluate("window.answer('context', 'null')")
    # Answers come in turn: after this one the slow load has had all of its own.
    desk.page.evaluate("window.answer('context', 'null')")
    desk.page.evaluate("new Promise((done) => setTimeout(done, 0))")
    assert desk.text("h1") == "Quick Ltd"


def test_more_than_a_page_of_invoices(desk: Desk, account: Account) -> None:
    organization = account.organization("Many Ltd", wave_synced_at=stamp())
    for number in range(120):
        account.invoice(
            organization, f"N{number:03}", status="unpaid", amount_due=1, total=1, currency="CAD",
            due_date=day(number),
        )  # fmt: skip
    desk.open(organization=organization)
    names = desk.texts("#invoices .row:first-child > :first-child")
    assert names == [f"N{number:03}" for number in range(120)]
    assert "There are more" not in desk.text()


CONTRASTS = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backOf = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const back = getComputedStyle(at).backgroundColor;
      if (!back.endsWith(", 0)")) return back;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("#app *")]
    .filter((node) => [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim()))
    .map((node) => [light(getComputedStyle(node).color), light(backOf(node))])
    .map(([one, other]) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
}"""
"""The contrast of each text with what is behind it (WCAG 2)."""
