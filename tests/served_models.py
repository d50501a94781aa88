"""A Triton model repository for tests, and configurations of nvinferserver for it."""

import numpy as np

from onnx_models import save_model

GREEN_BOX = [("green", 1, 5, (80, 60, 160, 120))]
"""What the network finds in a green picture of 320x240."""


def colour_network(path, *, batch="n", last=False, sides=(24, 32)):
    """Write a detector for 32x24: one fixed box; the classes are the brightest of R, G and B.

    last: the channels stand last.
    sides: names for those that are left open.
    """
    box = (8, 6, 24, 18)
    return save_model(
        path,
        [
            (
                "ReduceMax",
                ["image"],
                ["brightest"],
                {"axes": [1, 2] if last else [2, 3], "keepdims": 0},
            ),
            ("Reshape", ["brightest", "scores_shape"], ["scores"], {}),
            ("ReduceMax", ["scores"], ["one"], {"axes": [1, 2], "keepdims": 1}),
            ("Mul", ["one", "zero"], ["nothing"], {}),
            ("Add", ["nothing", "box"], ["boxes"], {}),
        ],
        inputs={"image": [batch, *sides, 3] if last else [batch, 3, *sides]},
        outputs={"boxes": [batch, 1, 4], "scores": [batch, 1, 3]},
        constants={
            "scores_shape": np.array([-1, 1, 3]),
            "zero": np.float32(0),
            "box": np.array([[box]], np.float32),
        },
        metadata={"penstock.boxes": "xyxy"},
    )


MODEL = """
name: "colour"
platform: "onnxruntime_onnx"
max_batch_size: {max_batch}
input [ {{ name: "image" data_type: {dtype} dims: [ {dims} ] }} ]
output [
  {{ name: "boxes" data_type: TYPE_FP32 dims: [ 1, 4 ] }},
  {{ name: "scores" data_type: TYPE_FP32 dims: [ 1, 3 ] label_filename: "labels.txt" }}
]
{more}
"""


def repository(folder, *, max_batch=8, dims="3, 24, 32", dtype="TYPE_FP32", more="", **network):
    """Write a repository with the model `colour`, versions 1 and 2."""
    model = folder / "repo" / "colour"
    for version in ("1", "2"):
        (model / version).mkdir(parents=True, exist_ok=True)
        colour_network(model / version / "model.onnx", **network)
    (model / "labels.txt").write_text("red\ngreen\nblue\n")
    text = MODEL.format(max_batch=max_batch, dims=dims, dtype=dtype, more=more)
    (model / "config.pbtxt").write_text(text)
    return model.parent


CONFIG = """
infer_config {{
  unique_id: 5
  gpu_ids: [0]
  max_batch_size: {batch}
  backend {{
    {backend}
    triton {{ model_name: "{model}" version: {version} {where} }}
  }}
  preprocess {{
    network_format: IMAGE_FORMAT_RGB
    tensor_order: {order}
    normalize {{ scale_factor: 0.00392156862745098 channel_offsets: [0, 0, 0] }}
  }}
  postprocess {{ {labels} {post} }}
}}
input_control {{ process_mode: PROCESS_MODE_FULL_FRAME operate_on_gie_id: -1 {control} }}
output_control {{ {output} }}
"""
DETECTION = "detection { num_detected_classes: 3 simple_cluster { threshold: 0.3 } }"


def config_text(
    *,
    url=None,
    root="repo",
    batch=4,
    model="colour",
    version=-1,
    order="TENSOR_ORDER_NONE",
    labels='labelfile_path: "labels.txt"',
    post=DETECTION,
    control="",
    output="",
    backend="",
):
    """A detector's configuration: on the server at `url`, or in this process."""
    where = f'grpc {{ url: "{url}" }}' if url else f'model_repo {{ root: "{root}" }}'
    return CONFIG.format(
        batch=batch,
        where=where,
        model=model,
        version=version,
        order=order,
        labels=labels,
        post=post,
        control=control,
        output=output,
        backend=backend,
    )
