"""Which package index the user's pip is configured for.

Nobody but pip knows that for sure (environment, three configuration files, defaults), so pip is
asked, in a subprocess: importing it here would patch this process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from penstock.errors import ConfigError
from penstock.kit.index_settings import IndexSettings

__all__ = ["read_pip_config"]

# Run by a Python that has pip. The first line keeps a folder called "pip" in the working
# directory from being taken for it.
_ASK_PIP = """
import sys; sys.path = [entry for entry in sys.path if entry]
import json
from pip._internal.commands import create_command
options, _ = create_command("download").parse_args([])
print(json.dumps({
    "indexes": [] if options.no_index else [options.index_url, *options.extra_index_urls],
    "find_links": options.find_links, "cert": options.cert, "client_cert": options.client_cert,
    "proxy": options.proxy, "trusted_hosts": options.trusted_hosts,
    "timeout": options.timeout, "retries": options.retries,
}))
"""


def read_pip_config() -> IndexSettings:
    """Ask pip for its settings: this Python's pip, else the first one on PATH.

    Raises:
        ConfigError: There is no pip to ask, and `PIP_INDEX_URL` is not set either.
    """
    answers = []
    for python in dict.fromkeys((sys.executable, shutil.which("python3"), shutil.which("python"))):
        if not python:
            continue
        asked = subprocess.run(
            [python, "-c", _ASK_PIP], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0 and asked.stdout.strip():
            return _settings(json.loads(asked.stdout.splitlines()[-1]))
        answers.append(f"{python}: {(asked.stderr.strip().splitlines() or ['no answer'])[-1]}")
    if os.environ.get("PIP_INDEX_URL"):
        return _settings_without_pip(os.environ)
    raise ConfigError(
        "wanted to know which package index pip is configured for, but no pip answered "
        f"({'; '.join(answers)}). Install pip, or set PIP_INDEX_URL to a package index."
    )


def _settings(answer: Mapping[str, Any]) -> IndexSettings:
    # requests, inside pip, falls back to these two; urllib does not.
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return IndexSettings(
        indexes=tuple(answer["indexes"]),
        find_links=tuple(answer["find_links"]),
        cert=answer["cert"] or bundle,
        client_cert=answer["client_cert"],
        proxy=answer["proxy"] or "",
        trusted_hosts=tuple(answer["trusted_hosts"]),
        timeout_s=float(answer["timeout"]),
        retries=int(answer["retries"]),
    )


def _settings_without_pip(environment: Mapping[str, str]) -> IndexSettings:
    """Read what the environment alone says, for Pythons that come without pip."""
    return IndexSettings(
        indexes=(
            environment["PIP_INDEX_URL"],
            *environment.get("PIP_EXTRA_INDEX_URL", "").split(),
        ),
        find_links=tuple(environment.get("PIP_FIND_LINKS", "").split()),
        cert=environment.get("PIP_CERT") or environment.get("REQUESTS_CA_BUNDLE"),
        proxy=environment.get("PIP_PROXY", ""),
        trusted_hosts=tuple(environment.get("PIP_TRUSTED_HOST", "").split()),
    )
