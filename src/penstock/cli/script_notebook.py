"""`penstock run app.ipynb`: a notebook's cells, one after the other, without Jupyter."""

from __future__ import annotations

from typing import Any

from penstock.errors import MissingExtraError


def run_cells(source: bytes, *, name: str) -> BaseException | None:
    """Run the cells of code up to the first that fails, which IPython reports.

    Args:
        source: The notebook, JSON of format 4.
        name: For messages.

    Returns:
        What ended it before its end.

    Raises:
        ConfigError: It is no notebook.
        MissingExtraError: IPython is not installed.
    """
    from penstock.checking.notebooks import code_cells  # with it GStreamer loads

    cells = list(code_cells(source, name=name))
    try:
        from IPython.core.interactiveshell import InteractiveShell
    except ImportError:
        raise MissingExtraError(f"{name} needs IPython: pip install ipython") from None
    shell: Any = InteractiveShell.instance()
    for cell in cells:
        result = shell.run_cell(cell)
        failure: BaseException | None = result.error_before_exec or result.error_in_exec
        if failure is not None:
            return failure
    return None
