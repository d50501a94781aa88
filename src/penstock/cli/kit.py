"""`penstock kit`: models and videos from public packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Models and videos from public packages.")


@app.command("list")
def list_assets() -> None:
    """List what there is, and under which licence."""
    from penstock import kit

    table = Table("name", "kind", "what", "licence")
    for asset in kit.catalogue():
        table.add_row(asset.name, asset.kind, asset.description, asset.licence)
    Console().print(table)


@app.command()
def get(name: Annotated[str, typer.Argument(help="A name of `penstock kit list`.")]) -> None:
    """Fetch one, unless it is here already, and print where it is."""
    print(fetch(name))


def fetch(name: str) -> Path:
    """Fetch with a progress bar on stderr."""
    from penstock import kit

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def progress(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        return kit.get(name, progress=progress)
