from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START
from tests.support.sandbox import InProcessSandbox

from .toy import OTHER, TOY


@pytest.fixture
async def sandbox() -> AsyncIterator[InProcessSandbox]:
    """Two toys of three customers each."""
    options = SandboxOptions(customers=3, invoices=3, start=START)
    inside = InProcessSandbox(options, (TOY, OTHER))
    yield inside
    await inside.close()
