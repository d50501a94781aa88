"""nvinferserver's file, and config.pbtxt: what they say, and what is wrong with them."""

import re
from pathlib import Path

import pytest

from penstock.config import InferServerConfig, TensorTold, TritonModelConfig, TritonTensor
from penstock.config.inferserver_keys import INFERSERVER_KEYS, for_reference
from penstock.config.keys import READ, reference
from penstock.config.triton_model import MODEL_KEYS
from penstock.errors import ConfigError

PAGE = Path(__file__).parents[2] / "docs" / "nvinferserver.md"
WHOLE = """
infer_config {
  unique_id: 7
  gpu_ids: [0]
  max_batch_size: 16
  backend {
    inputs [ { name: "image" dims: [3, 24, 32] data_type: TENSOR_DT_FP32 } ]
    outputs [ { name: "boxes" }, { name: "scores" dims: [1, 3] } ]
    triton {
      model_name: "colour"
      version: 3
      model_repo {
        root: "./repo" strict_model_config: true log_level: 2 tf_gpu_memory_fraction: 0.4
        cuda_device_memory [ { device: 0 memory_pool_byte_size: 2000000000 } ]
      }
    }
    output_mem_type: MEMORY_TYPE_CPU
  }
  preprocess {
    network_format: IMAGE_FORMAT_BGR
    tensor_order: TENSOR_ORDER_NHWC
    tensor_name: "image"
    maintain_aspect_ratio: 1
    symmetric_padding: 1
    frame_scaling_hw: FRAME_SCALING_HW_DEFAULT
    frame_scaling_filter: 1
    normalize { scale_factor: 0.5 channel_offsets: [1, 2, 3] }
  }
  postprocess {
    labelfile_path: "labels.txt"
    detection {
      num_detected_classes: 4
      custom_parse_bbox_func: "NvDsInferParseYolo"
      per_class_params [
        { key: 0, value { pre_threshold: 0.4 } }, { key: 1 value { pre_threshold: .1 } }
      ]
      nms { confidence_threshold: 0.3 iou_threshold: 0.6 topk: 20 }
    }
  }
  custom_lib { path: "/opt/libyolo.so" }
  extra { copy_input_to_host_buffers: false output_buffer_pool_size: 2 }
  clip_object_outside_roi: false
}
input_control {
  process_mode: PROCESS_MODE_CLIP_OBJECTS
  operate_on_gie_id: 1
  operate_on_class_ids: [0, 2]
  interval: 2
  async_mode: false
  secondary_reinfer_interval: 90
  object_control { bbox_filter { min_width: 64 min_height: 32 } }
}
output_control {
  output_tensor_meta: true
  classifier_type: "make"
  detect_control {
    default_filter { bbox_filter { min_width: 10 max_height: 200 } roi_top_offset: 5 }
    specific_class_filters [
      { key: 2 value { bg_color { r: 1 g: 0.5 b: 0 a: 0.25 } bbox_filter { min_width: 1 } } }
    ]
    filter_out_class_ids: [3]
  }
}
"""
SHORT = """
infer_config {{
  backend {{ triton {{ model_name: "m" {where} }} }}
  {more}
  postprocess {{ {post} }}
}}
"""


def short(write, *, where='model_repo { root: "repo" }', post="other {}", more=""):
    """A file with little in it."""
    return write(SHORT.format(where=where, post=post, more=more))


def test_a_whole_file_is_understood(write, folder):
    path = write(WHOLE)
    config = InferServerConfig.read(path)
    assert config.warnings == ()
    assert (config.component_id, config.batch_size, config.network_type) == (7, 16, 0)
    assert (config.model_name, config.model_version, config.strict) == ("colour", 3, True)
    assert (config.repository, config.url, config.model_file) == (folder / "repo", None, None)
    assert config.inputs[0] == TensorTold("image", (3, 24, 32), "float32")
    assert [one.name for one in config.inputs] == ["image", "image"]
    assert config.output_names == ("boxes", "scores")
    assert (config.color, config.input_order, config.order_known) == ("BGR", 1, True)
    assert (config.scale, config.offsets, config.interpolation) == (0.5, (1, 2, 3), "bilinear")
    assert (config.keep_aspect, config.centred, config.clip_to_roi) == (True, True, False)
    assert config.labels == ("car", "bicycle", "person", "roadsign")
    assert (config.num_classes, config.parser, config.cluster_mode) == (4, "NvDsInferParseYolo", 2)
    assert config.custom_lib == Path("/opt/libyolo.so")
    assert (config.process_mode, config.operate_on_gie_id, config.interval) == (2, 1, 2)
    assert config.operate_on_class_ids == {0, 2}
    assert (config.min_object_size, config.reinfer_interval) == ((64, 32), 90)
    assert (config.output_tensor_meta, config.classifier_type) == (True, "make")
    assert config.filter_out_class_ids == {3}


def test_thresholds_and_filters_are_those_of_each_class(write):
    config = InferServerConfig.read(write(WHOLE))
    thresholds = [config.attributes_of(number).pre_cluster_threshold for number in range(4)]
    assert thresholds == [0.4, 0.3, 0.3, 0.3]  # its own, but none below that of the clustering
    other, two = config.attributes_of(3), config.attributes_of(2)
    assert (other.nms_iou, other.top_k, other.roi_top_offset) == (0.6, 20, 5)
    assert (other.min_size, other.max_size, other.bg_color) == ((10, 0), (0, 200), None)
    assert (two.min_size, two.bg_color, two.roi_top_offset) == ((1, 0), (1.0, 0.5, 0.0, 0.25), 5)


@pytest.mark.parametrize(
    ("cluster", "mode", "facts"),
    [
        ("nms { topk: 0 }", 2, {"top_k": -1, "nms_iou": 0.3, "pre_cluster_threshold": 0.2}),
        (
            "dbscan { pre_threshold: 0.1 eps: 0.7 min_boxes: 3 min_score: 1 }",
            1,
            {"pre_cluster_threshold": 0.1, "eps": 0.7, "min_boxes": 3, "dbscan_min_score": 1},
        ),
        (
            "group_rectangle { confidence_threshold: 0.5 group_threshold: 2 eps: 0.1 }",
            0,
            {"pre_cluster_threshold": 0.5, "group_threshold": 2, "eps": 0.1},
        ),
        ("simple_cluster { threshold: 0.6 }", 4, {"pre_cluster_threshold": 0.6}),
    ],
)
def test_each_clustering_is_understood(write, cluster, mode, facts):
    config = InferServerConfig.read(short(write, post=f"detection {{ {cluster} }}"))
    assert config.cluster_mode == mode
    attributes = config.attributes_of(0)
    assert {name: getattr(attributes, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("post", "kind"),
    [
        ("classification { threshold: 0.5 }", 1),
        ('trtis_classification { topk: 1 tensor_name: "p" }', 1),
        ("segmentation { threshold: 0.5 num_segmentation_classes: 21 }", 2),
        ('other { type_name: "boxes" }', 100),
    ],
)
def test_each_kind_of_network_is_understood(write, post, kind):
    assert InferServerConfig.read(short(write, post=post)).network_type == kind


def test_the_old_name_of_triton_is_known(write):
    path = write(short(write).read_text().replace("triton", "trt_is"))
    config = InferServerConfig.read(path)
    assert config.model_name == "m"
    assert config.where("onnx-file") == f"{path}, line 3, [infer_config.backend.trt_is] model_name"


def test_a_setting_says_where_it_comes_from(write):
    path = write(WHOLE)
    config = InferServerConfig.read(path)
    assert config.where("model-color-format") == (
        f"{path}, line 20, [infer_config.preprocess] network_format"
    )
    assert config.where("mean-file") == f"{path}, [infer_config.preprocess.normalize] mean_file"
    replaced = config.replace(batch_size=2)
    assert (replaced.where("batch-size"), replaced.model_name) == ("property batch-size", "colour")


SERVER = 'grpc { url: "localhost:8001" }'


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"where": ""}, "or grpc { url: … } to run it on a server; got neither"),
        ({"where": 'model_repo { root: "r" } ' + SERVER}, "got both"),
        (
            {"where": 'grpc { url: "http://a:1" }'},
            "wanted host:port of a server's gRPC service, such",
        ),
        ({"post": "other {} detection {}"}, "detection is there, too; wanted one of them"),
        ({"post": "detection { nms {} dbscan {} }"}, "nms is there, too; wanted one of them"),
        (
            {"post": ""},
            "wanted one of detection, classification, trtis_classification, segmentation",
        ),
        ({"more": "max_batch_size: 2000"}, "wanted a whole number from 0 to 1024, got '2000'"),
        ({"more": 'unique_id: "5"'}, "wanted a whole number, without quotes, got '5'"),
        (
            {"more": "preprocess { network_format: RGB }"},
            "wanted MEDIA_FORMAT_NONE, IMAGE_FORMAT_RGB",
        ),
        (
            {"more": "preprocess { normalize { channel_offsets: [1, 2] } }"},
            "wanted 3 number(s), one a channel, got 2",
        ),
        ({"more": "lstm { loops [ { input: 'a' } ] }"}, "outputs that are the next inputs are not"),
        (
            {"more": "extra { custom_process_funcion: 'f' }"},
            "C++ classes cannot be loaded here; set",
        ),
        ({"post": 'labelfile_path: "nowhere" other {}'}, "wanted a file, got 'nowhere'"),
    ],
)
def test_what_is_wrong_is_one_error_with_its_line(write, settings, said):
    path = short(write, **settings)
    with pytest.raises(ConfigError) as error:
        InferServerConfig.read(path)
    assert said in str(error.value)
    assert re.match(re.escape(str(path)) + r", (line \d+, )?\[", str(error.value))


def test_an_unknown_key_is_one_warning_with_its_line(write):
    path = short(write, more="max_batchsize: 2 preprocess { scale: 1 }")
    assert InferServerConfig.read(path).warnings == (
        f"{path}, line 4, [infer_config] max_batchsize: unknown key, ignored; did you mean "
        "max_batch_size?",
        f"{path}, line 4, [infer_config.preprocess] scale: unknown key, ignored",
    )


def test_what_would_find_nothing_is_warned_about(write):
    path = short(write, post="detection {}", more="preprocess { normalize { scale_factor: 0 } }")
    scale, clusters = InferServerConfig.read(path).warnings
    assert scale.endswith("scale_factor: 0 would make all pixels alike; 1 is used")
    assert clusters.endswith("boxes that overlap are all kept")


MODEL = """
name: "m"
backend: "onnxruntime"
default_model_filename: "net.onnx"
max_batch_size: 4
input { name: "x" data_type: TYPE_FP16 format: FORMAT_NHWC dims: [4, 4, 3] }
output [ { name: "a" dims: 8 label_filename: "l.txt" reshape { shape: [2, 4] } }, { name: "b" } ]
version_policy { specific { versions: [1, 3] } }
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching { preferred_batch_size: [ 4 ] }
parameters { key: "p" value { string_value: "v" } }
"""


def test_a_models_own_configuration_is_understood(write):
    config = TritonModelConfig.read(write(MODEL, "config.pbtxt"))
    assert config.warnings == ()
    assert (config.name, config.runtime, config.filename) == ("m", "onnxruntime", "net.onnx")
    assert (config.max_batch, config.versions, config.latest) == (4, (1, 3), 1)
    assert config.inputs == (TritonTensor("x", (4, 4, 3), "float16", 1),)
    assert config.outputs == (TritonTensor("a", (2, 4), labels="l.txt"), TritonTensor("b"))


def test_a_negative_batch_is_an_error(write):
    with pytest.raises(ConfigError, match="max_batch_size: wanted a whole number of 0 or more"):
        TritonModelConfig.read(write("max_batch_size: -3", "config.pbtxt"))


def test_an_empty_list_is_a_shape_without_sides_and_else_nothing(write):
    text = "input [] output { name: 'a' dims: 1 reshape { shape: [ ] } } output { dims: [] }"
    config = TritonModelConfig.read(write(text, "config.pbtxt"))
    assert config.inputs == ()
    assert config.outputs == (TritonTensor("a", ()), TritonTensor(""))


@pytest.mark.parametrize(
    ("policy", "latest"), [("all {}", None), ("latest { num_versions: 2 }", 2), ("latest {}", 1)]
)
def test_a_version_policy_is_understood(write, policy, latest):
    config = TritonModelConfig.read(write(f"version_policy {{ {policy} }}", "config.pbtxt"))
    assert (config.latest, config.versions, config.warnings) == (latest, (), ())


@pytest.mark.parametrize("table", [for_reference(), MODEL_KEYS])
def test_the_page_has_the_reference(table):
    assert reference(table) in PAGE.read_text(), f"put this into {PAGE}:\n{reference(table)}"


def test_the_example_of_the_page_works(write, folder):
    example = re.findall("```text\n(infer_config.*?)```", PAGE.read_text(), re.DOTALL)
    config = InferServerConfig.read(write(example[0]))
    assert config.warnings == ()
    assert config.repository == folder / "repository"
    assert config.attributes_of(0).pre_cluster_threshold == 0.4
    assert config.attributes_of(1).min_size == (16, 0)


@pytest.mark.parametrize("name", [*INFERSERVER_KEYS, *MODEL_KEYS])
def test_a_key_that_is_read_has_a_reader_and_any_other_says_why(name):
    key = INFERSERVER_KEYS.get(name) or MODEL_KEYS[name]
    assert (key.read is None) == (not key.setting) == (key.status != READ)
