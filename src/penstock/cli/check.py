"""`penstock check`: what a script and its configurations use, and whether it works here."""

from __future__ import annotations

import json as json_module
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from penstock.errors import PenstockError

if TYPE_CHECKING:
    from penstock.checking import Finding, Report

_STYLES = {"supported": "green", "ignored": "yellow", "unsupported": "bold red"}
_CANNOT_READ = 2


def check(
    files: Annotated[
        list[Path],
        typer.Argument(help="Scripts (.py), notebooks (.ipynb), configurations of any element."),
    ],
    json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    problems: Annotated[
        bool, typer.Option("--problems", help="Only what is ignored or unsupported.")
    ] = False,
) -> None:
    """Say whether scripts and configurations work here, without running them."""
    from penstock.checking import check as look
    from penstock.cli.script_imports import EXPLAINED, SAMPLE_MODULES

    try:
        report = look(files, provided={"cuda", *SAMPLE_MODULES}, explained=EXPLAINED)
    except PenstockError as error:
        print(f"penstock: {error}", file=sys.stderr)
        raise typer.Exit(_CANNOT_READ) from None
    shown = [one for one in report.findings if not problems or one.state != "supported"]
    if json:
        print(_as_json(report, shown))
    else:
        _print(report, shown)
    raise typer.Exit(0 if report.works else 1)


def _as_json(report: Report, shown: list[Finding]) -> str:
    findings = [{**asdict(one), "file": str(one.file)} for one in shown]
    for one in findings:
        if not one["cell"]:  # of no notebook
            del one["cell"]
    counts = {state: report.counts[state] for state in _STYLES}
    return json_module.dumps({"findings": findings, "counts": counts}, indent=1)


def _print(report: Report, shown: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for one in shown:
        cell = f", cell {one.cell}" if one.cell else ""
        place = f"{one.file}{cell}:{one.line}" if one.line else str(one.file)
        reason = f": {one.reason}" if one.reason else ""
        line = Text(f"{one.state:<11} ", style=_STYLES[one.state])
        line.append(f"{place}: {one.kind} {one.name}{reason}", style="default")
        console.print(line)
    counts = report.counts
    said = ", ".join(f"{counts[state]} {state}" for state in _STYLES)
    console.print(Text(said))
