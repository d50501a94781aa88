"""The configuration of an nvinfer element."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.config import infer_rules
from penstock.config.class_attributes import ALL, ClassAttributes
from penstock.config.elsewhere import ModelElsewhere
from penstock.config.infer_keys import NMS, PROPERTY_KEYS, ColorOrder, Interpolation
from penstock.config.keyfile import KeyFile
from penstock.config.value import INT_MAX
from penstock.errors import ConfigError

# Element properties whose name is not that of the setting they override.
PROPERTIES: Mapping[str, str] = {
    "unique_id": "component_id",
    "infer_on_gie_id": "operate_on_gie_id",
    "infer_on_class_ids": "operate_on_class_ids",
    "input_tensor_meta": "input_tensor_from_meta",
    "model_engine_file": "engine_file",
    "crop_objects_to_roi_boundary": "crop_to_roi",
    "clip_object_outside_roi": "clip_to_roi",
}
_CLASS_IDS = re.compile(r"\s*(-?[0-9]{1,9}\s*[:;,]\s*)*(-?[0-9]{1,9}\s*)?")


@dataclass(frozen=True)
class InferConfig:
    """What one nvinfer element is told by its file and by its properties.

    Two configurations are equal if they say the same, wherever they were read.

    Attributes:
        file: The file, as it was named by whoever opened it.
        component_id: Of the element, in the metadata (`gie-unique-id`).
        process_mode: 1 whole frames, 2 objects.
        network_type: 0 detector, 1 classifier, 2 semantic segmentation, 3 instance
            segmentation, 100 other.
        batch_size: Most regions in one run, 1 to 1024.
        interval: Batches skipped between two that are inferred.
        reinfer_interval: Frames before a classified, tracked object is inferred again.
        model_file: The ONNX network; it existed when the file was read.
        label_file: The class names; it existed when the file was read.
        labels: Its content for anything but classifiers: one name for each class.
        classifier_labels: Its content for classifiers: for each output one name for each class.
        network_config: Darknet's description of the network; not required to exist.
        num_classes: Number of classes; never `None` where a detector was read from a file.
        network_mode: 0 FP32, 1 INT8, 2 FP16, 3 best.
        input_shape: `(channels, height, width)` of the network's input, if the file says so.
        input_order: 0 NCHW, 1 NHWC.
        output_names: The outputs to read; empty means all.
        scale: `y = scale · (x - offsets - mean)`, x in 0..255.
        offsets: One number a channel in `color`'s order, or empty.
        mean_file: A PPM picture to subtract.
        color: Channel order of the network's input.
        keep_aspect: Scale both axes alike, and fill up with black bars.
        centred: Bars on both sides; else at the right and the bottom.
        interpolation: How pixels are sampled.
        cluster_mode: 0 group rectangles, 1 DBSCAN, 2 NMS, 3 DBSCAN and NMS, 4 none. A file's 0
            without a group-threshold is NMS, as in DeepStream.
        parser: Name of the parser of boxes; `None`: to be found by the outputs.
        mask_parser: Name of the parser of boxes with masks.
        classifier_parser: Name of the parser of classes.
        segmentation_parser: Name of the parser of class maps.
        custom_lib: Where those are; not required to exist.
        class_attributes: Class id → attributes; -1 stands for all others. See `attributes_of`.
        filter_out_class_ids: Detections of these classes are dropped.
        operate_on_gie_id: Only objects of this component; -1 all.
        operate_on_class_ids: Only objects of these classes; `None` all.
        min_object_size: `(width, height)`, frame pixels: smaller objects are not looked at.
        max_object_size: `(width, height)`, frame pixels: nor are larger ones; 0 is no limit.
        classifier_type: Name of the classifier in the metadata.
        classifier_threshold: A class must be more confident than this.
        classifier_async: Classify tracked objects without waiting for the answer.
        segmentation_threshold: Least confidence of a pixel's class.
        segmentation_order: Of the class maps: 0 NCHW, 1 NHWC.
        clip_to_roi: Cut boxes at the edges of the region they were found in.
        crop_to_roi: Cut boxes at the roi offsets instead of dropping them.
        output_tensor_meta: Attach the raw outputs to the metadata.
        output_instance_mask: Attach masks to the objects.
        input_tensor_from_meta: Take tensors that nvdspreprocess prepared.
        raw_output_file_write: Write the raw outputs to files.
        engine_file: TensorRT's plan; named, never opened.
        gpu_id: The GPU that was asked for.
        elsewhere: What runs the network in place of this process, which then needs no
            `model_file`.
        warnings: One sentence for each thing to tell the user, with file, line and key.
        origin: The file's groups, for `where`.
        overrides: Setting → the element property that replaced it, for `where`.
    """

    file: Path = field(compare=False)
    component_id: int = 15
    process_mode: int = 1
    network_type: int = 0
    batch_size: int = 1
    interval: int = 0
    reinfer_interval: int = INT_MAX
    model_file: Path | None = None
    label_file: Path | None = None
    labels: tuple[str, ...] = ()
    classifier_labels: tuple[tuple[str, ...], ...] = ()
    network_config: Path | None = None
    num_classes: int | None = None
    network_mode: int = 0
    input_shape: tuple[int, int, int] | None = None
    input_order: int = 0
    output_names: tuple[str, ...] = ()
    scale: float = 1.0
    offsets: tuple[float, ...] = ()
    mean_file: Path | None = None
    color: ColorOrder = "RGB"
    keep_aspect: bool = False
    centred: bool = False
    interpolation: Interpolation = "nearest"
    cluster_mode: int = NMS
    parser: str | None = None
    mask_parser: str | None = None
    classifier_parser: str | None = None
    segmentation_parser: str | None = None
    custom_lib: Path | None = None
    class_attributes: Mapping[int, ClassAttributes] = field(
        default_factory=lambda: {ALL: ClassAttributes()}, hash=False
    )
    filter_out_class_ids: frozenset[int] = frozenset()
    operate_on_gie_id: int = -1
    operate_on_class_ids: frozenset[int] | None = None
    min_object_size: tuple[int, int] = (0, 0)
    max_object_size: tuple[int, int] = (0, 0)
    classifier_type: str = ""
    classifier_threshold: float = 0.0
    classifier_async: bool = False
    segmentation_threshold: float = 0.0
    segmentation_order: int = 0
    clip_to_roi: bool = True
    crop_to_roi: bool = False
    output_tensor_meta: bool = False
    output_instance_mask: bool = False
    input_tensor_from_meta: bool = False
    raw_output_file_write: bool = False
    engine_file: Path | None = None
    gpu_id: int = 0
    elsewhere: ModelElsewhere | None = field(default=None, compare=False, repr=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    origin: KeyFile | None = field(default=None, compare=False, repr=False)
    overrides: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def read(cls, path: str | Path) -> InferConfig:
        """Read a file: YAML if it is called `.yml` or `.yaml`, else a GLib key file.

        Raises:
            ConfigError: With file, line and key, what was wanted and what was got.
        """
        key_file = KeyFile.read(path, where="config-file-path")
        settings = infer_rules.read_settings(key_file)
        return cls(key_file.file, origin=key_file, **settings)

    @property
    def precision(self) -> str:
        """`"f32"`, or `"fastest"`: whatever this machine computes fastest."""
        return "fastest" if self.network_mode else "f32"

    @property
    def model(self) -> Path | ModelElsewhere | None:
        """The network to run: its file, or who runs it."""
        return self.elsewhere or self.model_file

    def attributes_of(self, class_id: int) -> ClassAttributes:
        """How boxes of this class are filtered, clustered and drawn."""
        return self.class_attributes.get(class_id, self.class_attributes[ALL])

    def where(self, key: str, *, group: str = "property") -> str:
        """`config.txt, line 12, [property] onnx-file`: where a setting comes from.

        Without the line where the file does not have the key; `property batch-size` where the
        element's property replaced it.
        """
        known = PROPERTY_KEYS.get(key)
        if group == "property" and known and known.setting in self.overrides:
            return f"property {self.overrides[known.setting]}"
        return infer_rules.where(self.origin or KeyFile(self.file, {}), key, group=group)

    def replace(self, **properties: Any) -> InferConfig:
        """A copy in which the element's properties win over the file.

        Args:
            properties: Names of fields, or of nvinfer's properties with `_` for `-`. Class ids
                may be a text `0:2` or `0;2`, as the element takes them.

        Raises:
            ConfigError: A text is no list of class ids.
            TypeError: There is no such setting.
        """
        changes: dict[str, Any] = {}
        overrides = dict(self.overrides)
        for name, value in properties.items():
            setting = PROPERTIES.get(name, name)
            changes[setting] = _converted(value, setting=setting, name=name)
            overrides[setting] = name.replace("_", "-")
        return dataclasses.replace(self, **changes, overrides=overrides)


def _converted(value: Any, *, setting: str, name: str) -> Any:
    if setting == "engine_file":
        return Path(value) if value else None
    if not setting.endswith("_class_ids") or not isinstance(value, str):
        return value
    if not _CLASS_IDS.fullmatch(value):
        wanted = "wanted class ids separated by ':' or ';'"
        raise ConfigError(f"property {name.replace('_', '-')}: {wanted}, got {value!r}")
    class_ids = frozenset(int(item) for item in re.findall(r"-?[0-9]+", value))
    if setting == "filter_out_class_ids":
        return class_ids
    return None if not class_ids or -1 in class_ids else class_ids
