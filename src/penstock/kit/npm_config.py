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
        ConfigError: None of them names one.
    """
    told = _ask_npm()
    settings = {**_npmrc(told), **_environment(), **{k: v for k, v in told.items() if v}}
    registry = str(settings.get("registry") or "")
    host = urlsplit(registry).netloc.rpartition("@")[2]
    if not host:
        raise ConfigError(
            "no npm registry is configured: npm is not installed, npm_config_registry is not set, "
            "and no .npmrc has a registry. Install npm, or set npm_config_registry to a registry"
        )
    strict = str(settings.get("strict-ssl", True)).lower() != "false"
    return IndexSettings(
        indexes=(registry,),
        cert=settings.get("cafile"),
        proxy=settings.get("https-proxy") or settings.get("proxy") or "",
        trusted_hosts=() if strict else (host,),
        retries=int(settings.get("fetch-retries", 2)),
        authorizations=tuple(_authorizations(settings)),
    )


def _ask_npm() -> dict[str, Any]:
    """Return npm's settings, defaults included; nothing where there is no npm that answers."""
    npm = shutil.which("npm")
    if npm is None:
        return {}
    asked = subprocess.run(
        [npm, "config", "list", "--json"], capture_output=True, text=True, check=False
    )
    try:
        answer = json.loads(asked.stdout)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


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
