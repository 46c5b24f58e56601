"""A plan is what the account pays for: requests a minute, and how much of custom objects.

Sources: developer.zendesk.com "Rate limits" and "Custom objects" (sheet, sections 5 and 8).
"""

from __future__ import annotations

from dataclasses import dataclass

ADDON_REQUESTS = 2500


@dataclass(frozen=True)
class Plan:
    """`objects` is 0 where the plan has no custom objects."""

    name: str
    requests_per_minute: int
    objects: int
    lookups_per_object: int


_PLANS = {
    plan.name: plan
    for plan in (
        Plan("suite_team", 200, 3, 5),
        Plan("suite_growth", 400, 5, 5),
        Plan("suite_professional", 400, 30, 10),
        Plan("suite_enterprise", 700, 50, 10),
        Plan("suite_enterprise_plus", 2500, 50, 10),
        Plan("support_essential", 10, 0, 0),
        Plan("support_team", 200, 0, 0),
        Plan("support_professional", 400, 0, 0),
        Plan("support_enterprise", 700, 30, 10),
    )
}


def plan_of(name: str) -> Plan:
    return _PLANS[name]
