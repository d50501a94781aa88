"""The SDK's tracker configurations and its re-identification network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock.kit.sdk.reid_network import FEATURES, OFFSETS, SCALE, SIZE, write_reid
from penstock.kit.sdk.stand_in import StandIn, Workshop, same_as, written

__all__ = ["TRACKING"]

Settings = Mapping[str, Mapping[str, object]]

_CONFIGS, _MODELS = "samples/configs/deepstream-app/", "samples/models/Tracker/"
_REID = f"{_MODELS}resnet50_market1501.onnx"
_REID_IS = (
    "colours counted in 16 stripes; no training (no free network is in any package; on vtest it "
    "tells people apart better than ImageNet's features)"
)

_QUICK_KALMAN = {
    "stateEstimatorType": 1,
    "processNoiseVar4Loc": 1.0,
    "processNoiseVar4Size": 1.0,
    "processNoiseVar4Vel": 0.1,
    "measurementNoiseVar4Detector": 1.0,
}
_LOOKS = {
    "batchSize": 100,
    "workspaceSize": 1000,
    "reidFeatureSize": FEATURES,
    "reidHistorySize": 100,
    "inferDims": f"[3, {SIZE[1]}, {SIZE[0]}]",
    "networkMode": 0,
    "inputOrder": 0,
    "colorFormat": 0,
    "offsets": f"[{', '.join(map(str, OFFSETS))}]",
    "netScaleFactor": SCALE,
    "keepAspc": 1,
    "addFeatureNormalization": 1,
    "onnxFile": '"../../models/Tracker/resnet50_market1501.onnx"',
}
_DCF: Settings = {
    "BaseConfig": {"minDetectorConfidence": 0.1},
    "TargetManagement": {
        "maxTargetsPerStream": 150,
        "minIouDiff4NewTarget": 0.7,
        "minTrackerConfidence": 0.4,
        "probationAge": 1,
        "maxShadowTrackingAge": 50,
        "earlyTerminationAge": 1,
    },
    "TrajectoryManagement": {"useUniqueID": 0},
    "DataAssociator": {
        "dataAssociatorType": 0,
        "associationMatcherType": 1,
        "checkClassMatch": 1,
        "minMatchingScore4Iou": 0.05,
        "matchingScoreWeight4Iou": 0.4,
        "matchingScoreWeight4SizeSimilarity": 0.3,
        "matchingScoreWeight4VisualSimilarity": 0.3,
        "tentativeDetectorConfidence": 0.3,
        "minMatchingScore4TentativeIou": 0.3,
    },
    "StateEstimator": {"stateEstimatorType": 1},
    "VisualTracker": {"visualTrackerType": 1, "useColorNames": 1, "useHog": 1},
}

_FILES: Mapping[str, tuple[str, Settings]] = {
    "IOU": (
        "overlap with the last frame",
        {
            "TargetManagement": {
                "maxTargetsPerStream": 150,
                "probationAge": 2,
                "maxShadowTrackingAge": 30,
                "earlyTerminationAge": 1,
            },
            "TrajectoryManagement": {"useUniqueID": 0},
            "DataAssociator": {
                "dataAssociatorType": 0,
                "associationMatcherType": 0,
                "checkClassMatch": 1,
                "minMatchingScore4Iou": 0.1,
                "matchingScoreWeight4Iou": 0.6,
                "matchingScoreWeight4SizeSimilarity": 0.4,
            },
        },
    ),
    "NvSORT": (
        "overlap with where the object should be",
        {
            "BaseConfig": {"minDetectorConfidence": 0.1},
            "TargetManagement": {
                "maxTargetsPerStream": 300,
                "minIouDiff4NewTarget": 0.7,
                "probationAge": 1,
                "maxShadowTrackingAge": 30,
                "earlyTerminationAge": 1,
            },
            "TrajectoryManagement": {"useUniqueID": 0},
            "DataAssociator": {
                "dataAssociatorType": 0,
                "associationMatcherType": 1,
                "checkClassMatch": 1,
                "usePrediction4Assoc": 1,
                "minMatchingScore4Iou": 0.15,
                "tentativeDetectorConfidence": 0.5,
                "minMatchingScore4TentativeIou": 0.2,
            },
            "StateEstimator": _QUICK_KALMAN,
        },
    ),
    "NvDeepSORT": (
        "the same, and looks",
        {
            "BaseConfig": {"minDetectorConfidence": 0.1},
            "TargetManagement": {
                "maxTargetsPerStream": 150,
                "minIouDiff4NewTarget": 0.9,
                "probationAge": 1,
                "maxShadowTrackingAge": 68,
                "earlyTerminationAge": 1,
            },
            "TrajectoryManagement": {"useUniqueID": 0},
            "DataAssociator": {
                "dataAssociatorType": 0,
                "associationMatcherType": 1,
                "checkClassMatch": 1,
                "usePrediction4Assoc": 1,
                "thresholdMahalanobis": 12.2,
                "minMatchingScore4ReidSimilarity": 0.5,
                "matchingScoreWeight4Iou": 0.5,
                "matchingScoreWeight4ReidSimilarity": 0.5,
                "tentativeDetectorConfidence": 0.5,
                "minMatchingScore4TentativeIou": 0.1,
            },
            "StateEstimator": {
                "stateEstimatorType": 1,
                "processNoiseVar4Loc": 20.0,
                "processNoiseVar4Size": 20.0,
                "processNoiseVar4Vel": 3.0,
                "measurementNoiseVar4Detector": 20.0,
            },
            "ReID": {"reidType": 1, **_LOOKS},
        },
    ),
    "NvDCF_max_perf": (
        "correlation filters on colours, small",
        {**_DCF, "VisualTracker": {**_DCF["VisualTracker"], "useHog": 0, "featureImgSizeLevel": 1}},
    ),
    "NvDCF_perf": (
        "correlation filters on colours and gradients",
        {**_DCF, "VisualTracker": {**_DCF["VisualTracker"], "featureImgSizeLevel": 2}},
    ),
    "NvDCF_accuracy": (
        "the same, larger; broken tracks are joined by path and looks",
        {
            **_DCF,
            "TrajectoryManagement": {
                "useUniqueID": 0,
                "enableReAssoc": 1,
                "matchingScoreWeight4TrackletSimilarity": 0.5,
                "matchingScoreWeight4ReidSimilarity": 0.5,
                "minMatchingScore4ReidSimilarity": 0.6,
                "reidExtractionInterval": 8,
            },
            "VisualTracker": {**_DCF["VisualTracker"], "featureImgSizeLevel": 3},
            "ReID": {"reidType": 2, **_LOOKS},
        },
    ),
}


def _yaml(settings: Settings) -> str:
    lines = ["%YAML:1.0"]
    for section, keys in settings.items():
        lines += ["", f"{section}:", *(f"  {key}: {value}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


def _reid(_workshop: Workshop, output: Path) -> None:
    write_reid(output, about=_REID_IS)


TRACKING: tuple[StandIn, ...] = (
    StandIn(_REID, _REID_IS, _reid),
    *(
        same_as(_REID, path=f"{_MODELS}{name}")
        for name in ("resnet50_market1501.etlt.onnx", "resnet50_market1501_aicity156.onnx")
    ),
    *(
        StandIn(
            f"{_CONFIGS}config_tracker_{name}.yml",
            f"Penstock's own settings: {what}",
            written(_yaml(settings)),
        )
        for name, (what, settings) in _FILES.items()
    ),
)
"""What nvtracker is configured with."""
