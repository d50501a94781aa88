"""The names of joints, by the type of a pose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from penstock.meta import Joint, Pose

IN_PICTURE: Final = (
    "nose", "neck", "right-shoulder", "right-elbow", "right-hand", "left-shoulder", "left-elbow",
    "left-hand", "right-hip", "right-knee", "right-foot", "left-hip", "left-knee", "left-foot",
    "right-eye", "left-eye", "right-ear", "left-ear",
)  # fmt: skip
IN_WORLD: Final = (
    "pelvis", "left-hip", "right-hip", "torso", "left-knee", "right-knee", "neck", "left-ankle",
    "right-ankle", "left-big-toe", "right-big-toe", "left-small-toe", "right-small-toe",
    "left-heel", "right-heel", "nose", "left-eye", "right-eye", "left-ear", "right-ear",
    "left-shoulder", "right-shoulder", "left-elbow", "right-elbow", "left-wrist", "right-wrist",
    "left-pinky-knuckle", "right-pinky-knuckle", "left-middle-tip", "right-middle-tip",
    "left-index-knuckle", "right-index-knuckle", "left-thumb-tip", "right-thumb-tip",
)  # fmt: skip
TYPES: Final = ("pose2D", "pose25D", "pose3D")
"""What each `Pose.pose_type` is called."""


def is_flat(pose: Pose) -> bool:
    """Whether joints have no depth."""
    return pose.pose_type == 0


def type_of(pose: Pose) -> str:
    """What a pose's type is called."""
    return TYPES[pose.pose_type] if pose.pose_type in (0, 1, 2) else TYPES[0]


def named(pose: Pose) -> Iterator[tuple[str, Joint]]:
    """The joints that have a name, with it."""
    return zip(IN_PICTURE if is_flat(pose) else IN_WORLD, pose.joints, strict=False)
