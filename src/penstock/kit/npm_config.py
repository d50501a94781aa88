"""Which npm registry the user has configured.

npm knows best and is asked where it is installed; elsewhere the environment and `.npmrc` files
say it. Secrets npm does not tell: they are read from the files in either case.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from penstock.errors import ConfigError
from penstock.kit.index_settings import IndexSettings

__all__ = ["read_npm_config"]

_GLOBAL_FILE = Path("/etc/npmrc")


def read_npm_config() -> IndexSettings:
    """Find out which registry to use: from npm, else the environment, else `.npmrc`.

    Raises:
        ConfigError: None of them names one, or a setting cannot be read.
    """
    told, silence = _ask_npm()
    settings = {**_npmrc(told), **_environment(), **{k: v for k, v in told.items() if v}}
    registry = str(settings.get("registry") or "")
    host = urlsplit(registry).netloc.rpartition("@")[2]
    if not host:  # nothing, or not an address
        instead = f", only {registry!r}" if registry else ""
        raise ConfigError(
            f"no npm registry is configured: {silence or 'npm knows none'}, and neither "
            f"npm_config_registry nor an .npmrc names one{instead}. "
            "Install npm, or set npm_config_registry to a registry's address"
        )
    try:
        return _index_settings(settings, registry, host)
    except ValueError as error:
        raise ConfigError(f"npm's settings cannot be read: {error}") from error


def _index_settings(settings: Mapping[str, Any], registry: str, host: str) -> IndexSettings:
    strict = str(settings.get("strict-ssl", True)).lower() != "false"
    return IndexSettings(
        indexes=(registry,),
        cert=settings.get("cafile"),
        proxy=settings.get("https-proxy") or settings.get("proxy") or "",
        trusted_hosts=() if strict else (host,),
        retries=int(settings.get("fetch-retries", 2)),
        authorizations=tuple(_authorizations(settings)),
    )


def _ask_npm() -> tuple[dict[str, Any], str]:
    """Return npm's settings, defaults included, or else why it does not tell them."""
    npm = shutil.which("npm")
    if npm is None:
        return {}, "npm is not installed"
    asked = subprocess.run(
        [npm, "config", "list", "--json"], capture_output=True, text=True, check=False
    )
    try:
        return dict(json.loads(asked.stdout)), ""
    except (ValueError, TypeError):
        complaint = asked.stderr.strip() or "no answer"
        return {}, f"npm does not answer ({complaint.splitlines()[0]})"


def _environment() -> dict[str, str]:
    """Return what `npm_config_…` variables say, in any case, as npm reads them."""
    prefix = "npm_config_"
    named = {
        name[len(prefix) :]: value
        for name, value in os.environ.items()
        if name.lower().startswith(prefix) and value
    }
    return {
        name if name.startswith("//") else name.lower().replace("_", "-"): value
        for name, value in named.items()
    }


def _npmrc(told: Mapping[str, Any]) -> dict[str, str]:
    """Return what the files say: everybody's, the user's, this folder's; the last wins."""
    own = _environment()
    files = (
        Path(told.get("globalconfig") or own.get("globalconfig") or _GLOBAL_FILE),
        Path(told.get("userconfig") or own.get("userconfig") or Path.home() / ".npmrc"),
        Path(".npmrc"),
    )
    return {key: value for file in files for key, value in _lines(file)}


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith(("#", ";")):
            known = re.sub(r"\$\{(\w+)\}", _from_environment, value.strip().strip("\"'"))
            yield key.strip(), known


def _from_environment(name: re.Match[str]) -> str:
    return os.environ.get(name[1], name[0])


def _authorizations(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where credentials belong, and the header that they make."""
    for key, value in settings.items():
        place, _, kind = key.rpartition(":")
        if not place.startswith("//"):
            continue
        if kind == "_authToken":
            yield place, f"Bearer {value}"
        elif kind == "_auth":
            yield place, f"Basic {value}"
        elif kind == "_password":
            password = base64.b64decode(value).decode()
            login = f"{settings.get(f'{place}:username', '')}:{password}"
            yield place, f"Basic {base64.b64encode(login.encode()).decode()}"
