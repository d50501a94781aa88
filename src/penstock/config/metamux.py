"""The configuration of nvdsmetamux."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.config.keyfile import KeyFile
from penstock.config.keys import Key, did_you_mean, read_group, unknown_keys
from penstock.config.value import Value, printable
from penstock.errors import ConfigError

_PROPERTY, _USER = "property", "user-configs"
_GROUP = re.compile(r"group-(0|[1-9][0-9]{0,8})")
_MODEL = re.compile(r"src-ids-model-(0|[1-9][0-9]{0,8})")

PROPERTY_KEYS: Mapping[str, Key] = {
    "enable": Key(
        "0: what comes in at the active pad passes as it is", "1", "enable", Value.boolean
    ),
    "active-pad": Key(
        "the pad whose buffers pass, with their pictures", "sink_0", "active_pad", lambda v: v.text
    ),
    "pts-tolerance": Key(
        "frames that lie no farther apart belong together, microseconds",
        "60000",
        "tolerance_us",
        lambda value: value.integer(minimum=0),
    ),
}
GROUP_KEYS: Mapping[str, Key] = {
    "src-ids-model-N": Key(
        "sources whose metadata of the model with `gie-unique-id` N passes, `0;1;2`", "all"
    ),
}


@dataclass(frozen=True)
class MetaMuxConfig:
    """What nvdsmetamux is told by its file; the defaults hold where there is none.

    Attributes:
        file: The file, as it was named by whoever opened it.
        enable: Whether anything is joined.
        active_pad: Name of the pad whose buffers pass.
        tolerance_us: Frames whose times are no farther apart belong together, microseconds.
        sources: `gie-unique-id` → the sources whose metadata of that model passes; of models that
            are not in it, that of all.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    file: Path | None = None
    enable: bool = True
    active_pad: str = "sink_0"
    tolerance_us: int = 60_000
    sources: Mapping[int, frozenset[int]] = field(default_factory=dict, hash=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> MetaMuxConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="config-file")
        if _PROPERTY not in key_file.groups:
            groups = ", ".join(f"[{printable(group)}]" for group in key_file.groups) or "no group"
            raise ConfigError(f"{key_file.file}: wanted a [property] group, got {groups}")
        values = key_file.groups[_PROPERTY].values()
        warnings = [*key_file.warnings, *unknown_keys(values, PROPERTY_KEYS, elsewhere={})]
        sources: dict[int, frozenset[int]] = {}
        for group, settings in key_file.groups.items():
            if _GROUP.fullmatch(group):
                for value in settings.values():
                    if (model := _MODEL.fullmatch(value.key)) is None:
                        warnings.append(f"{value.where}: unknown key, ignored")
                    else:
                        listed = replace(value, text=value.text.replace(",", ";"))
                        sources[int(model[1])] = frozenset(listed.integers(minimum=0))
            elif group not in (_PROPERTY, _USER):
                hint = did_you_mean(group, [_PROPERTY, _USER, "group-0"])
                at = f"{key_file.file}, line {key_file.group_lines[group]}"
                warnings.append(f"{at}: unknown group [{printable(group)}], ignored{hint}")
        return cls(
            key_file.file,
            **read_group(values, PROPERTY_KEYS),
            sources=sources,
            warnings=tuple(warnings),
        )
