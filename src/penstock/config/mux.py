"""The configuration of the new nvstreammux."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock.config.keyfile import KeyFile
from penstock.config.keys import did_you_mean, read_group, unknown_keys
from penstock.config.mux_keys import PROPERTY_KEYS, ROUND_ROBIN, SOURCE_KEYS
from penstock.config.value import printable
from penstock.errors import ConfigError

_PROPERTY = "property"
_SOURCE_GROUP = re.compile(r"source-config-(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True)
class MuxSourceConfig:
    """What is said of one source, or of all of which nothing is said.

    Attributes:
        max_fps_n: Most batches a second with this source, numerator.
        max_fps_d: Its denominator.
        min_fps_n: A batch waits for this source for one period of this rate, numerator.
        min_fps_d: Its denominator.
        priority: The smallest numbers are served first.
        max_frames: Most frames in one batch.
    """

    max_fps_n: int = 60
    max_fps_d: int = 1
    min_fps_n: int = 30
    min_fps_d: int = 1
    priority: int = 0
    max_frames: int = 1


@dataclass(frozen=True)
class MuxConfig:
    """What the new nvstreammux is told by its file; the defaults hold where there is none.

    Attributes:
        file: The file, as it was named by whoever opened it.
        algorithm: 1, round robin.
        batch_size: Most frames in a batch, where `adaptive` is off.
        adaptive: Most frames in a batch are as many as sources run.
        max_same_source_frames: Most frames of one source in a batch.
        controls_sources: Whether the rates of the sources count.
        controls_max_fps: Whether the overall greatest rate counts.
        overall_max_fps_n: Most batches a second, numerator.
        overall_max_fps_d: Its denominator.
        overall_min_fps_n: An incomplete batch leaves after one period of this rate, numerator.
        overall_min_fps_d: Its denominator.
        sources: Pad number → what is said of it. See `source`.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    file: Path | None = None
    algorithm: int = ROUND_ROBIN
    batch_size: int = 1
    adaptive: bool = True
    max_same_source_frames: int = 1
    controls_sources: bool = False
    controls_max_fps: bool = False
    overall_max_fps_n: int = 120
    overall_max_fps_d: int = 1
    overall_min_fps_n: int = 5
    overall_min_fps_d: int = 1
    sources: Mapping[int, MuxSourceConfig] = field(default_factory=dict, hash=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> MuxConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="config-file-path")
        if _PROPERTY not in key_file.groups and not any(map(_source_of, key_file.groups)):
            groups = ", ".join(f"[{printable(group)}]" for group in key_file.groups) or "no group"
            raise ConfigError(f"{key_file.file}: wanted a [property] group, got {groups}")
        warnings = [*key_file.warnings, *_unknown_groups(key_file)]
        values = key_file.groups.get(_PROPERTY, {}).values()
        warnings += unknown_keys(
            values, PROPERTY_KEYS, elsewhere=dict.fromkeys(SOURCE_KEYS, "source-config-N")
        )
        sources = {}
        for group, settings in key_file.groups.items():
            if (match := _source_of(group)) is not None:
                sources[int(match[1])] = MuxSourceConfig(
                    **read_group(settings.values(), SOURCE_KEYS)
                )
                warnings += unknown_keys(
                    settings.values(),
                    SOURCE_KEYS,
                    elsewhere=dict.fromkeys(PROPERTY_KEYS, _PROPERTY),
                )
        return cls(
            key_file.file,
            **read_group(values, PROPERTY_KEYS),
            sources=sources,
            warnings=tuple(warnings),
        )

    def source(self, number: int) -> MuxSourceConfig:
        """What holds for the source at the pad `sink_<number>`."""
        return self.sources.get(number, MuxSourceConfig())


def _source_of(group: str) -> re.Match[str] | None:
    return _SOURCE_GROUP.fullmatch(group)


def _unknown_groups(key_file: KeyFile) -> list[str]:
    return [
        f"{key_file.file}, line {line}: unknown group [{printable(group)}], ignored"
        f"{did_you_mean(group, [_PROPERTY, 'source-config-0'])}"
        for group, line in key_file.group_lines.items()
        if group != _PROPERTY and _source_of(group) is None
    ]
