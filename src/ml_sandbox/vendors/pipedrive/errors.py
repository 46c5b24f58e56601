"""A refusal is an answer of Pipedrive other than 2xx, in the body form of the layer that refuses.

Pipedrive has no single error body: the gateway, the v2 services, what is left of v1, the webhooks
service and the edge in front of them all answer in a shape of their own (sheet, section 3).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

PROBLEM_HOST = "Please check developers.pipedrive.com"

EDGE_PAGE = (
    "<!DOCTYPE html><html><head><title>Access denied | Cloudflare</title></head>"
    "<body><h1>Sorry, you have been blocked</h1>"
    "<p>You are unable to access this site. Cloudflare Ray ID: 0000000000000000</p></body></html>"
)


class Refusal(Exception):
    """One refused request: status, body (JSON value or HTML text) and extra headers."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = headers or {}

    @property
    def content_type(self) -> str:
        return "text/html; charset=UTF-8" if isinstance(self.body, str) else "application/json"

    @property
    def content(self) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def gateway(status: int, error: str, headers: dict[str, str] | None = None) -> Refusal:
    """What the API gateway answers before any service sees the request."""
    body = {
        "success": False,
        "error": error,
        "errorCode": status,
        "error_info": PROBLEM_HOST,
    }
    return Refusal(status, body, headers)


def unauthorized() -> Refusal:
    return gateway(401, "unauthorized access", {"x-401-by-gw": "true"})


def scope_mismatch() -> Refusal:
    return gateway(403, "Scope and URL mismatch")


def rate_limited() -> Refusal:
    """Burst and daily exhaustion look alike (sheet, 8.4)."""
    return gateway(429, "Rate limit exceeded")


def edge_block() -> Refusal:
    return Refusal(403, EDGE_PAGE)


def account_not_open() -> Refusal:
    return generic(402, "Payment required", "The company account is not open.")


def maintenance() -> Refusal:
    return generic(503, "Service Unavailable", "Scheduled maintenance.")


def generic(status: int, error: str, info: str | None = None, code: str | None = None) -> Refusal:
    """The v1 form, which v2 shares for everything but validation."""
    body: dict[str, Any] = {
        "success": False,
        "error": error,
        "error_info": info or PROBLEM_HOST,
        "data": None,
        "additional_data": None,
    }
    if code is not None:
        body["code"] = code
    return Refusal(status, body)


def not_found() -> Refusal:
    return generic(404, "Entity was not found", "Object was not found.")


class Invalid(Refusal):
    """v2 validation: every fault of the request in one sentence, joined by `; `."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        sentence = "; ".join(f"{name}: {text}" for name, text in faults)
        super().__init__(
            400,
            {
                "success": False,
                "error": f"Validation failed: {sentence}",
                "code": "ERR_SCHEMA_VALIDATION_FAILED",
            },
        )
        self.faults = list(faults)


def not_allowed(name: str) -> tuple[str, str]:
    return name, f"Parameter '{name}' is not allowed for this request"


def webhook_fault(status: int, **errors: str) -> Refusal:
    """The webhooks service answers in its own form."""
    body = {
        "status": "error",
        "success": False,
        "errors": {name: [text] for name, text in errors.items()},
    }
    return Refusal(status, body)


def webhook_forbidden() -> Refusal:
    return Refusal(403, {"success": False, "message": "Forbidden"})
