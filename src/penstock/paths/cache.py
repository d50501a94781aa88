"""Where Penstock keeps what it fetched and made."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.errors import ConfigError


def cache_dir() -> Path:
    """The cache folder; it may not exist yet.

    `$PENSTOCK_CACHE`, else `$XDG_CACHE_HOME/penstock`, else `~/.cache/penstock`.

    Raises:
        ConfigError: None of them is known: there is no home folder.
    """
    own = os.environ.get("PENSTOCK_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME", "")
    try:
        if own:
            return Path(own).expanduser().absolute()
        return (Path(shared) if os.path.isabs(shared) else Path.home() / ".cache") / "penstock"
    except RuntimeError:
        raise ConfigError(
            "wanted a folder for what is fetched and made, but this user has no home folder: set "
            "PENSTOCK_CACHE to a folder that can be written"
        ) from None
