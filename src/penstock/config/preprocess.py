"""The configuration of an nvdspreprocess element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.config import preprocess_rules
from penstock.config.infer_keys import ColorOrder, Interpolation
from penstock.config.keyfile import KeyFile
from penstock.config.keys import did_you_mean, read_group, take_size, unknown_keys
from penstock.config.preprocess_keys import GROUP_KEYS, PROPERTY_KEYS, ROI_PREFIX, USER_KEYS
from penstock.config.value import Value, printable
from penstock.errors import ConfigError

Box = tuple[float, float, float, float]
_PROPERTY, _USER = "property", "user-configs"
_GROUP = re.compile(r"group-[0-9]{1,6}")
_SOURCE = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True)
class PreprocessGroup:
    """What is done with some of the sources.

    Attributes:
        where: File, line and group, for messages.
        src_ids: Its sources; `None`: all that no other group has.
        on_roi: Regions of frames; else whole frames.
        all_objects: All objects; else those that touch a region.
        rois: Source → its regions, ltwh, frame pixels.
        class_ids: Only objects of these classes; `None` all.
        min_size: `(width, height)`, frame pixels: smaller objects are left out.
        max_size: `(width, height)`, frame pixels: so are larger ones; 0 is no limit.
        interval: Batches left out between two that are prepared.
        draw_roi: Whether the OSD draws the regions.
        roi_color: Their colour.
        transformation: Name of the function that cuts regions out; `None`: built in.
    """

    where: str = field(compare=False)
    src_ids: frozenset[int] | None = None
    on_roi: bool = False
    all_objects: bool = False
    rois: Mapping[int, tuple[Box, ...]] = field(default_factory=dict)
    class_ids: frozenset[int] | None = None
    min_size: tuple[int, int] = (0, 0)
    max_size: tuple[int, int] = (0, 0)
    interval: int = 0
    draw_roi: bool = False
    roi_color: tuple[float, float, float, float] = (0.0, 1.0, 1.0, 1.0)
    transformation: str | None = None


@dataclass(frozen=True)
class PreprocessConfig:
    """What one nvdspreprocess element is told by its file.

    Attributes:
        file: The file, as it was named by whoever opened it.
        enable: Whether anything is prepared.
        component_id: Of the element, in the metadata (`unique-id`).
        target_ids: The nvinfer elements that the tensors are for.
        on_frame: Frames and regions of them; else objects.
        operate_on_gie_id: Only objects of this component; -1 all.
        shape: Of the tensors: `(N, C, h, w)`, `(N, h, w, C)`, `(N, C, D, h, w)`, or
            `(N, C·D, h, w)` where `depth` says so.
        order: 0 NCHW, 1 NHWC, 2 custom.
        depth: D, frames in one tensor; 1 where they are not several frames deep.
        color: Channel order.
        dtype: NumPy's name of the tensors' type.
        tensor_name: Their name in the metadata.
        size: `(width, height)` that regions are scaled to, pixels.
        keep_aspect: Scale both axes alike, and fill up with black bars.
        centred: Bars on both sides; else at the right and the bottom.
        interpolation: How pixels are sampled.
        python_file: The file with the functions, if that is a Python file.
        tensor_function: Name of the function in it that makes tensors; `None`: built in.
        scale: `y = scale · (x - offsets - mean)`, x in 0..255.
        offsets: One number a channel in `color`'s order, or empty.
        mean_file: A PPM picture to subtract.
        channel_scales: With several frames: in place of `scale`, one number a channel, or empty.
        channel_means: With several frames: in place of `offsets`, or empty.
        stride: Sampled frames between a region's tensor and its next.
        subsample: Frames left out between two that are sampled.
        user_configs: `[user-configs]` as it was written.
        groups: In the file's order.
        warnings: One sentence for each thing to tell the user, with file, line and key.
        origin: The file's groups, for `where`.
    """

    file: Path = field(compare=False)
    enable: bool = True
    component_id: int = 15
    target_ids: frozenset[int] = frozenset()
    on_frame: bool = True
    operate_on_gie_id: int = -1
    shape: tuple[int, ...] = ()
    order: int = 0
    depth: int = 1
    color: ColorOrder = "RGB"
    dtype: str = "float32"
    tensor_name: str = ""
    size: tuple[int, int] = (0, 0)
    keep_aspect: bool = False
    centred: bool = False
    interpolation: Interpolation = "nearest"
    python_file: Path | None = None
    tensor_function: str | None = None
    scale: float = 1.0
    offsets: tuple[float, ...] = ()
    mean_file: Path | None = None
    channel_scales: tuple[float, ...] = ()
    channel_means: tuple[float, ...] = ()
    stride: int = 1
    subsample: int = 0
    user_configs: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[PreprocessGroup, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)
    origin: KeyFile | None = field(default=None, compare=False, repr=False)

    @classmethod
    def read(cls, path: str | Path) -> PreprocessConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Raises:
            ConfigError: With file, line, group and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="config-file")
        values = key_file.groups.get(_PROPERTY, {}).values()
        warnings = [*key_file.warnings]
        warnings += unknown_keys(values, PROPERTY_KEYS, elsewhere=dict.fromkeys(USER_KEYS, _USER))
        settings = read_group(values, PROPERTY_KEYS)
        user = key_file.groups.get(_USER, {})
        settings |= read_group(user.values(), USER_KEYS)
        settings["user_configs"] = {key: value.text for key, value in user.items()}
        groups = tuple(_groups(key_file, warnings))
        warnings += preprocess_rules.settle(settings, key_file, groups)
        if settings["python_file"] is None:
            warnings += unknown_keys(
                user.values(), USER_KEYS, elsewhere=dict.fromkeys(PROPERTY_KEYS, _PROPERTY)
            )
        return cls(
            key_file.file, **settings, groups=groups, warnings=tuple(warnings), origin=key_file
        )

    def where(self, key: str, *, group: str = _PROPERTY) -> str:
        """`config.txt, line 12, [property] tensor-name`; without the line where it is absent."""
        value = self.origin.get(group, key) if self.origin else None
        return value.where if value else f"{self.file}, [{group}] {key}"


def _groups(key_file: KeyFile, warnings: list[str]) -> Iterator[PreprocessGroup]:
    owners: dict[int | None, str] = {}
    for name, line in key_file.group_lines.items():
        if name in (_PROPERTY, _USER):
            continue
        if not _GROUP.fullmatch(name):
            warnings.append(
                f"{key_file.file}, line {line}: unknown group [{printable(name)}], ignored"
                f"{did_you_mean(name, (_PROPERTY, _USER, 'group-0'))}"
            )
            continue
        values = [*key_file.groups[name].values()]
        group = _group(values, f"{key_file.file}, line {line}, [{name}]", warnings)
        for source in group.src_ids or (None,):
            if source in owners:
                what = "-1 (any source)" if source is None else f"source {source}"
                raise ConfigError(
                    f"{key_file.get(name, 'src-ids').where}: {what} belongs to "  # type: ignore[union-attr]
                    f"[{owners[source]}] already; wanted one group for each source"
                )
            owners[source] = name
        yield group


def _group(values: list[Value], where: str, warnings: list[str]) -> PreprocessGroup:
    lists = [value for value in values if value.key.startswith(ROI_PREFIX)]
    others = [value for value in values if value not in lists]
    warnings += unknown_keys(others, GROUP_KEYS, elsewhere=dict.fromkeys(PROPERTY_KEYS, _PROPERTY))
    settings: dict[str, Any] = read_group(others, GROUP_KEYS)
    if "src_ids" not in settings:
        raise ConfigError(f"{where}: wanted src-ids=0;1;… (or -1 for all sources), got no key")
    min_size, max_size = take_size(settings, "min"), take_size(settings, "max")
    rois = dict(map(_rois, lists))
    sources = settings["src_ids"] or ()
    for value in lists:
        source = int(value.key[len(ROI_PREFIX) :])
        if sources and source not in sources:
            warnings.append(f"{value.where}: src-ids does not list source {source}; ignored")
    if settings.get("on_roi"):
        missing = [source for source in sorted(sources) if source not in rois]
        for source in missing:
            warnings.append(
                f"{where}: {ROI_PREFIX}{source} is missing: nothing of source {source} is prepared "
                "until an event brings regions"
            )
    return PreprocessGroup(where, **settings, rois=rois, min_size=min_size, max_size=max_size)


def _rois(value: Value) -> tuple[int, tuple[Box, ...]]:
    source = value.key[len(ROI_PREFIX) :]
    if not _SOURCE.fullmatch(source):
        raise value.error("a source's number behind roi-params-src-", advice=f", {source!r}")
    numbers = value.numbers()
    if not numbers or len(numbers) % 4:
        raise value.error(
            "regions x;y;width;height;…", advice=f": that is {len(numbers)} number(s)"
        )
    boxes = tuple(zip(numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4], strict=True))
    for box in boxes:
        if min(box[:2]) < 0 or min(box[2:]) < 1:
            raise value.error(
                "regions x;y;width;height inside the frame, a pixel wide and high or more",
                advice=f": {';'.join(f'{number:g}' for number in box)} is none",
            )
    return int(source), boxes
