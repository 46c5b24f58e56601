"""The floor of answering: the product's own server, with an application that answers nothing.

`python -m benchmarks.empty_server` prints its address as one line of JSON and answers every POST
with an empty 200 until it is told to stop.
"""

from __future__ import annotations

import asyncio
import json
import signal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ml_connector.app import run
from ml_connector.web.server import Server, address_of, listen


async def _nothing(request: Request) -> Response:
    return Response()


async def _serve() -> None:
    bound = listen("127.0.0.1", 0)
    server = Server(Starlette(routes=[Route("/hooks/{token}", _nothing, methods=["POST"])]))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: setattr(server, "should_exit", True))
    print(json.dumps({"url": address_of(bound)}), flush=True)
    await server.serve([bound])


if __name__ == "__main__":
    run(_serve())
