"""Keys and settings of encrypted connections, the same for several brokers."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from penstock.config import Key, Value
from penstock.errors import ConfigError


def _folder(value: Value) -> Path:
    path = value.path()
    try:
        is_folder = path.is_dir()
    except OSError:  # no file can have that name
        is_folder = False
    if not is_folder:
        raise value.error("a folder", advice=f", which is {path}")
    return path


TLS_KEYS: Final[Mapping[str, Key]] = {
    "enable-tls": Key("1: TLS", "0", "tls", Value.boolean),
    "tls-cafile": Key("authorities to trust, PEM", "the system's", "ca", Value.existing_file),
    "tls-capath": Key("folder of authorities to trust", "none", "ca_folder", _folder),
    "tls-certfile": Key(
        "certificate to show the broker, PEM", "none", "certificate", Value.existing_file
    ),
    "tls-keyfile": Key("its private key, PEM", "none", "private_key", Value.existing_file),
}


@dataclass(frozen=True)
class TlsFiles:
    """Whom to trust, and what to show."""

    ca: Path | None = None
    ca_folder: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TlsFiles:
        """What the settings of `TLS_KEYS` say.

        Raises:
            ConfigError: There is a certificate without a key, or a key without one.
        """
        names = ("ca", "ca_folder", "certificate", "private_key")
        files = cls(**{name: settings.get(name) for name in names})
        if (files.certificate is None) != (files.private_key is None):
            raise ConfigError("tls-certfile and tls-keyfile: wanted both or none, got one of them")
        return files

    def context(self) -> ssl.SSLContext:
        """For a client that checks the broker's certificate and name.

        Raises:
            ConfigError: A file is none of a certificate or key, or they do not belong together.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca, capath=self.ca_folder)
        except OSError as error:
            raise ConfigError(f"tls-cafile: wanted certificates in PEM: {error}") from error
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.private_key, password="")
            except OSError as error:
                raise ConfigError(
                    "tls-certfile and tls-keyfile: wanted a certificate and its key, in PEM and "
                    f"without a password: {error}"
                ) from error
        return context
