"""`samples/triton_model_repo`: the same networks as a Triton server would have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from penstock.kit import coco
from penstock.kit.sdk.ssd_outputs import MOST_DETECTIONS, SIDE_PX, write_ssd
from penstock.kit.sdk.stand_in import StandIn, Workshop, same_as, written

__all__ = ["TRITON"]

_REPOSITORY = "samples/triton_model_repo/"
_SSD = "ssd_inception_v2_coco_2018_01_28"
_OLDER_SSD = "ssd_mobilenet_v1_coco_2018_01_28"
_SSD_IS = "SSDLite-MobileNetV2 (COCO), with the outputs of TensorFlow's detection API"
_MOST_IN_A_RUN = 64
_CATEGORIES = 90
_UNLABELLED = "unlabeled"

Tensors = Sequence[tuple[str, str, Sequence[int]]]


def _config(name: str, file: str, *, inputs: Tensors, outputs: Tensors, labels: str = "") -> str:
    lines = [
        f'name: "{name}"',
        'platform: "onnxruntime_onnx"',
        f'default_model_filename: "{file}"',
        f"max_batch_size: {_MOST_IN_A_RUN}",
    ]
    for kind, tensors in (("input", inputs), ("output", outputs)):
        for tensor, dtype, dims in tensors:
            about = [f'name: "{tensor}"', f"data_type: TYPE_{dtype}", f"dims: {list(dims)}"]
            if labels and kind == "output":
                about.append(f'label_filename: "{labels}"')
            lines.append(f"{kind} [ {{ {' '.join(about)} }} ]")
    return "\n".join(lines) + "\n"


def _model(
    name: str, of: str, *, labels: str = "", inputs: Tensors, outputs: Tensors
) -> tuple[StandIn, ...]:
    """A model of the repository that is another file of the tree."""
    folder, file = f"{_REPOSITORY}{name}/", Path(of).name
    label_file = Path(labels).name
    text = _config(name, file, inputs=inputs, outputs=outputs, labels=label_file)
    beside = [same_as(labels, path=f"{folder}{label_file}")] if labels else []
    return (
        same_as(of, path=f"{folder}1/{file}"),
        *beside,
        StandIn(f"{folder}config.pbtxt", "what Triton is told about it", written(text)),
    )


def _detectnet(name: str, folder: str, file: str, *, classes: int) -> tuple[StandIn, ...]:
    return _model(
        name,
        f"samples/models/{folder}/{file}",
        labels=f"samples/models/{folder}/labels.txt",
        inputs=[("input_1:0", "FP32", (3, 544, 960))],
        outputs=[
            ("output_bbox/BiasAdd:0", "FP32", (4 * classes, 34, 60)),
            ("output_cov/Sigmoid:0", "FP32", (classes, 34, 60)),
        ],
    )


def _classifier(name: str, file: str, *, classes: int) -> tuple[StandIn, ...]:
    return _model(
        name,
        f"samples/models/{name}/{file}",
        labels=f"samples/models/{name}/labels.txt",
        inputs=[("input_1:0", "FP32", (3, 224, 224))],
        outputs=[("predictions/Softmax:0", "FP32", (classes,))],
    )


def _ssd(workshop: Workshop, output: Path) -> None:
    write_ssd(output, workshop.asset("ssd-mobilenet"), about=_SSD_IS)


def _ssd_labels() -> str:
    named = dict(zip((column + 1 for column in coco.COLUMNS_OF_90), coco.LABELS, strict=True))
    return "\n".join(named.get(number, _UNLABELLED) for number in range(_CATEGORIES + 1)) + "\n"


def _ssd_config(name: str) -> StandIn:
    text = _config(
        name,
        "model.onnx",
        inputs=[("image_tensor", "UINT8", (SIDE_PX, SIDE_PX, 3))],
        outputs=[
            ("detection_boxes", "FP32", (MOST_DETECTIONS, 4)),
            ("detection_classes", "FP32", (MOST_DETECTIONS,)),
            ("detection_scores", "FP32", (MOST_DETECTIONS,)),
            ("num_detections", "FP32", (1,)),
        ],
    )
    return StandIn(
        f"{_REPOSITORY}{name}/config.pbtxt", "what Triton is told about it", written(text)
    )


_SSD_MODEL, _SSD_LABELS = (f"{_REPOSITORY}{_SSD}/{file}" for file in ("1/model.onnx", "labels.txt"))

TRITON: tuple[StandIn, ...] = (
    StandIn(_SSD_MODEL, _SSD_IS, _ssd),
    StandIn(
        _SSD_LABELS,
        "COCO's categories 0 to 90, ten of which nobody labelled",
        written(_ssd_labels()),
    ),
    _ssd_config(_SSD),
    same_as(_SSD_MODEL, path=f"{_REPOSITORY}{_OLDER_SSD}/1/model.onnx"),
    same_as(_SSD_LABELS, path=f"{_REPOSITORY}{_OLDER_SSD}/labels.txt"),
    _ssd_config(_OLDER_SSD),
    *_detectnet(
        "Primary_Detector", "Primary_Detector", "resnet18_trafficcamnet_pruned.onnx", classes=4
    ),
    *_detectnet("peoplenet", "peoplenet", "resnet34_peoplenet.onnx", classes=3),
    *_classifier("Secondary_VehicleTypes", "resnet18_vehicletypenet_pruned.onnx", classes=6),
    *_classifier("Secondary_VehicleMake", "resnet18_vehiclemakenet_pruned.onnx", classes=12),
)
"""The model repository of nvinferserver's samples."""
