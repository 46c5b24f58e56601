"""Signatures: vectors from outside, and what a forger may try."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.faults import Forged
from ml_connector.http.signatures import (
    base64_signature,
    check_base64,
    check_basic,
    check_hex,
    check_secret,
    check_timestamped,
    hex_signature,
)

EXAMPLES = Path(__file__).parents[3] / "shared" / "specs" / "wave" / "examples.json"

# RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
RFC_MESSAGE = b"what do ya want for nothing?"
RFC_HEX = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

# The webhook vector of shared/specs/wave/examples.json, its values written anew.
WAVE_SECRET = "wave-example-secret"
WAVE_HEADER = "t=1777600000,v1=3eb6e750982e2e0e81b2de8de0ee0430b4f14d91be6397b37347d9d9cfd21591"
WAVE_BUSINESS = "QnVzaW5lc3M6MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1"
WAVE_BODY = (
    '{"event_id":"0f8f2c1e-6a55-4e0e-9c58-2f1f5b1f0001","event_type":"invoice.overdue",'
    f'"business_id":"{WAVE_BUSINESS}","data":{{"invoice_id":"{WAVE_BUSINESS}O0ludm9pY2U6MjAwMQ==",'
    f'"customer_id":"{WAVE_BUSINESS}O0N1c3RvbWVyOjEwMDE=","currency_code":"USD",'
    '"issue_date":"2026-04-01","due_date":"2026-04-30","invoice_balance":"200.00"}}'
).encode()
WAVE_SIGNED_AT = datetime.fromtimestamp(1777600000, UTC)


def check_wave(
    header: str = WAVE_HEADER,
    secrets: tuple[str, ...] = (WAVE_SECRET,),
    body: bytes = WAVE_BODY,
    late_seconds: float = 0,
) -> None:
    now = WAVE_SIGNED_AT + timedelta(seconds=late_seconds)
    check_timestamped(header, secrets, body, now, back_seconds=300, ahead_seconds=60)


def test_the_vector_of_the_rfc() -> None:
    assert hex_signature("Jefe", RFC_MESSAGE) == RFC_HEX
    assert base64_signature("Jefe", RFC_MESSAGE) == b64encode(bytes.fromhex(RFC_HEX)).decode()
    check_hex(RFC_HEX, ["Jefe"], RFC_MESSAGE)
    check_base64(base64_signature("Jefe", RFC_MESSAGE), ["other", "Jefe"], RFC_MESSAGE)


def test_the_wave_vector() -> None:
    check_wave()
    check_wave(late_seconds=300)
    check_wave(late_seconds=-60)


def test_the_wave_vector_is_the_given_one() -> None:
    if not EXAMPLES.exists():
        pytest.skip("the given material (../shared) is not beside this checkout")
    given_vector = json.loads(EXAMPLES.read_text())["webhook_vector"]
    assert given_vector["raw_body"].encode() == WAVE_BODY
    assert given_vector["headers"]["x-wave-signature"] == WAVE_HEADER
    assert given_vector["secret"] == WAVE_SECRET


@pytest.mark.parametrize("late_seconds", [300.5, 301, 86_400, -60.5, -61, -86_400])
def test_too_old_and_from_the_future(late_seconds: float) -> None:
    with pytest.raises(Forged):
        check_wave(late_seconds=late_seconds)


def test_a_second_signature_and_a_second_secret_do() -> None:
    _, _, right = WAVE_HEADER.partition(",")
    check_wave(header=f"t=1777600000, v1={'0' * 64}, {right}, v0=what")
    check_wave(secrets=("older", WAVE_SECRET))


@pytest.mark.parametrize(
    "header",
    [
        "", "t=1777600000", "v1=abc", WAVE_HEADER.replace("t=1777600000", "t="),
        WAVE_HEADER.replace("t=1777600000", "t=1777600001"),
        WAVE_HEADER.replace("t=1777600000", "t=+1777600000"),
        WAVE_HEADER.replace("t=1777600000", "t=1777600000.0"),
        WAVE_HEADER.replace("t=1777600000", "t=١٧٧٧٦٠٠٠٠٠"),
        WAVE_HEADER.replace("t=1777600000", "t=" + "9" * 400),
        f"t=1,{WAVE_HEADER}", f"{WAVE_HEADER},t=1777600000",
        WAVE_HEADER.replace("v1", "v2"), WAVE_HEADER[:-1],
        WAVE_HEADER.replace("3eb6", "3EB6"), "t=1777600000,v1=", "t=1777600000,v1=\udcff",
    ],
)  # fmt: skip
def test_no_other_header_passes(header: str) -> None:
    with pytest.raises(Forged):
        check_wave(header=header)


@pytest.mark.parametrize("secrets", [(), ("",), ("", "wrong")])
def test_no_secret_and_no_empty_secret_proves_anything(secrets: tuple[str, ...]) -> None:
    empty = hex_signature("", b"1777600000." + WAVE_BODY)
    with pytest.raises(Forged):
        check_wave(header=f"t=1777600000,v1={empty}", secrets=secrets)


def test_a_static_header_is_one_of_the_secrets_and_nothing_else() -> None:
    check_secret(" second ", ["first", "second"])
    for header, secrets in [("", ["s"]), ("s", []), ("", [""]), ("S", ["s"]), ("s2", ["s"])]:
        with pytest.raises(Forged):
            check_secret(header, secrets)


@given(
    secret=st.text(min_size=1).filter(lambda s: s.isprintable()),
    body=st.binary(max_size=200),
    other=st.binary(max_size=200),
)
@settings(deadline=None)
def test_only_the_same_bytes_pass(secret: str, body: bytes, other: bytes) -> None:
    for sign, check in ((hex_signature, check_hex), (base64_signature, check_base64)):
        check(f" {sign(secret, body)} ", [secret], body)
        if other != body:
            with pytest.raises(Forged):
                check(sign(secret, body), [secret], other)
        with pytest.raises(Forged):
            check(sign(secret + "x", body), [secret], body)


@given(header=st.text(max_size=100))
@settings(deadline=None)
def test_any_made_up_header_is_forged_and_breaks_nothing(header: str) -> None:
    with pytest.raises(Forged):
        check_wave(header=header)
    with pytest.raises(Forged):
        check_hex(header, ["s"], b"")
    with pytest.raises(Forged):
        check_base64(header, ["s"], b"")
    with pytest.raises(Forged):
        check_basic(header, ["u"], ["p"])


def basic(pair: str) -> str:
    return "Basic " + b64encode(pair.encode()).decode()


def test_basic() -> None:
    check_basic(basic("user:pass:word"), ["user"], ["pass:word"])
    check_basic(basic("new:n").replace("Basic", "basic"), ["old", "new"], ["o", "n"])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!",
        "Bearer abc",
        basic("user"),
        basic("user:"),
        basic("old:n"),
        basic(":"),
    ],
)
def test_basic_with_anything_else(header: str) -> None:
    with pytest.raises(Forged):
        check_basic(header, ["user", "old", ""], ["pass", "o", ""])


def test_the_sentence_holds_no_secret() -> None:
    with pytest.raises(Forged) as caught:
        check_hex("abc", [WAVE_SECRET], b"body")
    assert WAVE_SECRET not in str(caught.value)
    assert hex_signature(WAVE_SECRET, b"body") not in str(caught.value)
