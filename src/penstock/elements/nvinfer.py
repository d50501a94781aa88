"""`nvinfer`: find objects with a network, tell what they are, or what each pixel is.

gst-launch-1.0 uridecodebin uri=file:///street.mp4 ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=1280 height=720 \
    ! nvinfer config-file-path=config_infer.txt ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
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
    InFlight,
    Property,
    batch_in,
    gproperties,
    nvmm_caps,
    post_error,
    post_warning,
    sink_and_src,
)
from penstock.gst.nvevents import (
    PAD_DELETED,
    STREAM_RESET,
    interval_update_of,
    source_event_of,
)
from penstock.meta import BatchMeta

if TYPE_CHECKING:
    from penstock.inference import FrameTask, RegionNetwork, Task

PROCESS_MODE = EnumType("GstNvInferProcessModeType", {"primary": 1, "secondary": 2})
_UNUSED = "accepted; without effect here"
_MOST_SKIPPED = 2**31 - 1
_CLASSIFIER = 1
_OBJECTS = 2
_MOST_ON_PROBATION = 100  # trackers give no id before they are sure of an object
_MOST_AWAITED = 100
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
    """Runs one network on the frames of a batch, or on the objects in them."""

    FACTORY = "nvinfer"
    PROPERTIES = (
        Property("config-file-path", "string", "", "The configuration file; read when set"),
        Property(
            "batch-size",
            "uint",
            1,
            "Most frames or objects in one run of the network",
            minimum=1,
            maximum=1024,
        ),
        Property("unique-id", "uint", 15, "Names this element in the metadata"),
        Property(
            "process-mode",
            PROCESS_MODE,
            1,
            "primary: whole frames; secondary: objects found before",
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
        Property("output-tensor-meta", "bool", False, "Attach the network's outputs"),
        Property(
            "output-instance-mask", "bool", False, "Add the objects' masks (network-type 3 and 2)"
        ),
        Property("input-tensor-meta", "bool", False, "Take the tensors of nvdspreprocess"),
        Property("clip-object-outside-roi", "bool", True, "Clip boxes at the frame's edges"),
        Property("crop-objects-to-roi-boundary", "bool", False, "Clip boxes at the roi offsets"),
        Property("strongly-typed", "bool", False, _UNUSED, accepted_only=True),
        Property("dynamic-properties", "string", "", _UNUSED, accepted_only=True),
    )
    __gtype_name__ = "Gstnvinfer"
    __gstmetadata__ = (
        "Penstock inference",
        "Filter/Analyzer/Video",
        "Finds objects with a network, tells what they are, or what each pixel is",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = {  # noqa: RUF012 - PyGObject reads a dict
        "model-updated": (GObject.SignalFlags.RUN_LAST, None, (int, str))
    }

    task: Task | None
    _frame_task: FrameTask[Any] | None = None
    _work: InFlight | None = None

    def __init__(self) -> None:
        super().__init__()
        self._config: InferConfig | None = None
        self.task = None
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
        """Settings must be complete."""
        if self._config is None:
            raise ConfigError("config-file-path must name a configuration file, got nothing")
        self._warn(self._config.warnings)

    def _effective(self) -> InferConfig:
        """The file's settings under those set explicitly on the element."""
        assert self._config is not None
        explicit = {
            name.replace("-", "_"): self.setting(name)
            for name in _OVERRIDES
            if name in self.explicit and self.setting(name) is not None
        }
        return self._config.replace(**explicit)

    @property
    def engine(self) -> RegionNetwork[Any] | None:
        """The network while the element is open."""
        return None if self.task is None else self.task.network

    def open(self) -> None:
        """Load and compile the network."""
        from penstock.inference import FrameTask, open_task

        config = self._effective()
        if config.classifier_async:
            self._warn(_doubts_of_async(config))
        self.task = open_task(config)
        if isinstance(self.task, FrameTask):
            self._frame_task = self.task
            self._work = InFlight(
                self.get_static_pad("src"),
                workers=self.task.network.runs + 1,  # one pushes while the others infer
                on_error=partial(post_error, self),
            )
        self._warn(self.task.network.warnings)
        self._batches = 0

    def close(self) -> None:
        """Let the network go."""
        work, self._work, self._frame_task = self._work, None, None
        if work is not None:
            work.close()
        task, self.task = self.task, None
        if task is not None:
            self._warn_of_no_tracker(task)
            self._warn_of_no_tensor(task, at_least=1)
            task.close()
            self.log.info(self, f"{task.counts}")

    def _warn(self, texts: Iterable[str]) -> None:
        """Say each thing once, however often the element starts."""
        for text in texts:
            if text not in self._warned:
                self._warned.add(text)
                post_warning(self, text)

    def do_sink_event(self, event: Gst.Event) -> bool:
        """A new interval holds from the next batch on, for all sources."""
        if self._work is not None:
            self._work.let_pass(event)
        about = source_event_of(event)
        if about is not None and about[0] in (PAD_DELETED, STREAM_RESET) and self.task is not None:
            self.task.forget(about[1])
        update = interval_update_of(event)
        if update is not None:
            self.set_property("interval", min(update[1], _MOST_SKIPPED))
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """A network on whole frames looks at several batches at once."""
        task, work = self._frame_task, self._work
        if task is None or work is None:
            return super().do_transform_ip(buffer)
        try:
            steps = task.steps(batch_in(buffer), skip=self._skips())
            self._warn_of_no_tensor(task, at_least=_MOST_AWAITED)
            return work.add(buffer, steps.jobs, steps.finish)
        except BaseException as error:  # nothing may escape into C
            post_error(self, error)
            return Gst.FlowReturn.ERROR

    def _skips(self) -> bool:
        """Whether `interval` skips the batch that is here."""
        skips = self._batches % (self.setting("interval") + 1) != 0
        self._batches += 1
        return bool(skips)

    def process(self, batch: BatchMeta) -> None:
        """Infer the objects of one batch."""
        skip = self._skips()
        if self.task is None:
            return
        self.task.process(batch, skip=skip)
        if self.task.counts.untracked > _MOST_ON_PROBATION:
            self._warn_of_no_tracker(self.task)

    def _warn_of_no_tensor(self, task: Task, *, at_least: int) -> None:
        """Say it where none has come before so many batches, or at the end."""
        given = getattr(task, "given", None)
        if given is not None and not task.counts.inferred and given.awaited >= at_least:
            self._warn([given.missing()])

    def _warn_of_no_tracker(self, task: Task) -> None:
        if task.counts.untracked and not task.counts.inferred:
            self._warn(
                [
                    "classifier-async-mode: objects without a track id are not classified, and "
                    "none has one; put nvtracker in front"
                ]
            )


def _doubts_of_async(config: InferConfig) -> list[str]:
    """What `classifier-async-mode` does not go with."""
    where = config.where("classifier-async-mode")
    if config.network_type != _CLASSIFIER or config.process_mode != _OBJECTS:
        return [
            f"{where}: only for classifiers on objects (network-type=1, process-mode=2); "
            "without effect"
        ]
    if config.input_tensor_from_meta:
        return [f"{where}: without effect on tensors that were prepared before"]
    if config.output_tensor_meta:
        tensors = config.where("output-tensor-meta")
        return [f"{tensors}: without effect together with classifier-async-mode"]
    return []
