"""What a file should hash to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Checksum"]

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Checksum:
    """A promised hash.

    Attributes:
        hexdigest: In lower-case hex.
        algorithm: As `hashlib` calls it.
    """

    hexdigest: str
    algorithm: str = "sha256"

    def complaint(self, path: Path) -> str | None:
        """Return both hashes in words if the file has another one."""
        digest = hashlib.new(self.algorithm)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.hexdigest() == self.hexdigest:
            return None
        return f"the {self.algorithm} should be {self.hexdigest}, it is {digest.hexdigest()}"
