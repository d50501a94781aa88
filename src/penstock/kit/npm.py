"""Finding a package's archive at an npm registry."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from penstock.kit.asset import NpmPackage
from penstock.kit.checksum import Checksum
from penstock.kit.index import Found
from penstock.kit.web import Page, UnavailableError, Web, redacted

__all__ = ["find_package"]

_ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
_STRONGEST_FIRST = ("sha512", "sha384", "sha256", "sha1")


def find_package(package: NpmPackage, web: Web) -> Found:
    """Ask the configured registry where a package's archive is.

    Raises:
        UnavailableError: It cannot be asked, or does not have that version.
    """
    (registry,) = web.settings.indexes
    page = web.page(f"{registry.rstrip('/')}/{quote(package.name, safe='@')}", accept=_ACCEPT)
    try:
        versions = json.loads(page.body)["versions"]
        if package.version not in versions:
            raise UnavailableError(f"{redacted(page.url)}: has no version {package.version}")
        archive = versions[package.version]["dist"]
        return Found(_addresses(page, archive["tarball"], registry), checksum=_checksum(archive))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnavailableError(
            f"{redacted(page.url)}: not the answer of an npm registry "
            f"({type(error).__name__}: {error})"
        ) from error


def _addresses(page: Page, tarball: str, registry: str) -> tuple[str, ...]:
    """Return the archive's address, and before it the same one at the registry itself.

    A mirror often hands on the original's listing, whose addresses its users cannot reach.
    """
    listed = urljoin(page.url, tarball)
    here, there = urlsplit(registry), urlsplit(listed)
    if here.netloc.rpartition("@")[2] == there.netloc:
        return (listed,)
    path = here.path.rstrip("/") + there.path
    return urlunsplit((here.scheme, here.netloc, path, "", "")), listed


def _checksum(archive: dict[str, Any]) -> Checksum | None:
    """Return the strongest of the hashes that the registry states."""
    stated = dict(
        entry.partition("?")[0].split("-", 1) for entry in str(archive.get("integrity", "")).split()
    )
    for algorithm in _STRONGEST_FIRST:
        if algorithm in stated:
            digest = base64.b64decode(stated[algorithm], validate=True)
            return Checksum(digest.hex(), algorithm)
    shasum = archive.get("shasum")
    return Checksum(str(shasum).lower(), "sha1") if shasum else None
