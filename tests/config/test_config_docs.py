"""The reference says what the code does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from penstock.config import ClassAttributes, InferConfig
from penstock.config.class_attributes import CLASS_KEYS
from penstock.config.infer_keys import PROPERTY_KEYS
from penstock.config.keys import READ, reference

PAGE = Path(__file__).parents[2] / "docs" / "nvinfer.md"
KNOWN = """
gie-unique-id process-mode network-type is-classifier batch-size interval
secondary-reinfer-interval onnx-file model-file proto-file uff-file uff-input-dims uff-input-order
uff-input-blob-name input-dims tlt-encoded-model tlt-model-key model-engine-file
engine-create-func-name labelfile-path num-detected-classes network-mode int8-calib-file
workspace-size infer-dims force-implicit-batch-dim network-input-order output-blob-names
layer-device-precision output-io-formats enable-dla use-dla-core gpu-id net-scale-factor offsets
mean-file model-color-format maintain-aspect-ratio symmetric-padding scaling-filter
scaling-compute-hw input-tensor-from-meta output-tensor-meta disable-output-host-copy
tensor-meta-pool-size output-instance-mask cluster-mode enable-dbscan parse-bbox-func-name
parse-bbox-instance-mask-func-name parse-classifier-func-name parse-segmentation-func-name
custom-lib-path custom-network-config classifier-type classifier-threshold classifier-async-mode
segmentation-threshold segmentation-output-order operate-on-gie-id operate-on-class-ids
filter-out-class-ids input-object-min-width input-object-min-height input-object-max-width
input-object-max-height crop-objects-to-roi-boundary raw-output-file-write auto-inc-mem
max-gpu-mem-per dump-input-tensor dump-output-tensor overwrite-input-tensor
overwrite-output-tensor ip-tensor-file op-tensor-files strongly-typed dynamic-properties
warmup-engine stabilize-buffer-count
"""
KNOWN_OF_A_CLASS = """
pre-cluster-threshold post-cluster-threshold threshold nms-iou-threshold topk eps minBoxes
dbscan-min-score group-threshold roi-top-offset roi-bottom-offset detected-min-w detected-min-h
detected-max-w detected-max-h border-color bg-color
"""


def test_every_key_of_deepstream_is_known():
    assert sorted(PROPERTY_KEYS) == sorted(KNOWN.split())
    assert sorted(CLASS_KEYS) == sorted(KNOWN_OF_A_CLASS.split())


@pytest.mark.parametrize("table", [PROPERTY_KEYS, CLASS_KEYS])
def test_the_page_has_the_reference(table):
    assert reference(table) in PAGE.read_text(), f"put this into {PAGE}:\n{reference(table)}"


@pytest.mark.parametrize(
    ("key", "name"), [*PROPERTY_KEYS.items(), *CLASS_KEYS.items()], ids=lambda item: str(item)[:30]
)
def test_a_key_that_is_read_has_a_reader_and_one_that_is_ignored_has_a_reason(key, name):
    del key
    assert (name.read is None) == (not name.setting)
    if name.read is None:
        assert name.status.startswith("accepted, ignored because ")
    assert name.status == READ or name.status.startswith("accepted, ignored because ")


@pytest.mark.parametrize("key", [key for key, known in PROPERTY_KEYS.items() if not known.setting])
def test_an_ignored_key_takes_any_value_without_a_word(detector, key):
    assert InferConfig.read(detector(f"{key}=any thing\n")).warnings == ()


def test_the_documented_defaults_of_numbers_hold(tmp_path):
    settings = {field.name: field.default for field in fields(InferConfig)}
    settings |= {field.name: field.default for field in fields(ClassAttributes)}
    for key, known in {**PROPERTY_KEYS, **CLASS_KEYS}.items():
        default = settings.get(known.setting)
        if isinstance(default, (int, float)) and key != "cluster-mode":
            assert float(known.default) == float(default), key


@pytest.mark.parametrize("language", ["ini", "yaml"])
def test_the_examples_of_the_page_work(write, folder, language):
    (folder / "detector.onnx").touch()
    (example,) = re.findall(f"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    config = InferConfig.read(write(example, f"example.{'yml' if language == 'yaml' else 'txt'}"))
    assert config.model_file == folder / "detector.onnx"
    assert config.attributes_of(0).pre_cluster_threshold == 0.25
    assert all("unknown" not in warning for warning in config.warnings)
