"""An endpoint answers for one entity at a time: it sends a call on to reads, changes or buttons."""

from __future__ import annotations

from collections.abc import Callable

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.buttons import Buttons
from ml_sandbox.vendors.acumatica.calls import Call
from ml_sandbox.vendors.acumatica.changes import Changes
from ml_sandbox.vendors.acumatica.errors import Failure, px
from ml_sandbox.vendors.acumatica.longruns import LongRuns
from ml_sandbox.vendors.acumatica.reads import Reads
from ml_sandbox.vendors.acumatica.requests import Answer


class Endpoint:
    """All entities of all endpoints; `new_guid()` names long operations."""

    def __init__(self, site: Site, runs: LongRuns, new_guid: Callable[[], str]) -> None:
        self._site = site
        self._runs = runs
        self._reads = Reads(site)
        self._changes = Changes(site)
        self._buttons = Buttons(site, runs, new_guid)

    def answer(self, call: Call, rest: list[str]) -> Answer:
        """`rest` is the path behind the entity. Raises the failure that is answered."""
        if call.entity == self._site.switch("setup_not_entered"):
            text = f"The required configuration data is not entered on the {call.entity} form."
            raise px(500, text, "PX.Data.PXSetupNotEnteredException")
        if rest[-2:-1] == ["status"] and len(rest) == 3:
            return self._buttons.status(rest[2])
        self._runs.check_lock(call.caller.session.key, call.screen.form)
        match (call.request.method, rest):
            case ("GET", []):
                return self._reads.listed(call)
            case ("GET", ["$adHocSchema"]):
                return Answer(200, self._reads.schema(call))
            case ("GET", _):
                return self._reads.record(call, rest)
            case ("PUT", []):
                return self._changes.put(call)
            case ("PATCH", []):
                return self._changes.write(call, patch=True)
            case ("DELETE", [_, *_]):
                return self._changes.delete(call, rest)
            case ("POST", [action]):
                return self._buttons.press(call, action)
            case ("POST", []):
                raise Failure(406, {"message": "Not Acceptable"})
        raise Failure(405, {"message": "The requested resource does not support this method."})
