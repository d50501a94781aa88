"""Finding an archive on package indexes (PEP 503 and 691) and in pip's find-links places."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

from penstock.kit.asset import PipArchive
from penstock.kit.checksum import Checksum
from penstock.kit.web import Page, UnavailableError, Web, redacted

__all__ = ["Found", "places"]


@dataclass(frozen=True, slots=True)
class Found:
    """Where an archive is.

    Attributes:
        urls: To download it from, the likeliest first; none if it is a file of this machine.
        path: The file, if it is one of this machine.
        checksum: What the index says it hashes to, if it says so.
    """

    urls: tuple[str, ...] = ()
    path: Path | None = None
    checksum: Checksum | None = None


def places(archive: PipArchive, web: Web) -> Iterator[Callable[[], Found]]:
    """Yield one search per configured place, in pip's order; each may raise `UnavailableError`."""
    for place in web.settings.find_links:
        yield partial(_in_links, archive, place, web)
    project = re.sub(r"[-_.]+", "-", archive.package).lower()
    for index in web.settings.indexes:
        page = f"{index.rstrip('/')}/{project}/"
        yield partial(_in_links, archive, page, web)


def _in_links(archive: PipArchive, place: str, web: Web) -> Found:
    """Find the archive in a folder, a local page or a served page."""
    local = _local(place)
    if local is None:
        page = web.page(place)
    elif (local / archive.filename).is_file():
        return Found(path=local / archive.filename)
    else:
        file = local / "index.html" if local.is_dir() else local
        if not file.is_file():
            raise UnavailableError(f"{redacted(place)}: not there")
        page = Page(file.as_uri(), "text/html", file.read_bytes())
    for filename, url, sha256 in _links(page):
        if filename == archive.filename:
            path, checksum = _local(url), Checksum(sha256) if sha256 else None
            return Found((url,) if path is None else (), path, checksum)
    raise UnavailableError(f"{redacted(place)}: lists no {archive.filename}")


def _local(place: str) -> Path | None:
    """Return the path a place stands for if it is on this machine."""
    parts = urlsplit(place)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(place).expanduser() if parts.scheme == "" else None


def _links(page: Page) -> Iterator[tuple[str, str, str | None]]:
    """Yield file name, absolute URL and SHA-256 of every file listed."""
    if "json" in page.content_type:
        yield from _json_links(page)
        return
    anchors = _Anchors()
    anchors.feed(page.body.decode("utf-8", "replace"))
    base = urljoin(page.url, anchors.base)
    for href in anchors.hrefs:
        url, _, fragment = urljoin(base, href).partition("#")
        kind, _, digest = fragment.partition("=")
        sha256 = digest.lower() if kind == "sha256" else None
        yield unquote(urlsplit(url).path.rpartition("/")[2]), url, sha256


def _json_links(page: Page) -> Iterator[tuple[str, str, str | None]]:
    try:
        for file in json.loads(page.body)["files"]:
            yield file["filename"], urljoin(page.url, file["url"]), file["hashes"].get("sha256")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnavailableError(
            f"{redacted(page.url)}: not a Simple API listing ({type(error).__name__}: {error})"
        ) from error


class _Anchors(HTMLParser):
    """Collects the links of a page, and its base address if it states one."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if href and tag == "a":
            self.hrefs.append(href)
        elif href and tag == "base":
            self.base = href
