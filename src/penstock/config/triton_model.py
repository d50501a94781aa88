"""`config.pbtxt`: what a Triton model repository says about one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from penstock.config.keys import Key, ignored
from penstock.config.prototext_keys import ProtoFile, count, one_of, read_proto, text
from penstock.config.value import Value

TYPES: Final[dict[str, str | None]] = {
    "TYPE_INVALID": None,
    "TYPE_BOOL": "bool",
    "TYPE_UINT8": "uint8",
    "TYPE_UINT16": "uint16",
    "TYPE_UINT32": "uint32",
    "TYPE_UINT64": "uint64",
    "TYPE_INT8": "int8",
    "TYPE_INT16": "int16",
    "TYPE_INT32": "int32",
    "TYPE_INT64": "int64",
    "TYPE_FP16": "float16",
    "TYPE_FP32": "float32",
    "TYPE_FP64": "float64",
    "TYPE_STRING": "object",
    "TYPE_BF16": "bfloat16",
}
_FORMATS: Final[dict[str, int | None]] = {"FORMAT_NONE": None, "FORMAT_NHWC": 1, "FORMAT_NCHW": 0}
_OF_THE_SERVER = "it is about how a server spreads its work"
_ROWS: Final = {"input": "input", "output": "output", "version_policy.all": "all"}


def _numbers(value: Value) -> tuple[int, ...]:
    return value.integers(minimum=-1)


def _tensor(of: str, what: str) -> dict[str, Key]:
    return {
        f"{of}.name": Key(f"name of {what}", "required", "name", text),
        f"{of}.data_type": Key("its type, TYPE_FP32 and so on", "any", "dtype", one_of(TYPES)),
        f"{of}.dims": Key(
            "its shape, without the batch where max_batch_size is not 0; -1: any",
            "any",
            "dims",
            _numbers,
        ),
        f"{of}.reshape.shape": Key(
            "the shape that the network itself has, in place of dims", "dims", "reshape", _numbers
        ),
    }


MODEL_KEYS: Mapping[str, Key] = {
    "name": Key("name of the model, which is its folder's", "the folder's", "name", text),
    "platform": Key("`onnxruntime_onnx`", "by backend", "platform", text),
    "backend": Key("`onnxruntime` or `openvino`", "by the file's name", "backend", text),
    "default_model_filename": Key("the file in a version's folder", "model.onnx", "filename", text),
    "max_batch_size": Key(
        "most pictures in one run; 0: dims has the batch, too", "0", "max_batch", count
    ),
    **_tensor("input", "the input"),
    "input.format": Key("FORMAT_NCHW or FORMAT_NHWC", "by dims", "order", one_of(_FORMATS)),
    "input.is_shape_tensor": ignored("a shape, no numbers", "networks have one input here"),
    "input.allow_ragged_batch": ignored("inputs of different shapes", "pictures have one"),
    "input.optional": ignored("an input that may be missing", "networks have one input here"),
    **_tensor("output", "an output"),
    "output.label_filename": Key(
        "its class names, a file in the model's folder", "none", "labels", text
    ),
    "output.is_shape_tensor": ignored("a shape, no numbers", "all outputs are numbers"),
    "version_policy.latest.num_versions": Key(
        "so many versions, the latest, are offered", "1", "latest", count
    ),
    "version_policy.specific.versions": Key(
        "these versions are offered", "none", "versions", _numbers
    ),
    **{
        name: ignored(effect, _OF_THE_SERVER)
        for name, effect in {
            "instance_group": "how many instances, and where",
            "dynamic_batching": "batches of several requests",
            "sequence_batching": "requests that belong together",
            "optimization": "accelerators of the server",
            "parameters": "settings of its backends",
            "model_warmup": "first requests",
            "response_cache": "answers that are kept",
            "model_transaction_policy": "requests with several answers",
            "batch_input": "inputs that the server makes",
            "batch_output": "outputs that the server splits",
            "model_operations": "libraries to load",
            "model_repository_agents": "programs that look at the repository",
            "cc_model_filenames": "files by GPU",
            "metric_tags": "labels of its metrics",
            "model_metrics": "its metrics",
            "runtime": "its backend's library",
        }.items()
    },
}


@dataclass(frozen=True)
class TritonTensor:
    """One input or output as `config.pbtxt` tells it.

    Attributes:
        name: Of the tensor.
        shape: That of the network, -1 where any size will do, without the batch if the model has
            a `max_batch`; `None` where the file does not say.
        dtype: NumPy's name of its type; `None` where the file does not say.
        order: Of an input: 0 NCHW, 1 NHWC, `None` where the file does not say.
        labels: Of an output: name of the file with its class names, or empty.
    """

    name: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    order: int | None = None
    labels: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> TritonTensor:
        """From one message `input` or `output`."""
        return cls(
            row.get("name", ""),
            row.get("reshape", row.get("dims") or None),
            row.get("dtype"),
            row.get("order"),
            row.get("labels", ""),
        )


@dataclass(frozen=True)
class TritonModelConfig:
    """What the repository says about one model.

    Attributes:
        file: The `config.pbtxt`, for messages.
        name: Of the model, or empty.
        runtime: `platform` or `backend`, what runs it on a server; or empty.
        filename: Of the network in a version's folder.
        max_batch: Most pictures in one run; 0 where shapes have the batch, too.
        inputs: As the file tells them.
        outputs: As the file tells them.
        latest: How many of the latest versions are offered; `None`: all.
        versions: The versions that are offered, in place of `latest`, or empty.
        warnings: One sentence for each thing to tell the user, with file and line.
    """

    file: Path
    name: str = ""
    runtime: str = ""
    filename: str = "model.onnx"
    max_batch: int = 0
    inputs: tuple[TritonTensor, ...] = ()
    outputs: tuple[TritonTensor, ...] = ()
    latest: int | None = 1
    versions: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    told: ProtoFile | None = field(default=None, compare=False, repr=False)

    @classmethod
    def read(cls, path: str | Path) -> TritonModelConfig:
        """Read a `config.pbtxt`.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        told = read_proto(path, MODEL_KEYS, rows=_ROWS, where="model repository")
        settings = told.settings
        offers_all = "version_policy.all" in told.places
        return cls(
            told.file,
            name=settings.get("name", ""),
            runtime=settings.get("backend") or settings.get("platform", ""),
            filename=settings.get("filename") or cls.filename,
            max_batch=settings.get("max_batch", 0),
            inputs=tuple(map(TritonTensor.of, told.rows.get("input", []))),
            outputs=tuple(map(TritonTensor.of, told.rows.get("output", []))),
            latest=None if offers_all else settings.get("latest", 1) or 1,
            versions=settings.get("versions", ()),
            warnings=tuple(told.warnings),
            told=told,
        )

    def where(self, path: str) -> str:
        """`config.pbtxt, line 3, max_batch_size`; without the line where it is absent."""
        return self.told.where(path) if self.told else f"{self.file}, {path}"
