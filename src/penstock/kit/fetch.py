"""Getting hold of the archive an asset ships in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from penstock.errors import PenstockError
from penstock.kit.archives import take_members
from penstock.kit.catalogue import Asset, DebianPackage, PipArchive
from penstock.kit.debian import download_package
from penstock.kit.download import Progress, download, sha256_of
from penstock.kit.index import Found, places
from penstock.kit.pip_config import read_pip_config
from penstock.kit.store import locked
from penstock.kit.web import UnavailableError, Web

__all__ = ["fetch_members"]


def fetch_members(
    asset: Asset, folder: Path, *, downloads: Path, progress: Progress | None = None
) -> list[Path]:
    """Fetch an asset's archive and copy the asset's members into `folder`.

    Args:
        asset: What to fetch.
        folder: Existing folder for the members.
        downloads: Where archives are kept, and where a user may have put one by hand.
        progress: Told about every piece that arrives.

    Returns:
        The members' files, in the row's order, hashes checked.

    Raises:
        PenstockError: No configured place had the archive, or it is not what it should be.
    """
    if isinstance(asset.source, PipArchive):
        archive = _pip_archive(asset, asset.source, downloads, progress)
        return take_members(archive, asset.members, folder)
    return _debian_members(asset, asset.source, folder, downloads, progress)


def _pip_archive(
    asset: Asset, source: PipArchive, downloads: Path, progress: Progress | None
) -> Path:
    target = downloads / source.filename
    with locked(target):
        if target.exists():
            return target
        web = Web(read_pip_config())
        reasons = []
        for search in places(source, web):
            got = _from_place(search, web, target, progress)
            if isinstance(got, Path):
                return got
            reasons.append(got)
    raise _not_fetched(asset, "the configured package index", reasons, target)


def _from_place(
    search: Callable[[], Found], web: Web, target: Path, progress: Progress | None
) -> Path | str:
    """Return the archive, or why this place could not give it."""
    try:
        found = search()
        if found.path is not None:
            return _checked(found.path, found.sha256)
        download(web, found.url, target, sha256=found.sha256, progress=progress)
    except UnavailableError as error:
        return str(error)
    return target


def _checked(path: Path, sha256: str | None) -> Path:
    if not path.is_file():
        raise UnavailableError(f"{path}: not there")
    if sha256 is not None and sha256_of(path) != sha256:
        raise UnavailableError(f"{path}: the sha256 should be {sha256}, it is {sha256_of(path)}")
    return path


def _debian_members(
    asset: Asset,
    source: DebianPackage,
    folder: Path,
    downloads: Path,
    progress: Progress | None,
) -> list[Path]:
    downloads.mkdir(parents=True, exist_ok=True)
    (member,) = asset.members
    name = member.path.rpartition("/")[2]
    reasons = []
    for present in (downloads / name, Path("/") / member.path):
        if present.is_file():
            try:
                return [Path(shutil.copyfile(_checked(present, member.sha256), folder / name))]
            except UnavailableError as error:
                reasons.append(str(error))
    # The package is large and its one use is over at the end: it is not kept.
    with tempfile.TemporaryDirectory(prefix=".apt.", dir=downloads) as scratch:
        try:
            archive = download_package(source, Path(scratch), progress=progress)
        except UnavailableError as error:
            raise _not_fetched(
                asset,
                "the distribution's package archive",
                [*reasons, str(error)],
                downloads / name,
            ) from error
        return take_members(archive, asset.members, folder)


def _not_fetched(asset: Asset, place: str, reasons: list[str], by_hand: Path) -> PenstockError:
    got = "".join(f"\n  - {reason}" for reason in reasons) or " nothing: no place is configured"
    if isinstance(asset.source, DebianPackage):
        remedy = "connect to the network, refresh the package lists (apt-get update)"
    else:
        remedy = "connect to the network, set PIP_INDEX_URL to an index that has it"
    return PenstockError(
        f"could not fetch {asset.name!r}: wanted {asset.source} from {place}, got:{got}\n"
        f"What to do: {remedy}, or put the file at {by_hand}"
    )
