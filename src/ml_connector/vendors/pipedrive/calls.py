"""A call is one operation of Pipedrive's API: its path, and what it takes from the daily budget.

Paths and costs (x-token-cost) are those of Pipedrive's OpenAPI files v1 and v2. A listing costs the
same however many records its page holds, so each asks for as many as it may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from ml_connector.core.limits import Price
from ml_connector.core.wire import Request

PAGE_SIZE = 500
GENERIC_HOST = "api.pipedrive.com"


@dataclass(frozen=True, slots=True)
class Call:
    """`path` has at most one `{id}`."""

    method: str
    path: str
    tokens: int
    version: Literal["v1", "v2"] = "v2"

    def request(
        self, roots: Mapping[str, str], id: str, params: Mapping[str, str], json: Any
    ) -> Request:
        return Request(
            self.method,
            roots[self.version] + self.path.replace("{id}", quote(id, safe="")),
            params=params,
            json=json,
            price=Price(tokens=self.tokens),
            writes=self.method != "GET",
        )


def roots(settings: Mapping[str, str]) -> dict[str, str]:
    """Where each version begins.

    What is left of v1 stands at /api/v1 of a company's host, but at /v1 of the generic one, which
    is the default for an API token; a grant brings its company's host with it.
    """
    base = settings.get("base_url", "")
    generic = urlsplit(base).hostname == GENERIC_HOST if base else settings.get("auth") == "token"
    return {"v1": "/v1" if generic else "/api/v1", "v2": "/api/v2"}


MOST_IDS = 100
"""As many as `ids=` and `deal_ids=` take."""

RECORDS = ("organizations", "persons", "deals", "activities", "products")
LIST = {name: Call("GET", f"/{name}", 10) for name in RECORDS}
READ = {name: Call("GET", f"/{name}/{{id}}", 1) for name in RECORDS}
CREATE = {name: Call("POST", f"/{name}", 5) for name in RECORDS}
UPDATE = {name: Call("PATCH", f"/{name}/{{id}}", 5) for name in RECORDS}
LIST_ARCHIVED_DEALS = Call("GET", "/deals/archived", 20)
LIST_LINES = Call("GET", "/deals/products", 10)

FIELDS_PATH = {
    "organizations": "/organizationFields",
    "persons": "/personFields",
    "deals": "/dealFields",
    "products": "/productFields",
}
LIST_FIELDS = {name: Call("GET", path, 10) for name, path in FIELDS_PATH.items()}
CREATE_FIELD = {name: Call("POST", path, 5) for name, path in FIELDS_PATH.items()}
LIST_PIPELINES = Call("GET", "/pipelines", 5)
CREATE_PIPELINE = Call("POST", "/pipelines", 5)
LIST_STAGES = Call("GET", "/stages", 5)
CREATE_STAGE = Call("POST", "/stages", 5)

ME = Call("GET", "/users/me", 2, "v1")
LIST_CURRENCIES = Call("GET", "/currencies", 20, "v1")
LIST_WEBHOOKS = Call("GET", "/webhooks", 10, "v1")
CREATE_WEBHOOK = Call("POST", "/webhooks", 10, "v1")
DELETE_WEBHOOK = Call("DELETE", "/webhooks/{id}", 6, "v1")
