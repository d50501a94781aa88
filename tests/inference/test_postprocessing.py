"""`nvdspostprocess` makes of a network's tensors what `nvinfer` itself makes of its outputs."""

import re
from importlib import import_module

import numpy as np
import pytest
from networks import constant_network

from footage import clip, detector
from penstock.bitstream import pack, unpack
from penstock.config.postprocess import read_post_process
from penstock.errors import ConfigError
from penstock.gst import batch_of
from penstock.meta import SegmentationMeta, TensorMeta
from streams import Gst, error_text, finish, play

MUX = "nvstreammux name=mux batch-size=1 width=320 height=180"
CLASSIFIER = "network-type=1\nclassifier-threshold=0.2\nclassifier-type=mood\n"
SEGMENTER = "network-type=2\nsegmentation-threshold=0.3\nnum-detected-classes=3\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A detector, its video, and the same detector as raw tensors."""
    path = tmp_path_factory.mktemp("postprocess")
    clip(path / "street.mp4", frames=5, pattern="smpte")
    config = detector(path).read_text()
    (path / "raw.txt").write_text(as_raw(config))
    return path


def as_raw(config):
    text = re.sub(r"network-type=\d+", "network-type=100", config)
    return text.replace("[property]\n", "[property]\noutput-tensor-meta=1\n")


def without_model(config):
    """What nvdspostprocess needs of an nvinfer configuration."""
    return re.sub(r"(onnx-file|model-engine-file)=.*\n", "", config)


def seen(folder, *elements, extra=""):
    """Play; what is known behind the last element, without tensors."""
    message, found = play(
        f"filesrc location={folder / 'street.mp4'} ! qtdemux ! h264parse ! nvv4l2decoder "
        f"! mux.sink_0 {MUX} {extra} ! {' ! '.join(elements)} ! identity name=end ! fakesink",
        probe=facts,
        at="end",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return found


def facts(buffer):
    frame = unpack(pack(batch_of(buffer))).frames[0]
    maps = [
        (m.class_map.tolist(), np.round(m.probabilities, 5).tolist(), m.classes, m.component_id)
        for m in frame.user.of(SegmentationMeta)
    ]
    objects = [
        (o.ltwh, o.label, o.class_id, round(o.confidence, 6), o.component_id, o.classifications)
        for o in frame.objects
    ]
    return objects, maps, frame.infer_done


def infer(path):
    return f"nvinfer config-file-path={path}"


def post(path, **properties):
    settings = "".join(f" {name.replace('_', '-')}={value}" for name, value in properties.items())
    return f"nvdspostprocess name=post postprocesslib-config-file={path}{settings}"


@pytest.mark.parametrize(
    "aspect", ["", "maintain-aspect-ratio=1\n", "maintain-aspect-ratio=1\nsymmetric-padding=1\n"]
)
def test_a_detectors_tensors_become_the_objects_that_nvinfer_finds(folder, aspect, tmp_path):
    config = detector(tmp_path)
    text = config.read_text().replace("[property]\n", f"[property]\n{aspect}")
    config.write_text(text)
    (tmp_path / "raw.txt").write_text(as_raw(text))
    (tmp_path / "post.txt").write_text(without_model(text))
    expected = seen(folder, infer(config))
    assert any(objects for objects, _, _ in expected)
    found = seen(folder, infer(tmp_path / "raw.txt"), post(tmp_path / "post.txt"))
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "outputs"),
    [
        (CLASSIFIER, {"scores": [0.1, 0.7, 0.2]}),
        (SEGMENTER, {"map": np.random.default_rng(1).random((3, 6, 8))}),
    ],
)
@pytest.mark.parametrize("mode", [1, 2])
def test_classes_and_class_maps_of_frames_and_objects_too(folder, kind, outputs, mode, tmp_path):
    constant_network(tmp_path / "model.onnx", **outputs)
    (tmp_path / "labels.txt").write_text("sad;merry;angry\n" if kind == CLASSIFIER else "a\nb\nc\n")
    text = (
        "[property]\nonnx-file=model.onnx\nlabelfile-path=labels.txt\ngie-unique-id=4\n"
        f"process-mode={mode}\noperate-on-gie-id=1\n{kind}"
    )
    for name, content in (
        ("config.txt", text),
        ("raw.txt", as_raw(text)),
        ("post.txt", without_model(text)),
    ):
        (tmp_path / name).write_text(content)
    first = [infer(folder / "config_infer.txt")] if mode == 2 else []
    expected = seen(folder, *first, infer(tmp_path / "config.txt"))
    found = seen(folder, *first, infer(tmp_path / "raw.txt"), post(tmp_path / "post.txt"))
    assert found == expected
    if kind == CLASSIFIER:
        assert found[0][0][-1][5][0].label == "merry"
    elif mode == 1:
        assert len(found[0][1]) == 1


def test_a_python_file_reads_the_tensors(folder, tmp_path):
    (tmp_path / "mine.py").write_text(
        "def parse(outputs, context):\n"
        "    assert sorted(outputs) == ['output_bbox/BiasAdd', 'output_cov/Sigmoid']\n"
        "    return [(0, 0, context.size[0] / 2, context.size[1] / 2, 0.75, 2)]\n"
    )
    (tmp_path / "post.yml").write_text(
        "property:\n  gie-unique-id: 1\n  network-type: 0\n  num-detected-classes: 4\n"
        "  cluster-mode: 2\n  parse-bbox-func-name: parse\n"
        "class-attrs-all:\n  pre-cluster-threshold: 0.5\n"
    )
    found = seen(
        folder,
        infer(folder / "raw.txt"),
        post(tmp_path / "post.yml", postprocesslib_name=tmp_path / "mine.py"),
    )
    assert [objects for objects, _, _ in found] == [
        [((0.0, 0.0, 160.0, 90.0), "", 2, 0.75, 1, [])]
    ] * 5


def test_tensors_of_other_networks_are_left_alone(folder, tmp_path):
    constant_network(tmp_path / "model.onnx", strange=np.zeros((3, 5, 7)))
    text = "[property]\nonnx-file=model.onnx\ngie-unique-id=6\nnetwork-type=0\n"
    (tmp_path / "raw.txt").write_text(as_raw(text + "num-detected-classes=2\n"))
    (tmp_path / "post.txt").write_text(without_model((folder / "config_infer.txt").read_text()))
    (tmp_path / "labels.txt").write_text((folder / "labels.txt").read_text())
    raw = (infer(folder / "raw.txt"), infer(tmp_path / "raw.txt"))
    assert seen(folder, *raw, post(tmp_path / "post.txt")) == seen(
        folder, infer(folder / "config_infer.txt")
    )


def error_of(folder, *elements):
    message, _ = play(
        f"filesrc location={folder / 'street.mp4'} ! qtdemux ! h264parse ! nvv4l2decoder "
        f"! mux.sink_0 {MUX} ! {' ! '.join(elements)} ! fakesink"
    )
    return error_text(message)


def test_a_parser_that_fails_stops_the_pipeline_with_its_name(folder, tmp_path):
    (tmp_path / "mine.py").write_text("def parse(outputs, context):\n    return 1 / 0\n")
    (tmp_path / "post.txt").write_text(
        "[property]\ngie-unique-id=1\nnum-detected-classes=4\nparse-bbox-func-name=parse\n"
    )
    told = error_of(
        folder,
        infer(folder / "raw.txt"),
        post(tmp_path / "post.txt", postprocesslib_name=tmp_path / "mine.py"),
    )
    assert "the tensors of component 1 cannot be read at source 0 frame 0" in told
    assert "ZeroDivisionError" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[property]\nnetwork-type=100\n", "wanted what the tensors mean: 0 detector"),
        ("[property]\nnum-detected-classes=4\nparse-bbox-func-name=yolov88\n", "did you mean"),
        ("[other]\n", "wanted a [property] group"),
    ],
)
def test_a_wrong_file_is_named(folder, tmp_path, text, said):
    path = tmp_path / "post.txt"
    path.write_text(text.replace("[property]\n", "[property]\ngie-unique-id=1\n"))
    assert said in error_of(folder, infer(folder / "raw.txt"), post(path))


def test_tensors_that_no_parser_knows_are_told_with_their_layers(folder, tmp_path):
    constant_network(tmp_path / "model.onnx", strange=np.zeros((3, 5, 7)))
    text = "[property]\nonnx-file=model.onnx\ngie-unique-id=6\nnum-detected-classes=2\n"
    (tmp_path / "raw.txt").write_text(as_raw(text + "network-type=0\n"))
    (tmp_path / "post.txt").write_text(without_model(text))
    told = error_of(folder, infer(tmp_path / "raw.txt"), post(tmp_path / "post.txt"))
    assert "the tensors of component 6: no parser recognises the output layers 'strange'" in told


def test_files_that_are_missing_are_named(tmp_path):
    assert "postprocesslib-config-file must name a configuration file" in error_text(
        play("videotestsrc ! nvvideoconvert ! nvdspostprocess ! fakesink")[0]
    )
    (tmp_path / "post.txt").write_text("[property]\nnum-detected-classes=1\n")
    lines = post(tmp_path / "post.txt", postprocesslib_name="nowhere.py")
    told = error_text(play(f"videotestsrc ! nvvideoconvert ! {lines} ! fakesink")[0])
    assert "postprocesslib-name: there is no file " in told
    with pytest.raises(ConfigError, match="cannot read"):
        read_post_process(tmp_path / "nowhere.txt")


def test_without_tensors_one_warning_says_what_is_missing(folder, monkeypatch):
    monkeypatch.setattr("penstock.elements.nvdspostprocess._PATIENCE_BATCHES", 3)
    settings = "gie-unique-id=9\nnum-detected-classes=1\ncluster-mode=2\n"
    (folder / "post.txt").write_text(f"[property]\n{settings}")
    pipeline = Gst.parse_launch(
        f"filesrc location={folder / 'street.mp4'} ! qtdemux ! h264parse ! nvv4l2decoder "
        f"! mux.sink_0 {MUX} ! {post(folder / 'post.txt')} ! fakesink"
    )
    kinds = Gst.MessageType.WARNING | Gst.MessageType.EOS
    assert finish(pipeline, kinds=kinds).parse_warning()[0].message == (
        "post: 3 batches brought no tensors of component 9: nvinfer in front needs "
        "output-tensor-meta=1 and that gie-unique-id"
    )


def test_the_line_of_the_documentation_plays(folder, tmp_path):
    text = import_module("penstock.elements.nvdspostprocess").__doc__
    line = re.search(r"gst-launch-1.0 (.*)", text.replace("\\\n", ""), re.DOTALL)[1]
    (tmp_path / "parsers.py").write_text("def parse(outputs, context):\n    return []\n")
    (tmp_path / "config_post.yml").write_text(
        "property:\n  gie-unique-id: 1\n  num-detected-classes: 4\n  parse-bbox-func-name: parse\n"
    )
    for name in ("parsers.py", "config_post.yml"):
        line = line.replace(name, str(tmp_path / name))
    line = line.replace("config_infer.txt", str(folder / "raw.txt"))
    message, tensors = play(
        line.replace("nvdsosd", "nvdsosd name=osd"),
        probe=lambda buffer: TensorMeta in batch_of(buffer).frames[0].user,
        at="osd",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert tensors == [True] * 5
