"""Certificates of an RTSP server."""

from __future__ import annotations

import subprocess
from pathlib import Path

from penstock.errors import ConfigError
from penstock.gst import GLib
from penstock.gst.rtsp_server import Gio

_DAYS = 30
_COMMAND = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 "
    f"-days {_DAYS} -subj /CN=penstock -keyout - -out -"
)


def read_certificate(file: Path, *, key: Path | None = None) -> Gio.TlsCertificate:
    """Read a certificate and its private key.

    Args:
        file: PEM; intermediate certificates may follow.
        key: PEM; the certificate's file by default.

    Raises:
        ConfigError: A file cannot be read, is none of the kind, or they do not fit together.
    """
    _check_tls()
    path = file
    try:
        for path in (file, key or file):
            path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"tls file {path} cannot be read: {error.strerror}") from error
    try:
        return Gio.TlsCertificate.new_from_files(str(file), str(key or file))
    except GLib.Error as error:
        named = f"{file}" if key is None else f"{file} with key {key}"
        raise ConfigError(
            f"tls certificate {named}: {error.message}; wanted a certificate and its key as PEM"
        ) from None


def make_certificate() -> Gio.TlsCertificate:
    """A new key with a certificate that only says so itself, for this run.

    Raises:
        ConfigError: There is no openssl that makes one.
    """
    _check_tls()
    try:
        done = subprocess.run(_COMMAND.split(), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(
            f"rtsps needs a certificate, and openssl did not make one ({error}): "
            "give one with tls-certificate and tls-key"
        ) from error
    return Gio.TlsCertificate.new_from_pem(done.stdout, -1)


def _check_tls() -> None:
    if not Gio.TlsBackend.get_default().supports_tls():
        raise ConfigError(
            "rtsps needs GLib's TLS, which is not installed: apt-get install glib-networking"
        )
