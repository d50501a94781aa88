"""What a low-level tracker YAML says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.config import tracker_defaults, tracker_rules


@dataclass(frozen=True)
class TargetSettings:
    """Which tracks there are, and when they are reported (`TargetManagement`).

    Attributes:
        max_targets: Most tracks of one source, shadows included.
        unclips: Let boxes that the frame's edge cuts keep their size (`enableBboxUnClipping`).
        max_iou_of_new: A detection that overlaps a track more than this starts none.
        min_confidence_of_new: Nor does one that the detector is less sure of; ours.
        min_tracker_confidence: A track that its tracker is less sure of is not reported.
        probation_age: Frames before a track is reported.
        max_shadow_age: Frames a track lives without a detection.
        early_termination_age: The same while it is in probation.
        outputs_terminated: Tell every track that ended, with all its boxes.
        outputs_shadows: Tell the tracks that are followed without being reported.
    """

    max_targets: int = 30
    unclips: bool = False
    max_iou_of_new: float = 0.5
    min_confidence_of_new: float = 0.0
    min_tracker_confidence: float = 0.0
    probation_age: int = 5
    max_shadow_age: int = 38
    early_termination_age: int = 2
    outputs_terminated: bool = False
    outputs_shadows: bool = False


@dataclass(frozen=True)
class TrajectorySettings:
    """How ids are made, and how broken tracks are joined (`TrajectoryManagement`).

    Attributes:
        unique_ids: Random upper 32 bits for each source, so that ids differ after a restart.
        joins: Give a new track the id of an ended one where their paths fit (`enableReAssoc`).
        min_score: Least total score of such a pair.
        min_path_score: Least mean overlap of the two paths.
        min_reid_score: Least likeness of the two objects.
        path_weight: Of the overlap in the total score.
        reid_weight: Of the likeness.
        min_length: Shorter tracks are not continued, frames.
        prep_length: Frames of the track's end that its motion is learnt from.
        projection_length: Frames it is continued.
        max_angle_deg: Most difference of the two directions.
        min_speed_score: Least ratio of the two speeds.
        min_size_score: Least ratio of the two sizes.
        time_range: Frames that the two paths may be shifted in time.
        reid_interval: Frames between two looks at an object; -1: only the first.
    """

    unique_ids: bool = False
    joins: bool = False
    min_score: float = 0.4
    min_path_score: float = 0.4
    min_reid_score: float = 0.8
    path_weight: float = 1.0
    reid_weight: float = 0.0
    min_length: int = 20
    prep_length: int = 10
    projection_length: int = 90
    max_angle_deg: float = 40.0
    min_speed_score: float = 0.3
    min_size_score: float = 0.6
    time_range: int = 20
    reid_interval: int = 0


@dataclass(frozen=True)
class AssociationSettings:
    """Which detection belongs to which track (`DataAssociator`).

    Attributes:
        cascades: In stages, each with the best total; else greedily, the best pair first.
        same_class: Only detections of the track's class.
        min_score: Least total score, the weighted sum of the scores below.
        min_size: Least size similarity: the smaller area over the larger one.
        min_iou: Least overlap; pairs without any never match by it.
        min_visual: Least response of the visual tracker.
        min_reid: Least likeness.
        iou_weight: Of the overlap in the total score.
        size_weight: Of the size similarity.
        visual_weight: Of the response.
        reid_weight: Of the likeness.
        tentative_confidence: Detections below this are matched later, by overlap only, and start
            no track.
        min_tentative_iou: Their least overlap.
        predicts: Match with where the track should be now, rather than where it was.
        max_mahalanobis: Most squared Mahalanobis distance; negative: any.
        direction_weight: Of the direction in OC-SORT's score; ours.
        direction_length: Frames that the direction is taken from; ours.
    """

    cascades: bool = False
    same_class: bool = True
    min_score: float = 0.0
    min_size: float = 0.0
    min_iou: float = 0.0
    min_visual: float = 0.0
    min_reid: float = 0.0
    iou_weight: float = 1.0
    size_weight: float = 0.0
    visual_weight: float = 0.0
    reid_weight: float = 0.0
    tentative_confidence: float = 0.5
    min_tentative_iou: float = 0.0
    predicts: bool = False
    max_mahalanobis: float = -1.0
    direction_weight: float = 0.2
    direction_length: int = 3


@dataclass(frozen=True)
class MotionSettings:
    """How tracks move (`StateEstimator`).

    Attributes:
        estimator: 0 none, 1 simple boxes (x, y, w, h, dx, dy), 2 regular boxes (all four move),
            3 centres only.
        loc_var: Process noise of the centre, tracker pixels squared a frame.
        size_var: Of width and height.
        vel_var: Of the velocity.
        detector_var: Measurement noise of detections.
        tracker_var: Measurement noise of the visual tracker.
        loc_weight: Standard deviation of positions as a share of the box's height, where above 0.
        vel_weight: The same of velocities.
        uses_aspect: The state has width over height instead of the width.
    """

    estimator: int = 0
    loc_var: float = 2.0
    size_var: float = 1.0
    vel_var: float = 0.1
    detector_var: float = 4.0
    tracker_var: float = 16.0
    loc_weight: float = -0.1
    vel_weight: float = -0.1
    uses_aspect: bool = False


@dataclass(frozen=True)
class VisualSettings:
    """How objects are followed by their looks (`VisualTracker`).

    Attributes:
        kind: 0 not at all; 1 and 2 correlation filters.
        color: Use colours.
        gradients: Use histograms of gradients.
        size_level: Side of the feature image: 1 12, 2 18, 3 24, 4 36, 5 48 pixels.
        focus_y: Vertical offset of the window's centre, as a share of its height.
        filter_lr: Learning rate of the filters, 0 to 1.
        channel_lr: Learning rate of the channels' weights, 0 to 1.
        sigma_px: Standard deviation of the wanted response, feature pixels.
        padding_scale: Size of the search region, as a multiple of the box's diagonal.
    """

    kind: int = 0
    color: bool = True
    gradients: bool = False
    size_level: int = 2
    focus_y: float = 0.0
    filter_lr: float = 0.075
    channel_lr: float = 0.1
    sigma_px: float = 0.75
    padding_scale: float = 1.0


@dataclass(frozen=True)
class ReidSettings:
    """What objects look like to a re-identification network (`ReID`).

    Attributes:
        kind: 0 not used, 1 NvDeepSORT, 2 to join broken tracks, 3 both.
        batch_size: Most objects in one run.
        feature_size: Length of the vector.
        history_size: Most vectors kept of one track.
        input_dims: Of the network, in `input_order`'s order, without the batch.
        input_order: 0 NCHW, 1 NHWC.
        color: 0 RGB, 1 BGR.
        network_mode: 0 FP32, 1 FP16, 2 INT8.
        offsets: Subtracted from the channels.
        scale: Multiplied after that.
        keep_aspect: Scale both axes alike.
        normalizes: Scale vectors to length 1.
        outputs_vectors: Attach the vectors to the objects.
        model_file: The ONNX network; `None`: the built-in colour histogram.
    """

    kind: int = 0
    batch_size: int = 1
    feature_size: int = 128
    history_size: int = 100
    input_dims: tuple[int, ...] = (128, 64, 3)
    input_order: int = 1
    color: int = 0
    network_mode: int = 0
    offsets: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    keep_aspect: bool = True
    normalizes: bool = False
    outputs_vectors: bool = False
    model_file: Path | None = None


_SECTIONS: Mapping[str, type] = {
    "targets": TargetSettings,
    "trajectory": TrajectorySettings,
    "association": AssociationSettings,
    "motion": MotionSettings,
    "visual": VisualSettings,
    "reid": ReidSettings,
}


@dataclass(frozen=True)
class TrackerConfig:
    """What one tracker is told; every section is a frozen dataclass of its own.

    Attributes:
        tracker: Name in the table of trackers: which one the settings mean.
        file: The file, as it was named by whoever opened it.
        min_confidence: Weaker detections are not tracked.
        warnings: One sentence for each thing to tell the user, with file, line and key.
    """

    tracker: str = "NvSORT"
    file: Path | None = field(default=None, compare=False)
    min_confidence: float = 0.0
    targets: TargetSettings = field(default_factory=TargetSettings)
    trajectory: TrajectorySettings = field(default_factory=TrajectorySettings)
    association: AssociationSettings = field(default_factory=AssociationSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    visual: VisualSettings = field(default_factory=VisualSettings)
    reid: ReidSettings = field(default_factory=ReidSettings)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> TrackerConfig:
        """Read a low-level YAML, with or without its `%YAML:1.0` header.

        `BaseConfig.trackerType` names the tracker; without it the modules in use do: a visual
        tracker means NvDCF, `reidType` 1 or 3 NvDeepSORT, a state estimator NvSORT, none IOU.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        found = tracker_rules.read_settings(path)
        base = cls.of(found.named) if found.named else cls(tracker="")
        config = base.replace(**found.settings)
        return dataclasses.replace(
            config,
            tracker=found.named or _meant(config),
            file=Path(path),
            warnings=found.warnings,
        )

    @classmethod
    def of(cls, tracker: str) -> TrackerConfig:
        """The settings a tracker has where no file gives others.

        Args:
            tracker: Name in the table of trackers; one that is not known here gets DeepStream's.
        """
        return cls(tracker=tracker).replace(**tracker_defaults.DEFAULTS.get(tracker, {}))

    def replace(self, **settings: Any) -> TrackerConfig:
        """A copy with other settings.

        Args:
            settings: `min_confidence`, or the name of a section with a mapping of its settings.

        Raises:
            TypeError: There is no such setting.
        """
        changes = {
            name: dataclasses.replace(getattr(self, name), **value) if name in _SECTIONS else value
            for name, value in settings.items()
        }
        return dataclasses.replace(self, **changes)


def _meant(config: TrackerConfig) -> str:
    """The tracker whose modules are in use."""
    if config.visual.kind:
        return "NvDCF"
    if config.reid.kind in (1, 3):
        return "NvDeepSORT"
    return "NvSORT" if config.motion.estimator else "IOU"
