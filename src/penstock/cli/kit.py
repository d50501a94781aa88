"""`penstock kit`: models and videos from public packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from penstock.errors import PenstockError

if TYPE_CHECKING:
    from penstock.kit import Progress as Fetched
    from penstock.kit.sdk import Built

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
    """Fetch one, unless it is here already, and print where it is.

    Beside a model lie its labels.txt and config_infer.txt.
    """
    print(fetch(name))


@app.command()
def sdk(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Where to; by default `sdk` in Penstock's cache."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="List what each file really is, and make nothing.")
    ] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Link it to /opt/nvidia/deepstream/deepstream, too.")
    ] = False,
) -> None:
    """Make a look-alike of DeepStream's sample tree, and print where it is."""
    from penstock.kit import sdk as tree
    from penstock.paths import sdk_dir

    if explain:
        for stand_in in tree.TREE:
            print(f"{stand_in.path}\n    {stand_in.what}")
        return
    root = folder.absolute() if folder else sdk_dir()
    built = _build(root)
    if root != sdk_dir():
        print(f"export PENSTOCK_SDK={root}  # so that it is found there", file=sys.stderr)
    if link:
        print(f"{tree.link(root)} -> {root}", file=sys.stderr)
    print(root)
    if built.failures:
        raise PenstockError(_told(built.failures))


def _told(failures: dict[str, str]) -> str:
    """Each reason once, with the files that it keeps from being made."""
    lines = [f"{len(failures)} files could not be made; the others are there:"]
    for reason in dict.fromkeys(failures.values()):
        first, *others = (path for path, why in failures.items() if why == reason)
        more = f" and {len(others)} more" if others else ""
        lines.append(f"- {first}{more}: {reason}")
    return "\n".join(lines)


def _build(root: Path) -> Built:
    from penstock.kit import sdk as tree

    with _progress_bar() as (bar, fetched):
        task = bar.add_task("", total=None, visible=False)
        return tree.build_tree(
            tree.TREE,
            root,
            on_file=lambda path: bar.update(task, description=path, visible=True),
            progress=fetched,
        )


def fetch(name: str) -> Path:
    """Fetch with a progress bar on stderr."""
    from penstock import kit

    with _progress_bar() as (_, fetched):
        return kit.get(name, progress=fetched)


@contextmanager
def _progress_bar() -> Iterator[tuple[Progress, Fetched]]:
    """A bar on stderr, and what tells it about downloads."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def progress(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield bar, progress
