"""What nvmsgconv asks for a message about a frame (`msg2p-lib`): its objects and what they did."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from penstock.messages import CustomContext
from penstock.meta import UNTRACKED, FrameAnalytics, ObjectAnalytics, ObjectMeta

# When the video begins. A message that comes twice says the same twice, and can be dropped.
START = datetime.fromisoformat(os.environ["EVENTS_START"]).astimezone(timezone.utc)


def nvds_msg2p_generate_new(objects: Sequence[ObjectMeta], context: CustomContext) -> str:
    """One JSON message a frame."""
    frame = context.frame
    found = frame.user.get(FrameAnalytics)
    crossed = found.crossed_now if found else {}
    return json.dumps(
        {
            "camera": frame.source_id,
            "frame": frame.frame_num,
            "time": (START + timedelta(microseconds=frame.pts_ns // 1000)).isoformat(),
            "crossed": {line: count for line, count in crossed.items() if count},
            "objects": [said_of(obj) for obj in objects],
        }
    )


def said_of(obj: ObjectMeta) -> dict[str, object]:
    """One object; the box is in pixels of the frame."""
    found = obj.user.get(ObjectAnalytics)
    left, top, width, height = (round(float(number), 1) for number in obj.ltwh)
    return {
        "track": None if obj.track_id == UNTRACKED else obj.track_id,
        "label": obj.label,
        "confidence": round(float(obj.confidence), 3),
        "box": [left, top, width, height],
        "zones": found.regions if found else [],
    }
