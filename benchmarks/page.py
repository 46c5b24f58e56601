"""The page of results: what a run found, in words and one table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from benchmarks.spread import Bar, Finding, figure


def page(findings: Sequence[Finding], missing: Sequence[str], machine: str, day: date) -> str:
    """The whole page. `missing` are sentences about what could not be measured."""
    lines = [
        "# What was measured",
        "",
        f"By `make bench` on {day.isoformat()}. {machine}",
        "",
        "Runs of ours and of the floor took turns. Figures are minimum / median / maximum; since "
        "machines are noisy, the ratio of the medians says most. The vendors are a sink: a local "
        "server that answers at once what it must.",
        "",
        "| what | ours | floor | ratio |",
        "| --- | --- | --- | --- |",
        *(_row(each) for each in findings),
        "",
        "| bar | wanted | reached | |",
        "| --- | --- | --- | --- |",
        *(_bar(each.title, bar) for each in findings for bar in each.bars),
    ]
    for each in findings:
        lines += ["", f"## {each.title}", ""]
        lines += [f"Floor: {each.floor_is}.", ""] if each.floor_is else []
        lines += list(each.notes)
    lines += ["", *missing] if missing else []
    return "\n".join(lines) + "\n"


def told(finding: Finding) -> list[str]:
    """The same for a terminal."""
    head = f"{finding.title}: {finding.ours} {finding.unit}"
    if finding.floor is not None:
        head += f"; floor {finding.floor}; ratio {finding.ratio:.2f}"
    return [head, *(f"  {_told_bar(bar)}" for bar in finding.bars)]


def _row(finding: Finding) -> str:
    ratio = f"**{finding.ratio:.2f}**" if finding.ratio is not None else ""
    return (
        f"| {finding.title} ({finding.unit}) | {finding.ours} | {finding.floor or ''} | {ratio} |"
    )


def _bar(title: str, bar: Bar) -> str:
    return (
        f"| {title}: {bar.name} | {bar.sense} {_with_unit(bar, bar.wanted)} | "
        f"{_with_unit(bar, bar.got)} | {bar.distance} |"
    )


def _told_bar(bar: Bar) -> str:
    wanted, got = _with_unit(bar, bar.wanted), _with_unit(bar, bar.got)
    return f"{bar.name}: {got}, wanted {bar.sense} {wanted}: {bar.distance}"


def _with_unit(bar: Bar, value: float) -> str:
    return f"{figure(value)} {bar.unit}".strip()
