"""The `penstock` command. Every command is the twin of a library function."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from penstock import __version__
from penstock.cli.app import app as run_config
from penstock.cli.bench import bench
from penstock.cli.check import check
from penstock.cli.detect import demo, detect
from penstock.cli.environment import env
from penstock.cli.eval import app as evaluation
from penstock.cli.inspect import inspect
from penstock.cli.kit import app as kit
from penstock.cli.listen import listen
from penstock.cli.replay import replay
from penstock.cli.script import run
from penstock.cli.sources import app as sources
from penstock.errors import PenstockError

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="DeepStream's Python system on any machine.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"penstock {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    pass


app.command()(detect)
app.command()(demo)
app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(
    run
)
app.command("app")(run_config)
app.command()(check)
app.command()(bench)
app.command()(replay)
app.command()(listen)
app.command()(inspect)
app.command()(env)
app.add_typer(evaluation, name="eval")
app.add_typer(kit, name="kit")
app.add_typer(sources, name="sources")


@app.command()
def doctor() -> None:
    """Say what is missing on this machine, and the command that installs it."""
    from penstock.cli.doctor import checks, render

    raise typer.Exit(render(checks()))


def main() -> None:
    """Run the command line; errors made on purpose are one sentence, not a traceback."""
    try:
        _run()
    except PenstockError as error:
        print(f"penstock: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("penstock: stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        # Whoever read what is printed has had enough, as `head` has: as with a shell's own tools.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would complain at its end
        raise SystemExit(141) from None
    except OSError as error:
        if error.filename is None:
            raise
        print(f"penstock: {error.filename}: {error.strerror}", file=sys.stderr)
        raise SystemExit(1) from None


def _run() -> None:
    try:
        app()
    except SystemExit as ended:
        if ended.code == 1 and isinstance(ended.__context__, BrokenPipeError):  # by Typer or Rich
            raise ended.__context__ from None
        raise
    finally:
        with suppress(ValueError):  # a script may have closed it
            print(end="", flush=True)  # what is left may meet a closed pipe, too
