"""Measure how long frames stay in each element, where the environment asks for it.

`NVDS_ENABLE_LATENCY_MEASUREMENT=1` and `NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT=1` put a
`ComponentLatency` for each frame and element on the batch.
"""

from __future__ import annotations

import os
import time
from typing import Any

from penstock.gst.carrier import batch_of
from penstock.gst.gi import Gst
from penstock.meta import UserMeta
from penstock.meta.latency import ComponentLatency

FRAMES = "NVDS_ENABLE_LATENCY_MEASUREMENT"
COMPONENTS = "NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT"


def measures_frames() -> bool:
    """Whether latencies were asked for."""
    return os.environ.get(FRAMES) == "1"


def measures_components() -> bool:
    """Whether those of each element were asked for too."""
    return measures_frames() and os.environ.get(COMPONENTS) == "1"


def watch(element: Gst.Element) -> None:
    """Note from now on when frames enter and leave an element through its always-there pads.

    What has no such sink pad is the mux: there a frame's own time of entry counts.
    """
    if not measures_components() or hasattr(element, "is_measured"):
        return
    element.is_measured = True
    sink, src = element.get_static_pad("sink"), element.get_static_pad("src")
    if src is None:
        return
    name = element.get_name()
    if sink is not None:
        sink.add_probe(Gst.PadProbeType.BUFFER, _entering, name)
    src.add_probe(Gst.PadProbeType.BUFFER, _leaving, name, sink is None)


def component_latencies(buffer_user: list[UserMeta]) -> list[ComponentLatency]:
    """Those among a batch's attachments, in the order of the elements."""
    return [user.data for user in buffer_user if isinstance(user.data, ComponentLatency)]


def _entering(_pad: Gst.Pad, info: Gst.PadProbeInfo, name: str) -> Gst.PadProbeReturn:
    batch = batch_of(info.get_buffer())
    if batch is not None:
        now = time.monotonic_ns()
        for frame in batch.frames:
            batch.user.append(_attachment(name, frame, entered_ns=now))
    return Gst.PadProbeReturn.OK


def _leaving(
    _pad: Gst.Pad, info: Gst.PadProbeInfo, name: str, is_first: bool
) -> Gst.PadProbeReturn:
    batch = batch_of(info.get_buffer())
    if batch is not None:
        now = time.monotonic_ns()
        if is_first:
            for frame in batch.frames:
                batch.user.append(_attachment(name, frame, entered_ns=frame.entered_ns))
        for latency in component_latencies(batch.user):
            if latency.component == name and not latency.left_ns:
                latency.left_ns = now
    return Gst.PadProbeReturn.OK


def _attachment(name: str, frame: Any, *, entered_ns: int) -> UserMeta:
    latency = ComponentLatency(name, frame.source_id, frame.frame_num, entered_ns)
    return UserMeta(latency, meta_type=ComponentLatency.META_TYPE, copy_data=ComponentLatency.copy)
