"""`common.bus_call`: what a bus says, printed."""

from __future__ import annotations

import sys
from typing import Any


def bus_call(_bus: Any, message: Any, loop: Any) -> bool:
    """Print errors, warnings and the end; an error and the end quit the loop."""
    from penstock.gst import Gst

    if message.type == Gst.MessageType.EOS:
        sys.stdout.write("End-of-stream\n")
        loop.quit()
    elif message.type == Gst.MessageType.WARNING:
        error, debug = message.parse_warning()
        sys.stderr.write(f"Warning: {error}: {debug}\n")
    elif message.type == Gst.MessageType.ERROR:
        error, debug = message.parse_error()
        sys.stderr.write(f"Error: {error}: {debug}\n")
        loop.quit()
    return True
