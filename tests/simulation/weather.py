"""Weather is what no one in the firm does: vendors refuse and go silent, lines break, mail is lost,
tokens end, disks fill up and clocks are set wrong."""

from __future__ import annotations

import random
from typing import Any

from ml_connector.core.faults import StoreUnavailable
from ml_sandbox.refusal import Refusal
from ml_sandbox.world import World
from tests.support.disk import WORDS, Strike, Where

from .house import House
from .switches import draw_shut

STRUCK: dict[str, Where] = {
    "statement": "statement", "commit": "commit", "growth": "growth", "read": "statement",
}  # fmt: skip
"""What a disk may do besides refusing that anything is begun, and where that strikes."""
DAYS_OFF = (40 * 86_400.0, -40 * 86_400.0)
PAGE = "<html><body>Sorry, you have been blocked</body></html>"


class Weather:
    """Each kind of trouble is a method. `calm` ends what does not end by itself."""

    def __init__(self, world: World, house: House, vendors: tuple[str, str]) -> None:
        self._world = world
        self._house = house
        self._vendors = vendors
        self._shut: dict[str, Any] = {}
        """What stood before in switches that keep a vendor shut."""
        self.refused: set[int] = set()
        """Statuses by which something was refused for no reason of its own."""

    def strike(self, name: str, draw: random.Random) -> str:
        """Let it happen; what the trace says of it."""
        try:
            return str(getattr(self, name)(draw))
        except Refusal as refusal:
            return f"refused: {refusal}"[:80]

    def _order(self, draw: random.Random, kind: str, **more: Any) -> Any:
        vendor = draw.choice(self._vendors)
        rule = {"vendor": vendor, "kind": kind, "operation": "*", "after": draw.randint(0, 3)}
        if "times" not in more and "probability" not in more:
            rule["times"] = draw.randint(1, 3)
        self._world.faults.add({"rules": [rule | more]})
        return (vendor, kind, *(str(v)[:20] for v in more.values()))

    def refuse(self, draw: random.Random) -> Any:
        status = draw.choice((400, 401, 403, 409, 429, 429, 500, 500, 502, 503, 503))
        self.refused.add(status)
        body: Any = draw.choice((None, PAGE, {"error": "no"}))
        headers = {"retry-after": str(draw.choice((0, 2, 90)))} if draw.random() < 0.4 else {}
        if isinstance(body, str):
            headers["content-type"] = "text/html"
        return self._order(draw, "status", status=status, body=body, headers=headers)

    def cut(self, draw: random.Random) -> Any:
        return self._order(draw, draw.choice(("cut_before", "cut_after", "cut_after", "truncate")))

    def slow(self, draw: random.Random) -> Any:
        return self._order(draw, "slow", seconds=draw.choice((3, 19, 25)))

    def mail(self, draw: random.Random) -> Any:
        kind = draw.choice(("drop", "duplicate", "reorder", "delay"))
        return self._order(draw, f"webhook_{kind}", seconds=draw.choice((2, 400)))

    def stale(self, draw: random.Random) -> Any:
        return self._order(
            draw, draw.choice(("index_lag", "stale_read")), seconds=draw.choice((1, 5, 25))
        )

    def token(self, draw: random.Random) -> Any:
        return self._order(draw, "expire_access_token")

    def revoke(self, draw: random.Random) -> Any:
        return self._order(draw, "revoke_refresh_token", times=1)

    def closed(self, draw: random.Random) -> Any:
        return self._order(draw, "status", status=402, times=1)

    def outage(self, draw: random.Random) -> Any:
        return self._order(draw, "status", status=503, probability=0.9)

    def shut(self, draw: random.Random) -> Any:
        """A vendor is closed, or refuses something for good, until somebody there mends it."""
        told = draw_shut(self._vendors, draw)
        switches = self._world.switches
        self._shut = {name: switches.value(name) for name in told} | self._shut
        switches.change(told)
        return told

    def disk(self, draw: random.Random) -> Any:
        """Full for some commits, or locked by another program; or it fails in their midst, or as
        something is read."""
        left, why = draw.randint(1, 6), draw.choice(("The disk is full.", "It is locked."))
        where = draw.choice(("begin", "begin", *STRUCK))
        if where != "begin":
            return self._strike(draw, where, left)

        def trouble() -> StoreUnavailable | None:
            nonlocal left
            left -= 1
            return StoreUnavailable(why) if left >= 0 else None

        self._house.disk = trouble
        return (left, why)

    def _strike(self, draw: random.Random, where: str, left: int) -> Any:
        kind = "read" if where == "read" else "write"
        strike = Strike(STRUCK[where], draw.choice(sorted(WORDS)), draw.randint(0, 5))

        def befalls(asked: str) -> Strike | None:
            nonlocal left
            left -= asked == kind
            return strike if asked == kind and left >= 0 else None

        self._house.strike = befalls
        return (where, left, strike.code, strike.after)

    def network(self, draw: random.Random) -> Any:
        net = self._house.network
        net.slow, net.down = draw.choice(((0.0, 0.3), (0.15, 0.0), (0.05, 0.1)))
        return (net.slow, net.down)

    def wall_clock(self, draw: random.Random) -> Any:
        """It jumps; one that is days off is set right as it grows calm."""
        self._house.wall.ahead_seconds += draw.choice((-90, -2, 3, 45, 3600, -3600, *DAYS_OFF))
        return self._house.wall.ahead_seconds

    def calm(self, draw: random.Random | None = None) -> Any:
        self._world.faults.clear()
        self._world.switches.change(self._shut)
        self._shut = {}
        self._house.network.slow = self._house.network.down = 0.0
        self._house.disk = lambda: None
        self._house.strike = lambda kind: None
        if abs(self._house.wall.ahead_seconds) > 20 * 86_400:
            self._house.wall.ahead_seconds = 0.0
        return ""
