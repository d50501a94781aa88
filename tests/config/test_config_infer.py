"""The configuration of nvinfer: values, defaults, what keys do to each other."""

import copy
import re
from dataclasses import fields

import pytest

from penstock.config import ClassAttributes, InferConfig
from penstock.errors import ConfigError

PRIMARY = """\
# A four-class street detector, as the first sample configures it.
[property]
gpu-id=0
net-scale-factor=0.00392156862745098
onnx-file=models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx
model-engine-file=models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx_b1_gpu0_int8.engine
labelfile-path=models/Primary_Detector/labels.txt
int8-calib-file=models/Primary_Detector/cal_trt.bin
batch-size=30
process-mode=1
model-color-format=0
## 0=FP32, 1=INT8, 2=FP16 mode
network-mode=1
num-detected-classes=4
interval=0
gie-unique-id=1
cluster-mode=2

[class-attrs-all]
pre-cluster-threshold=0.2
topk=20
nms-iou-threshold=0.5

[class-attrs-1]
pre-cluster-threshold=1.1
"""


@pytest.fixture
def primary(tmp_path):
    models = tmp_path / "models" / "Primary_Detector"
    models.mkdir(parents=True)
    (models / "resnet18_trafficcamnet_pruned.onnx").touch()
    (models / "labels.txt").write_text("car\nbicycle\nperson\nroadsign")
    (tmp_path / "dstest1_pgie_config.txt").write_text(PRIMARY)
    return tmp_path / "dstest1_pgie_config.txt"


def test_a_first_sample_reads_as_it_is_documented(primary, monkeypatch):
    monkeypatch.chdir("/")
    config = InferConfig.read(primary)
    models = primary.parent / "models" / "Primary_Detector"
    assert config == InferConfig(
        file=primary,
        component_id=1,
        batch_size=30,
        scale=0.00392156862745098,
        model_file=models / "resnet18_trafficcamnet_pruned.onnx",
        engine_file=models / "resnet18_trafficcamnet_pruned.onnx_b1_gpu0_int8.engine",
        label_file=models / "labels.txt",
        labels=("car", "bicycle", "person", "roadsign"),
        num_classes=4,
        network_mode=1,
        class_attributes={
            -1: ClassAttributes(top_k=20, nms_iou=0.5),
            1: ClassAttributes(pre_cluster_threshold=1.1, top_k=20, nms_iou=0.5),
        },
    )
    assert config.precision == "fastest"
    assert config.warnings == ()


def test_a_file_with_the_required_keys_gets_the_documented_defaults(detector, folder):
    path = detector()
    config = InferConfig.read(path)
    assert config == InferConfig(
        file=path,
        model_file=folder / "model.onnx",
        label_file=folder / "labels.txt",
        labels=("car", "bicycle", "person", "roadsign"),
        num_classes=4,
    )
    assert (config.component_id, config.process_mode, config.network_type) == (15, 1, 0)
    assert (config.batch_size, config.interval, config.network_mode) == (1, 0, 0)
    assert (config.scale, config.offsets, config.color) == (1.0, (), "RGB")
    assert (config.keep_aspect, config.centred, config.interpolation) == (False, False, "nearest")
    assert (config.operate_on_gie_id, config.operate_on_class_ids) == (-1, None)
    assert config.precision == "f32"
    assert config.attributes_of(3) == ClassAttributes(
        pre_cluster_threshold=0.2,
        post_cluster_threshold=0.0,
        nms_iou=0.3,
        top_k=-1,
        border_color=(1, 0, 0, 1),
        bg_color=None,
        min_size=(0, 0),
        max_size=(0, 0),
    )
    assert config.file == path
    assert config.warnings == ()


FULL = {
    "gie-unique-id": ("7", "component_id", 7),
    "process-mode": ("2", "process_mode", 2),
    "network-type": ("3", "network_type", 3),
    "batch-size": ("1024", "batch_size", 1024),
    "interval": ("4", "interval", 4),
    "secondary-reinfer-interval": ("90", "reinfer_interval", 90),
    "operate-on-gie-id": ("1", "operate_on_gie_id", 1),
    "operate-on-class-ids": ("0;2", "operate_on_class_ids", frozenset({0, 2})),
    "filter-out-class-ids": ("1;3;", "filter_out_class_ids", frozenset({1, 3})),
    "network-mode": ("2", "network_mode", 2),
    "infer-dims": ("3;544;960", "input_shape", (3, 544, 960)),
    "network-input-order": ("1", "input_order", 1),
    "output-blob-names": ("bbox;cov/Sigmoid", "output_names", ("bbox", "cov/Sigmoid")),
    "net-scale-factor": ("0.5", "scale", 0.5),
    "offsets": ("1;2;3.5", "offsets", (1.0, 2.0, 3.5)),
    "model-color-format": ("1", "color", "BGR"),
    "maintain-aspect-ratio": ("1", "keep_aspect", True),
    "symmetric-padding": ("true", "centred", True),
    "scaling-filter": ("1", "interpolation", "bilinear"),
    "input-tensor-from-meta": ("1", "input_tensor_from_meta", True),
    "cluster-mode": ("4", "cluster_mode", 4),
    "parse-bbox-func-name": ("NvDsInferParseYolo", "parser", "NvDsInferParseYolo"),
    "parse-bbox-instance-mask-func-name": ("Masks", "mask_parser", "Masks"),
    "parse-classifier-func-name": ("Classes", "classifier_parser", "Classes"),
    "parse-segmentation-func-name": ("Maps", "segmentation_parser", "Maps"),
    "classifier-type": ("vehiclemake", "classifier_type", "vehiclemake"),
    "classifier-threshold": ("0.51", "classifier_threshold", 0.51),
    "classifier-async-mode": ("1", "classifier_async", True),
    "segmentation-threshold": ("0.25", "segmentation_threshold", 0.25),
    "segmentation-output-order": ("1", "segmentation_order", 1),
    "crop-objects-to-roi-boundary": ("1", "crop_to_roi", True),
    "output-tensor-meta": ("1", "output_tensor_meta", True),
    "output-instance-mask": ("1", "output_instance_mask", True),
    "raw-output-file-write": ("1", "raw_output_file_write", True),
    "gpu-id": ("2", "gpu_id", 2),
}
FULL_CLASS = {
    "pre-cluster-threshold": ("0.4", "pre_cluster_threshold", 0.4),
    "post-cluster-threshold": ("0.1", "post_cluster_threshold", 0.1),
    "nms-iou-threshold": ("0.6", "nms_iou", 0.6),
    "topk": ("100", "top_k", 100),
    "eps": ("0.7", "eps", 0.7),
    "minBoxes": ("3", "min_boxes", 3),
    "dbscan-min-score": ("1.5", "dbscan_min_score", 1.5),
    "group-threshold": ("1", "group_threshold", 1),
    "roi-top-offset": ("10", "roi_top_offset", 10),
    "roi-bottom-offset": ("20", "roi_bottom_offset", 20),
    "border-color": ("0;1;0;0.5", "border_color", (0, 1, 0, 0.5)),
    "bg-color": ("0;0;1;0.25", "bg_color", (0, 0, 1, 0.25)),
}
PATHS = "onnx-file: model.onnx\n  labelfile-path: labels.txt\n  num-detected-classes: 4\n  "


@pytest.fixture
def twins(write, folder):
    """Every key that has a reader, once as a key file and once as YAML."""
    (folder / "mean.ppm").touch()
    more = {
        "mean-file": "mean.ppm",
        "custom-lib-path": "lib/parser.so",
        "custom-network-config": "yolo.cfg",
    }
    settings = {key: text for key, (text, _, _) in FULL.items()} | more
    sizes = {
        "detected-min-w": "1",
        "detected-min-h": "2",
        "detected-max-w": "30",
        "detected-max-h": "40",
    }
    attributes = {key: text for key, (text, _, _) in FULL_CLASS.items()} | sizes
    settings |= {
        "input-object-min-width": "5",
        "input-object-min-height": "6",
        "input-object-max-width": "70",
        "input-object-max-height": "80",
    }
    body = PATHS.replace("\n  ", "\n").replace(": ", "=")
    body += "".join(f"{key}={text}\n" for key, text in settings.items())
    body += "[class-attrs-2]\n" + "".join(f"{key}={text}\n" for key, text in attributes.items())
    yaml = "property:\n  " + PATHS + "\n  ".join(f"{k}: {v}" for k, v in settings.items())
    yaml += "\nclass-attrs-2:\n" + "".join(f"  {k}: {v}\n" for k, v in attributes.items())
    return write(f"[property]\n{body}", "twin.txt"), write(yaml, "twin.yml")


def test_every_key_reaches_its_setting(twins, folder):
    config = InferConfig.read(twins[0])
    for key, (_, setting, expected) in FULL.items():
        assert getattr(config, setting) == expected, key
    for key, (_, setting, expected) in FULL_CLASS.items():
        assert getattr(config.attributes_of(2), setting) == expected, key
    assert config.attributes_of(2).min_size == (1, 2)
    assert config.attributes_of(2).max_size == (30, 40)
    assert config.min_object_size == (5, 6)
    assert config.max_object_size == (70, 80)
    assert config.mean_file == folder / "mean.ppm"
    assert config.custom_lib == folder / "lib" / "parser.so"
    assert config.network_config == folder / "yolo.cfg"
    assert config.attributes_of(0) == config.attributes_of(3) == ClassAttributes()
    assert config.warnings == ()


def test_a_key_file_and_its_yaml_twin_say_the_same(twins):
    text, yaml = map(InferConfig.read, twins)
    assert text == yaml
    assert hash(text) == hash(yaml)
    assert text.file != yaml.file


def test_different_files_are_not_equal(detector, twins):
    assert InferConfig.read(detector()) != InferConfig.read(twins[0])


def test_a_configuration_can_be_copied(detector):
    config = InferConfig.read(detector())
    assert copy.deepcopy(config) == config


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "nearest"), (1, "bilinear"), (2, "cubic"), (3, "area"), (4, "cubic"), (6, "nearest")],
)
def test_scaling_filters_have_names(detector, number, name):
    assert InferConfig.read(detector(f"scaling-filter={number}\n")).interpolation == name


def test_a_class_overrides_all_classes_key_by_key_in_any_order(detector):
    path = detector(
        "[class-attrs-2]\ntopk=5\n[class-attrs-all]\ntopk=9\nroi-top-offset=3\n"
        "detected-min-w=10\n[class-attrs-0]\nroi-top-offset=0\ndetected-min-h=4\n"
    )
    config = InferConfig.read(path)
    assert config.attributes_of(2) == ClassAttributes(top_k=5, roi_top_offset=3, min_size=(10, 0))
    assert config.attributes_of(0) == ClassAttributes(top_k=9, min_size=(10, 4))
    assert config.attributes_of(1) == ClassAttributes(top_k=9, roi_top_offset=3, min_size=(10, 0))
    assert config.attributes_of(1) == config.attributes_of(-1)


def test_a_class_may_be_written_with_leading_zeros(detector):
    config = InferConfig.read(detector("[class-attrs-1]\ntopk=5\n[class-attrs-01]\neps=0.5\n"))
    assert config.attributes_of(1) == ClassAttributes(top_k=5, eps=0.5)


def test_threshold_is_a_deprecated_name_of_pre_cluster_threshold(detector):
    path = detector("[class-attrs-all]\nthreshold=0.6\n")
    config = InferConfig.read(path)
    assert config.attributes_of(0).pre_cluster_threshold == 0.6
    assert config.warnings == (
        f"{path}, line 7, [class-attrs-all] threshold: deprecated; write pre-cluster-threshold",
    )


def test_pre_cluster_threshold_wins_over_its_deprecated_name(detector):
    path = detector("[class-attrs-all]\npre-cluster-threshold=0.3\nthreshold=0.6\n")
    assert InferConfig.read(path).attributes_of(0).pre_cluster_threshold == 0.3


def test_the_deprecated_name_of_one_class_wins_over_the_new_name_for_all(detector):
    path = detector(
        "[class-attrs-1]\nthreshold=0.6\n[class-attrs-all]\npre-cluster-threshold=0.3\n"
    )
    config = InferConfig.read(path)
    assert config.attributes_of(1).pre_cluster_threshold == 0.6
    assert config.attributes_of(0).pre_cluster_threshold == 0.3


@pytest.mark.parametrize(
    ("line", "place"),
    [("", ", [property] cluster-mode: is absent"), ("cluster-mode=0", ", line 5, [property] clus")],
)
def test_cluster_mode_absent_or_0_is_nms_for_all_classes_with_a_warning(write, line, place):
    path = write(
        "[property]\nonnx-file=model.onnx\nlabelfile-path=labels.txt\nnum-detected-classes=4\n"
        f"{line}\n[class-attrs-all]\ntopk=9\n[class-attrs-1]\nnms-iou-threshold=0.9\neps=0.5\n"
    )
    config = InferConfig.read(path)
    assert config.cluster_mode == 2
    assert config.attributes_of(0) == ClassAttributes(top_k=20, nms_iou=0.5)
    assert config.attributes_of(1) == ClassAttributes(top_k=20, nms_iou=0.5, eps=0.5)
    (warning,) = config.warnings
    assert warning.startswith(f"{path}{place}")
    assert warning.endswith(
        "NMS with topk=20 and nms-iou-threshold=0.5 for all classes, as in DeepStream; "
        "write cluster-mode=2 to choose them"
    )


@pytest.mark.parametrize("group", ["class-attrs-all", "class-attrs-2"])
def test_cluster_mode_0_with_a_group_threshold_is_group_rectangles(write, group):
    head = "[property]\nonnx-file=model.onnx\nnum-detected-classes=4\n"
    asked = f"[{group}]\ngroup-threshold=1\neps=0.2\ntopk=9\n"
    config = InferConfig.read(write(f"{head}cluster-mode=0\n{asked}"))
    assert config.cluster_mode == 0
    assert config.warnings == ()
    assert config.attributes_of(2).group_threshold == 1
    assert config.attributes_of(2).top_k == 9
    absent = InferConfig.read(write(f"{head}{asked}"))
    assert absent.cluster_mode == 2
    assert "is absent: NMS" in absent.warnings[0]


@pytest.mark.parametrize(("number", "mode"), [(1, 1), (0, 2)])
def test_enable_dbscan_is_a_deprecated_cluster_mode(write, number, mode):
    path = write(
        f"[property]\nonnx-file=model.onnx\nnum-detected-classes=4\nenable-dbscan={number}\n"
    )
    config = InferConfig.read(path)
    assert config.cluster_mode == mode
    assert config.warnings[0] == (
        f"{path}, line 4, [property] enable-dbscan: deprecated; write cluster-mode"
    )


def test_is_classifier_is_a_deprecated_network_type(write):
    path = write("[property]\nonnx-file=model.onnx\nis-classifier=1\n")
    config = InferConfig.read(path)
    assert config.network_type == 1
    assert config.warnings == (
        f"{path}, line 3, [property] is-classifier: deprecated; write network-type=1",
    )


def test_network_type_wins_over_is_classifier(detector):
    config = InferConfig.read(detector("network-type=0\nis-classifier=1\n"))
    assert config.network_type == 0


def test_a_classifier_needs_no_class_count_and_warns_of_no_clustering(write, folder):
    (folder / "types.txt").write_text("coupe;sedan;van\n")
    path = write(
        "[property]\nonnx-file=model.onnx\nlabelfile-path=types.txt\nnetwork-type=1\n"
        "process-mode=2\nnum-detected-classes=3\n[class-attrs-9]\ntopk=3\n"
    )
    config = InferConfig.read(path)
    assert config.classifier_labels == (("coupe", "sedan", "van"),)
    assert config.labels == ()
    assert config.warnings == ()


def test_operating_on_no_class_or_minus_1_means_all(detector):
    assert InferConfig.read(detector("operate-on-class-ids=-1\n")).operate_on_class_ids is None
    assert InferConfig.read(detector("operate-on-class-ids=\n")).operate_on_class_ids is None


def test_an_empty_function_name_is_none(detector):
    config = InferConfig.read(detector("parse-bbox-func-name=\ncustom-lib-path=\n"))
    assert (config.parser, config.custom_lib) == (None, None)


def test_gray_networks_take_one_offset(detector):
    config = InferConfig.read(detector("model-color-format=2\noffsets=127.5\n"))
    assert (config.color, config.offsets) == ("GRAY", (127.5,))


def test_where_names_file_line_group_and_key(detector):
    path = detector("[class-attrs-all]\ntopk=5\n")
    config = InferConfig.read(path)
    assert config.where("onnx-file") == f"{path}, line 2, [property] onnx-file"
    assert config.where("offsets") == f"{path}, [property] offsets"
    assert config.where("topk", group="class-attrs-all") == (
        f"{path}, line 7, [class-attrs-all] topk"
    )
    assert InferConfig(path).where("onnx-file") == f"{path}, [property] onnx-file"


def test_properties_of_the_element_win_over_the_file(detector):
    config = InferConfig.read(detector("batch-size=4\n"))
    told = config.replace(
        batch_size=16,
        unique_id=3,
        interval=2,
        infer_on_gie_id=1,
        infer_on_class_ids="0:2",
        filter_out_class_ids="1;3",
        input_tensor_meta=True,
        crop_objects_to_roi_boundary=True,
        clip_object_outside_roi=False,
        model_engine_file="/x.engine",
    )
    assert (told.batch_size, told.component_id, told.interval) == (16, 3, 2)
    assert told.operate_on_gie_id == 1
    assert told.operate_on_class_ids == frozenset({0, 2})
    assert told.filter_out_class_ids == frozenset({1, 3})
    assert told.input_tensor_from_meta
    assert told.crop_to_roi
    assert (config.clip_to_roi, told.clip_to_roi) == (True, False)
    assert str(told.engine_file) == "/x.engine"
    assert (config.batch_size, config.component_id) == (4, 15)
    assert told.model_file == config.model_file


def test_where_says_that_a_property_replaced_the_setting(detector):
    config = InferConfig.read(detector("batch-size=4\n")).replace(batch_size=16, unique_id=3)
    assert config.where("batch-size") == "property batch-size"
    assert config.where("gie-unique-id") == "property unique-id"
    assert config.replace(interval=1).where("batch-size") == "property batch-size"
    assert ", line 2, " in config.where("onnx-file")


@pytest.mark.parametrize(
    ("text", "expected"), [("", None), ("-1", None), (" 1 : 2 ", {1, 2}), ("3;", {3})]
)
def test_class_ids_of_a_property_are_read(detector, text, expected):
    config = InferConfig.read(detector()).replace(infer_on_class_ids=text)
    assert config.operate_on_class_ids == expected


def test_no_class_ids_to_filter_out_is_the_empty_set(detector):
    config = InferConfig.read(detector("filter-out-class-ids=1\n"))
    assert config.replace(filter_out_class_ids="").filter_out_class_ids == frozenset()


def test_a_property_that_is_no_list_of_class_ids_is_named(detector):
    message = "property infer-on-class-ids: wanted class ids separated by ':' or ';', got 'cars'"
    with pytest.raises(ConfigError, match=re.escape(message)):
        InferConfig.read(detector()).replace(infer_on_class_ids="cars")


def test_a_setting_that_does_not_exist_cannot_be_replaced(detector):
    with pytest.raises(TypeError, match="batchsize"):
        InferConfig.read(detector()).replace(batchsize=1)


def test_every_field_is_documented():
    documented = re.findall(r"^        (\w+): ", InferConfig.__doc__, re.MULTILINE)
    assert documented == [field.name for field in fields(InferConfig)]
    documented = re.findall(r"^        (\w+): ", ClassAttributes.__doc__, re.MULTILINE)
    assert documented == [field.name for field in fields(ClassAttributes)]
