"""`penstock app`: run a configuration of DeepStream's reference application."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from penstock.errors import PenstockError


def app(
    config: Annotated[
        Path, typer.Option("--config", "-c", help="What deepstream-app -c takes: INI or YAML.")
    ],
    keys: Annotated[
        bool, typer.Option("--keys/--no-keys", help="Whether keys are obeyed: h lists them.")
    ] = True,
) -> None:
    """Run a configuration file of deepstream-app as it is."""
    raise typer.Exit(_run(config, keys=keys))


def _run(config: Path, *, keys: bool) -> int:
    from penstock.config import AppConfig
    from penstock.pipeline.app import run_app

    try:
        outcome = run_app(AppConfig.read(config), say=_say, on_warning=_warn, keys=keys)
    except PenstockError as error:
        print(f"penstock: {error}", file=sys.stderr)
        _say("App run failed")
        return 1
    _say("App run failed" if outcome.failures else "App run successful")
    return 1 if outcome.failures else 0


def _say(text: str) -> None:
    print(text, flush=True)


def _warn(text: str) -> None:
    print(f"penstock: warning: {text}", file=sys.stderr)
