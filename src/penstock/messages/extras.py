"""Poses, embeddings and places on the ground, in full messages and as the tails of minimal ones."""

from __future__ import annotations

from typing import Any

from penstock.messages.numbers import cut, fixed, floats, real_or_none, short
from penstock.messages.poses import is_flat, named, type_of
from penstock.meta import EventExtras, Pose, Standing


def members_of(extras: EventExtras) -> dict[str, Any]:
    """The members `pose`, `embedding` and `SV3DT` of an object."""
    members: dict[str, Any] = {"pose": {} if extras.pose is None else _joints(extras.pose)}
    vector = floats(extras.embedding)
    if vector:
        members["embedding"] = {"embedding_length": len(vector), "embedding_vector": vector}
    if extras.standing is not None:
        members["SV3DT"] = {
            "visibility": real_or_none(extras.visibility),
            "footLocation2D": floats(extras.standing.foot),
            "footLocation3D": floats(extras.standing.ground),
            "convexHull": [cut(value) for value in floats(extras.standing.hull)],
        }
    return members


def pose_tail(pose: Pose | None) -> str:
    """`|#|pose2D|nose,1.000000,2.000000,0.500000|…|`: all joints; empty without any."""
    if pose is None or not pose.joints:
        return ""
    joints = "".join(
        f"{name},{','.join(map(fixed, _flattened(pose, joint)))}|" for name, joint in named(pose)
    )
    return f"|#|{type_of(pose)}|{joints}"


def other_tails(extras: EventExtras) -> str:
    """`|#|embedding|…|` and `#|SV3DT|…|`, as far as there are such."""
    vector = floats(extras.embedding)
    tail = f"|#|embedding|{','.join(map(short, vector))}|" if vector else ""
    return tail if extras.standing is None else tail + _standing_tail(extras, extras.standing)


def _standing_tail(extras: EventExtras, standing: Standing) -> str:
    foot = ",".join(map(fixed, floats(standing.foot)))
    ground = ",".join(map(fixed, floats(standing.ground)))
    hull = ",".join(str(cut(value) or 0) for value in floats(standing.hull))
    return f"#|SV3DT|{fixed(extras.visibility)}|{foot}|{ground}|{hull}|"


def _flattened(pose: Pose, joint: Any) -> tuple[Any, ...]:
    x, y, z, confidence = joint
    return (x, y, confidence) if is_flat(pose) else (x, y, z, confidence)


def _joints(pose: Pose) -> dict[str, dict[str, Any]]:
    found = {}
    for name, (x, y, z, confidence) in named(pose):
        if (real_or_none(confidence) or 0) > 0:
            place = {"x": cut(x), "y": cut(y)}
            if not is_flat(pose):
                place["z"] = cut(z)
            found[name] = {**place, "confidence": real_or_none(confidence)}
    return found
