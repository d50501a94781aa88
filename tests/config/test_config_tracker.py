"""The low-level tracker YAML."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import yaml

from penstock.config import TrackerConfig
from penstock.config.keys import READ, reference
from penstock.config.tracker_defaults import DEFAULTS
from penstock.config.tracker_keys import FILLS_ANOTHER, MODULES, WITHOUT_EFFECT
from penstock.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "trackers.md"
KNOWN = {
    "BaseConfig": "minDetectorConfidence",
    "TargetManagement": """
        maxTargetsPerStream enableBboxUnClipping preserveStreamUpdateOrder minIouDiff4NewTarget
        minTrackerConfidence probationAge maxShadowTrackingAge earlyTerminationAge
        outputTerminatedTracks outputShadowTracks terminatedTrackFilename searchRegionPaddingScale
    """,
    "TrajectoryManagement": """
        useUniqueID enableReAssoc minMatchingScore4Overall minTrackletMatchingScore
        minMatchingScore4ReidSimilarity matchingScoreWeight4TrackletSimilarity
        matchingScoreWeight4ReidSimilarity minTrajectoryLength4Projection
        prepLength4TrajectoryProjection trajectoryProjectionLength maxAngle4TrackletMatching
        minSpeedSimilarity4TrackletMatching minBboxSizeSimilarity4TrackletMatching
        maxTrackletMatchingTimeSearchRange trajectoryProjectionProcessNoiseScale
        trajectoryProjectionMeasurementNoiseScale trackletSpacialSearchRegionScale
        reidExtractionInterval
    """,
    "DataAssociator": """
        dataAssociatorType associationMatcherType checkClassMatch minMatchingScore4Overall
        minMatchingScore4SizeSimilarity minMatchingScore4Iou minMatchingScore4VisualSimilarity
        minMatchingScore4ReidSimilarity matchingScoreWeight4Iou matchingScoreWeight4SizeSimilarity
        matchingScoreWeight4VisualSimilarity matchingScoreWeight4ReidSimilarity
        tentativeDetectorConfidence minMatchingScore4TentativeIou usePrediction4Assoc
        thresholdMahalanobis
    """,
    "StateEstimator": """
        stateEstimatorType processNoiseVar4Loc processNoiseVar4Size processNoiseVar4Vel
        measurementNoiseVar4Detector measurementNoiseVar4Tracker noiseWeightVar4Loc
        noiseWeightVar4Vel useAspectRatio
    """,
    "VisualTracker": """
        visualTrackerType vpiBackend4DcfTracker useColorNames useHog useHighPrecisionFeature
        featureImgSizeLevel featureFocusOffsetFactor_y filterLr filterChannelWeightsLr gaussianSigma
    """,
    "ReID": """
        reidType batchSize workspaceSize reidFeatureSize reidHistorySize inferDims networkMode
        inputOrder colorFormat offsets netScaleFactor keepAspc useVPICropScaler
        addFeatureNormalization minVisibility4GalleryUpdate outputReidTensor onnxFile
        tltEncodedModel tltModelKey modelEngineFile calibrationTableFile
    """,
}
OURS = {
    "trackerType",
    "minDetectorConfidence4NewTarget",
    "matchingScoreWeight4Direction",
    "directionLength",
}
KEYS = [(module, key) for module, (_, table) in MODULES.items() for key in table]


def read(write, text):
    return TrackerConfig.read(write(f"%YAML:1.0\n{text}", "tracker.yml"))


def test_every_key_of_deepstream_is_known():
    for module, (_, table) in MODULES.items():
        assert sorted(set(table) - OURS) == sorted(KNOWN[module].split())


def test_the_page_has_the_reference():
    page = PAGE.read_text()
    for module, (_, table) in MODULES.items():
        text = f"### {module}\n\n{reference(table)}\n"
        assert text in page, f"put this into {PAGE}:\n{text}"


def test_the_page_has_the_defaults_of_every_tracker():
    page = PAGE.read_text()
    for tracker, sections in DEFAULTS.items():
        assert f"| `{tracker}` | {defaults_text(sections)} |" in page, defaults_text(sections)


def defaults_text(sections):
    """`key: value` of what a tracker sets, in the order of the reference."""
    said = []
    for module, (section, table) in MODULES.items():
        settings = sections.get(section, {}) if section else sections
        said += [
            f"`{key}: {shown(settings[known.setting])}`"
            for key, known in table.items()
            if known.setting in settings and known.setting not in FILLS_ANOTHER
        ]
        del module
    return ", ".join(said)


def shown(value):
    return int(value) if isinstance(value, bool) else value


@pytest.mark.parametrize(("module", "key"), KEYS)
def test_a_key_that_is_read_has_a_setting_and_one_that_is_ignored_has_a_reason(module, key):
    section, table = MODULES[module]
    known = table[key]
    if known.read is None:
        assert known.status.startswith("accepted, ignored because ")
        return
    assert known.status == READ
    config = TrackerConfig()
    place = FILLS_ANOTHER.get(known.setting, section)
    holder = getattr(config, place) if place else config
    assert hasattr(holder, known.setting)


def test_the_documented_defaults_hold(write):
    """A file that spells every default out says the same as one that says nothing."""
    text = ""
    for module, (_, table) in MODULES.items():
        lines = [
            f"  {key}: {known.default}"
            for key, known in table.items()
            if known.read and re.match(r"[\[0-9-]", known.default)
        ]
        text += "\n".join([f"{module}:", *lines, ""])
    assert read(write, text) == read(write, "")


@pytest.mark.parametrize("header", ["%YAML:1.0\n", "%YAML:1.0\n---\n", "\n%YAML:1.0\n---\n", ""])
def test_the_header_of_opencv_is_no_hindrance(write, header):
    text = "TargetManagement:\n  probationAge: 7\n  nonsense: 1\n"
    config = TrackerConfig.read(write(header + text, "tracker.yml"))
    assert config.targets.probation_age == 7
    line = header.count("\n") + 3
    assert config.warnings == (
        f"{config.file}, line {line}, [TargetManagement] nonsense: unknown key, ignored",
    )


@pytest.mark.parametrize(
    ("text", "tracker"),
    [
        ("TargetManagement:\nDataAssociator:\n", "IOU"),
        ("StateEstimator:\n  stateEstimatorType: 2\n", "NvSORT"),
        ("StateEstimator:\n  stateEstimatorType: 2\nReID:\n  reidType: 1\n", "NvDeepSORT"),
        ("StateEstimator:\n  stateEstimatorType: 2\nReID:\n  reidType: 2\n", "NvSORT"),
        ("VisualTracker:\n  visualTrackerType: 1\nReID:\n  reidType: 3\n", "NvDCF"),
        (
            "VisualTracker:\n  visualTrackerType: 2\nStateEstimator:\n  stateEstimatorType: 1",
            "NvDCF",
        ),
        ("BaseConfig:\n  trackerType: OC-SORT\n", "OC-SORT"),
        ("BaseConfig:\n  trackerType: bytetrack\n", "ByteTrack"),
        ("BaseConfig:\n  trackerType: Acme\n", "Acme"),
        ("", "IOU"),
    ],
)
def test_the_modules_in_use_tell_which_tracker_is_meant(write, text, tracker):
    assert read(write, text).tracker == tracker


def test_what_a_named_trackers_file_leaves_out_is_that_trackers_default(write):
    config = read(
        write,
        "BaseConfig:\n  trackerType: ByteTrack\nTargetManagement:\n  maxShadowTrackingAge: 9\n",
    )
    default = TrackerConfig.of("ByteTrack")
    assert config.targets.max_shadow_age == 9
    assert config.replace(targets={"max_shadow_age": 30}) == default


def test_keys_of_one_name_in_two_sections_are_two_settings(write):
    config = read(
        write,
        "TrajectoryManagement:\n  minMatchingScore4Overall: 0.1\n"
        "DataAssociator:\n  minMatchingScore4Overall: 0.2\n",
    )
    assert (config.trajectory.min_score, config.association.min_score) == (0.1, 0.2)


def test_a_search_region_among_the_targets_belongs_to_the_visual_tracker(write):
    config = read(write, "TargetManagement:\n  searchRegionPaddingScale: 3\n")
    assert config.visual.padding_scale == 3


@pytest.mark.parametrize("section", WITHOUT_EFFECT)
def test_a_section_without_effect_is_told_once_and_why(write, section):
    config = read(write, f"{section}:\n  poseEstimatorType: 1\n  list: [a, b]\n")
    (warning,) = config.warnings
    assert warning.startswith(f"{config.file}, line 2: {section} has no effect here: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Camera:\n", "line 2: unknown section Camera, ignored"),
        ("ReId:\n", "line 2: unknown section ReId, ignored; did you mean ReID?"),
        (
            "DataAssociator:\n  minMatchingScore4IoU: 0.1\n",
            "line 3, [DataAssociator] minMatchingScore4IoU: unknown key, ignored; "
            "did you mean minMatchingScore4Iou?",
        ),
        (
            "DataAssociator:\n  probationAge: 3\n",
            "line 3, [DataAssociator] probationAge: unknown key, ignored; "
            "it belongs in [TargetManagement]",
        ),
    ],
)
def test_what_is_not_known_is_told_with_its_line(write, text, said):
    (warning,) = read(write, text).warnings
    assert warning.endswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TargetManagement:\n  probationAge: soon\n", "a whole number of 0 or more, got 'soon'"),
        ("TargetManagement:\n  maxTargetsPerStream: 70000\n", "from 0 to 65535, got '70000'"),
        ("DataAssociator:\n  minMatchingScore4Iou: 1.5\n", "a number from 0 to 1, got '1.5'"),
        ("DataAssociator:\n  associationMatcherType: 2\n", "0 (greedy) or 1 (cascaded), got '2'"),
        ("StateEstimator:\n  stateEstimatorType: 4\n", "or 3 (centres), got '4'"),
        ("VisualTracker:\n  featureImgSizeLevel: 6\n", "from 1 to 5, got '6'"),
        ("ReID:\n  inferDims: [3, 256]\n", "three sizes, such as [3, 256, 128], got '3;256'"),
        ("ReID:\n  onnxFile: nowhere.onnx\n", "wanted a file, got 'nowhere.onnx'"),
        (
            "DataAssociator: 3\n",
            "line 2: wanted settings 'key: value' in 'DataAssociator', got '3'",
        ),
        ("a: b: c\n", "line 2: wanted YAML"),
    ],
)
def test_what_is_wrong_is_an_error_with_its_line(write, text, said):
    with pytest.raises(ConfigError) as caught:
        read(write, text)
    assert said in str(caught.value)
    assert "tracker.yml, line " in str(caught.value)


def test_a_file_that_is_not_there_is_named_with_its_property(tmp_path):
    with pytest.raises(ConfigError, match=r"ll-config-file: cannot read .*gone\.yml"):
        TrackerConfig.read(tmp_path / "gone.yml")


def test_defaults_name_settings_that_exist():
    for tracker in DEFAULTS:
        config = TrackerConfig.of(tracker)
        assert config.tracker == tracker
        assert all(
            is_dataclass(getattr(config, field.name))
            for field in fields(config)
            if field.name not in {"tracker", "file", "min_confidence", "warnings"}
        )


def test_the_examples_of_the_page_work(write):
    for example in re.findall("```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL):
        config = TrackerConfig.read(write(example, "tracker.yml"))
        assert config.warnings == ()
        assert yaml.safe_load(example.replace("%YAML:1.0", ""))
