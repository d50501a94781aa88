"""`nvstreammux`: frames of many sources in, batches out.

gst-launch-1.0 nvstreammux name=mux batch-size=1 width=1280 height=720 ! fakesink \
    filesrc location=street.mp4 ! qtdemux ! h264parse ! nvv4l2decoder ! mux.sink_0
"""

from __future__ import annotations

from typing import Any

from penstock.errors import ConfigError
from penstock.gst import (
    COMPUTE_HW_PROPERTY,
    GPU_ID,
    INTERPOLATION,
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
)


class NvStreamMux(StreamMux, Gst.Element):
    """Batches the frames of its sink pads, all scaled to one size."""

    FACTORY = "nvstreammux"
    PROPERTIES = (
        Property(
            "batch-size", "uint", 0, "Most frames in a batch; 0: one of each pad", maximum=1024
        ),
        Property(
            "batched-push-timeout",
            "int",
            -1,
            "Microseconds after the first frame when an incomplete batch leaves; -1: never",
            minimum=-1,
        ),
        Property("width", "uint", 0, "Width of every frame in the batch, pixels; required"),
        Property("height", "uint", 0, "Height of every frame in the batch, pixels; required"),
        Property("enable-padding", "bool", False, "Keep the aspect ratio, with black bars"),
        Property("live-source", "bool", False, "Sources are live, even if they do not say so"),
        Property("buffer-pool-size", "uint", 4, "Most batches in flight downstream", minimum=4),
        Property("attach-sys-ts", "bool", True, "ntp_timestamp is the wall clock's, else RTCP's"),
        Property("interpolation-method", INTERPOLATION, 1, "How frames are scaled"),
        Property("sync-inputs", "bool", False, "Batch the frames of one moment; late ones drop"),
        Property(
            "max-latency", "uint64", 0, "Nanoseconds longer that sync-inputs waits, live sources"
        ),
        Property(
            "num-surfaces-per-frame",
            "uint",
            1,
            "Most surfaces of one buffer that are batched, each as a frame",
            minimum=1,
            maximum=8,
        ),
        Property("frame-num-reset-on-eos", "bool", False, "Count anew after a source's EOS"),
        Property(
            "frame-num-reset-on-stream-reset", "bool", False, "Count anew after a stream reset"
        ),
        Property("drop-pipeline-eos", "bool", False, "Keep the EOS when all sources have ended"),
        Property("no-pipeline-eos", "bool", False, "The same, by its old name"),
        GPU_ID,
        COMPUTE_HW_PROPERTY,
        memory_type(),
        Property(
            "frame-duration",
            "uint64",
            2**64 - 1,
            "accepted; each frame has the RTCP time of its own packets",
            accepted_only=True,
        ),
        Property(
            "async-process",
            "bool",
            True,
            "accepted; batches leave on a thread of their own",
            accepted_only=True,
        ),
        Property(
            "config-file-path",
            "string",
            None,
            "accepted; it belongs to the new mux: USE_NEW_NVSTREAMMUX=yes",
            accepted_only=True,
        ),
        Property(
            "align-inputs", "bool", False, "accepted; sync-inputs aligns frames", accepted_only=True
        ),
        Property(
            "sort-batch",
            "bool",
            False,
            "accepted; frames are in the order of the pads",
            accepted_only=True,
        ),
        Property(
            "cache-buffer", "bool", False, "accepted; no frame needs a cache", accepted_only=True
        ),
    )
    __gtype_name__ = "Gstnvstreammux"
    __gstmetadata__ = (
        "Penstock stream muxer",
        "Generic",
        "Batches the frames of many sources",
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

    def ready(self) -> None:
        """Width and height have no default that could be right."""
        if not (self.setting("width") and self.setting("height")):
            raise ConfigError(
                "width and height must be set to the size of the batch's frames in pixels, got "
                f"{self.setting('width')}x{self.setting('height')}"
            )

    def policy(self) -> dict[str, Any]:
        """What the properties say, for the batcher."""
        timeout_us = self.setting("batched-push-timeout")
        return {
            "batch_size": self.setting("batch-size"),
            "timeout_ns": None if timeout_us < 0 else timeout_us * 1000,
            "live": self.setting("live-source"),
            "together": self.setting("sync-inputs"),
            "max_latency_ns": self.setting("max-latency"),
            "max_queued": 1,  # a second one waits in the pad's own thread
        }

    def target(self) -> MuxTarget:
        """Every frame has the size of the properties."""
        return MuxTarget(
            (self.setting("width"), self.setting("height")),
            keep_aspect=self.setting("enable-padding"),
            interpolation="nearest" if self.setting("interpolation-method") == 0 else "bilinear",
            surfaces_per_frame=self.setting("num-surfaces-per-frame"),
            system_time=self.setting("attach-sys-ts"),
        )

    def size(self, number: int, first: MuxArrival) -> tuple[int, int]:
        """`(width, height)` of all frames, pixels."""
        del number
        return first.surfaces[0].size

    def slots(self) -> int:
        """Most batches downstream at once."""
        return int(self.setting("buffer-pool-size"))

    def withholds_eos(self) -> bool:
        """Whether batches may come again when all sources have ended."""
        return bool(self.setting("drop-pipeline-eos") or self.setting("no-pipeline-eos"))
