"""Where packages come from, and how to get there."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IndexSettings"]


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What pip or npm is configured for.

    Attributes:
        indexes: Roots, in the tool's order: of pip's Simple API, URLs or local folders, or the
            one registry of npm; credentials included.
        find_links: Folders or pages that list archives directly.
        cert: A CA bundle, or None for the system's.
        client_cert: A PEM file with the client's key and certificate.
        proxy: One for everything; empty where the environment decides.
        trusted_hosts: Hosts (or `host:port`) whose certificate is not checked.
        timeout_s: How long a silent connection is waited for.
        retries: How often in a row a broken connection is tried again.
        authorizations: Beginnings of addresses (`//host/path/`) and the `Authorization` header
            that belongs there.
    """

    indexes: tuple[str, ...]
    find_links: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    proxy: str = ""
    trusted_hosts: tuple[str, ...] = ()
    timeout_s: float = 15.0
    retries: int = 5
    authorizations: tuple[tuple[str, str], ...] = ()
