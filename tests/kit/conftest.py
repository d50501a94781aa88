import os

import pytest
from package_index import PackageIndex


@pytest.fixture
def pip_env(monkeypatch):
    """Pip without this machine's settings, and no proxy between it and a local server."""
    for name in list(os.environ):
        if name.startswith("PIP_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_TIMEOUT", "5")
    return monkeypatch


@pytest.fixture
def index(pip_env):
    """An index that the environment's pip is configured for."""
    server = PackageIndex()
    pip_env.setenv("PIP_INDEX_URL", server.url)
    yield server
    server.close()
