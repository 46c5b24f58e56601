"""The key ring against a model: whatever is rotated, cut, restored or mislaid, no secret is lost.

The model is the plaintexts by their places. After each step every secret reads as there, for the
process that works, which begins anew now and then, and for one that has held its ring for long;
what was sealed with a key that was let go lies nowhere any more. A ring that is not the database's
changes nothing, and the sentence says how to mend it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import Connection, select, update

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.store.keyring import KeyRing, render
from ml_connector.store.rotation import BATCH_SIZE, Rotation, key_status, rotate
from ml_connector.store.sqlite import open_database
from ml_connector.store.tables import meta, secrets
from ml_connector.store.vault import (
    delete_secret,
    delete_secrets,
    get_secret,
    get_secrets,
    put_secret,
)
from tests.models.keyed_home import Cut, KeyedHome, Process, rows
from tests.store.keys import key
from tests.support.searching import searching

Place = tuple[str, str]

OWNERS = ("app:1", "grant:1", "grant:2")
NAMES = ("access_token", "refresh_token")
MANY = BATCH_SIZE + 20
"""More than a rotation seals anew in one commit."""

places = st.tuples(st.sampled_from(OWNERS), st.sampled_from(NAMES))
values = st.sampled_from(["", "one", "two", "schön", "x" * 300])


def _lacking(ring: KeyRing) -> str:
    kept = tuple(k for k in ring.keys if not k.active)
    return render(KeyRing(kept).with_new(key(98)))


WRONG: dict[str, Callable[[KeyRing], str | None]] = {
    "missing": lambda ring: None,
    "empty": lambda ring: "",
    "no list": lambda ring: "{}",
    "no key": lambda ring: "[]",
    "cut short": lambda ring: render(ring)[: len(render(ring)) // 2],
    "all active": lambda ring: render(ring.with_new(key(98))).replace("false", "true"),
    "none active": lambda ring: render(ring).replace("true", "false"),
    "of another home": lambda ring: render(KeyRing((key(98),))),
    "other bytes": lambda ring: render(
        KeyRing(tuple(replace(k, secret=b"?" * 32) if k.active else k for k in ring.keys))
    ),
    "the key of the secrets lacks": _lacking,
}


class KeyRingMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.at = KeyedHome()
        self.model: dict[Place, str] = {}
        self.process = self.at.begin()
        self.old = self.at.begin()
        """Has the database open, and never looks at the ring by itself."""
        self.made = 1
        self.ciphertexts: dict[bytes, str] = {}
        """All that ever were, with their keys."""
        self.copy: tuple[bytes, dict[Place, str]] | None = None

    @initialize(many=st.sampled_from([0, 0, 0, MANY]))
    def set_up(self, many: int) -> None:
        def put_all(conn: Connection) -> None:
            for number in range(many):
                put_secret(conn, self.process.vault, "grant:many", f"{number:03}", str(number))

        self.process.do(put_all)
        self.model |= {("grant:many", f"{n:03}"): str(n) for n in range(many)}

    # --- secrets --------------------------------------------------------------------------------

    @rule(place=places, value=values)
    def put(self, place: Place, value: str) -> None:
        self.process.do(lambda c: put_secret(c, self.process.vault, *place, value))
        self.model[place] = value

    @rule(place=places)
    def delete(self, place: Place) -> None:
        self.process.do(lambda c: delete_secret(c, *place))
        self.model.pop(place, None)

    @rule(owner=st.sampled_from(OWNERS))
    def delete_all_of(self, owner: str) -> None:
        self.process.do(lambda c: delete_secrets(c, owner))
        self.model = {place: v for place, v in self.model.items() if place[0] != owner}

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def a_secret_is_put_in_anothers_place(self, data: st.DataObject) -> None:
        """It does not open there, which a rotation tells too; who connects again goes on."""
        place = data.draw(st.sampled_from(sorted(self.model)))
        vault = self.process.vault
        foreign = vault.seal("grant:foreign", place[1], "foreign")
        moved = update(secrets).where(secrets.c.owner == place[0], secrets.c.name == place[1])
        values = {"nonce": foreign.nonce, "ciphertext": foreign.ciphertext}
        self.process.do(lambda c: c.execute(moved.values(key_id=foreign.key_id, **values)).rowcount)
        with pytest.raises(NeedsPerson, match="connect again"):
            self.process.look(lambda c: get_secret(c, vault, *place))
        with pytest.raises(NeedsPerson, match="connect again"):
            self._rotate()
        self.put(place, self.model[place])

    # --- rotation -------------------------------------------------------------------------------

    def _rotate(self) -> Rotation:
        self.made += 1
        new = key(self.made)
        at = self.process
        return asyncio.run(rotate(at.store, at.source, at.vault, lambda: new))

    @rule()
    def rotate_in_peace(self) -> None:
        before, held = self.at.source.load(), self._held()
        stale = {id for id in held if id != before.active.id}
        done = self._rotate()
        after = self.at.source.load()
        assert done.resumed == bool(stale)
        assert done.active == (before.active.id if stale else f"k{self.made}") == after.active.id
        assert self._held() == ({done.active: len(self.model)} if self.model else {})
        assert len(after.keys) <= 2
        if not stale:
            assert before.active.id in [k.id for k in after.keys]
        assert {k.id for k in before.keys} - {k.id for k in after.keys} == set(done.removed)
        current = {ciphertext for _, ciphertext in self.process.look(rows).values()}
        self._demand_wiped(set(self.ciphertexts) - current)

    @rule(after=st.integers(0, 26), again=st.none() | st.integers(0, 12))
    def rotate_and_be_cut(self, after: int, again: int | None) -> None:
        """At that step; the process that begins after it may be cut in its turn."""
        for left in (after, again):
            if left is not None:
                self.process.fuse.left = left
                try:
                    self._rotate()
                except Cut:
                    self._begin_anew()
                self.process.fuse.left = None

    @rule()
    def begin_anew(self) -> None:
        self._begin_anew()

    @rule()
    def the_old_one_begins_anew(self) -> None:
        asyncio.run(self.old.close())
        self.old = self.at.begin()

    @rule()
    def set_up_once_more(self) -> None:
        self.at.set_up_again()

    def _begin_anew(self) -> None:
        asyncio.run(self.process.close())
        self.process = self.at.begin()

    # --- copies of the database -----------------------------------------------------------------

    @rule(rotations=st.integers(0, 2))
    def copy_the_database(self, rotations: int) -> None:
        self.copy = (self.at.image(), dict(self.model))
        for _ in range(rotations):
            self._rotate()
        if rotations == 1:
            self.restore_the_copy()

    @precondition(lambda self: self.copy is not None)
    @rule()
    def restore_the_copy(self) -> None:
        """With the ring of now. It opens while that has the keys of all its secrets, as after one
        rotation; else it is refused and stays as it is, and the one of before is put back."""
        assert self.copy is not None
        image, model = self.copy
        before = self.at.image()
        self._close()
        self.at.put_image(image)
        if self._is_openable():
            self.process, self.model = self.at.begin(), dict(model)
        else:
            with pytest.raises(Mistake, match="put back"):
                self.at.begin()
            self.at.put_image(before)
            self.process = self.at.begin()
        self.old = self.at.begin()

    def _is_openable(self) -> bool:
        """Whether the ring of now has what the database in its place is sealed with."""
        database = open_database(self.at.home.database)
        with database.reader.begin() as conn:
            used = {id for id, _ in rows(conn).values()}
            names = conn.execute(select(meta.c.name)).scalars()
            known = {name.removeprefix("key:") for name in names}
        database.dispose()
        ring = {k.id for k in self.at.source.load().keys}
        return used <= ring if used else bool(known & ring)

    # --- a ring that is not the database's ------------------------------------------------------

    @rule(kinds=st.lists(st.sampled_from(sorted(WRONG)), min_size=3, max_size=3, unique=True))
    def the_ring_is_another(self, kinds: list[str]) -> None:
        """Nothing is changed by whoever begins, sets up or rotates; who has the right one in hand
        goes on with it."""
        file, true = self.at.home.keyring, self.at.source.load()
        right, before = file.read_bytes(), self.at.dumped()
        for wrong in (WRONG[kind](true) for kind in kinds):
            file.unlink() if wrong is None else file.write_text(wrong)
            content = None if wrong is None else file.read_bytes()
            attempts: list[Callable[[], Any]] = [self.at.begin, self.at.set_up_again, self._rotate]
            for attempt in attempts:
                with pytest.raises(Mistake, match="put back"):
                    attempt()
                assert self.at.dumped() == before
                assert (file.read_bytes() if file.exists() else None) == content
        self.put(("grant:1", "access_token"), kinds[0])
        self._demand_all(self.process)
        file.write_bytes(right)
        self._begin_anew()

    @rule(place=places)
    def the_ring_cannot_be_written(self, place: Place) -> None:
        """Nothing is sealed with a key that is on no disk."""
        in_the_way = self.at.home.keyring.with_name("keyring.json.part")
        in_the_way.unlink(missing_ok=True)
        in_the_way.mkdir()
        before = self.at.source.load()
        if len(before.keys) == 1 or self._held().keys() <= {before.active.id}:
            with pytest.raises(Mistake, match="check that this user may write"):
                self._rotate()
        assert self.at.source.load() == before
        in_the_way.rmdir()
        self.put(place, "stored after it")

    # --- what must hold -------------------------------------------------------------------------

    def _held(self) -> dict[str, int]:
        ring = self.at.source.load()
        told = self.process.look(lambda c: key_status(c, ring))
        return {each.id: each.secrets for each in told if each.secrets}

    def _demand_all(self, process: Process) -> None:
        owners = process.look(lambda c: sorted({owner for owner, _ in rows(c)}))
        found = process.look(lambda c: {o: get_secrets(c, process.vault, o) for o in owners})
        assert {(o, n): v for o, named in found.items() for n, v in named.items()} == self.model

    def _demand_wiped(self, ciphertexts: set[bytes]) -> None:
        there = self.at.all_bytes()
        assert not [each for each in ciphertexts if each[:16] in there]

    @invariant()
    def every_secret_reads_as_it_was_put(self) -> None:
        for process in (self.process, self.old):
            self._demand_all(process)

    @invariant()
    def what_is_sealed_is_under_a_key_of_the_ring(self) -> None:
        found, ring = self.process.look(rows), self.at.source.load()
        assert set(found) == set(self.model)
        ids = {k.id for k in ring.keys}
        assert {id for id, _ in found.values()} <= ids
        self.ciphertexts |= {ciphertext: id for id, ciphertext in found.values()}
        assert len({c for _, c in found.values()}) == len(found)
        self._demand_wiped({c for c, id in self.ciphertexts.items() if id not in ids})

    def _close(self) -> None:
        for process in (self.process, self.old):
            asyncio.run(process.close())

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.rotate_in_peace()
                self.rotate_in_peace()
                self.every_secret_reads_as_it_was_put()
        finally:
            self._close()
            self.at.close()


TestKeyRing = KeyRingMachine.TestCase
TestKeyRing.settings = searching(20, steps=14)
