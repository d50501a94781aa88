"""The groups of deepstream-app's configuration, as what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.meta import Color


@dataclass(frozen=True)
class AppGroup:
    """What is common to the groups.

    Attributes:
        where: File, line and group, for messages.
        number: The one in its name; 0 where there is none.
        properties: What its element is given.
    """

    where: str = field(default="", compare=False)
    number: int = 0
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ApplicationGroup(AppGroup):
    """`[application]`.

    Attributes:
        perf: Whether frame rates are printed.
        perf_interval_s: Seconds from one line to the next.
        kitti_dir: Folder for what the primary network finds; the others likewise.
    """

    perf: bool = False
    perf_interval_s: int = 5
    kitti_dir: Path | None = None
    track_dir: Path | None = None
    ended_dir: Path | None = None
    shadow_dir: Path | None = None
    reid_dir: Path | None = None


@dataclass(frozen=True)
class TilerGroup(AppGroup):
    """`[tiled-display]`.

    Attributes:
        mode: 1 all sources in one picture; 2 single ones too.
    """

    mode: int = 1


@dataclass(frozen=True)
class SourceGroup(AppGroup):
    """`[sourceN]`, or one of the several that it stands for.

    Attributes:
        kind: 1 camera, 2 URI, 3 several URIs, 4 RTSP.
        uri: What to open, absolute.
        device: Number of the camera's device.
        camera_width: Its pictures, pixels; 0: its own choice, as `camera_height`.
        camera_fps_n: Frames a second, numerator; 0: its own choice.
        key_frames: Only key frames are decoded.
        record_from_s: How long before now a recording begins, where the time starts it.
        record_s: How long it is.
        record_every_s: From one to the next.
    """

    kind: int = 2
    uri: str = ""
    device: int = 0
    camera_width: int = 0
    camera_height: int = 0
    camera_fps_n: int = 0
    camera_fps_d: int = 1
    key_frames: bool = False
    record_from_s: int = 2
    record_s: int = 8
    record_every_s: int = 10


@dataclass(frozen=True)
class SourceListGroup(AppGroup):
    """`[source-list]`.

    Attributes:
        uris: What to open, absolute.
        expected: How many there should be; `None` where that is not said.
        multi: Whether sources may come and go.
        sensor_ids: Their ids, or none.
        sensor_names: Their names, or none.
        sgie_batch: `batch-size` of the secondary networks, if said.
    """

    uris: tuple[str, ...] = ()
    expected: int | None = None
    multi: bool = False
    sensor_ids: tuple[str, ...] = ()
    sensor_names: tuple[str, ...] = ()
    sgie_batch: int | None = None


@dataclass(frozen=True)
class GieGroup(AppGroup):
    """`[primary-gie]`, `[secondary-gieN]`.

    Attributes:
        config_file: The network's own file; it existed.
        plugin: 0 nvinfer, 1 nvinferserver.
        labels: A file of class names, or none.
        border_colors: Class id → colour of its boxes; -1: of all others.
        bg_colors: The same inside them.
    """

    config_file: str = ""
    plugin: int = 0
    labels: str | None = None
    border_colors: Mapping[int, Color] = field(default_factory=dict)
    bg_colors: Mapping[int, Color] = field(default_factory=dict)


@dataclass(frozen=True)
class OsdGroup(AppGroup):
    """`[osd]`; `None` leaves what the elements before it chose."""

    border_width: int | None = None
    border_color: Color | None = None
    text_size: int | None = None
    text_color: Color | None = None
    text_bg_color: Color | None = None
    font: str | None = None


@dataclass(frozen=True)
class DewarperGroup(AppGroup):
    """`[dewarper]`.

    Attributes:
        source_id: Whose pictures.
        surfaces: How many are made of one.
    """

    source_id: int = 0
    surfaces: int = 1


@dataclass(frozen=True)
class SinkGroup(AppGroup):
    """`[sinkN]`.

    Attributes:
        kind: 1 nowhere, 2, 5, 7 window, 3 file, 4 RTSP, 6 message broker.
        sync: In the video's own time.
        source_id: Whose pictures, where it does not get tiles.
        single: It gets the pictures of one source although there are tiles.
        file: Where `kind` is 3.
        container: 1 MP4, 2 MKV.
        codec: 1 H.264, 2 H.265, 3 MPEG-4.
        software: Whether x264enc and its like encode.
        bitrate: Bits a second.
        key_interval: Frames.
        bare: No nvmsgconv.
        converter: What nvmsgconv is given.
        broker: What nvmsgbroker is given.
    """

    kind: int = 1
    sync: bool = False
    qos: bool = False
    source_id: int = 0
    single: bool = False
    file: Path | None = None
    container: int = 1
    codec: int = 1
    software: bool = False
    bitrate: int = 2_000_000
    profile: int = 0
    key_interval: int = 30
    rtsp_port: int = 8554
    udp_port: int = 5000
    bare: bool = False
    converter: Mapping[str, Any] = field(default_factory=dict)
    broker: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConsumerGroup(AppGroup):
    """`[message-consumerN]`."""

    proto_lib: str = ""
    conn_str: str = ""
    config_file: str | None = None
    topics: tuple[str, ...] = ()
    sensor_file: str | None = None


@dataclass(frozen=True)
class ImagesGroup(AppGroup):
    """`[img-save]`.

    Attributes:
        folder: Where the JPEG files go.
        frames: Whole frames.
        crops: What is in each box.
        interval_s: Seconds between two frames of a source that are looked at.
        min_confidence: Of an object, as `max_confidence`.
        min_width: Of its box, frame pixels, as `min_height`.
        quality: Of the files, 1 to 100.
    """

    folder: Path | None = None
    frames: bool = False
    crops: bool = False
    interval_s: int = 600
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    min_width: int = 1
    min_height: int = 1
    quality: int = 80


@dataclass(frozen=True)
class TestsGroup(AppGroup):
    """`[tests]`."""

    file_loop: bool = False
