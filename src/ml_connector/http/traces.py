"""Traces are what gives a secret away in a text: the secret itself, a part of it that is long
enough to be of use, and either of them in a form in which it travels or is quoted.

All of them are looked up in one pass over the text, however many secrets are known.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from threading import Lock
from urllib.parse import quote, quote_plus

SHORTEST_LITERAL = 6
"""A shorter text is no secret worth hiding everywhere: it would blot out half of the log."""

SHORTEST_PART = 12
"""A vendor may repeat a token with its end cut off. So many signs in a row are no chance."""

_GRAM = SHORTEST_LITERAL
_STRIDE = SHORTEST_PART - _GRAM + 1
"""Any part of that length holds a whole gram, wherever it begins."""

_PERCENT = re.compile(r"%[0-9A-F]{2}")

Place = tuple[str, int]
"""A form, and where in it a gram begins."""


def forms_of(secret: str) -> tuple[str, ...]:
    """The secret as it stands in URLs, forms, headers, JSON, HTML, and dumps of bytes."""
    raw = secret.encode("utf-8", "surrogatepass")
    quoted = [quote(raw, safe=""), quote(raw), quote_plus(raw)]
    escaped = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    forms = [
        secret,
        *quoted,
        *(_PERCENT.sub(lambda found: found[0].lower(), form) for form in quoted),
        *escaped,
        *(form.replace("/", "\\/") for form in escaped),
        html.escape(secret),
        repr(secret)[1:-1],
        raw.hex(),
        raw.hex().upper(),
        *_encoded(raw),
    ]
    return tuple(form for form in dict.fromkeys(forms) if len(form) >= SHORTEST_LITERAL)


def _encoded(raw: bytes) -> Iterator[str]:
    """In base64, whatever stands before and behind it: a name and a colon, as Basic has them."""
    for before in range(3):
        begins, ends = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(b"\0" * before + raw).decode()[begins:ends]


class Traces:
    """Finds the traces of the secrets that were added. Safe while other threads add."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._places: dict[str, tuple[Place, ...]] = {}
        self._changing = Lock()

    def __contains__(self, secret: str) -> bool:
        return secret in self._known

    def add(self, secret: str) -> None:
        """Look for it from now on."""
        with self._changing:
            if len(secret) < SHORTEST_LITERAL or secret in self._known:
                return
            self._known[secret] = forms_of(secret)
            for gram, place in _grams(self._known[secret]):
                self._places[gram] = (*self._places.get(gram, ()), place)

    def remove(self, secret: str) -> None:
        """Look for it no longer."""
        with self._changing:
            for gram, place in _grams(self._known.pop(secret, ())):
                left = list(self._places.pop(gram))
                left.remove(place)
                if left:
                    self._places[gram] = tuple(left)

    def replaced(self, text: str, by: str) -> str:
        """The text with `by` for each trace."""
        pieces, done = [], 0
        for begins, ends in self._found(text):
            pieces += [text[done:begins], by]
            done = ends
        return "".join((*pieces, text[done:])) if done else text

    def _found(self, text: str) -> list[tuple[int, int]]:
        """Where traces begin and end, in order; those that overlap are one."""
        places = self._places
        # Almost every text has none, so this first look is all that it costs
        hits = [at for at in range(len(text) - _GRAM + 1) if text[at : at + _GRAM] in places]
        found: list[tuple[int, int]] = []
        compared: dict[Place, int] = {}
        """How far the text was compared with a form that begins at that place of the text."""
        for at in hits:
            for place in places.get(text[at : at + _GRAM], ()):
                laid = (place[0], at - place[1])
                if compared.get(laid, 0) > at:
                    continue
                begins, ends = _run(text, at, place)
                compared[laid] = ends
                if ends - begins < min(len(place[0]), SHORTEST_PART):
                    continue
                while found and found[-1][1] > begins:
                    before = found.pop()
                    begins, ends = min(begins, before[0]), max(ends, before[1])
                found.append((begins, ends))
        return found


def _grams(forms: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    for form in forms:
        for at in range(0, len(form) - _GRAM + 1, _STRIDE):
            yield form[at : at + _GRAM], (form, at)


def _run(text: str, at: int, place: Place) -> tuple[int, int]:
    """How far the text is like the form, before and behind the gram that both have there."""
    form, left = place
    begins, ends, right = at, at + _GRAM, left + _GRAM
    while left and begins and form[left - 1] == text[begins - 1]:
        left, begins = left - 1, begins - 1
    while right < len(form) and ends < len(text) and form[right] == text[ends]:
        right, ends = right + 1, ends + 1
    return begins, ends
