"""Reading Darknet's two files: the text `.cfg` and the binary `.weights`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.errors import ModelError

__all__ = ["Section", "WeightStream", "read_sections"]

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Section:
    """One `[kind]` block of a `.cfg` file, and where it stands."""

    kind: str
    path: Path
    line: int
    options: dict[str, str] = field(default_factory=dict)

    def integer(self, key: str, default: int) -> int:
        """Return the option as an integer."""
        return int(self._number(key, default))

    def real(self, key: str, default: float) -> float:
        """Return the option as a float."""
        return self._number(key, default)

    def integers(self, key: str, default: Sequence[int] = ()) -> list[int]:
        """Return a comma-separated option as integers."""
        return [int(value) for value in self.reals(key, default)]

    def reals(self, key: str, default: Sequence[float] = ()) -> list[float]:
        """Return a comma-separated option as floats; the default where the key is absent."""
        if key not in self.options:
            return list(default)
        try:
            return [float(item) for item in self.options[key].split(",") if item.strip()]
        except ValueError:
            raise self.error(f"{key} wants numbers, got {self.options[key]!r}") from None

    def error(self, complaint: str) -> ModelError:
        """Build the exception that names this section's file and line."""
        return ModelError(f"{self.path}, line {self.line}, [{self.kind}]: {complaint}")

    def _number(self, key: str, default: float) -> float:
        values = self.reals(key, [default])
        if len(values) != 1:
            raise self.error(f"{key} wants one number, got {self.options[key]!r}")
        return values[0]


def read_sections(path: Path) -> list[Section]:
    """Parse a `.cfg` file into its sections, `[net]` first.

    Raises:
        ModelError: A line is neither a section, a setting nor a comment, or `[net]` is missing.
    """
    sections: list[Section] = []
    for number, raw in enumerate(path.read_text(errors="replace").splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line or line.startswith(";"):
            continue
        key, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            sections.append(Section(line[1:-1].strip(), path, number))
        elif equals and sections:
            sections[-1].options[key.strip()] = value.strip()
        else:
            raise ModelError(
                f"{path}, line {number}: expected [section] or key=value, got {line!r}"
            )
    if not sections or sections[0].kind not in ("net", "network"):
        found = f"[{sections[0].kind}]" if sections else "no section"
        raise ModelError(f"{path}: a Darknet network starts with [net], this file with {found}")
    return sections


class WeightStream:
    """The floats of a `.weights` file, handed out in the order layers were written.

    Args:
        path: The file: three int32 of version, a counter, then float32, little-endian.

    Raises:
        ModelError: The file is too short to hold a header.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        data = path.read_bytes()
        if len(data) < 12:
            raise ModelError(f"{path}: not Darknet weights, only {len(data)} bytes")
        major, minor, _revision = np.frombuffer(data, "<i4", 3)
        header = 20 if major * 10 + minor >= 2 else 16  # the images-seen counter grew to 64 bit
        self._floats = np.frombuffer(
            data[: len(data) - (len(data) - header) % 4], "<f4", -1, header
        )
        self._position = 0

    def take(self, *shape: int) -> FloatArray:
        """Return the next floats in this shape.

        Raises:
            ModelError: The file ends before.
        """
        count = int(np.prod(shape))
        end = self._position + count
        if end > len(self._floats):
            raise ModelError(
                f"{self._path}: the cfg needs at least {end:,} weights, the file has "
                f"{len(self._floats):,}; are cfg and weights of the same network?"
            )
        values = self._floats[self._position : end].reshape(shape)
        self._position = end
        return np.asarray(values, np.float32)

    def finish(self) -> None:
        """Check that nothing is left.

        Raises:
            ModelError: The cfg describes fewer weights than the file holds.
        """
        left = len(self._floats) - self._position
        if left:
            raise ModelError(
                f"{self._path}: {left:,} of {len(self._floats):,} weights are left over; "
                "are cfg and weights of the same network?"
            )
