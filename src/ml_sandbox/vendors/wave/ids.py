"""Ids are opaque text: base64 of `Business:<uuid>` or `Business:<uuid>;Customer:<number>`.

Seen in public clients and live reports, not documented (sheet, section 3).
"""

from __future__ import annotations

import base64
import random


def encode(decoded: str) -> str:
    return base64.b64encode(decoded.encode()).decode()


def business_id(business_uuid: str) -> str:
    return encode(f"Business:{business_uuid}")


def child_id(business_uuid: str, kind: str, number: int | str) -> str:
    return encode(f"Business:{business_uuid};{kind}:{number}")


def new_uuid(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    parts = (digits[:8], digits[8:12], "4" + digits[13:16], variant + digits[17:20], digits[20:])
    return "-".join(parts)


def decoded(key: str) -> str:
    """The text inside an id. Raises ValueError for what is no id."""
    return base64.b64decode(key.encode("ascii"), validate=True).decode()
