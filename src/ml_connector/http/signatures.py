"""A signature proves who sent a delivery: whoever holds the secret. Compared in constant time.

Several secrets are tried, because two are valid while one is being replaced.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from ml_connector.core.faults import Forged


def hex_signature(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in lower-case hex; the key is the secret's text in UTF-8."""
    return hmac.new(secret.encode(), message, sha256).hexdigest()


def base64_signature(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in standard base64; the key is the secret's text in UTF-8."""
    return b64encode(hmac.new(secret.encode(), message, sha256).digest()).decode()


def check_hex(header: str, secrets: Sequence[str], message: bytes) -> None:
    """Raises Forged unless the header is the hex signature by one of the secrets."""
    _check([header.strip()], (hex_signature(s, message) for s in _known(secrets)))


def check_base64(header: str, secrets: Sequence[str], message: bytes) -> None:
    """Raises Forged unless the header is the base64 signature by one of the secrets."""
    _check([header.strip()], (base64_signature(s, message) for s in _known(secrets)))


def check_secret(header: str, secrets: Sequence[str]) -> None:
    """Raises Forged unless the header is one of the secrets, where a vendor signs nothing."""
    _check([header.strip()], _known(secrets))


def check_timestamped(
    header: str,
    secrets: Sequence[str],
    body: bytes,
    now: datetime,
    *,
    back_seconds: int,
    ahead_seconds: int,
) -> None:
    """Raises Forged unless `t=<unix seconds>,v1=<hex>` signs `<t>.<body>`, and t is near `now`.

    The header may hold several v1. The moment is looked at after the signature, so that nobody
    learns anything by trying moments.
    """
    moment, signatures = _parse_timestamped(header)
    message = moment.encode("ascii") + b"." + body
    _check(signatures, (hex_signature(s, message) for s in _known(secrets)))
    age_seconds = now.timestamp() - int(moment)
    if age_seconds > back_seconds:
        raise Forged(f"The delivery was signed more than {back_seconds} seconds ago.")
    if age_seconds < -ahead_seconds:
        raise Forged(f"The delivery was signed more than {ahead_seconds} seconds in the future.")


def check_basic(header: str, users: Sequence[str], passwords: Sequence[str]) -> None:
    """Raises Forged unless the header is HTTP Basic with one of the pairs, matched by position."""
    given = _basic(header)
    pairs = [f"{u}:{p}".encode() for u, p in zip(users, passwords, strict=False) if u and p]
    if not pairs:
        raise Forged("No user name and password are set for this endpoint.")
    hits = [hmac.compare_digest(given, pair) for pair in pairs]
    if not any(hits):
        raise Forged("The delivery's user name and password are wrong.")


def basic_user(header: str) -> str:
    """The user name in an HTTP Basic header, which proves nothing yet. Raises Forged."""
    return _basic(header).partition(b":")[0].decode("utf-8", "replace")


def _basic(header: str) -> bytes:
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or not encoded.strip():
        raise Forged("The delivery carries no user name and password.")
    try:
        return b64decode(encoded.strip(), validate=True)
    except (Base64Error, ValueError):
        raise Forged("The delivery's user name and password cannot be read.") from None


def _parse_timestamped(header: str) -> tuple[str, list[str]]:
    moments, signatures = list[str](), list[str]()
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            moments.append(value)
        elif name == "v1":
            signatures.append(value)
    if len(moments) != 1 or not signatures:
        raise Forged("The delivery carries no readable signature.")
    moment = moments[0]
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= 15):
        raise Forged("The delivery's signature names no moment.")
    return moment, signatures


def _check(given: Sequence[str], expected: Iterable[str]) -> None:
    presented = [g.encode("utf-8", "surrogateescape") for g in given]
    if not any(presented):
        raise Forged("The delivery carries no signature.")
    hits = [hmac.compare_digest(g, e.encode()) for e in expected for g in presented]
    if not any(hits):
        raise Forged("The delivery's signature is wrong.")


def _known(secrets: Sequence[str]) -> list[str]:
    """The secrets that are set; an empty one would let anybody sign."""
    known = [secret for secret in secrets if secret]
    if not known:
        raise Forged("No secret is set for this endpoint, so nothing can be proven.")
    return known
