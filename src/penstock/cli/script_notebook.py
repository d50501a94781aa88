"""`penstock run app.ipynb`: a notebook's cells, one after the other, without Jupyter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from penstock.errors import ConfigError, MissingExtraError


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
    cells = list(_cells_of_code(source, name))
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


def _cells_of_code(source: bytes, name: str) -> Iterator[str]:
    try:
        for cell in json.loads(source)["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{name} is no notebook of format 4: {error!r}") from error
