"""Files in the form of KITTI's object labels, one for each frame."""

from __future__ import annotations

from pathlib import Path

from penstock.errors import ConfigError
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta
from penstock.meta.tracking import ReidVector, Target

_APP = 0  # deepstream-app can run several configurations at once, and counts them
_UNSAID = "0.0 0.0 0.0 0.0 0.0 0.0 0.0"


def folder_for(path: Path, *, where: str, key: str) -> Path:
    """Make a folder where files go.

    Raises:
        ConfigError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{where} {key}: {path} cannot be made: {error.strerror}") from error
    return path


def write_detections(batch: BatchMeta, folder: Path) -> None:
    """`LABEL 0.0 0 0.0 left top right bottom …zeros… confidence` for each object, frame pixels."""
    for frame in batch.frames:
        lines = [f"{_label(obj)} {_box(obj.ltwh, obj.confidence)}" for obj in frame.objects]
        _write(folder, _name(frame), lines)


def write_tracks(batch: BatchMeta, folder: Path) -> None:
    """The same with the id behind the label, and the tracker's confidence."""
    for frame in batch.frames:
        lines = [
            f"{_label(obj)} {obj.track_id % 2**64} {_box(obj.ltwh, obj.tracker_confidence)}"
            for obj in frame.objects
        ]
        _write(folder, _name(frame), lines)


def write_targets(batch: BatchMeta, folder: Path, *, kind: int) -> None:
    """Tracks that have ended, or are not seen, in a file of the frame that told of them.

    Args:
        batch: What the tracker told.
        folder: Where files go.
        kind: `TargetsMeta.TERMINATED` or `TargetsMeta.SHADOWS`.
    """
    frames = {frame.pad_index: frame for frame in batch.frames}
    for told in batch.user.of(kind):
        for source in told.sources:
            frame = frames.get(source.source_id)
            if frame is not None:
                lines = [line for target in source.targets for line in _track(target)]
                _write(folder, _name(frame), lines)


def write_vectors(batch: BatchMeta, folder: Path) -> None:
    """`id value value …` for each object that has a vector of re-identification."""
    for frame in batch.frames:
        lines = []
        for obj in frame.objects:
            for vector in obj.user.of(ReidVector):
                numbers = " ".join(f"{value:.6f}" for value in vector.values)
                lines.append(f"{obj.track_id % 2**64} {numbers}")
        _write(folder, _name(frame), lines)


def _track(target: Target) -> list[str]:
    label = (target.label or str(target.class_id)).replace(" ", "_")
    return [
        f"{label} {target.track_id % 2**64} {_box(box.rect.ltwh, box.confidence)} {box.frame_num}"
        for box in target.boxes
    ]


def _label(obj: ObjectMeta) -> str:
    """KITTI's fields are separated by blanks."""
    return (obj.label or str(obj.class_id)).replace(" ", "_")


def _box(ltwh: tuple[float, float, float, float], confidence: float) -> str:
    left, top, width, height = ltwh
    corners = f"{left:f} {top:f} {left + width:f} {top + height:f}"
    return f"0.0 0 0.0 {corners} {_UNSAID} {confidence:f}"


def _name(frame: FrameMeta) -> str:
    return f"{_APP:02d}_{frame.pad_index:03d}_{frame.frame_num:06d}.txt"


def _write(folder: Path, name: str, lines: list[str]) -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
