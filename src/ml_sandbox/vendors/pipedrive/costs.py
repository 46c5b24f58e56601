"""A route's price: what each operation costs of the daily tokens, which scopes open it, and
whether it counts as a search. Taken from `x-token-cost` and `security` of the published files.
"""

from __future__ import annotations

from typing import NamedTuple


class Price(NamedTuple):
    tokens: int
    scopes: tuple[str, ...]
    is_search: bool = False


_DEALS_READ = ("deals:read", "deals:full")
_CONTACTS_READ = ("contacts:read", "contacts:full")
_ACTIVITIES_READ = ("activities:read", "activities:full")
_PRODUCTS_READ = ("products:read", "products:full")
_LINES_READ = (*_PRODUCTS_READ, *_DEALS_READ)
_LINES = ("products:full", "deals:full")
_STAGES_READ = (*_DEALS_READ, "admin")
_NOTES_READ = (*_DEALS_READ, *_CONTACTS_READ)
_NOTES = ("deals:full", "contacts:full")


def _crud(
    path: str, read: tuple[str, ...], write: tuple[str, ...], list_cost: int = 10
) -> dict[str, Price]:
    return {
        f"GET {path}": Price(list_cost, read),
        f"POST {path}": Price(5, write),
        f"GET {path}/{{id}}": Price(1, read),
        f"PATCH {path}/{{id}}": Price(5, write),
        f"DELETE {path}/{{id}}": Price(3, write),
    }


def _search(path: str, read: tuple[str, ...]) -> dict[str, Price]:
    return {f"GET {path}": Price(20, read, is_search=True)}


def _fields(
    path: str, read: tuple[str, ...], write: tuple[str, ...], change: tuple[str, ...]
) -> dict[str, Price]:
    one, options = f"{path}/{{field_code}}", f"{path}/{{field_code}}/options"
    return {
        f"GET {path}": Price(10, read),
        f"POST {path}": Price(5, write),
        f"GET {one}": Price(1, read),
        f"PATCH {one}": Price(5, change),
        f"DELETE {one}": Price(3, write),
        f"POST {options}": Price(5, change),
        f"PATCH {options}": Price(5, change),
        f"DELETE {options}": Price(3, change),
    }


_CONTACT_FIELDS = (
    (*_CONTACTS_READ, "admin", "contact-fields:full"),
    ("admin", "contact-fields:full"),
    ("contacts:full", "admin", "contact-fields:full"),
)
_PRODUCT_FIELDS = ("products:full", "product-fields:full")

#: "METHOD /path" below `/api/v2`
V2: dict[str, Price] = {
    **_crud("/organizations", _CONTACTS_READ, ("contacts:full",)),
    **_search("/organizations/search", (*_CONTACTS_READ, "search:read")),
    **_crud("/persons", _CONTACTS_READ, ("contacts:full",)),
    **_search("/persons/search", (*_CONTACTS_READ, "search:read")),
    **_crud("/deals", _DEALS_READ, ("deals:full",)),
    **_search("/deals/search", (*_DEALS_READ, "search:read")),
    "GET /deals/archived": Price(20, _DEALS_READ),
    "GET /deals/products": Price(10, _LINES_READ),
    "GET /deals/{id}/products": Price(10, _LINES_READ),
    "POST /deals/{id}/products": Price(5, _LINES),
    "DELETE /deals/{id}/products": Price(15, _LINES),
    "POST /deals/{id}/products/bulk": Price(25, _LINES),
    "PATCH /deals/{id}/products/{product_attachment_id}": Price(5, _LINES),
    "DELETE /deals/{id}/products/{product_attachment_id}": Price(3, _LINES),
    **_crud("/activities", _ACTIVITIES_READ, ("activities:full",)),
    **_crud("/products", _PRODUCTS_READ, ("products:full",)),
    **_search("/products/search", (*_PRODUCTS_READ, "search:read")),
    **_crud("/pipelines", _STAGES_READ, ("admin",), list_cost=5),
    **_crud("/stages", _STAGES_READ, ("admin",), list_cost=5),
    **_search("/itemSearch", ("search:read",)),
    **_search("/itemSearch/field", ("search:read",)),
    **_fields(
        "/dealFields",
        (*_DEALS_READ, "admin", "deal-fields:full"),
        ("admin", "deal-fields:full"),
        ("deals:full", "admin", "deal-fields:full"),
    ),
    **_fields("/organizationFields", *_CONTACT_FIELDS),
    **_fields("/personFields", *_CONTACT_FIELDS),
    **_fields(
        "/productFields",
        (*_PRODUCTS_READ, "product-fields:full"),
        _PRODUCT_FIELDS,
        _PRODUCT_FIELDS,
    ),
    "GET /activityFields": Price(10, ("admin",)),
    "GET /activityFields/{field_code}": Price(1, ("admin",)),
}

#: "METHOD /path" below `/api/v1` and `/v1`
V1: dict[str, Price] = {
    "GET /users": Price(20, ("users:read",)),
    "GET /users/me": Price(2, ("base",)),
    "GET /users/{id}": Price(2, ("users:read",)),
    "GET /currencies": Price(20, ("base",)),
    "GET /activityTypes": Price(20, (*_ACTIVITIES_READ, "admin")),
    "GET /webhooks": Price(10, ("admin",)),
    "POST /webhooks": Price(10, ("admin",)),
    "DELETE /webhooks/{id}": Price(6, ("admin",)),
    "GET /notes": Price(20, _NOTES_READ),
    "POST /notes": Price(10, _NOTES),
    "GET /notes/{id}": Price(2, _NOTES_READ),
    "PUT /notes/{id}": Price(10, _NOTES),
    "DELETE /notes/{id}": Price(6, _NOTES),
    "PUT /organizations/{id}/merge": Price(40, ("contacts:full",)),
    "PUT /persons/{id}/merge": Price(40, ("contacts:full",)),
    "PUT /deals/{id}/merge": Price(40, ("deals:full",)),
}

#: v1 paths that were declared out of support (sheet, section 1): they answer 410 here.
V1_GONE = (
    "organizations",
    "persons",
    "deals",
    "activities",
    "products",
    "pipelines",
    "stages",
    "itemSearch",
)
