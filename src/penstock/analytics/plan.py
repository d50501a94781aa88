"""The name table of rules, and a file that says which of them hold where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from penstock.analytics.rule import Rule
from penstock.config import AnalyticsConfig, Grammar
from penstock.registry import Registry

RULES: Registry[Rule[Any]] = Registry(
    "rule",
    {
        "roi-filtering": "penstock.analytics.regions:Regions",
        "overcrowding": "penstock.analytics.crowds:Crowds",
        "line-crossing": "penstock.analytics.lines:Lines",
        "direction-detection": "penstock.analytics.directions:Directions",
        "dwell-time": "penstock.analytics.dwell:Dwell",
        "speed": "penstock.analytics.speed:Speed",
        "heat-map": "penstock.analytics.heat:Heat",
    },
)


@cache
def grammars() -> dict[str, Grammar]:
    """Kind of rule → what its groups may hold."""
    return {name: RULES.load(name).GRAMMAR for name in RULES}


@dataclass(frozen=True)
class Plan:
    """What one file asks for."""

    config: AnalyticsConfig

    @classmethod
    def read(cls, path: str | Path) -> Plan:
        """Read a file.

        Raises:
            ConfigError: With file, line, group and key, what was wanted and what was got.
        """
        return cls(AnalyticsConfig.read(path, grammars=grammars()))

    @property
    def streams(self) -> dict[int, str]:
        """Streams that the file is about → where it says so first."""
        found: dict[int, str] = {}
        for group in self.config.groups:
            found.setdefault(group.stream, group.where)
        return found

    def rules(self, stream: int, *, size: tuple[int, int]) -> list[Rule[Any]]:
        """The rules of one stream.

        Args:
            stream: Its source's index.
            size: `(width, height)` of its frames, pixels.
        """
        scale = (size[0] / self.config.size[0], size[1] / self.config.size[1])
        return [
            RULES.load(group.kind)(group, scale=scale)
            for group in self.config.groups
            if group.stream == stream
        ]
