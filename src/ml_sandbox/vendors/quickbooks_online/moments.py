"""Moments of the past: when the seed's records were made, all before the world's first day."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta


class Moments:
    """Whole seconds, seeded; none lies on or behind the midnight before the world begins."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self._chance = chance
        self._midnight = datetime.combine(today, time(), UTC)

    def on(self, day: date) -> datetime:
        """Some working hour of that day; Pacific time then shows the same day."""
        moment = datetime.combine(day, time(), UTC) + timedelta(hours=15)
        return self._bounded(moment + timedelta(seconds=self._chance.randrange(8 * 3600)))

    def since(self, moment: datetime) -> datetime:
        """Some moment between that one and the world's beginning."""
        room = int((self._midnight - moment).total_seconds())
        return moment if room <= 1 else moment + timedelta(seconds=self._chance.randrange(1, room))

    def ago(self, span: timedelta) -> datetime:
        return self._midnight - span

    def _bounded(self, moment: datetime) -> datetime:
        if moment < self._midnight:
            return moment
        return self._midnight - timedelta(seconds=self._chance.randrange(1, 3600))
