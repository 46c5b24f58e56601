"""The fixture of tests against the simulated Acumatica."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ml_sandbox.vendors.acumatica import KIND
from tests.support.clock import VirtualClock
from tests.support.sandbox import InProcessSandbox
from tests.vendors.acumatica.stand import Stand


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    clock = VirtualClock()
    sandbox = InProcessSandbox(kinds=[KIND], clock=clock)
    ready = sandbox.app.world.ready["vendors"]["acumatica"]
    stand = Stand(sandbox, clock, {**ready["settings"], "base_url": ready["base_url"]})
    await stand.sign_in()
    yield stand
    await sandbox.close()
