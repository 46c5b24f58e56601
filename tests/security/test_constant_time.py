"""Secrets are compared in constant time, everywhere, and nothing else decides about a proof."""

from __future__ import annotations

import ast
import hmac
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_connector.core.faults import Forged
from ml_connector.core.vendor import Delivery, Vendor
from ml_connector.http import signatures
from tests.contract.stand import Stand
from tests.contract.test_webhooks import PLAIN, PROVEN, happenings, named, subscribe, turned
from tests.support.sandbox import Posted

SOURCE = Path(signatures.__file__).parents[1]
JUDGES = sorted(
    path
    for pattern in (
        "http/signatures.py", "vendors/*/webhooks.py", "vendors/*/uninstall.py", "web/*.py",
        "engine/ingest.py", "engine/doors.py", "engine/uninstalling.py", "engine/proving.py",
        "engine/confirming.py",
    )
    for path in SOURCE.glob(pattern)
)  # fmt: skip
SECRET = re.compile(
    r"secret|password|signature|passwd|hmac|digest|presented|expected|verifier|basic|\bproof\b"
    r"|\bcode\b|\btoken\b|\bgiven\b|authorization",
    re.IGNORECASE,
)
BY_VALUE = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
PLAIN_WORDS = {
    '''proofs.settings.get("webhook_signature")''': "how strictly, as a person set it",
    "SIGNATURE_HEADER": "the name of a header",
    '''how''': "how strictly, as a person set it",
    "before != code": "both are ours; nobody outside chooses when this runs",
}  # fmt: skip


def comparisons(text: str) -> Iterator[str]:
    """`line: source` of each comparison by value that has to do with a secret."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Match):
            source = ast.get_source_segment(text, node.subject) or ""
        elif isinstance(node, ast.Compare) and any(isinstance(op, BY_VALUE) for op in node.ops):
            source = ast.get_source_segment(text, node) or ""
        else:
            continue
        if SECRET.search(without_plain_words(source)):
            yield f"{node.lineno}: {source}"


def without_plain_words(source: str) -> str:
    for words in PLAIN_WORDS:
        source = source.replace(words, "")
    return re.sub(r'"[^"]*"', "", source)


@pytest.mark.parametrize("path", JUDGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_secret_is_compared_by_value(path: Path) -> None:
    assert list(comparisons(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "x = header == secret", "x = signature in expected", "x = proofs.secrets['a'] != given",
        "x = delivery.headers.get('x-code') == code", "match token:\n    case 'a': pass",
        "if basic_user(h) + password == y: pass",
    ],
)  # fmt: skip
def test_the_search_finds_such_a_comparison(line: str) -> None:
    module = SOURCE / "http" / "signatures.py"
    assert len(list(comparisons(module.read_text("utf-8") + f"\n{line}\n"))) == 1


def test_all_secrets_are_compared_even_after_one_has_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0
    compare = hmac.compare_digest

    def counted(one: Any, other: Any) -> bool:
        nonlocal calls
        calls += 1
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    secrets = ("first", "second", "third")
    counts = set()
    for name in (*secrets, "none of them"):
        calls = 0
        try:
            signatures.check_hex(signatures.hex_signature(name, b"x"), secrets, b"x")
        except Forged:
            assert name == "none of them"
        counts.add(calls)
    assert counts == {3}


async def delivered(stand: Stand, posted: Posted, headers: dict[str, str]) -> int:
    path = posted.url.split("/hooks/")[1]
    lowered = {name.lower(): value for name, value in headers.items()}
    delivery = Delivery(posted.body, lowered, stand.res.clock.now())
    return (await stand.run(stand.ingest.take(path, delivery))).status


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_the_constant_time_comparison_alone_decides(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it always says no, the genuine one is refused; where it always says yes, a forged one
    of the same shape is taken: so no other comparison stands beside it."""
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        posted = (await happenings(stand))[0]
        genuine = dict(posted.headers)
        keeps = {n for n in genuine if n.lower() in PLAIN}
        false = {n: v if n in keeps else turned({n: v})[n] for n, v in genuine.items()}
        false = {n: same_moment(genuine[n], v) for n, v in false.items()}
        assert await delivered(stand, posted, genuine) == 200
        assert await delivered(stand, posted, false) == 401
        with monkeypatch.context() as patch:
            patch.setattr(hmac, "compare_digest", lambda one, other: False)
            assert await delivered(stand, posted, genuine) == 401
        with monkeypatch.context() as patch:
            patch.setattr(hmac, "compare_digest", lambda one, other: True)
            assert await delivered(stand, posted, false) == 200


def same_moment(genuine: str, false: str) -> str:
    """A header's scheme and signed moment stay, so that only its proof is false."""
    if genuine.startswith("Basic "):
        return "Basic " + genuine[6:-4] + ("A" * 4 if genuine[-4:] != "AAAA" else "BBBB")
    if genuine.startswith("t="):
        moment, _, rest = genuine.partition(",")
        return f"{moment},{rest[:-6]}{'0' * 6 if rest[-6:] != '0' * 6 else '1' * 6}"
    return false
