"""`penstock run`: run an unmodified DeepStream Python script."""

from __future__ import annotations

import builtins
import importlib.machinery
import sys
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Annotated

import typer

from penstock.cli.cuda_stub import provide_cuda
from penstock.errors import ConfigError


def run(
    script: Annotated[Path, typer.Argument(help="A DeepStream Python application.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS...", help="Its own arguments.")
    ] = None,
) -> None:
    """Run a DeepStream Python script as it is, as `python SCRIPT ARGS...` would."""
    import penstock

    path = script / "__main__.py" if script.is_dir() else script
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"script {script} cannot be read: {error.strerror}") from error
    penstock.init()
    provide_cuda()
    sys.argv = [str(script), *(arguments or [])]
    _replace_first_path(path.resolve().parent)
    raise SystemExit(_execute(source, path=path.absolute()))


def _replace_first_path(folder: Path) -> None:
    """The script's folder takes the place of the folder of the `penstock` command."""
    if sys.path and not getattr(sys.flags, "safe_path", False):
        sys.path[0] = str(folder)
    else:
        sys.path.insert(0, str(folder))


def _execute(source: bytes, *, path: Path) -> int:
    """Run it as `__main__`; returns the exit code of one that does not say.

    What it does not catch is reported as Python does, beginning in the script.
    """
    main = ModuleType("__main__")
    main.__file__ = str(path)
    vars(main).update(
        __builtins__=builtins,
        __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", str(path)),
        __annotations__={},
    )
    sys.modules["__main__"] = main
    try:
        code: CodeType = compile(source, str(path), "exec", dont_inherit=True)
        exec(code, vars(main))
    except SystemExit:
        raise
    except BaseException as error:
        error.__traceback__ = _from_script(error.__traceback__, str(path))
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _from_script(trace: TracebackType | None, path: str) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename != path:
        trace = trace.tb_next
    return trace
