"""`%load_ext penstock`: a notebook's cells run DeepStream code as `penstock run` does."""

from __future__ import annotations

from typing import Any

from penstock.cli.script_files import stand_in_for_files
from penstock.cli.script_imports import provide_imports


def load_ipython_extension(_shell: Any) -> None:
    """Make the elements, `pyds`, `cuda` and `common` ready for the cells that follow.

    What a probe raises is shown below the cell that runs the pipeline. `%run app.py ARGS` then
    runs a whole application.
    """
    import penstock

    penstock.init()
    provide_imports()
    stand_in_for_files()
