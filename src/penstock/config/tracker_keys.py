"""Every key of the low-level tracker YAML, in the order of the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.config.keys import Key, ignored
from penstock.config.tracker_defaults import DEFAULTS
from penstock.config.value import INT_MAX, Value

_INFINITY = math.inf


def _number(low: float = -_INFINITY, high: float = _INFINITY) -> Callable[[Value], float]:
    return lambda value: value.number(minimum=low, maximum=high)


def _integer(low: int = 0, high: int = INT_MAX) -> Callable[[Value], int]:
    return lambda value: value.integer(minimum=low, maximum=high)


def _choice(*names: str) -> Callable[[Value], int]:
    return lambda value: value.choice(dict(enumerate(names)))


def _dims(value: Value) -> tuple[int, ...]:
    dims = value.integers(minimum=1)
    if len(dims) != 3:
        raise value.error("three sizes, such as [3, 256, 128]")
    return dims


def _model(value: Value) -> Path | None:
    return value.existing_file() if value.text else None


def _tracker(value: Value) -> str:
    """The name as the table of trackers spells it; third parties' names stay as they are."""
    known = {name.lower(): name for name in DEFAULTS}
    return known.get(value.text.lower(), value.text)


_score, _weight, _any = _number(0, 1), _number(0), _number()
_SCORE_4 = "least {} of a pair"
_WEIGHT_4 = "weight of the {} in a pair's total score"
_ENGINE = "networks are read from ONNX files"
_HARDWARE = "it chooses among units of NVIDIA's hardware"
_LINE = "paths go on along the line that fits them best"
_3D = "tracking in three dimensions is not built"

BASE_KEYS: Mapping[str, Key] = {
    "minDetectorConfidence": Key("weaker detections are not tracked", "0", "min_confidence", _any),
    "trackerType": Key(
        "ours: the tracker by its name, IOU, NvSORT, NvDeepSORT, NvDCF, ByteTrack or OC-SORT; "
        "what the file leaves out is then as below under Defaults",
        "by the modules in use",
        "tracker",
        _tracker,
    ),
}

TARGET_KEYS: Mapping[str, Key] = {
    "maxTargetsPerStream": Key(
        "most tracks of one source, shadows included", "30", "max_targets", _integer(0, 65535)
    ),
    "enableBboxUnClipping": Key(
        "1: a box that the frame's edge cuts keeps the size it had", "0", "unclips", Value.boolean
    ),
    "preserveStreamUpdateOrder": ignored(
        "ids are given in the sources' order", "they always are: runs repeat exactly"
    ),
    "minIouDiff4NewTarget": Key(
        "a detection that overlaps a track more than this starts none",
        "0.5",
        "max_iou_of_new",
        _score,
    ),
    "minDetectorConfidence4NewTarget": Key(
        "ours: nor does a weaker one", "0", "min_confidence_of_new", _any
    ),
    "minTrackerConfidence": Key(
        "a track without a detection whose tracker is less sure is not reported",
        "0",
        "min_tracker_confidence",
        _score,
    ),
    "probationAge": Key("frames before a track is reported", "5", "probation_age", _integer()),
    "maxShadowTrackingAge": Key(
        "frames a track lives without a detection", "38", "max_shadow_age", _integer()
    ),
    "earlyTerminationAge": Key("the same in probation", "2", "early_termination_age", _integer()),
    "outputTerminatedTracks": Key(
        "1: attach ended tracks, with all their boxes, to the batch",
        "0",
        "outputs_terminated",
        Value.boolean,
    ),
    "outputShadowTracks": Key(
        "1: attach tracks that are not reported now to the batch",
        "0",
        "outputs_shadows",
        Value.boolean,
    ),
    "terminatedTrackFilename": ignored(
        "files for ended tracks", "outputTerminatedTracks sends them with the batch"
    ),
    "searchRegionPaddingScale": Key(
        "NvDCF: search region as a multiple of the box's diagonal", "1", "padding_scale", _weight
    ),
}

TRAJECTORY_KEYS: Mapping[str, Key] = {
    "useUniqueID": Key(
        "1: upper 32 bits of ids are random for each source; 0: ids count from 0 in each element",
        "0",
        "unique_ids",
        Value.boolean,
    ),
    "enableReAssoc": Key(
        "1: a new track takes the id of an ended one whose path leads to it",
        "0",
        "joins",
        Value.boolean,
    ),
    "minMatchingScore4Overall": Key("least total score of such a pair", "0.4", "min_score", _score),
    "minTrackletMatchingScore": Key(
        "least mean overlap of the two paths", "0.4", "min_path_score", _score
    ),
    "minMatchingScore4ReidSimilarity": Key(
        "least likeness of the two objects", "0.8", "min_reid_score", _score
    ),
    "matchingScoreWeight4TrackletSimilarity": Key(
        "weight of the overlap", "1", "path_weight", _weight
    ),
    "matchingScoreWeight4ReidSimilarity": Key(
        "weight of the likeness", "0", "reid_weight", _weight
    ),
    "minTrajectoryLength4Projection": Key(
        "shorter tracks are not continued, frames", "20", "min_length", _integer()
    ),
    "prepLength4TrajectoryProjection": Key(
        "frames of its end that a path is continued by", "10", "prep_length", _integer()
    ),
    "trajectoryProjectionLength": Key(
        "frames a path is continued", "90", "projection_length", _integer()
    ),
    "maxAngle4TrackletMatching": Key(
        "most difference of the two directions, degrees",
        "40",
        "max_angle_deg",
        _number(0, 180),
    ),
    "minSpeedSimilarity4TrackletMatching": Key(
        "least ratio of the two speeds", "0.3", "min_speed_score", _score
    ),
    "minBboxSizeSimilarity4TrackletMatching": Key(
        "least ratio of the two sizes", "0.6", "min_size_score", _score
    ),
    "maxTrackletMatchingTimeSearchRange": Key(
        "frames that the paths may be shifted in time", "20", "time_range", _integer()
    ),
    "trajectoryProjectionProcessNoiseScale": ignored("scale of the process noise", _LINE),
    "trajectoryProjectionMeasurementNoiseScale": ignored("scale of the measurement noise", _LINE),
    "trackletSpacialSearchRegionScale": ignored(
        "where a new track may begin", "the paths' overlap says so"
    ),
    "reidExtractionInterval": Key(
        "frames between two looks at an object; -1: only the first",
        "0",
        "reid_interval",
        _integer(-1),
    ),
}

ASSOCIATION_KEYS: Mapping[str, Key] = {
    "dataAssociatorType": ignored("how pairs are found", "0 is the only kind there is"),
    "associationMatcherType": Key(
        "0: greedy, the best pair first; 1: cascaded, in stages",
        "0",
        "cascades",
        lambda value: bool(value.choice({0: "greedy", 1: "cascaded"})),
    ),
    "checkClassMatch": Key(
        "1: only detections of the track's class", "1", "same_class", Value.boolean
    ),
    "minMatchingScore4Overall": Key("least total score of a pair", "0", "min_score", _score),
    "minMatchingScore4SizeSimilarity": Key(
        _SCORE_4.format("size similarity"), "0", "min_size", _score
    ),
    "minMatchingScore4Iou": Key(_SCORE_4.format("overlap"), "0", "min_iou", _score),
    "minMatchingScore4VisualSimilarity": Key(
        _SCORE_4.format("response (NvDCF)"), "0", "min_visual", _score
    ),
    "minMatchingScore4ReidSimilarity": Key(
        _SCORE_4.format("likeness (NvDeepSORT)"), "0", "min_reid", _score
    ),
    "matchingScoreWeight4Iou": Key(_WEIGHT_4.format("overlap"), "1", "iou_weight", _weight),
    "matchingScoreWeight4SizeSimilarity": Key(
        _WEIGHT_4.format("size similarity"), "0", "size_weight", _weight
    ),
    "matchingScoreWeight4VisualSimilarity": Key(
        _WEIGHT_4.format("response (NvDCF)"), "0", "visual_weight", _weight
    ),
    "matchingScoreWeight4ReidSimilarity": Key(
        _WEIGHT_4.format("likeness (NvDeepSORT)"), "0", "reid_weight", _weight
    ),
    "tentativeDetectorConfidence": Key(
        "cascaded: weaker detections are matched last, and start no track",
        "0.5",
        "tentative_confidence",
        _any,
    ),
    "minMatchingScore4TentativeIou": Key(
        "cascaded: their least overlap, and that of tracks in probation",
        "0",
        "min_tentative_iou",
        _score,
    ),
    "usePrediction4Assoc": Key(
        "1: match where a track should be now; 0: where it was", "0", "predicts", Value.boolean
    ),
    "thresholdMahalanobis": Key(
        "most squared Mahalanobis distance (NvDeepSORT); negative: any",
        "-1",
        "max_mahalanobis",
        _any,
    ),
    "matchingScoreWeight4Direction": Key(
        "ours, OC-SORT: weight of the direction", "0.2", "direction_weight", _weight
    ),
    "directionLength": Key(
        "ours, OC-SORT: frames that the direction is taken from",
        "3",
        "direction_length",
        _integer(1),
    ),
}

MOTION_KEYS: Mapping[str, Key] = {
    "stateEstimatorType": Key(
        "0: none; 1: simple boxes; 2: regular boxes; 3: centres only",
        "0",
        "estimator",
        _choice("none", "simple boxes", "regular boxes", "centres"),
    ),
    "processNoiseVar4Loc": Key(
        "types 1 and 3: variance of the centre, tracker pixels squared", "2", "loc_var", _weight
    ),
    "processNoiseVar4Size": Key("type 1: of the size", "1", "size_var", _weight),
    "processNoiseVar4Vel": Key("types 1 and 3: of the velocity", "0.1", "vel_var", _weight),
    "measurementNoiseVar4Detector": Key(
        "types 1 and 3: of detections", "4", "detector_var", _weight
    ),
    "measurementNoiseVar4Tracker": Key(
        "types 1 and 3: of the visual tracker's boxes", "16", "tracker_var", _weight
    ),
    "noiseWeightVar4Loc": Key(
        "type 2: deviation of positions as a share of the height; 0 or less: type 1's variances",
        "-0.1",
        "loc_weight",
        _any,
    ),
    "noiseWeightVar4Vel": Key("type 2: that of velocities", "-0.1", "vel_weight", _any),
    "useAspectRatio": Key(
        "type 2: width over height instead of the width", "0", "uses_aspect", Value.boolean
    ),
}

VISUAL_KEYS: Mapping[str, Key] = {
    "visualTrackerType": Key(
        "0: none; 1 and 2: correlation filters",
        "0",
        "kind",
        _choice("none", "correlation filters", "correlation filters"),
    ),
    "vpiBackend4DcfTracker": ignored("the unit that computes", _HARDWARE),
    "useColorNames": Key("1: use colours", "1", "color", Value.boolean),
    "useHog": Key("1: use histograms of gradients", "0", "gradients", Value.boolean),
    "useHighPrecisionFeature": ignored("16 bits for features", "they are float32 always"),
    "featureImgSizeLevel": Key(
        "side of the feature image, 1 to 5: 12, 18, 24, 36, 48 pixels",
        "2",
        "size_level",
        _integer(1, 5),
    ),
    "featureFocusOffsetFactor_y": Key(
        "vertical offset of the window's centre, as a share of its height",
        "0",
        "focus_y",
        _number(-0.5, 0.5),
    ),
    "filterLr": Key("learning rate of the filters", "0.075", "filter_lr", _score),
    "filterChannelWeightsLr": Key(
        "learning rate of the channels' weights", "0.1", "channel_lr", _score
    ),
    "gaussianSigma": Key(
        "deviation of the wanted response, feature pixels", "0.75", "sigma_px", _weight
    ),
}

REID_KEYS: Mapping[str, Key] = {
    "reidType": Key(
        "0: none; 1: NvDeepSORT; 2: to join broken tracks; 3: both",
        "0",
        "kind",
        _choice("none", "NvDeepSORT", "to join broken tracks", "both"),
    ),
    "batchSize": Key("most objects in one run", "1", "batch_size", _integer(1)),
    "workspaceSize": ignored("memory of TensorRT", _ENGINE),
    "reidFeatureSize": Key("length of the vector", "128", "feature_size", _integer(1)),
    "reidHistorySize": Key("most vectors kept of a track", "100", "history_size", _integer(1)),
    "inferDims": Key("the network's input", "[128, 64, 3]", "input_dims", _dims),
    "networkMode": Key(
        "0: FP32; 1: FP16; 2: INT8", "0", "network_mode", _choice("FP32", "FP16", "INT8")
    ),
    "inputOrder": Key("0: NCHW; 1: NHWC", "1", "input_order", _choice("NCHW", "NHWC")),
    "colorFormat": Key("0: RGB; 1: BGR", "0", "color", _choice("RGB", "BGR")),
    "offsets": Key("subtracted from the channels", "[0, 0, 0]", "offsets", Value.numbers),
    "netScaleFactor": Key("multiplied after that", "1", "scale", _weight),
    "keepAspc": Key("1: scale both axes alike", "1", "keep_aspect", Value.boolean),
    "useVPICropScaler": ignored("the unit that scales", _HARDWARE),
    "addFeatureNormalization": Key(
        "1: scale vectors to length 1", "0", "normalizes", Value.boolean
    ),
    "minVisibility4GalleryUpdate": ignored("least visible share", _3D),
    "outputReidTensor": Key(
        "1: attach the vectors to the objects", "0", "outputs_vectors", Value.boolean
    ),
    "onnxFile": Key("the network", "a colour histogram", "model_file", _model),
    "tltEncodedModel": ignored("a model of NVIDIA's", _ENGINE),
    "tltModelKey": ignored("its key", _ENGINE),
    "modelEngineFile": ignored("TensorRT's plan", _ENGINE),
    "calibrationTableFile": ignored("TensorRT's calibration", _ENGINE),
}

MODULES: Mapping[str, tuple[str, Mapping[str, Key]]] = {
    "BaseConfig": ("", BASE_KEYS),
    "TargetManagement": ("targets", TARGET_KEYS),
    "TrajectoryManagement": ("trajectory", TRAJECTORY_KEYS),
    "DataAssociator": ("association", ASSOCIATION_KEYS),
    "StateEstimator": ("motion", MOTION_KEYS),
    "VisualTracker": ("visual", VISUAL_KEYS),
    "ReID": ("reid", REID_KEYS),
}
"""Section of the file → the section of `TrackerConfig` it fills, and its keys."""

WITHOUT_EFFECT: Mapping[str, str] = {
    "Segmenter": "tracking by segmentation is not built",
    "ObjectModelProjection": _3D,
    "PoseEstimator": _3D,
    "Communicator": "tracking across cameras is not built",
    "MultiViewAssociator": "tracking across cameras is not built",
}
"""Sections that are known and do nothing here, and why."""

FILLS_ANOTHER = {"padding_scale": "visual"}
"""Settings that stand in another section of `TrackerConfig` than their key's neighbours."""
