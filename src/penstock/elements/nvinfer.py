"""`nvinfer`: find objects with a network.

gst-launch-1.0 uridecodebin uri=file:///street.mp4 ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=1280 height=720 \
    ! nvinfer config-file-path=config_infer.txt ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from penstock.config import InferConfig
from penstock.errors import ConfigError
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    EnumType,
    GObject,
    Gst,
    GstBase,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.gst.nvevents import interval_update_of
from penstock.meta import BatchMeta

if TYPE_CHECKING:
    from penstock.inference import Engine

PROCESS_MODE = EnumType("GstNvInferProcessModeType", {"primary": 1, "secondary": 2})
_COMING = "accepted; coming, an error where it is switched on"
_UNUSED = "accepted; without effect here"
_MOST_SKIPPED = 2**31 - 1
_NOT_YET = ("output-tensor-meta", "input-tensor-meta")
_FROM_FILE = {
    "batch-size": "batch_size",
    "unique-id": "component_id",
    "process-mode": "process_mode",
    "interval": "interval",
    "infer-on-gie-id": "operate_on_gie_id",
    "output-tensor-meta": "output_tensor_meta",
    "output-instance-mask": "output_instance_mask",
    "raw-output-file-write": "raw_output_file_write",
    "input-tensor-meta": "input_tensor_from_meta",
    "crop-objects-to-roi-boundary": "crop_to_roi",
    "gpu-id": "gpu_id",
}
"""Properties that the file sets too, and the setting they show."""
_OVERRIDES = (
    *_FROM_FILE,
    "clip-object-outside-roi",
    "infer-on-class-ids",
    "filter-out-class-ids",
    "model-engine-file",
)


class NvInfer(BatchTransform):
    """Runs a detector on every frame of a batch and adds what it finds as objects."""

    FACTORY = "nvinfer"
    PROPERTIES = (
        Property("config-file-path", "string", "", "The configuration file; read when set"),
        Property(
            "batch-size",
            "uint",
            1,
            "Most frames in one run of the network",
            minimum=1,
            maximum=1024,
        ),
        Property("unique-id", "uint", 15, "Names this element in the metadata"),
        Property(
            "process-mode",
            PROCESS_MODE,
            1,
            "primary: whole frames; secondary, objects found before, is an error so far",
        ),
        Property(
            "interval", "uint", 0, "Batches skipped between two inferences", maximum=_MOST_SKIPPED
        ),
        Property(
            "infer-on-gie-id",
            "int",
            -1,
            "secondary: only objects of this element; -1: all",
            minimum=-1,
        ),
        Property(
            "infer-on-class-ids", "string", None, "secondary: only objects of these classes: 0:2"
        ),
        Property("filter-out-class-ids", "string", None, "Drop detections of these classes: 0;2"),
        Property("model-engine-file", "string", None, _UNUSED, accepted_only=True),
        GPU_ID,
        Property("raw-output-file-write", "bool", False, "Write the network's outputs to files"),
        Property("raw-output-generated-callback", "pointer", None, _UNUSED, accepted_only=True),
        Property("raw-output-generated-userdata", "pointer", None, _UNUSED, accepted_only=True),
        Property("output-tensor-meta", "bool", False, _COMING, accepted_only=True),
        Property("output-instance-mask", "bool", False, "Add the objects' masks (network-type 3)"),
        Property("input-tensor-meta", "bool", False, _COMING, accepted_only=True),
        Property("clip-object-outside-roi", "bool", True, "Clip boxes at the frame's edges"),
        Property("crop-objects-to-roi-boundary", "bool", False, "Clip boxes at the roi offsets"),
        Property("strongly-typed", "bool", False, _UNUSED, accepted_only=True),
        Property("dynamic-properties", "string", "", _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvinfer"
    __gstmetadata__ = (
        "Penstock inference",
        "Filter/Analyzer/Video",
        "Finds objects with a network",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = {  # noqa: RUF012 - PyGObject reads a dict
        "model-updated": (GObject.SignalFlags.RUN_LAST, None, (int, str))
    }

    engine: Engine | None

    def __init__(self) -> None:
        super().__init__()
        self._config: InferConfig | None = None
        self.engine = None
        self._batches = 0
        self._warned: set[str] = set()

    def changed(self, name: str, value: Any) -> None:
        """Read the file at once: scripts read `batch-size` right after setting it."""
        if name != "config-file-path":
            return
        self._warned.clear()
        self._adopt(None)
        if value:
            self._adopt(InferConfig.read(value))

    def _adopt(self, config: InferConfig | None) -> None:
        """Show a file's settings as properties, but for those that were set explicitly."""
        self._config = config
        for prop in self.PROPERTIES:
            if prop.name in _FROM_FILE and prop.name not in self.explicit:
                said = getattr(config, _FROM_FILE[prop.name], prop.default)
                self._settings[prop.name] = said

    def ready(self) -> None:
        """Settings must be complete and within what is there today."""
        if self._config is None:
            raise ConfigError("config-file-path must name a configuration file, got nothing")
        self._warn(self._config.warnings)
        config = self._effective()
        for key, value, there in (
            ("network-type", config.network_type, (0, 3)),
            ("process-mode", config.process_mode, (1,)),
        ):
            if value not in there:
                raise ConfigError(
                    f"{config.where(key)}: {key}={value} is not available yet; detectors "
                    "(network-type=0), also with masks (3), on whole frames (process-mode=1) are"
                )
        for name in _NOT_YET:
            if self.setting(name):
                raise ConfigError(f"{name} is not available yet; leave it off")

    def _effective(self) -> InferConfig:
        """The file's settings under those set explicitly on the element."""
        assert self._config is not None
        explicit = {
            name.replace("-", "_"): self.setting(name)
            for name in _OVERRIDES
            if name in self.explicit and self.setting(name) is not None
        }
        return self._config.replace(**explicit)

    def open(self) -> None:
        """Load and compile the network."""
        from penstock.inference import Engine

        self.engine = Engine(self._effective())
        self._warn(self.engine.warnings)
        self._batches = 0

    def close(self) -> None:
        """Let the network go."""
        if self.engine is not None:
            self.engine.close()
        self.engine = None

    def _warn(self, texts: Iterable[str]) -> None:
        """Say each thing once, however often the element starts."""
        for text in texts:
            if text not in self._warned:
                self._warned.add(text)
                post_warning(self, text)

    def do_sink_event(self, event: Gst.Event) -> bool:
        """A new interval holds from the next batch on, for all sources."""
        update = interval_update_of(event)
        if update is not None:
            self.set_property("interval", min(update[1], _MOST_SKIPPED))
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def process(self, batch: BatchMeta) -> None:
        """Infer one batch, unless `interval` skips it."""
        from penstock.inference import Roi, attach

        skipped = self._batches % (self.setting("interval") + 1) != 0
        self._batches += 1
        if skipped or self.engine is None or batch.surfaces is None:
            return
        rois = [Roi.whole(frame) for frame in batch.frames]
        for frame, detections in zip(batch.frames, self.engine.infer(rois), strict=True):
            attach(frame, detections, self.engine.config)
