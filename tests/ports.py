"""Ports of this machine that nobody uses."""

import socket


def free_port(kind=socket.SOCK_STREAM):
    """One that nobody listened at a moment ago."""
    with socket.socket(type=kind) as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]
