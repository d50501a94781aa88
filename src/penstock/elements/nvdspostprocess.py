"""`nvdspostprocess`: read the tensors that `nvinfer` attached, with parsers of its own.

gst-launch-1.0 videotestsrc num-buffers=5 ! nvvideoconvert ! mux.sink_0 \
    nvstreammux name=mux batch-size=1 width=640 height=360 \
    ! nvinfer config-file-path=config_infer.txt \
    ! nvdspostprocess postprocesslib-name=parsers.py postprocesslib-config-file=config_post.yml \
    ! nvdsosd ! fakesink
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penstock.errors import ConfigError
from penstock.gst import (
    GPU_ID,
    BatchTransform,
    Property,
    gproperties,
    nvmm_caps,
    post_warning,
    sink_and_src,
)
from penstock.meta import BatchMeta

if TYPE_CHECKING:
    from penstock.inference.postprocessing import PostProcessor

_PATIENCE_BATCHES = 100


class NvDsPostProcess(BatchTransform):
    """Objects, labels or class maps of one network's tensors."""

    FACTORY = "nvdspostprocess"
    PROPERTIES = (
        GPU_ID,
        Property(
            "postprocesslib-name",
            "string",
            None,
            "Python file with parsers; a C library's well-known ones are replaced by ours",
        ),
        Property(
            "postprocesslib-config-file",
            "string",
            None,
            "nvinfer's keys about outputs, for the network with that gie-unique-id; required",
        ),
        Property(
            "preprocessor-support",
            "bool",
            False,
            "accepted; tensors of prepared regions are always read",
            accepted_only=True,
        ),
    )
    __gtype_name__ = "Gstnvdspostprocess"
    __gstmetadata__ = (
        "Penstock postprocessing",
        "Filter/Metadata/Video",
        "Reads tensors that networks put out",
        "The Penstock authors",
    )
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "RGBA", "I420"))
    __gproperties__ = gproperties(PROPERTIES)

    _processor: PostProcessor | None = None
    _batches = 0

    def open(self) -> None:
        """Read the file; the parser is chosen by the first tensors."""
        from penstock.config.postprocess import read_post_process
        from penstock.inference.postprocessing import PostProcessor

        path = self.setting("postprocesslib-config-file")
        if not path:
            raise ConfigError(
                "postprocesslib-config-file must name a configuration file, got nothing"
            )
        library = self.setting("postprocesslib-name")
        if library and library.endswith(".py") and not Path(library).is_file():
            raise ConfigError(f"postprocesslib-name: there is no file {Path(library).absolute()}")
        config = read_post_process(path, library=library or None)
        for text in config.warnings:
            post_warning(self, text)
        self._processor = PostProcessor(config, warn=lambda text: post_warning(self, text))
        self._component_id, self._batches = config.component_id, 0

    def close(self) -> None:
        """Let the parser go."""
        self._processor = None

    def process(self, batch: BatchMeta) -> None:
        """Write what the tensors of a batch mean into its metadata."""
        assert self._processor is not None
        self._processor.process(batch)
        self._batches += 1
        if self._batches == _PATIENCE_BATCHES and not self._processor.parsed:
            post_warning(
                self,
                f"{_PATIENCE_BATCHES} batches brought no tensors of component {self._component_id}:"
                " nvinfer in front needs output-tensor-meta=1 and that gie-unique-id",
            )
