"""`common.is_aarch_64` and `common.platform_info`: what machine this is."""

from __future__ import annotations

import platform
from pathlib import Path


def is_aarch64() -> bool:
    """Whether the processor is a 64-bit ARM."""
    return platform.machine() == "aarch64"


class PlatformInfo:
    """What scripts ask before they choose a sink."""

    def is_platform_aarch64(self) -> bool:
        """Whether the processor is a 64-bit ARM."""
        return is_aarch64()

    def is_integrated_gpu(self) -> bool:
        """Whether the GPU is part of the processor, as on a Jetson; there is none here."""
        return False

    def is_wsl(self) -> bool:
        """Whether this is Linux inside Windows."""
        try:
            return "microsoft" in Path("/proc/version").read_text().lower()
        except OSError:
            return False
