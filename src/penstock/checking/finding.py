"""One thing that a script or a configuration uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUPPORTED: Final = "supported"
IGNORED: Final = "ignored"
UNSUPPORTED: Final = "unsupported"


@dataclass(frozen=True, order=True)
class Finding:
    """What was found, where, and what becomes of it.

    Attributes:
        file: Script or configuration.
        line: Counted from 1; 0: the file as a whole. In a notebook, that of the cell.
        kind: `"element"`, `"property"`, `"pyds"`, `"import"`, `"config"`, `"key"` or `"model"`.
        name: As it is written: `nvinfer`, `nvinfer.batch-size`, `pyds.NvDsFrameMeta.frame_num`,
            `[property] onnx-file`.
        state: `SUPPORTED`, `IGNORED` (accepted, without effect) or `UNSUPPORTED`.
        reason: Why it is not simply supported; may be empty.
        cell: In a notebook, which of the cells of code, counted from 1.
    """

    file: Path
    line: int
    kind: str
    name: str
    state: str = SUPPORTED
    reason: str = ""
    cell: int = 0
