"""The human before Pipedrive's screens, as the sandbox's controls know one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ml_sandbox import refusal
from ml_sandbox.vendor import Record

from .errors import Refusal
from .pages import FIELD_OBJECTS, Pages

T = TypeVar("T")
_MERGE = ("merge",)
OBJECTS: Mapping[str, tuple[str, ...]] = {
    "organizations": _MERGE,
    "persons": _MERGE,
    "deals": ("win", "lose", "reopen", "merge"),
    "deal_products": (),
    "products": (),
    "activities": (),
    **dict.fromkeys(FIELD_OBJECTS, ()),
    "pipelines": (),
    "stages": (),
    "notes": (),
    "users": (),
    "webhooks": (),
}


class PipedriveHuman:
    """Hands every gesture on to the pages; Pipedrive's refusals become the sandbox's."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return OBJECTS

    def records(self, noun: str) -> list[Record]:
        return _told(lambda: self._pages.records_of(noun))

    def record(self, noun: str, key: str) -> Record:
        return _told(lambda: self._pages.read(noun, key))

    def create(self, noun: str, body: Record) -> Record:
        return _told(lambda: self._pages.create(noun, body))

    def change(self, noun: str, key: str, body: Record) -> Record:
        return _told(lambda: self._pages.change(noun, key, body))

    def delete(self, noun: str, key: str) -> Record:
        return _told(lambda: self._pages.delete(noun, key))

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        return _told(lambda: self._pages.act(noun, key, action, body))


def _told(gesture: Callable[[], T]) -> T:
    try:
        return gesture()
    except Refusal as refused:
        body = refused.body if isinstance(refused.body, dict) else {}
        message = str(body.get("error") or body.get("errors") or "refused")
        status = 404 if refused.status == 404 else 400
        raise refusal.Refusal(status, message) from None
