"""The command behind `make simulate`: seeds are played in as many processes as there are cores; one
that breaks a promise is played again, shrunk, and told with its story."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .outcome import Outcome
from .play import play
from .script import draw_script
from .shrink import PLAIN, made_plain, plainer, shrunk

SHOWN_LINES = 60
CHUNK = 4


@dataclass(frozen=True)
class Played:
    """What is known of a seed that was played."""

    seed: int
    kind: str
    problems: tuple[str, ...]


def played(seed: int) -> Played:
    """Play one seed; a defect of the simulation itself counts as a broken promise."""
    script = draw_script(seed)
    try:
        return Played(seed, script.kind, tuple(play(script).problems))
    except Exception as error:
        return Played(seed, script.kind, (f"the play itself broke: {error!r}",))


def all_played(seeds: Sequence[int], jobs: int) -> Iterator[Played]:
    """In any order."""
    if jobs == 1:
        yield from map(played, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=64) as pool:
        yield from pool.imap_unordered(played, seeds, CHUNK)


def main(argv: Sequence[str] | None = None) -> int:
    """0 where every promise was kept."""
    given = _parsed(argv)
    if given.only is not None:
        return _one(given.first, given.only, given.plain)
    seeds = range(given.first, given.first + given.seeds)
    broken = _play_all(seeds, given.jobs)
    for each in broken[:3]:
        _tell_story(each.seed)
    ending = f"{len(seeds)} seeds from {given.first}: {len(broken)} broken"
    if broken:
        ending += f" ({', '.join(str(each.seed) for each in sorted(broken, key=_seed)[:20])})"
    print(f"simulate: {ending}")
    return 1 if broken else 0


def _play_all(seeds: Sequence[int], jobs: int) -> list[Played]:
    broken, began = [], time.monotonic()
    is_terminal = sys.stderr.isatty()
    for done, each in enumerate(all_played(seeds, jobs), 1):
        if each.problems:
            broken.append(each)
            print(f"seed {each.seed} ({each.kind}): {each.problems[0][:400]}", flush=True)
        if is_terminal or done % 100 == 0:
            left = (time.monotonic() - began) / done * (len(seeds) - done)
            line = f"{done} of {len(seeds)} seeds, {len(broken)} broken, {left:.0f} s left"
            print(f"\r{line}   " if is_terminal else line, end="" if is_terminal else "\n",
                  file=sys.stderr, flush=True)  # fmt: skip
    if is_terminal:
        print(file=sys.stderr)
    return broken


def _tell_story(seed: int) -> None:
    """Played twice, it must be the same; then its shortest form."""
    script = draw_script(seed)
    first, second = play(script), play(script)
    same = "the same" if first.trace.hash == second.trace.hash else "NOT the same"
    print(f"\nseed {seed}: trace {first.trace.hash}, played again: {same}")
    if first.problems:
        _show(shrunk(first, lambda line: print(f"\r{line}   ", end="", file=sys.stderr)))


def _one(seed: int, only: str, plain: str) -> int:
    script = draw_script(seed)
    if only:
        script = script.only([int(number) for number in only.split(",")])
    for name in plain.split(",") if plain else ():
        script = plainer(script, name)
    outcome = play(script)
    _show(outcome)
    return 1 if outcome.problems else 0


def _show(outcome: Outcome) -> None:
    script = outcome.script
    print(f"\n{script.kind} from {script.start:%d %B %Y %H:%M} UTC, {script.settings}, "
          f"switches {script.switches}")  # fmt: skip
    for line in outcome.trace.lines[-SHOWN_LINES:]:
        print(f"  {line}"[:180])
    for problem in outcome.problems:
        print(f"broken: {problem[:600]}")
    numbers = ",".join(str(move.number) for move in script.moves)
    names = ",".join(made_plain(draw_script(script.seed), script))
    plain = f" --plain {names}" if names else ""
    print(f"again: python -m tests.simulation --first {script.seed} --only {numbers or '0'}{plain}")


def _seed(each: Played) -> int:
    return each.seed


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=100, help="how many are played")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at once")
    parser.add_argument("--only", help="play only these moves of the first seed: 3,7,12")
    parser.add_argument("--plain", default="", help="with --only: switches to leave out, or "
                        + ", ".join(PLAIN))  # fmt: skip
    return parser.parse_args(argv)
