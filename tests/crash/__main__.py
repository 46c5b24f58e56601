"""`make crash ROUNDS= SEED=`: the real server is killed −9, started again and reconciled.

    python -m tests.crash ROUNDS SEED

Lives follow each other from the seed on, two at a time, each on a world of its own. A life depends
on nothing but its own seed, so that one which failed is run again by that seed alone; what was
drawn is the same then, and the moments are as near as real processes have them.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from tests.crash.life import Life, Result
from tests.crash.nursery import Nursery
from tests.crash.schedule import ROUNDS, schedule
from tests.support.sandbox import SandboxProcess

AT_ONCE = 2


def main(rounds: int, seed: int) -> int:
    """The exit code: 0 where nothing was found."""
    waiting: SimpleQueue[tuple[int, int]] = SimpleQueue()
    for each in lives(seed, rounds):
        waiting.put(each)
    folder = Path(tempfile.mkdtemp(prefix="ml-connector-crash-"))
    console = Console(highlight=False, soft_wrap=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        ExitStack() as stack,
        Progress(*columns, console=console, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("rounds", total=rounds)
        pool = ThreadPoolExecutor(AT_ONCE)
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        stands = [
            (stack.enter_context(SandboxProcess()), stack.enter_context(Nursery()))
            for _ in range(AT_ONCE)
        ]  # where they end, whoever works with them ends too
        working = [
            pool.submit(_work, waiting, folder, *stand, partial(_tell, bar.console),
                        partial(bar.advance, task))
            for stand in stands
        ]  # fmt: skip
        results = [result for each in working for result in each.result()]
    return _summed(console, results, seed, folder)


def lives(seed: int, rounds: int) -> Iterator[tuple[int, int]]:
    """(seed, rounds) of each life that so many rounds take."""
    while rounds > 0:
        yield seed, min(rounds, ROUNDS)
        seed, rounds = seed + 1, rounds - ROUNDS


def _work(
    waiting: SimpleQueue[tuple[int, int]], folder: Path, sandbox: SandboxProcess, nursery: Nursery,
    tell: Callable[[Result], None], advance: Callable[[], None],
) -> list[Result]:  # fmt: skip
    """Live one life after the other on one sandbox, until none waits."""
    results: list[Result] = []
    while True:
        try:
            seed, rounds = waiting.get_nowait()
        except Empty:
            return results
        place = folder / f"life-{seed}"
        place.mkdir()
        results.append(Life(schedule(seed), sandbox, nursery, place).run(rounds, advance))
        tell(results[-1])
        if not results[-1].findings:
            shutil.rmtree(place)


def _tell(console: Console, result: Result) -> None:
    plan = result.schedule
    console.print(
        f"life {plan.seed}, {plan.kind} by {plan.telling}: {result.rounds} rounds, "
        f"{result.deaths} deaths, {result.reconnects} reconnects, {result.seconds:.0f} s"
    )
    for finding in result.findings:
        console.print(
            f"  {finding.trouble.upper()} in round {finding.round} of seed {plan.seed}, after: "
            f"{finding.deaths}\n    {finding.what}\n"
            f"    again: make crash ROUNDS={finding.round} SEED={plan.seed}"
        )


def _summed(console: Console, results: Sequence[Result], seed: int, folder: Path) -> int:
    found = Counter(finding.trouble for result in results for finding in result.findings)
    rounds, deaths = sum(r.rounds for r in results), sum(r.deaths for r in results)
    steps = {step for result in results for step in result.reached}
    console.print(f"{deaths} deaths at {len(steps)} named steps and at moments by chance")
    if found:
        console.print(f"what the failed lives left is in {folder}")
    else:
        shutil.rmtree(folder)
    missed = f", {found['not reached']} steps not reached" if found["not reached"] else ""
    console.print(
        f"crash: {rounds} rounds, {found['lost']} lost, {found['duplicated']} duplicated, "
        f"{found['stuck']} stuck{missed} (seed {seed})"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
