"""Authentication under a virtual clock: renewed ahead of the end, once for all who wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ml_connector.core.faults import Fault, NeedsPerson, TooFast, UnknownOutcome, Unreachable
from ml_connector.http.auth import GrantToken, HeldTokens, StaticToken
from ml_connector.http.redaction import Redactor
from ml_connector.http.tokens import Tokens
from tests.support.clock import VirtualClock, settle


class Keeper:
    """A token keeper in memory, shared as a database row is."""

    def __init__(self, clock: VirtualClock, life_seconds: float | None = 3600) -> None:
        self.clock = clock
        self.life_seconds = life_seconds
        self.renewals = 0
        self.fault: Fault | None = None
        self.held = self._made(1)

    def _made(self, version: int) -> HeldTokens:
        end = None
        if self.life_seconds is not None:
            end = self.clock.now() + timedelta(seconds=self.life_seconds)
        tokens = Tokens(
            f"access-{version}", f"refresh-{version}", end, api_base="https://acme.example",
            extras={"expires_in": self.life_seconds},
        )  # fmt: skip
        return HeldTokens(tokens, version)

    async def current(self) -> HeldTokens:
        return self.held

    async def renew(self, stale_version: int) -> HeldTokens:
        if self.held.version == stale_version:
            self.renewals += 1
            await self.clock.sleep(1)
            if self.fault is not None:
                raise self.fault
            self.held = self._made(stale_version + 1)
        return self.held


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


async def used(grant: GrantToken) -> str:
    return (await grant.headers())["authorization"]


async def test_a_good_token_is_used_as_it_is(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    assert await used(grant) == "Bearer access-1"
    assert await grant.api_base() == "https://acme.example"
    assert keeper.renewals == 0


@pytest.mark.parametrize(("life", "good_for"), [(3600, 3479), (300, 269), (43_200, 43_079)])
async def test_it_is_renewed_ahead_of_its_end(
    clock: VirtualClock, life: float, good_for: float
) -> None:
    keeper = Keeper(clock, life)
    grant = GrantToken(keeper, clock, Redactor())
    await clock.advance(good_for)
    assert await clock.run(used(grant)) == "Bearer access-1"
    await clock.advance(1)
    assert await clock.run(used(grant)) == "Bearer access-2"
    assert keeper.renewals == 1


async def test_a_token_without_an_end_is_never_renewed_ahead(clock: VirtualClock) -> None:
    grant = GrantToken(Keeper(clock, None), clock, Redactor())
    await clock.advance(10_000_000)
    assert await clock.run(used(grant)) == "Bearer access-1"


async def test_one_renewal_serves_all_who_wait(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    await clock.advance(3500)
    assert await clock.run(all_used([grant] * 10)) == ["Bearer access-2"] * 10
    assert keeper.renewals == 1


async def all_used(grants: list[GrantToken]) -> list[str]:
    return await asyncio.gather(*(used(grant) for grant in grants))


async def test_what_somebody_else_renewed_is_taken(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    one, other = (GrantToken(keeper, clock, Redactor()) for _ in range(2))
    refused = {"authorization": await used(one)}
    await used(other)
    await clock.run(one.expired(refused))
    await clock.run(other.expired(refused))
    assert await clock.run(all_used([one, other])) == ["Bearer access-2"] * 2
    assert keeper.renewals == 1


async def test_a_late_refusal_of_an_older_token_renews_nothing(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    refused = {"authorization": await used(grant)}
    await clock.run(_many_expired(grant, refused))
    await clock.run(grant.expired(refused))
    assert keeper.renewals == 1


async def _many_expired(grant: GrantToken, refused: dict[str, str]) -> None:
    await asyncio.gather(*(grant.expired(refused) for _ in range(5)))


@pytest.mark.parametrize("kind", [Unreachable, UnknownOutcome])
async def test_a_renewal_that_fails_while_the_token_is_good_harms_nobody(
    clock: VirtualClock, kind: type[Fault]
) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    await clock.advance(3500)
    keeper.fault = kind("Not now.")
    for _ in range(5):
        assert await clock.run(used(grant)) == "Bearer access-1"
    assert keeper.renewals == 1
    await clock.advance(15)
    keeper.fault = None
    assert await clock.run(used(grant)) == "Bearer access-2"


@pytest.mark.parametrize("kind", [Unreachable, UnknownOutcome])
async def test_after_the_end_it_is_unreachable_and_never_an_unknown_write(
    clock: VirtualClock, kind: type[Fault]
) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    await clock.advance(3601)
    keeper.fault = kind("Not now.")
    with pytest.raises(Unreachable):
        await clock.run(used(grant))
    with pytest.raises(Unreachable):
        await clock.run(grant.expired({"authorization": "Bearer access-1"}))


async def test_a_wait_stays_a_wait(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    await clock.advance(3601)
    keeper.fault = TooFast("Later.", clock.now() + timedelta(minutes=1))
    with pytest.raises(TooFast):
        await clock.run(used(grant))


async def test_a_refused_grant_needs_a_person(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    keeper.fault = NeedsPerson("Connect again.")
    grant = GrantToken(keeper, clock, Redactor())
    with pytest.raises(NeedsPerson):
        await clock.run(grant.expired({"authorization": await used(grant)}))


async def test_a_caller_that_is_cancelled_does_not_stop_the_renewal(clock: VirtualClock) -> None:
    keeper = Keeper(clock)
    grant = GrantToken(keeper, clock, Redactor())
    await clock.advance(3500)
    caller = asyncio.ensure_future(used(grant))
    await settle()
    caller.cancel()
    await settle()
    assert await clock.run(used(grant)) == "Bearer access-2"
    assert keeper.renewals == 1


async def test_tokens_are_hidden_and_for_a_while_those_that_they_replaced(
    clock: VirtualClock,
) -> None:
    redactor = Redactor()
    grant = GrantToken(Keeper(clock), clock, redactor)
    await used(grant)
    assert "access-1" not in redactor.text("access-1")
    await clock.advance(3500)
    await clock.run(used(grant))
    assert "access-1" not in redactor.text("a late answer to a call with access-1")
    assert "access-2" not in redactor.text("access-2")


async def test_a_static_token() -> None:
    redactor = Redactor()
    token = StaticToken("X-Api-Token", "static-secret", redactor)
    assert await token.headers() == {"x-api-token": "static-secret"}
    assert await token.api_base() is None
    assert "static-secret" not in redactor.text("static-secret")
    with pytest.raises(NeedsPerson, match="connect"):
        await token.expired({})
