"""A posting is one form as FreshBooks sends it to a callback's address, and its signature.

The signature is not over the body: the fields become a JSON object of strings, spaced and escaped
as Python's json.dumps does it, in the order in which they are sent; HMAC-SHA256 with the verifier's
text as key, base64 (sheet, section 7).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlencode

SIGNATURE_HEADER = "X-FreshBooks-Hmac-SHA256"
CONTENT_TYPE = "application/x-www-form-urlencoded"


def signed_text(fields: Mapping[str, str]) -> str:
    return json.dumps(dict(fields))


def form_body(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def hmac_base64(key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).decode()


def signature(verifier: str, fields: Mapping[str, str]) -> str:
    """The header's value at FreshBooks."""
    return hmac_base64(verifier, signed_text(fields).encode())


def raw_signature(secret: str, body: bytes) -> str:
    """The header's value as the product's description has it: the body, a shared secret."""
    return hmac_base64(secret, body)
