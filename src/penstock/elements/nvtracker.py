"""`nvtracker`: give every object the same id from frame to frame.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvtracker ll-config-file=ByteTrack ! nvdsosd ! fakesink
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock.config import TrackerConfig
from penstock.errors import ConfigError, PenstockError
from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    GPU_ID,
    BatchTransform,
    Gst,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.gst.nvevents import PAD_DELETED, STREAM_EOS, STREAM_RESET, source_event_of, update_of
from penstock.meta import BatchMeta
from penstock.trackers import TRACKERS, BatchTracker, SubBatches, TrackIds, class_ids

_UNUSED = "accepted; without effect here"
_COMING = "accepted; coming, a warning where it is switched on"
_ANEW_ON_RESET, _FROM_ZERO_AFTER_EOS = 1, 2


class NvTracker(BatchTransform):
    """Runs one tracker for every source and writes its ids and boxes into the objects."""

    FACTORY = "nvtracker"
    PROPERTIES = (
        Property("tracker-width", "uint", 960, "Width that the file's noise is told in, pixels"),
        Property("tracker-height", "uint", 544, "Height that it is told in, pixels"),
        Property(
            "ll-lib-file",
            "string",
            None,
            "accepted, and need not exist: the trackers are Penstock's own",
            accepted_only=True,
        ),
        Property(
            "ll-config-file",
            "string",
            None,
            "Low-level YAML or a tracker's name, such as ByteTrack; several by ; for sub-batches",
        ),
        GPU_ID,
        Property("tracking-surface-type", "uint", 0, _UNUSED, accepted_only=True),
        Property("display-tracking-id", "bool", True, "Append the id to the objects' text"),
        Property(
            "tracking-id-reset-mode",
            "uint",
            0,
            "0 never; 1 new tracks when a source begins anew; 2 ids from 0 after its EOS; 3 both",
            maximum=3,
        ),
        Property("input-tensor-meta", "bool", False, _COMING, accepted_only=True),
        Property("tensor-meta-gie-id", "uint", 0, _COMING, accepted_only=True),
        Property("user-meta-pool-size", "uint", 32, _UNUSED, minimum=1, accepted_only=True),
        Property(
            "sub-batches",
            "string",
            "",
            "Sources by ll-config-file: 0,1;2,3 lists them, 2:2 counts them as they come",
        ),
        Property(
            "sub-batch-err-recovery-trial-cnt",
            "int",
            0,
            "Times the trackers of a sub-batch begin anew after an error; -1 always",
            minimum=-1,
        ),
        Property("operate-on-class-ids", "string", "", "Track only these classes: 0:2; empty: all"),
        Property("enable-batch-process", "bool", True, _UNUSED, accepted_only=True),
        Property("enable-past-frame", "bool", True, "Attach where tracks were before they showed"),
        COMPUTE_HW_PROPERTY,
    )
    __gtype_name__ = "Gstnvtracker"
    __gstmetadata__ = (
        "Penstock tracker",
        "Filter/Analyzer/Video",
        "Gives every object the same id from frame to frame",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    _tracker: BatchTracker | None = None

    def __init__(self) -> None:
        super().__init__()
        self._configs = _configs("")
        self._class_ids: frozenset[int] | None = None
        self._sub_batches = SubBatches("")
        self._ids = TrackIds()  # outlives open and close: no id is given twice

    def changed(self, name: str, value: Any) -> None:
        """Read files and lists when they are set."""
        if name == "ll-config-file":
            self._configs = _configs(value)
        elif name == "operate-on-class-ids":
            self._class_ids = class_ids(value, name)
        elif name == "sub-batches":
            self._sub_batches = SubBatches(value)

    def ready(self) -> None:
        """Settings must fit each other; what the files leave to wish for is told."""
        self._check(self._configs)
        if self.setting("input-tensor-meta"):
            post_warning(self, "input-tensor-meta is not available yet: objects are cut out here")

    def _check(self, configs: tuple[TrackerConfig, ...]) -> None:
        count = self._sub_batches.count
        if len(configs) not in (1, count):
            raise ConfigError(
                f"ll-config-file names {len(configs)} files, sub-batches {count} sub-batches: "
                "name one file for all, or one for each"
            )
        for warning in dict.fromkeys(text for config in configs for text in config.warnings):
            post_warning(self, warning)

    def open(self) -> None:
        """Load the trackers now, so that a wrong name fails before the first frame."""
        size = self.setting("tracker-width"), self.setting("tracker-height")
        self._tracker = BatchTracker(
            TRACKERS,
            self._configs,
            sub_batches=self._sub_batches,
            ids=self._ids,
            class_ids=self._class_ids,
            shows_ids=self.setting("display-tracking-id"),
            tells_past=self.setting("enable-past-frame"),
            tracker_size=size if all(size) else None,
            most_failures=self.setting("sub-batch-err-recovery-trial-cnt"),
            warn=lambda text: post_warning(self, text),
        )

    def close(self) -> None:
        """Drop every track."""
        self._tracker = None

    def notice(self, event: Gst.Event) -> None:
        """Sources end, go and begin anew; the file may change."""
        kind, pad = source_event_of(event) or (0, 0)
        mode = self.setting("tracking-id-reset-mode")
        if self._tracker is not None:
            if kind == PAD_DELETED:
                self._tracker.forget(pad)
            elif kind == STREAM_EOS and mode & _FROM_ZERO_AFTER_EOS:
                self._tracker.end(pad, from_zero=True)
            elif kind == STREAM_RESET and mode & _ANEW_ON_RESET:
                self._tracker.end(pad)
        name, values = update_of(event) or ("", {})
        if name == "nv-tracker-config-update":
            self._replace_config(str(values.get("config_path") or ""))

    def _replace_config(self, path: str) -> None:
        """Begin anew with another file; where it is no good, a warning, and all stays."""
        before = self._configs
        try:
            self._configs = _configs(path)
            self._check(self._configs)
            self.open()
        except PenstockError as error:
            self._configs = before
            post_warning(self, f"nv-tracker-config-update: {error}; the old settings stay")

    def process(self, batch: BatchMeta) -> None:
        """Track every frame of a batch."""
        assert self._tracker is not None
        self._tracker.track(batch)


def _configs(text: str | None) -> tuple[TrackerConfig, ...]:
    """One configuration for each file or name in `a.yml;b.yml`; the default where there is none."""
    found = tuple(_config(item.strip()) for item in (text or "").split(";") if item.strip())
    return found or (TrackerConfig.of("NvSORT"),)


def _config(item: str) -> TrackerConfig:
    """What a file says, or the settings of the tracker that is called so."""
    if not Path(item).exists():
        for name in TRACKERS:
            if name.lower() == item.lower():
                return TrackerConfig.of(name)
    return TrackerConfig.read(item)
