"""The key ring: what is written is read, what is wrong is refused, and nothing shows a key."""

from __future__ import annotations

import base64
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.faults import Mistake
from ml_connector.store.keyring import (
    KEY_BYTES,
    Key,
    KeyRing,
    KeyRingFile,
    KeyRingText,
    keyring_source,
    parse,
    render,
)
from tests.store.keys import key, ring

moments = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))
secrets = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
new_keys = st.builds(Key, st.text(min_size=1), secrets, moments)


@st.composite
def rings(draw: st.DrawFn) -> KeyRing:
    first, *more = draw(st.lists(new_keys, min_size=1, max_size=4, unique_by=lambda key: key.id))
    found = KeyRing((first,))
    for new in more:
        found = found.with_new(new)
    return found


def encoded(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


@given(rings())
def test_what_is_rendered_is_parsed(found: KeyRing) -> None:
    assert parse(render(found), "it") == found


@given(rings(), new_keys)
def test_a_new_key_is_the_only_active_one(found: KeyRing, new: Key) -> None:
    grown = found.with_new(new)
    assert grown.active == new
    assert [key.active for key in grown.keys] == [False] * len(found.keys) + [True]


@given(rings(), st.data())
def test_the_active_key_is_never_taken_away(found: KeyRing, data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.sampled_from([key.id for key in found.keys])))
    left = found.without(ids)
    assert left.active == found.active
    assert {key.id for key in left.keys} == {key.id for key in found.keys} - (
        set(ids) - {found.active.id}
    )


@given(st.text())
def test_any_text_is_a_ring_or_a_mistake_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(Mistake) as raised:
        parse(text, "the ring")
    assert raised.value.sentence.startswith("The ring cannot be used: ")
    assert raised.value.__cause__ is None


GOOD = json.loads(render(ring(1)))[0]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({"keys": []}, "not a list"),
        ([], "exactly one key must be active"),
        (["k1"], "key 1 needs id"),
        ([{**GOOD, "active": "yes"}], "key 1 needs id"),
        ([GOOD, {**GOOD, "id": "k2", "key": "no base64!"}], "key 2 is not readable"),
        ([{**GOOD, "key": encoded(b"short")}], "key 1 is not complete"),
        ([{**GOOD, "id": ""}], "key 1 is not complete"),
        ([{**GOOD, "created_at": "2026-01-01T00:00:00"}], "key 1 is not complete"),
        ([{**GOOD, "created_at": "yesterday"}], "key 1 is not readable"),
        ([GOOD, {**GOOD, "active": False}], "the same id"),
        ([GOOD, {**GOOD, "id": "k2"}], "exactly one"),
        ([{**GOOD, "active": False}], "exactly one"),
    ],
)
def test_a_wrong_ring_is_refused(rows: object, why: str) -> None:
    with pytest.raises(Mistake, match=why) as raised:
        parse(json.dumps(rows), "the ring")
    assert str(GOOD["key"]) not in str(raised.value)


def test_a_ring_in_a_file(tmp_path: Path) -> None:
    source = KeyRingFile(tmp_path / "keyring.json")
    assert not source.exists
    source.save(ring(1))
    source.save(ring(1, 2))
    assert source.exists
    assert source.load() == ring(1, 2)
    assert stat.S_IMODE(source.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]


def test_a_missing_ring_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="put back your copy") as raised:
        KeyRingFile(tmp_path / "keyring.json").load()
    assert str(tmp_path / "keyring.json") in raised.value.sentence


def test_a_ring_that_is_no_text_or_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Mistake, match="it is not text"):
        KeyRingFile(path).load()
    with pytest.raises(Mistake, match="could not be written"):
        KeyRingFile(tmp_path / "gone" / "keyring.json").save(ring(1))


def test_a_ring_handed_in_as_text_can_be_used_but_not_changed() -> None:
    source = KeyRingText(render(ring(3)))
    assert source.exists
    assert source.load() == ring(3)
    with pytest.raises(Mistake, match="put it into a file"):
        source.save(ring(3, 4))


def test_where_the_ring_is_looked_for(tmp_path: Path) -> None:
    usual, other = tmp_path / "keyring.json", tmp_path / "elsewhere.json"
    assert keyring_source(usual, None) == KeyRingFile(usual)
    assert keyring_source(usual, "  ") == KeyRingFile(usual)
    assert keyring_source(usual, str(other)) == KeyRingFile(other)
    assert keyring_source(usual, render(ring(1))).load() == ring(1)


def test_no_repr_shows_a_key() -> None:
    shown = repr(ring(65)) + repr(KeyRingText(render(ring(65)))) + str(key(65))
    assert "AAAA" not in shown
    assert encoded(key(65).secret) not in shown
