"""`nvinferserver`: find objects with a network of a Triton repository, or of a server.

gst-launch-1.0 uridecodebin uri=file:///street.mp4 ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=1280 height=720 \
    ! nvinferserver config-file-path=config_inferserver.txt ! nvdsosd ! nveglglessink
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from penstock.config import InferConfig, InferServerConfig
from penstock.gst import (
    Gst,
    NetworkElement,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)

if TYPE_CHECKING:
    from penstock.backends import Watch
    from penstock.inference import Task

_UNUSED = "accepted; without effect here"
_NOT_SET = ("batch-size", "process-mode")
"""Properties whose 0 says: as in the file."""


class NvInferServer(NetworkElement):
    """Runs a network as `nvinfer` does; the network lies in a Triton repository or on a server."""

    FACTORY = "nvinferserver"
    PROPERTIES = (
        Property("config-file-path", "string", "", "The configuration file; read when set"),
        Property(
            "batch-size",
            "uint",
            0,
            "Most frames or objects in one run; 0: as in the file",
            maximum=1024,
        ),
        Property("unique-id", "uint", 0, "Names this element in the metadata"),
        Property(
            "process-mode",
            "uint",
            0,
            "1: whole frames, 2: objects found before, 0: as in the file",
            maximum=2,
        ),
        Property(
            "interval",
            "uint",
            0,
            "Batches skipped between two inferences",
            maximum=2**31 - 1,
        ),
        Property("infer-on-gie-id", "int", -1, "Only objects of this element; -1: all", minimum=-1),
        Property("infer-on-class-ids", "string", None, "Only objects of these classes: 0:2"),
        Property("input-tensor-meta", "bool", False, "Take the tensors of nvdspreprocess"),
        Property(
            "server-timeout",
            "uint",
            10_000,
            "How long a server may be away, and one answer may take, ms",
            minimum=1,
        ),
        Property("raw-output-generated-callback", "pointer", None, _UNUSED, accepted_only=True),
        Property("raw-output-generated-userdata", "pointer", None, _UNUSED, accepted_only=True),
    )
    FROM_FILE = {  # noqa: RUF012 - never changed
        "batch-size": "batch_size",
        "unique-id": "component_id",
        "process-mode": "process_mode",
        "interval": "interval",
        "infer-on-gie-id": "operate_on_gie_id",
        "input-tensor-meta": "input_tensor_from_meta",
    }
    OVERRIDES = (*FROM_FILE, "infer-on-class-ids")
    __gtype_name__ = "Gstnvinferserver"
    __gstmetadata__ = (
        "Penstock inference by Triton's repository or a server",
        "Filter/Analyzer/Video",
        "Finds objects with a network of a Triton model repository or of a KServe v2 server",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    _watch: Watch | None = None

    def read(self, path: str) -> InferServerConfig:
        """Read the configuration file, in protocol buffers' text format."""
        return InferServerConfig.read(path)

    def explicit_settings(self) -> dict[str, Any]:
        """What was set on the element and wins over the file."""
        settings = super().explicit_settings()
        unset = [name.replace("-", "_") for name in _NOT_SET if not self.setting(name)]
        return {name: value for name, value in settings.items() if name not in unset}

    def open_network(self, config: InferConfig) -> Task:
        """Look the model up, and open its network here or on its server."""
        from penstock.backends import Watch
        from penstock.inference import find_served

        assert isinstance(config, InferServerConfig)
        if config.url is not None:
            self._watch = Watch(partial(post_warning, self))
        found = find_served(
            config, timeout_s=self.setting("server-timeout") / 1000, watch=self._watch
        )
        self.warn(found.warnings)
        return super().open_network(found)

    def failed(self, error: BaseException) -> Gst.FlowReturn:
        """Tell what went wrong, unless it is that somebody stopped the pipeline."""
        if self._watch is not None and self._watch.is_stopped:
            return Gst.FlowReturn.FLUSHING  # an error would be one of the source's, too
        return super().failed(error)

    def close(self) -> None:
        """Let the network go."""
        super().close()
        watch, self._watch = self._watch, None
        if watch is not None and watch.interruptions:
            self.log.info(self, f"{watch.interruptions} question(s) lost their server")

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """Whoever stops the pipeline shall not wait for a server."""
        if transition == Gst.StateChange.PAUSED_TO_READY and self._watch is not None:
            self._watch.stop()
        return super().do_change_state(transition)
