"""A consent that nobody finished: it ends after its time and leaves nothing behind."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from ml_connector.store.vault import owners
from tests.engine.madeup import APP, HOOKS, Bench

HALF_AN_HOUR = 1_800


async def begun(b: Bench) -> str:
    """The state of a walk that has begun."""
    told = await b.do(
        "consent", vendor="mill", name="books", settings={}, secrets=APP,
        redirect_url=f"{HOOKS}/oauth/callback",
    )  # fmt: skip
    return str(parse_qs(urlsplit(told["result"]["authorize_url"]).query)["state"][0])


async def ended(b: Bench, state: str) -> dict[str, Any]:
    url = f"{HOOKS}/oauth/callback?code={b.mill.consents('ada')}&state={state}"
    return await b.do("exchange", state=state, secrets={"url": url})


async def test_a_consent_is_awaited_for_half_an_hour() -> None:
    async with Bench() as b:
        state = await begun(b)
        await b.clock.advance(HALF_AN_HOUR - 1)
        assert await b.look.consent_workspace(state) == "w"
        assert (await ended(b, state))["exit"] == 0

        late = await begun(b)
        await b.clock.advance(HALF_AN_HOUR + 1)
        assert await b.look.consent_workspace(late) is None
        refused = await ended(b, late)
        assert (refused["result"], refused["exit"]) == (None, 2)
        assert "not expected here" in refused["notes"][0]


async def test_what_was_kept_for_it_goes_with_the_next_one() -> None:
    async with Bench() as b:
        states = [await begun(b) for _ in range(3)]
        assert len(await b.store.read(lambda c: owners(c, "consent"))) == 3
        await b.clock.advance(HALF_AN_HOUR + 1)
        newest = await begun(b)
        assert newest not in states
        assert await b.store.read(lambda c: owners(c, "consent")) == [f"consent:{newest}"]
