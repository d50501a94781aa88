import functools
import os
import re

import pytest
from package_index import PackageIndex

from penstock import kit
from penstock.kit.fetch import fetch_members


@pytest.fixture
def clean_env(monkeypatch):
    """Neither settings of this machine nor a proxy between the kit and a local server."""
    for name in list(os.environ):
        if re.match("pip_|npm_config_|.*_proxy$", name, re.IGNORECASE):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_TIMEOUT", "5")
    monkeypatch.setenv("npm_config_userconfig", os.devnull)
    monkeypatch.setenv("npm_config_globalconfig", "/nowhere/npmrc")
    monkeypatch.setenv("npm_config_fetch_retries", "1")
    return monkeypatch


@pytest.fixture
def index(clean_env):
    """An index that the environment's pip is configured for."""
    server = PackageIndex()
    clean_env.setenv("PIP_INDEX_URL", server.url)
    yield server
    server.close()


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache that the tests of real packages share; each package comes over the network once."""
    return tmp_path_factory.mktemp("kit")


@pytest.fixture(scope="session")
def published(cache):
    """A function from an asset's name to its files as they were published."""

    @functools.cache
    def unpack(name):
        (asset,) = (asset for asset in kit.catalogue() if asset.name == name)
        folder = cache / "published" / name
        folder.mkdir(parents=True)
        return fetch_members(asset, folder, downloads=cache / "downloads")

    return unpack


@pytest.fixture(scope="session")
def yunet_file(published):
    return published("yunet")[0]
