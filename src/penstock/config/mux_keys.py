"""Every key of the new nvstreammux's file, in the order of the reference."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.config.keys import Key
from penstock.config.value import Value

ROUND_ROBIN = 1


def _count(value: Value) -> int:
    return value.integer(minimum=0)


def _least_one(value: Value) -> int:
    return value.integer(minimum=1)


def _batch_size(value: Value) -> int:
    return value.integer(minimum=1, maximum=1024)


PROPERTY_KEYS: Mapping[str, Key] = {
    "algorithm-type": Key(
        "how batches are formed: 1, round robin, is the only way",
        "1",
        "algorithm",
        lambda value: value.integer(minimum=ROUND_ROBIN, maximum=ROUND_ROBIN),
    ),
    "batch-size": Key(
        "most frames in a batch, without adaptive-batching", "1", "batch_size", _batch_size
    ),
    "adaptive-batching": Key(
        "1: most frames in a batch are as many as sources run", "1", "adaptive", Value.boolean
    ),
    "max-same-source-frames": Key(
        "most frames of one source in a batch", "1", "max_same_source_frames", _least_one
    ),
    "enable-source-rate-control": Key(
        "1: max-fps and min-fps of the sources count", "0", "controls_sources", Value.boolean
    ),
    "max-fps-control": Key("1: overall-max-fps counts", "0", "controls_max_fps", Value.boolean),
    "overall-max-fps-n": Key(
        "most batches a second, numerator", "120", "overall_max_fps_n", _least_one
    ),
    "overall-max-fps-d": Key("its denominator", "1", "overall_max_fps_d", _least_one),
    "overall-min-fps-n": Key(
        "an incomplete batch leaves after one period of this rate, numerator",
        "5",
        "overall_min_fps_n",
        _least_one,
    ),
    "overall-min-fps-d": Key("its denominator", "1", "overall_min_fps_d", _least_one),
}

SOURCE_KEYS: Mapping[str, Key] = {
    "max-fps-n": Key(
        "most batches a second that this source takes part in, numerator",
        "60",
        "max_fps_n",
        _least_one,
    ),
    "max-fps-d": Key("its denominator", "1", "max_fps_d", _least_one),
    "min-fps-n": Key(
        "a batch waits for this source for one period of this rate, numerator",
        "30",
        "min_fps_n",
        _least_one,
    ),
    "min-fps-d": Key("its denominator", "1", "min_fps_d", _least_one),
    "priority": Key("the smallest numbers are served first", "0", "priority", _count),
    "max-num-frames-per-batch": Key(
        "most frames of this source in a batch, if max-same-source-frames is not less",
        "1",
        "max_frames",
        _least_one,
    ),
}
