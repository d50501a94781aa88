"""Making the tree: only what is missing, each file whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock.errors import PenstockError
from penstock.kit.catalogue import ASSETS
from penstock.kit.download import Progress
from penstock.kit.obtain import obtain
from penstock.kit.sdk.stand_in import StandIn
from penstock.kit.store import locked, writing_to
from penstock.paths import cache_dir

__all__ = ["MANIFEST", "Built", "build_tree"]

MANIFEST = "penstock-sdk.json"
"""At the root of the tree: each file that was made here, its size and its recipe."""


@dataclass(slots=True)
class Built:
    """What became of a tree.

    Attributes:
        folder: Its root.
        made: The files made now; what was there already is not among them.
        failures: File → why it could not be made. The others are there.
    """

    folder: Path
    made: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def build_tree(
    stand_ins: Sequence[StandIn],
    folder: Path,
    *,
    on_file: Callable[[str], None] | None = None,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Built:
    """Make every file that is missing or was made by an older recipe.

    A file that was not made here is never replaced; of one with another size that is assumed.

    Args:
        stand_ins: What belongs into the tree.
        folder: Its root.
        on_file: Told the path of each file before it is made.
        progress: Told about what is fetched.
        cache: The kit's cache, instead of `cache_dir()`.

    Raises:
        PenstockError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / MANIFEST), TemporaryDirectory(prefix=".make.", dir=folder) as scratch:
            work = _Work(stand_ins, folder, Path(scratch), on_file, progress, cache or cache_dir())
            for stand_in in stand_ins:
                work.try_to_make(stand_in)
            return work.built
    except OSError as error:
        raise PenstockError(
            f"cannot write the tree {folder} ({error.filename or 'no file named'}): "
            f"{error.strerror or error}; name another folder: penstock kit sdk DIR"
        ) from error


class _Work:
    """One run; see `Workshop`."""

    def __init__(
        self,
        stand_ins: Sequence[StandIn],
        folder: Path,
        scratch: Path,
        on_file: Callable[[str], None] | None,
        progress: Progress | None,
        cache: Path,
    ) -> None:
        self.built = Built(folder)
        self._by_path = {stand_in.path: stand_in for stand_in in stand_ins}
        self._missing: dict[str, PenstockError] = {}
        self._assets = {asset.name: asset for asset in ASSETS}
        self._folder, self._scratch, self._cache = folder, scratch, cache
        self._on_file, self._progress = on_file, progress
        self._made_before = _read_manifest(folder / MANIFEST)

    def asset(self, name: str) -> Path:
        if name in self._missing:  # asking for it again would wait for the network again
            raise self._missing[name]
        try:
            with writing_to(self._cache):
                return obtain(self._assets[name], root=self._cache, progress=self._progress)
        except PenstockError as error:
            self._missing[name] = error
            raise

    def made(self, path: str) -> Path:
        stand_in, target = self._by_path[path], self._folder / path
        if path in self.built.failures:
            raise PenstockError(self.built.failures[path])
        if not self._is_there(stand_in, target):
            self._make(stand_in, target)
        return target

    def try_to_make(self, stand_in: StandIn) -> None:
        """Make it; where that fails, the others are made all the same."""
        try:
            self.made(stand_in.path)
        except PenstockError as error:
            self.built.failures.setdefault(stand_in.path, str(error))

    def _is_there(self, stand_in: StandIn, target: Path) -> bool:
        if not target.exists():
            return False
        size, recipe = self._made_before.get(stand_in.path, (-1, ""))
        return size != target.stat().st_size or recipe == self._recipe(stand_in)

    def _recipe(self, stand_in: StandIn) -> str:
        """Changes when the file must be made anew."""
        of = f" < {self._recipe(self._by_path[stand_in.of])}" if stand_in.of else ""
        return f"{stand_in.revision}: {stand_in.what}{of}"

    def _make(self, stand_in: StandIn, target: Path) -> None:
        if self._on_file is not None:
            self._on_file(stand_in.path)
        with TemporaryDirectory(dir=self._scratch) as folder:
            draft = Path(folder) / target.name
            stand_in.make(self, draft)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(target)
        self.built.made.append(stand_in.path)
        self._made_before[stand_in.path] = (target.stat().st_size, self._recipe(stand_in))
        draft = self._scratch / MANIFEST
        draft.write_text(json.dumps(self._made_before, indent=1))
        draft.replace(self._folder / MANIFEST)


def _read_manifest(path: Path) -> dict[str, tuple[int, str]]:
    try:
        read = json.loads(path.read_text())
        return {str(name): (int(size), str(recipe)) for name, (size, recipe) in read.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # then nothing was made here, and all stays as it is
