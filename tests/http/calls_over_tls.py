"""Calls each address that is named, as a program of its own; tells what came of each."""

from __future__ import annotations

import asyncio
import json
import sys

from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.transport import Outgoing, TransportError


async def told(urls: list[str]) -> list[str]:
    results = []
    async with AiohttpTransport() as transport:
        for url in urls:
            try:
                outgoing = Outgoing("GET", url, {"authorization": "secret"}, None, 20.0, True)
                results.append(str((await transport.send(outgoing)).status))
            except TransportError as error:
                results.append(str(error))
    return results


if __name__ == "__main__":
    print(json.dumps(asyncio.run(told(sys.argv[1:]))))
