"""Errors of converters: each names the file, whatever a damaged one makes of its reader."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from penstock.errors import ModelError

__all__ = ["DAMAGE", "reading"]

DAMAGE = (struct.error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What settings that are missing, or of another kind than they should be, lead to."""


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Make every error of the block a `ModelError` that begins with the file.

    Args:
        path: The file that is read.
        kind: What it should be: `"a TensorFlow Lite file"`.
    """
    try:
        # Absurd numbers are damage, too, not a warning on the way to an absurd network.
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield
    except ModelError as error:
        if str(error).startswith(str(path)):
            raise
        raise ModelError(f"{path}: {error}") from error  # the graph's builder knows no files
    except DAMAGE as error:
        raise ModelError(
            f"{path}: not {kind}, or damaged ({type(error).__name__}: {error})"
        ) from error
