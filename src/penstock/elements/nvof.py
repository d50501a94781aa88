"""`nvof`: how the picture of every source moves from frame to frame.

gst-launch-1.0 videotestsrc pattern=ball num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 ! nvof ! nvofvisual ! fakesink
"""

from __future__ import annotations

from penstock.flow import SourceFlows, luma_of
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    EnumType,
    Gst,
    Property,
    gproperties,
    nvmm_caps,
    sink_and_src,
)
from penstock.gst.nvevents import PAD_DELETED, STREAM_EOS, STREAM_RESET, source_event_of
from penstock.meta import BatchMeta, OpticalFlowMeta, UserMeta

PRESET_LEVEL = EnumType("GstNvOfPresetLevel", {"fast": 0, "medium": 1, "slow": 2})
GRID_SIZE = EnumType("GstNvOfGridSize", {"4x4": 0})
_ENDS = (PAD_DELETED, STREAM_EOS, STREAM_RESET)


class NvOf(BatchTransform):
    """Attaches an `OpticalFlowMeta` to every frame that has a frame before it."""

    FACTORY = "nvof"
    PROPERTIES = (
        GPU_ID,
        Property(
            "dump-of-meta",
            "bool",
            False,
            "accepted; a probe can write the vectors to a file",
            accepted_only=True,
        ),
        Property("preset-level", PRESET_LEVEL, 0, "Speed against exactness, from the next start"),
        Property(
            "pool-size", "uint", 7, "accepted; no pool is needed", minimum=1, accepted_only=True
        ),
        Property("grid-size", GRID_SIZE, 0, "Pixels that one vector stands for"),
    )
    __gtype_name__ = "Gstnvof"
    __gstmetadata__ = (
        "Penstock optical flow",
        "Filter/Analyzer/Video",
        "Tells how pictures move from frame to frame",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    _flows: SourceFlows | None = None

    def open(self) -> None:
        """No frame has a frame before it yet."""
        nicks = {number: nick for nick, number in PRESET_LEVEL.values.items()}
        self._flows = SourceFlows(nicks[int(self.setting("preset-level"))])

    def close(self) -> None:
        """Let the last pictures go."""
        self._flows = None

    def notice(self, event: Gst.Event) -> None:
        """What comes after a seek, or after the end of a source, has nothing before it."""
        kind, pad = source_event_of(event) or (0, 0)
        flows = self._flows
        if flows is not None and kind in _ENDS:
            flows.forget(pad)
        elif flows is not None and event.type == Gst.EventType.FLUSH_STOP:
            flows.forget_all()

    def process(self, batch: BatchMeta) -> None:
        """Compare each frame with the one before, on luma, at the frame's size."""
        assert self._flows is not None
        for frame in batch.frames:
            pad, *which = frame.view
            vectors = self._flows.motion(pad, luma_of(frame.surface), surface=tuple(which))
            if vectors is not None:
                meta = OpticalFlowMeta(vectors, frame.frame_num)
                frame.user.append(
                    UserMeta(meta, meta_type=meta.META_TYPE, copy_data=OpticalFlowMeta.copy)
                )
