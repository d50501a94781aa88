"""How long the frames of a buffer took."""

from __future__ import annotations

import itertools

from penstock.meta.latency import age_ns
from pyds.buffers import batch_at
from pyds.strings import address_argument

_MS = 1e-6  # of a nanosecond
_batches = itertools.count()


def nvds_measure_buffer_latency(gst_buffer: int) -> int:
    """Print the latency of each frame of a buffer, from the mux to here, in milliseconds.

    Only where the environment has `NVDS_ENABLE_LATENCY_MEASUREMENT=1`. With
    `NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT=1` too, that of each element before.

    Args:
        gst_buffer: The buffer's C address: `hash(info.get_buffer())`.

    Returns:
        The number of frames printed; 0 where nothing is measured, or the buffer carries no batch.
    """
    address = address_argument(gst_buffer, "nvds_measure_buffer_latency", what="hash(gst_buffer)")
    batch = batch_at(address)
    if batch is None:
        return 0
    from penstock.gst import latency

    if not latency.measures_frames():
        return 0
    lines = [f"************BATCH-NUM = {next(_batches)}**************"]
    lines += [
        f"Comp name = {passed.component} Source id = {passed.source_id} "
        f"Frame_num = {passed.frame_num} in_system_timestamp = {passed.entered_ns * _MS:.6f} "
        f"out_system_timestamp = {passed.left_ns * _MS:.6f} "
        f"component latency= {passed.duration_ns * _MS:.6f}"
        for passed in latency.component_latencies(batch.user)
        if passed.left_ns
    ]
    lines += [
        f"Source id = {frame.source_id} Frame_num = {frame.frame_num} "
        f"Frame latency = {age_ns(frame) * _MS:.6f} (ms) "
        for frame in batch.frames
    ]
    print("\n".join(lines))  # noqa: T201 - that is what it is for
    return len(batch.frames)
