"""Videos and a small detector, made where a test needs them."""

import subprocess
import sys

import numpy as np

from onnx_models import save_model

CLASSES = ("vehicle", "two_wheeler", "person", "road_sign")
_STRIDE = 16
_PERSON = CLASSES.index("person")

_DETECTOR = """\
[property]
gpu-id=0
net-scale-factor=0.00392156862745098
onnx-file=detector.onnx
model-engine-file=detector.onnx_b1_gpu0_fp32.engine
labelfile-path=labels.txt
batch-size=1
network-mode=0
network-type=0
process-mode=1
model-color-format=0
num-detected-classes=4
interval=0
gie-unique-id=1
cluster-mode=2

[class-attrs-all]
pre-cluster-threshold=0.5
nms-iou-threshold=0.3
topk=40
"""


def gst(description):
    """Run `gst-launch-1.0`."""
    launch = ["gst-launch-1.0", "-q", *description.split()]
    subprocess.run(launch, check=True, timeout=120, capture_output=True)


def clip(path, *, frames=30, size=(320, 180), pattern="ball", encode="x264enc key-int-max=10"):
    """Write a test picture's video; the suffix chooses the container."""
    muxer = {".mp4": "! mp4mux", ".avi": "! avimux", ".mkv": "! matroskamux", ".h264": ""}
    parse = "! h264parse ! video/x-h264,stream-format=byte-stream" if path.suffix == ".h264" else ""
    gst(
        f"videotestsrc num-buffers={frames} pattern={pattern} "
        f"! video/x-raw,format=I420,width={size[0]},height={size[1]},framerate=25/1 "
        f"! {encode} {parse} {muxer[path.suffix]} ! filesink location={path}"
    )
    return path


def elementary(video, path):
    """Take the H.264 elementary stream out of an MP4."""
    gst(
        f"filesrc location={video} ! qtdemux ! h264parse "
        f"! video/x-h264,stream-format=byte-stream ! filesink location={path}"
    )
    return path


def detector(folder, *, name="config_infer.txt"):
    """Write a network that calls dark places persons, in DetectNet_v2's layers, and its files.

    Returns the configuration. It is so small that a run costs next to nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    classes = len(CLASSES)
    darkness = np.zeros((classes, 3, _STRIDE, _STRIDE), np.float32)
    darkness[_PERSON] = -40 / darkness[_PERSON].size  # of the mean of a cell, 0 to 1
    bias = np.full(classes, -20, np.float32)
    bias[_PERSON] = 12
    reach = np.tile(np.array([0.4, 0.6, 0.4, 0.6], np.float32), classes)  # · 35 px
    save_model(
        folder / "detector.onnx",
        [
            ("Conv", ["input", "w", "b"], ["cov"], {"strides": [_STRIDE, _STRIDE]}),
            ("Sigmoid", ["cov"], ["output_cov/Sigmoid"], {}),
            ("Conv", ["input", "z", "r"], ["output_bbox/BiasAdd"], {"strides": [_STRIDE, _STRIDE]}),
        ],
        inputs={"input": ["n", 3, 272, 480]},
        outputs={
            "output_cov/Sigmoid": ["n", classes, 17, 30],
            "output_bbox/BiasAdd": ["n", 4 * classes, 17, 30],
        },
        constants={
            "w": darkness,
            "b": bias,
            "z": np.zeros((4 * classes, 3, _STRIDE, _STRIDE), np.float32),
            "r": reach,
        },
    )
    (folder / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    config = folder / name
    config.write_text(_DETECTOR)
    return config


def command(*arguments):
    """The command line of `penstock`."""
    return [sys.executable, "-m", "penstock.cli", *map(str, arguments)]


def penstock(*arguments, timeout=120, **options):
    """Run the command in a process of its own; output as text."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **options,
    )


def pictures(path):
    """Decode an MP4 to its end; returns the sizes of its pictures."""
    from streams import Gst, play

    def size(_buffer):
        structure = pad.get_current_caps().get_structure(0)
        return structure.get_int("width")[1], structure.get_int("height")[1]

    pipeline = Gst.parse_launch(
        f'filesrc location="{path}" ! qtdemux ! h264parse ! avdec_h264 name=out ! fakesink'
    )
    pad = pipeline.get_by_name("out").get_static_pad("src")
    message, sizes = play(pipeline, probe=size, at="out")
    assert message.type == Gst.MessageType.EOS, message.parse_error()
    return sizes
