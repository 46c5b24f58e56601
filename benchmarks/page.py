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
        "server that answers at once what it must. What else the machine does takes from both, and "
        "more from what runs on both of its cores.",
        "",
        "| what | ours | floor | ratio | ratio by processor time |",
        "| --- | --- | --- | --- | --- |",
        *(_row(each) for each in findings),
        "",
        "| bar | wanted | reached | |",
        "| --- | --- | --- | --- |",
        *(_bar(each.title, bar) for each in findings for bar in each.bars),
    ]
    for each in findings:
        lines += ["", f"## {each.title}", ""]
        lines += [f"Floor: {each.floor_is}.", ""] if each.floor_is else []
        if each.effort is not None:
            lines.append(
                f"Processor time: {each.effort.ours:.2f} ms each, the floor "
                f"{each.effort.floor:.2f} ms; a machine that does other work changes it least."
            )
        lines += list(each.notes)
    lines += ["", *missing] if missing else []
    return "\n".join(lines) + "\n"


def told(finding: Finding) -> list[str]:
    """The same for a terminal."""
    head = f"{finding.title}: {finding.ours} {finding.unit}"
    if finding.floor is not None:
        head += f"; floor {finding.floor}; ratio {finding.ratio:.2f}"
    if finding.effort is not None:
        head += f" ({finding.effort.ratio:.2f} by processor time)"
    return [head, *(f"  {_told_bar(bar)}" for bar in finding.bars)]


def _row(finding: Finding) -> str:
    ratio = f"**{finding.ratio:.2f}**" if finding.ratio is not None else ""
    effort = f"{finding.effort.ratio:.2f}" if finding.effort is not None else ""
    figures = f"{finding.ours} | {finding.floor or ''} | {ratio} | {effort}"
    return f"| {finding.title} ({finding.unit}) | {figures} |"


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
