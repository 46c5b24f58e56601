"""Serves the toy vendors on a real socket, as `ml-sandbox serve` does the real ones."""

from __future__ import annotations

import asyncio
import json

from ml_sandbox.app import Sandbox
from ml_sandbox.clock import RealTime
from ml_sandbox.options import SandboxOptions
from ml_sandbox.sender import LoopbackSender
from ml_sandbox.server import address, listen, serve

from .toy import OTHER, TOY


async def main() -> None:
    bound = listen("127.0.0.1", 0)
    options = SandboxOptions(customers=3, invoices=3, url=address(bound))
    sandbox = Sandbox(options, (TOY, OTHER), RealTime(), LoopbackSender())
    await serve([(sandbox, bound)], lambda: print(json.dumps(sandbox.world.ready), flush=True))


asyncio.run(main())
