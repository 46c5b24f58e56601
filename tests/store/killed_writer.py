"""A process that writes until it is killed, and says of each note that it was acknowledged.

python -m tests.store.killed_writer DATABASE
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from ml_connector.store.database import Store
from ml_connector.store.threads import Threads
from tests.store.notebook import new_notebook, note

CALLERS = 16


async def main(path: Path) -> None:
    numbers = itertools.count()
    async with Store(new_notebook(path), Threads) as store:

        async def write_on() -> None:
            for n in numbers:
                await store.write(note(n, size=50))
                os.write(sys.stdout.fileno(), b"%d\n" % n)

        await asyncio.gather(*(write_on() for _ in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
