"""Buttons: actions called on a record, done at once or as long operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica import errors
from ml_sandbox.vendors.acumatica.actions import ACTIONS, Action, Press
from ml_sandbox.vendors.acumatica.calls import Call, found
from ml_sandbox.vendors.acumatica.catalogue import Contract, Field, keys_of
from ml_sandbox.vendors.acumatica.errors import no_entity
from ml_sandbox.vendors.acumatica.inputs import Reader, parsed
from ml_sandbox.vendors.acumatica.longruns import LongRuns
from ml_sandbox.vendors.acumatica.requests import Answer
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rules import RULES


class Buttons:
    """`new_guid()` names long operations."""

    def __init__(self, site: Site, runs: LongRuns, new_guid: Callable[[], str]) -> None:
        self._site = site
        self._runs = runs
        self._new_guid = new_guid

    def press(self, call: Call, name: str) -> Answer:
        action = ACTIONS.get(call.entity, {}).get(name)
        declared = call.contract.actions.get(call.entity, {})
        if action is None and name not in declared:
            form = str(self._site.switch("not_found_body"))
            raise errors.not_found(form, f"The action '{name}' was not found.")
        body = parsed(call.request.body)
        strange = sorted(set(body) - {"entity", "parameters"})
        if strange:
            raise errors.invalid_request(strange[0], "Could not find such a member.")
        row = self._acted_on(call, body.get("entity"))
        if action is None:
            raise errors.disabled(name)
        given = self._parameters(call, declared.get(name), body.get("parameters"))
        action.check(row)
        return self._run(call, name, action, row, given)

    def _acted_on(self, call: Call, raw: Any) -> Row:
        given = Reader(call.books, call.contract).entity(call.entity, raw)
        if given.id is not None:
            return found(call, [given.id])
        key = {name: given.fields.get(name) for name in keys_of(call.entity)}
        whole = RULES[call.screen.table].key(call.screen, key)
        if whole is None:
            raise no_entity(500)
        return found(call, list(whole))

    def _parameters(self, call: Call, known: dict[str, str] | None, raw: Any) -> dict[str, Any]:
        """Parameters are wrapped; those of an undeclared action stand below `custom`."""
        if raw is None or raw == {}:
            return {}
        if not isinstance(raw, dict):
            raise errors.invalid_request("parameters", "The parameters are an object.")
        if known is None:
            return {}
        fields = {name: Field(name, "value", kind) for name, kind in known.items()}
        contract = Contract(call.contract.version, {"Parameters": fields}, {})
        return Reader(call.books, contract).entity("Parameters", raw).fields

    def _run(
        self, call: Call, name: str, action: Action, row: Row, given: dict[str, Any]
    ) -> Answer:
        today = call.business_date() or call.books.today()
        table = call.screen.table

        def work() -> None:
            stored = call.books.tables[table].get(row.id)
            if stored is None:
                raise no_entity(500)
            action.check(stored)
            unit = call.books.unit()
            action.run(Press(unit, unit.draft(table, stored), given, today))
            unit.commit()

        if not action.long or self._site.switch("actions_at_once"):
            work()
            return Answer(204)
        run = self._runs.start(self._new_guid(), call.caller.session.key, call.screen.form, work)
        address = f"{call.place.base}/{call.entity}/{name}/status/{run.id}"
        return Answer(202, headers=[("location", address)])

    def status(self, run_id: str) -> Answer:
        ended = self._runs.poll(run_id)
        if ended is None:
            form = str(self._site.switch("not_found_body"))
            raise errors.not_found(form, "The operation was not found.")
        return Answer(204 if ended else 202)
