"""Base class of the elements that run a network on batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.config import InferConfig
from penstock.errors import ConfigError
from penstock.gst.gi import Gst
from penstock.gst.in_flight import InFlight
from penstock.gst.messages import post_error, post_warning
from penstock.gst.nvevents import (
    PAD_DELETED,
    STREAM_RESET,
    interval_update_of,
    source_event_of,
)
from penstock.gst.transform import BatchTransform, batch_in
from penstock.meta import BatchMeta

if TYPE_CHECKING:
    from penstock.inference import FrameTask, RegionNetwork, Task

_CLASSIFIER, _OBJECTS = 1, 2
_MOST_SKIPPED = 2**31 - 1
_MOST_ON_PROBATION = 100  # trackers give no id before they are sure of an object
_MOST_AWAITED = 100


class NetworkElement(BatchTransform):
    """Reads a configuration when it is set, opens its network, and has it look at each batch.

    A subclass has the properties `config-file-path` and `interval`, and says in `read` how the
    file is read. Networks on whole frames look at several batches at once.

    Attributes:
        FROM_FILE: Properties that the file sets too, and the setting they show.
        OVERRIDES: Properties that win over the file where they were set on the element.
        task: The network's work while the element is open.
    """

    FROM_FILE: ClassVar[Mapping[str, str]]
    OVERRIDES: ClassVar[tuple[str, ...]]

    task: Task | None
    _frame_task: FrameTask[Any] | None = None
    _work: InFlight | None = None

    def __init__(self) -> None:
        super().__init__()
        self._config: InferConfig | None = None
        self.task = None
        self._batches = 0
        self._warned: set[str] = set()

    def read(self, path: str) -> InferConfig:
        """Read the configuration file; raises `ConfigError`."""
        raise NotImplementedError

    def open_network(self, config: InferConfig) -> Task:
        """Load the network of a configuration."""
        from penstock.inference import open_task

        return open_task(config)

    def failed(self, error: BaseException) -> Gst.FlowReturn:
        """Tell what went wrong in the stream; returns what upstream is told."""
        post_error(self, error)
        return Gst.FlowReturn.ERROR

    def changed(self, name: str, value: Any) -> None:
        """Read the file at once: scripts read `batch-size` right after setting it."""
        if name != "config-file-path":
            return
        self._warned.clear()
        self._adopt(None)
        if value:
            self._adopt(self.read(value))

    def _adopt(self, config: InferConfig | None) -> None:
        """Show a file's settings as properties, but for those that were set explicitly."""
        self._config = config
        for prop in self.PROPERTIES:
            if prop.name in self.FROM_FILE and prop.name not in self.explicit:
                said = getattr(config, self.FROM_FILE[prop.name], prop.default)
                self._settings[prop.name] = said

    def ready(self) -> None:
        """Settings must be complete."""
        self.warn(self._given().warnings)

    def _given(self) -> InferConfig:
        """What the file said; raises what was wrong with it, or `ConfigError` without one."""
        if self._config is None:
            raise self._deferred.get("config-file-path") or ConfigError(
                "config-file-path must name a configuration file, got nothing"
            )
        return self._config

    def explicit_settings(self) -> dict[str, Any]:
        """What was set on the element and wins over the file: property with `_` → value."""
        return {
            name.replace("-", "_"): self.setting(name)
            for name in self.OVERRIDES
            if name in self.explicit and self.setting(name) is not None
        }

    @property
    def engine(self) -> RegionNetwork[Any] | None:
        """The network while the element is open."""
        return None if self.task is None else self.task.network

    def open(self) -> None:
        """Load and compile the network."""
        from penstock.inference import FrameTask

        config = self._given().replace(**self.explicit_settings())
        self._warn_of_async(config)
        self.task = self.open_network(config)
        if isinstance(self.task, FrameTask):
            self._frame_task = self.task
            self._work = InFlight(
                self.get_static_pad("src"),
                workers=self.task.network.runs + 1,  # one pushes while the others infer
                on_error=self.failed,
            )
        self.warn(self.task.network.warnings)
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

    def warn(self, texts: Iterable[str]) -> None:
        """Say each thing once, however often the element starts."""
        for text in texts:
            if text not in self._warned:
                self._warned.add(text)
                post_warning(self, text)

    def notice(self, event: Gst.Event) -> None:
        """A new interval holds from the next batch on, for all sources."""
        if self._work is not None:
            self._work.let_pass(event)
        about = source_event_of(event)
        if about is not None and about[0] in (PAD_DELETED, STREAM_RESET) and self.task is not None:
            self.task.forget(about[1])
        update = interval_update_of(event)
        if update is not None:
            self.set_property("interval", min(update[1], _MOST_SKIPPED))

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """A network on whole frames looks at several batches at once."""
        task, work = self._frame_task, self._work
        try:
            if task is None or work is None:
                self.process(batch_in(buffer))
                return Gst.FlowReturn.OK
            steps = task.steps(batch_in(buffer), skip=self._skips())
            self._warn_of_no_tensor(task, at_least=_MOST_AWAITED)
            return work.add(buffer, steps.jobs, steps.finish)
        except BaseException as error:  # nothing may escape into C
            return self.failed(error)

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

    def _warn_of_async(self, config: InferConfig) -> None:
        if not config.classifier_async:
            return
        where = config.where("classifier-async-mode")
        if config.network_type != _CLASSIFIER or config.process_mode != _OBJECTS:
            self.warn(
                [
                    f"{where}: only for classifiers on objects (network-type=1, process-mode=2); "
                    "without effect"
                ]
            )
        elif config.input_tensor_from_meta:
            self.warn([f"{where}: without effect on tensors that were prepared before"])
        elif config.output_tensor_meta:
            told = config.where("output-tensor-meta")
            self.warn([f"{told}: without effect together with classifier-async-mode"])

    def _warn_of_no_tensor(self, task: Task, *, at_least: int) -> None:
        """Say it where none has come before so many batches, or at the end."""
        given = getattr(task, "given", None)
        if given is not None and not task.counts.inferred and given.awaited >= at_least:
            self.warn([given.missing()])

    def _warn_of_no_tracker(self, task: Task) -> None:
        if task.counts.untracked and not task.counts.inferred:
            self.warn(
                [
                    "classifier-async-mode: objects without a track id are not classified, and "
                    "none has one; put nvtracker in front"
                ]
            )
