"""`penstock run`: run an unmodified DeepStream Python script."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from penstock.cli.environment import variables
from penstock.cli.script_files import stand_in_for_files
from penstock.cli.script_imports import provide_imports
from penstock.cli.script_notebook import run_cells
from penstock.cli.script_program import Program

if TYPE_CHECKING:
    from penstock.gst import ScriptWatch

_END_PATIENCE_S = 5.0
_STOPPED = 124  # as `timeout` says it


def run(
    script: Annotated[str, typer.Argument(help="A DeepStream Python application.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS...", help="Its own arguments.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=0, help="Send EOS after so many seconds, then insist.")
    ] = None,
    headless: Annotated[
        bool, typer.Option(help="Open no window, whatever the script asks.")
    ] = False,
    is_module: Annotated[
        bool, typer.Option("-m", help="SCRIPT is the name of a module, as for `python -m`.")
    ] = False,
) -> None:
    """Run a DeepStream Python script as it is, as `python SCRIPT ARGS...` would.

    The exit code is the script's; 1 where it says 0 although a pipeline had an error.
    """
    watch = _prepare(headless=headless)
    program = Program.of_module(script) if is_module else Program.of_file(script)
    sys.argv = [program.shown, *(arguments or [])]
    limit = _Limit(watch, max_seconds)
    code = _execute(program, limit=limit)
    limit.cancel()
    if not watch.errors or code not in (0, None):
        raise SystemExit(code)
    print(f"penstock: a pipeline had an error: {watch.errors[0]}", file=sys.stderr)
    raise SystemExit(1)


def _prepare(*, headless: bool) -> ScriptWatch:
    import penstock
    from penstock.gst import ScriptWatch, hide_displays

    penstock.init()
    if headless:
        hide_displays()
    provide_imports()
    stand_in_for_files()
    os.environ.update(variables())  # for programs that it starts
    watch = ScriptWatch()
    watch.install()
    return watch


class _Limit:
    """Ends a script after a time: by EOS, then as by Ctrl-C, then at once.

    Args:
        watch: Knows its pipelines.
        seconds: From now; `None`: never.
    """

    def __init__(self, watch: ScriptWatch, seconds: float | None) -> None:
        self._watch, self._over = watch, threading.Event()
        self.is_reached = False
        if seconds is not None:
            threading.Thread(target=self._end, args=(seconds,), daemon=True).start()

    def cancel(self) -> None:
        """It ended."""
        self._over.set()

    def _end(self, seconds: float) -> None:
        if self._over.wait(seconds):
            return
        self.is_reached = True
        if self._watch.send_eos() and self._over.wait(_END_PATIENCE_S):
            return
        os.kill(os.getpid(), signal.SIGINT)
        if not self._over.wait(_END_PATIENCE_S):
            print(
                f"penstock: after {seconds:g} s the script ended neither by EOS nor by Ctrl-C",
                file=sys.stderr,
                flush=True,
            )
            sys.stdout.flush()
            os._exit(_STOPPED)


def _execute(program: Program, *, limit: _Limit) -> str | int | None:
    """Run it as `__main__`; returns what it says at its end, as `sys.exit` takes it.

    What it does not catch is reported as Python does, beginning in the script.
    """
    path = str(program.path)
    if program.path.suffix == ".ipynb":
        return _code_of(run_cells(program.source, name=program.shown), limit=limit)
    main = sys.modules["__main__"] = program.as_main()
    try:
        code: CodeType = compile(program.source, path, "exec", dont_inherit=True)
        exec(code, vars(main))
    except BaseException as error:
        is_told = isinstance(error, SystemExit) or (
            isinstance(error, KeyboardInterrupt) and limit.is_reached
        )
        if not is_told:
            error.__traceback__ = _from_script(error.__traceback__, path)
            sys.excepthook(type(error), error, error.__traceback__)
        return _code_of(error, limit=limit)
    return 0


def _code_of(ending: BaseException | None, *, limit: _Limit) -> str | int | None:
    if isinstance(ending, SystemExit):
        return ending.code
    if isinstance(ending, KeyboardInterrupt):
        return 0 if limit.is_reached else 130
    return 0 if ending is None else 1


def _from_script(trace: TracebackType | None, path: str) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename != path:
        trace = trace.tb_next
    return trace
