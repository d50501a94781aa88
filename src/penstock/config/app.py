"""The configuration of deepstream-app, the reference application."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from penstock.config import app_sources
from penstock.config.app_parts import (
    AppGroup,
    ApplicationGroup,
    ConsumerGroup,
    DewarperGroup,
    GieGroup,
    ImagesGroup,
    OsdGroup,
    SinkGroup,
    SourceGroup,
    SourceListGroup,
    TestsGroup,
    TilerGroup,
)
from penstock.config.app_reading import read_groups
from penstock.config.app_sink_keys import FILE, MESSAGES, MPEG4, STREAM
from penstock.config.keyfile import KeyFile
from penstock.errors import ConfigError

_Settings = dict[str, Any]


@dataclass(frozen=True)
class AppConfig:
    """What deepstream-app is told by its file; a group that is switched off is not there.

    Attributes:
        file: The file, as it was named by whoever opened it.
        application: What is measured and written.
        tiler: How all sources are shown in one picture.
        sources: In the order of their numbers in the metadata.
        listed: `[source-list]`, where sources may come and go over HTTP; `sources` is empty then.
        attributes: What holds for all of these.
        mux: Properties of nvstreammux.
        preprocess: Properties of nvdspreprocess; so it is with each other plain `AppGroup`.
        primary: The network that looks at frames.
        tracker: What gives ids.
        secondary_preprocess: In front of the secondary networks.
        secondaries: The networks that look at objects, by their numbers.
        analytics: Zones and lines.
        segvisual: Classes of pixels as colours.
        dewarpers: Straight pictures of wide lenses.
        osd: What is drawn.
        sinks: By their numbers.
        converter: The nvmsgconv of message sinks that have none of their own.
        consumers: Where messages come from.
        images: What is saved as JPEG files.
        tests: For tests.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    file: Path = field(compare=False)
    application: ApplicationGroup = field(default_factory=ApplicationGroup)
    tiler: TilerGroup | None = None
    sources: tuple[SourceGroup, ...] = ()
    listed: SourceListGroup | None = None
    attributes: SourceGroup | None = None
    mux: AppGroup = field(default_factory=AppGroup)
    preprocess: AppGroup | None = None
    primary: GieGroup | None = None
    tracker: AppGroup | None = None
    secondary_preprocess: tuple[AppGroup, ...] = ()
    secondaries: tuple[GieGroup, ...] = ()
    analytics: AppGroup | None = None
    segvisual: AppGroup | None = None
    dewarpers: tuple[DewarperGroup, ...] = ()
    osd: OsdGroup | None = None
    sinks: tuple[SinkGroup, ...] = ()
    converter: AppGroup | None = None
    consumers: tuple[ConsumerGroup, ...] = ()
    images: ImagesGroup | None = None
    tests: TestsGroup = field(default_factory=TestsGroup)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> AppConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="-c")
        warnings = list(key_file.warnings)
        found = read_groups(key_file, warnings)
        config = cls(
            key_file.file,
            ApplicationGroup(**_one(found, "application")),
            tiler=_maybe(found, "tiled-display", TilerGroup),
            mux=AppGroup(**_one(found, "streammux")),
            preprocess=_maybe(found, "pre-process"),
            primary=_maybe(found, "primary-gie", GieGroup),
            tracker=_maybe(found, "tracker"),
            secondary_preprocess=_all(found, "secondary-pre-process"),
            secondaries=_all(found, "secondary-gie", GieGroup),
            analytics=_maybe(found, "nvds-analytics"),
            segvisual=_maybe(found, "segvisual"),
            dewarpers=_all(found, "dewarper", DewarperGroup),
            osd=_maybe(found, "osd", OsdGroup),
            sinks=_all(found, "sink", SinkGroup),
            converter=_maybe(found, "message-converter"),
            consumers=_all(found, "message-consumer", ConsumerGroup),
            images=_maybe(found, "img-save", ImagesGroup),
            tests=TestsGroup(**_one(found, "tests")),
        )
        config = _with_sources(config, found)
        _check(config, warnings)
        return replace(config, warnings=tuple(warnings))


def _one(found: dict[str, list[_Settings]], name: str) -> _Settings:
    return found[name][0] if name in found else {}


def _maybe(found: dict[str, list[_Settings]], name: str, kind: type = AppGroup) -> Any:
    return kind(**found[name][0]) if name in found else None


def _all(found: dict[str, list[_Settings]], name: str, kind: type = AppGroup) -> tuple[Any, ...]:
    return tuple(kind(**settings) for settings in found.get(name, ()))


def _with_sources(config: AppConfig, found: dict[str, list[_Settings]]) -> AppConfig:
    if "source-list" not in found:
        return replace(config, sources=tuple(app_sources.sources_of(found.get("source", ()))))
    listed = app_sources.listed_in(_one(found, "source-list"))
    attributes = _one(found, "source-attr-all")
    for name in ("uri", "several", "table"):  # of each source, not of all
        attributes.pop(name, None)
    base = SourceGroup(**attributes) if attributes else None
    if not listed.multi:
        return replace(config, sources=tuple(app_sources.sources_listed(listed, base)))
    primary = _with_batch(config.primary, listed.properties.get("max-batch-size"))
    groups = tuple(_with_batch(group, listed.sgie_batch) for group in config.secondaries)
    return replace(config, listed=listed, attributes=base, primary=primary, secondaries=groups)


def _with_batch(group: GieGroup | None, size: int | None) -> Any:
    """The group with another `batch-size`, where both are there."""
    if group is None or size is None:
        return group
    return replace(group, properties={**group.properties, "batch-size": size})


def _check(config: AppConfig, warnings: list[str]) -> None:
    """What holds between the groups.

    Raises:
        ConfigError: Something is missing that has no default.
    """
    if not config.sources and config.listed is None:
        raise ConfigError(f"{config.file}: wanted a group [source0] with enable=1, got none")
    for gie in (config.primary, *config.secondaries):
        if gie is not None and not gie.config_file:
            raise ConfigError(f"{gie.where}: wanted config-file, the network's own")
    written: dict[Path, SinkGroup] = {}
    for sink in config.sinks:
        _check_sink(sink)
        if sink.kind == FILE and sink.file is not None:
            other = written.setdefault(sink.file, sink)
            if other is not sink:
                raise ConfigError(f"{sink.where}: output-file {sink.file} is that of {other.where}")
    if config.secondaries and config.primary is None:
        where = config.secondaries[0].where
        warnings.append(f"{where}: there is no [primary-gie] that finds objects for it")
    if config.images is not None and config.images.folder is None:
        raise ConfigError(f"{config.images.where}: wanted output-folder-path, where pictures go")


def _check_sink(sink: SinkGroup) -> None:
    if sink.kind == FILE and sink.file is None:
        raise ConfigError(f"{sink.where}: wanted output-file, where the video goes")
    if sink.kind == STREAM and sink.codec == MPEG4:
        raise ConfigError(f"{sink.where}: wanted codec 1 (H.264) or 2 (H.265) for a stream")
    if sink.kind == MESSAGES and "proto-lib" not in sink.broker:
        raise ConfigError(f"{sink.where}: wanted msg-broker-proto-lib, the broker to send to")
