"""What each tracker is set to where no file says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REGULAR = {"estimator": 2, "loc_weight": 0.05, "vel_weight": 0.00625}
# Quick to follow: people stop and turn. Only the ratios count.
_QUICK = {"estimator": 1, "loc_var": 1.0, "size_var": 1.0, "vel_var": 0.1, "detector_var": 1.0}

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "IOU": {
        "targets": {
            "max_targets": 150,
            "probation_age": 2,
            "max_shadow_age": 30,
            "early_termination_age": 1,
        },
        "association": {"min_iou": 0.1, "iou_weight": 0.6, "size_weight": 0.4},
    },
    "NvSORT": {
        "min_confidence": 0.1,
        "targets": {
            "max_targets": 300,
            "max_iou_of_new": 0.7,
            "probation_age": 1,
            "max_shadow_age": 30,
            "early_termination_age": 1,
        },
        "association": {
            "cascades": True,
            "predicts": True,
            "min_iou": 0.15,
            "tentative_confidence": 0.5,
            "min_tentative_iou": 0.2,
        },
        "motion": _QUICK,
    },
    "NvDeepSORT": {
        "min_confidence": 0.1,
        "targets": {
            "max_targets": 150,
            "max_iou_of_new": 0.9,
            "probation_age": 1,
            "max_shadow_age": 68,
            "early_termination_age": 1,
        },
        "association": {
            "cascades": True,
            "predicts": True,
            "min_iou": 0.0,
            "min_reid": 0.5,
            "iou_weight": 0.5,
            "reid_weight": 0.5,
            "tentative_confidence": 0.5,
            "min_tentative_iou": 0.1,
            "max_mahalanobis": 12.2,
        },
        "motion": {  # the Mahalanobis distance needs them in real pixels
            "estimator": 1,
            "loc_var": 20.0,
            "size_var": 20.0,
            "vel_var": 3.0,
            "detector_var": 20.0,
        },
        "reid": {"kind": 1},
    },
    "NvDCF": {
        "min_confidence": 0.1,
        "targets": {
            "max_targets": 150,
            "max_iou_of_new": 0.7,
            "min_tracker_confidence": 0.4,
            "probation_age": 1,
            "max_shadow_age": 50,
            "early_termination_age": 1,
        },
        "association": {
            "cascades": True,
            "min_iou": 0.05,
            "iou_weight": 0.4,
            "size_weight": 0.3,
            "visual_weight": 0.3,
            "tentative_confidence": 0.3,
            "min_tentative_iou": 0.3,
        },
        "motion": {"estimator": 1},
        "visual": {"kind": 1, "gradients": True},
    },
    "ByteTrack": {
        "min_confidence": 0.1,
        "targets": {
            "max_targets": 300,
            "max_iou_of_new": 1.0,
            "min_confidence_of_new": 0.6,
            "probation_age": 1,
            "max_shadow_age": 30,
            "early_termination_age": 1,
        },
        "association": {
            "cascades": True,
            "predicts": True,
            "min_iou": 0.15,
            "tentative_confidence": 0.5,
            "min_tentative_iou": 0.2,
        },
        "motion": _QUICK,
    },
    "OC-SORT": {
        "min_confidence": 0.1,
        "targets": {
            "max_targets": 300,
            "max_iou_of_new": 1.0,
            "probation_age": 2,
            "max_shadow_age": 30,
            "early_termination_age": 1,
        },
        "association": {
            "cascades": True,
            "predicts": True,
            "min_iou": 0.3,
            "tentative_confidence": 0.6,
            "min_tentative_iou": 0.3,
        },
        "motion": _REGULAR,
    },
}
"""Tracker → its settings, by section; what is not named here is as in DeepStream."""
