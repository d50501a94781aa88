"""The new `nvstreammux`, under USE_NEW_NVSTREAMMUX=yes: batches without scaling.

USE_NEW_NVSTREAMMUX=yes gst-launch-1.0 nvstreammux name=mux batch-size=1 ! fakesink \
    filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0
"""

from __future__ import annotations

import os
from typing import Any

from penstock.batching import PadRate
from penstock.config import MuxConfig
from penstock.gst import (
    GPU_ID,
    MUX_SIGNALS,
    MUX_SOURCE_FORMATS,
    MUX_TARGET_FORMATS,
    Gst,
    MuxArrival,
    MuxTarget,
    Property,
    StreamMux,
    gproperties,
    memory_type,
    nvmm_caps,
    pad_template,
    post_warning,
)

_ADAPTIVE = "NVSTREAMMUX_ADAPTIVE_BATCHING"
_SECOND_NS = 1_000_000_000
_OLD = "accepted; a setting of the mux that scales, without effect here"


class NvStreamMux2(StreamMux, Gst.Element):
    """Batches the frames of its sink pads as they are: each keeps its size."""

    FACTORY = "nvstreammux"
    PROPERTIES = (
        Property("batch-size", "uint", 0, "Most frames in a batch, if not adaptive", maximum=1024),
        Property(
            "batched-push-timeout",
            "int",
            33000,
            "Microseconds after the first frame when an incomplete batch leaves",
            minimum=1,
        ),
        Property("config-file-path", "string", None, "Rates, priorities and more of the sources"),
        Property("attach-sys-ts", "bool", True, "ntp_timestamp is the wall clock's, else RTCP's"),
        Property("sync-inputs", "bool", False, "Batch the frames of one moment; late ones drop"),
        Property(
            "max-latency", "uint64", 0, "Nanoseconds longer that sync-inputs waits, live sources"
        ),
        Property(
            "num-surfaces-per-frame",
            "uint",
            1,
            "Most surfaces of one buffer that are batched, each as a frame; 0: 1",
            minimum=0,
            maximum=8,
        ),
        Property("frame-num-reset-on-eos", "bool", False, "Count anew after a source's EOS"),
        Property(
            "frame-num-reset-on-stream-reset", "bool", False, "Count anew after a stream reset"
        ),
        Property("drop-pipeline-eos", "bool", False, "Keep the EOS when all sources have ended"),
        Property("buffer-pool-size", "uint", 4, "Most batches in flight downstream", minimum=4),
        Property(
            "frame-duration",
            "uint64",
            2**64 - 1,
            "accepted; each frame has the RTCP time of its own packets",
            accepted_only=True,
        ),
        Property("width", "uint", 0, _OLD, accepted_only=True),
        Property("height", "uint", 0, _OLD, accepted_only=True),
        Property("enable-padding", "bool", False, _OLD, accepted_only=True),
        Property(
            "live-source",
            "bool",
            False,
            "accepted; the sources are asked whether they are live",
            accepted_only=True,
        ),
        GPU_ID,
        memory_type(),
    )
    __gtype_name__ = "Gstnvstreammux2"
    __gstmetadata__ = (
        "Penstock stream muxer, new",
        "Generic",
        "Batches the frames of many sources, each in its own size",
        "The Penstock authors",
    )
    __gsttemplates__ = (
        pad_template(
            "sink_%u",
            Gst.PadDirection.SINK,
            Gst.PadPresence.REQUEST,
            nvmm_caps(*MUX_SOURCE_FORMATS),
        ),
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, nvmm_caps(*MUX_TARGET_FORMATS)
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = MUX_SIGNALS

    def __init__(self) -> None:
        self._config = MuxConfig()
        self._untold: tuple[str, ...] = ()
        self._leader: tuple[int, tuple[int, int] | None] = (0, None)
        super().__init__()

    def changed(self, name: str, value: Any) -> None:
        """A file is read at once; its rates hold for pads that are requested afterwards."""
        if name == "config-file-path":
            self._config = MuxConfig.read(value) if value else MuxConfig()
            self._untold = self._config.warnings
        super().changed(name, value)

    def ready(self) -> None:
        """Say what is odd about the file, once."""
        self._leader = (0, None)
        untold, self._untold = self._untold, ()
        for text in untold:
            post_warning(self, text)

    def policy(self) -> dict[str, Any]:
        """What the file and the properties say, for the batcher."""
        config = self._config
        period_ns = _SECOND_NS * config.overall_max_fps_d // config.overall_max_fps_n
        return {
            "batch_size": 0 if self._is_adaptive() else self._most_frames(),
            "timeout_ns": self._timeout_ns(),
            "live": False,
            "together": self.setting("sync-inputs"),
            "max_latency_ns": self.setting("max-latency"),
            "interval_ns": period_ns if config.controls_max_fps else 0,
            "max_queued": config.max_same_source_frames,
        }

    def rate_of(self, number: int) -> PadRate:
        """What the file says of one source."""
        config, source = self._config, self._config.source(number)
        counts = config.controls_sources
        most = min(config.max_same_source_frames, source.max_frames)
        return PadRate(
            source.priority,
            most,
            _SECOND_NS * source.max_fps_d // source.max_fps_n if counts else 0,
            _SECOND_NS * source.min_fps_d // source.min_fps_n if counts else None,
        )

    def target(self) -> MuxTarget:
        """Every frame stays as it came."""
        return MuxTarget(
            surfaces_per_frame=self.setting("num-surfaces-per-frame") or 1,
            system_time=self.setting("attach-sys-ts"),
        )

    def size(self, number: int, first: MuxArrival) -> tuple[int, int]:
        """That of the first source: caps can say only one."""
        leader, size = self._leader
        if size is None or number <= leader or leader not in self._sources:
            size = first.surfaces[0].size
            self._leader = number, size
        return size

    def slots(self) -> int:
        """Most batches downstream at once."""
        return int(self.setting("buffer-pool-size"))

    def _timeout_ns(self) -> int:
        config = self._config
        if config.file is None or "batched-push-timeout" in self.explicit:
            return int(self.setting("batched-push-timeout")) * 1000
        return _SECOND_NS * config.overall_min_fps_d // config.overall_min_fps_n

    def _most_frames(self) -> int:
        size: int = self.setting("batch-size")
        return size or self._config.batch_size

    def _is_adaptive(self) -> bool:
        said = os.environ.get(_ADAPTIVE, "").lower()
        if said in ("yes", "no"):
            return said == "yes"
        return self._config.adaptive
