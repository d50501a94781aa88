"""The configuration of an nvinferserver element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock.config import inferserver_rules
from penstock.config.infer import InferConfig
from penstock.config.infer_keys import PROPERTY_KEYS
from penstock.config.inferserver_keys import INFERSERVER_KEYS, ROWS
from penstock.config.prototext_keys import ProtoFile, read_proto

_BACKEND, _PRE = "infer_config.backend", "infer_config.preprocess"
_POST = "infer_config.postprocess"
_DETECTION = f"{_POST}.detection"
PLACES: Mapping[str, str] = {
    "gie-unique-id": "infer_config.unique_id",
    "process-mode": "input_control.process_mode",
    "network-type": _POST,
    "batch-size": "infer_config.max_batch_size",
    "interval": "input_control.interval",
    "secondary-reinfer-interval": "input_control.secondary_reinfer_interval",
    "operate-on-gie-id": "input_control.operate_on_gie_id",
    "operate-on-class-ids": "input_control.operate_on_class_ids",
    "filter-out-class-ids": "output_control.detect_control.filter_out_class_ids",
    "onnx-file": f"{_BACKEND}.triton.model_name",
    "model-version": f"{_BACKEND}.triton.version",
    "grpc-url": f"{_BACKEND}.triton.grpc.url",
    "labelfile-path": f"{_POST}.labelfile_path",
    "num-detected-classes": f"{_DETECTION}.num_detected_classes",
    "infer-dims": f"{_BACKEND}.inputs.dims",
    "network-input-order": f"{_PRE}.tensor_order",
    "output-blob-names": f"{_BACKEND}.outputs.name",
    "net-scale-factor": f"{_PRE}.normalize.scale_factor",
    "offsets": f"{_PRE}.normalize.channel_offsets",
    "mean-file": f"{_PRE}.normalize.mean_file",
    "model-color-format": f"{_PRE}.network_format",
    "parse-bbox-func-name": f"{_DETECTION}.custom_parse_bbox_func",
    "parse-classifier-func-name": f"{_POST}.classification.custom_parse_classifier_func",
    "parse-segmentation-func-name": f"{_POST}.segmentation.custom_parse_segmentation_func",
    "custom-lib-path": "infer_config.custom_lib.path",
    "classifier-async-mode": "input_control.async_mode",
    "output-tensor-meta": "output_control.output_tensor_meta",
}
"""nvinfer's key, or a name of our own, → where the same is said here, for messages."""


@dataclass(frozen=True)
class TensorTold:
    """What a file says about one input or output; compared with the model's own.

    Attributes:
        name: Of the tensor; empty where the file does not say.
        shape: Without the batch, -1 where any size will do; `None` where the file does not say.
        dtype: NumPy's name of its type; `None` where the file does not say.
        where: File, line and path, for messages.
    """

    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class InferServerConfig(InferConfig):
    """What one nvinferserver element is told by its file and by its properties.

    The settings of `InferConfig` hold, too; `model_file` is none until the model was looked up in
    its repository, and `input_order` may be open: see `order_known`.

    Attributes:
        model_name: Of the model, in the repository or on the server.
        model_version: -1 the latest.
        repository: Folder of the model repository; `None` where a server runs the model.
        strict: The model in the repository must have a `config.pbtxt`.
        url: `host:port` of the server's gRPC service; `None` where this process runs the model.
        order_known: Whether the file says if the input is NCHW or NHWC; else the model does.
        inputs: What the file says about the input.
        outputs: What it says about outputs; `output_names` has their names.
    """

    model_name: str = ""
    model_version: int = -1
    repository: Path | None = None
    strict: bool = False
    url: str | None = None
    order_known: bool = True
    inputs: tuple[TensorTold, ...] = ()
    outputs: tuple[TensorTold, ...] = ()
    told: ProtoFile | None = field(default=None, compare=False, repr=False)

    @classmethod
    def read(cls, path: str | Path) -> InferServerConfig:
        """Read a file in protocol buffers' text format.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        told = read_proto(path, INFERSERVER_KEYS, rows=ROWS, where="config-file-path")
        settings = inferserver_rules.settle(told)
        for kind in ("inputs", "outputs"):
            where = told.where(f"{_BACKEND}.{kind}")
            settings[kind] = tuple(
                TensorTold(row.get("name", ""), row.get("dims") or None, row.get("dtype"), where)
                for row in told.rows.get(kind, [])
            )
        if name := told.settings.get("tensor_name"):
            where = told.where(f"{_PRE}.tensor_name")
            settings["inputs"] += (TensorTold(name, where=where),)
        return cls(told.file, told=told, warnings=tuple(told.warnings), **settings)

    def where(self, key: str, *, group: str = "property") -> str:
        """Where a setting comes from, by the key that nvinfer has for it.

        `config.txt, line 12, [infer_config.preprocess] network_format`; `property batch-size`
        where the element's property replaced it.
        """
        known = PROPERTY_KEYS.get(key)
        if known and known.setting in self.overrides:
            return f"property {self.overrides[known.setting]}"
        if self.told is None or key not in PLACES:
            return f"{self.file}, {key}"
        return self.told.where(inferserver_rules.old_name(PLACES[key], self.told))
