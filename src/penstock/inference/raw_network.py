"""A network whose outputs nobody here reads: `network-type=100`."""

from __future__ import annotations

from pathlib import Path

from penstock.backends import Threads
from penstock.config import InferConfig
from penstock.geometry import Affine
from penstock.inference.network import Outputs
from penstock.inference.region_network import RegionNetwork
from penstock.inference.regions import Roi


class RawNetwork(RegionNetwork[None]):
    """Runs on regions, and leaves its outputs to the application: see `output_tensor_meta`.

    Args:
        config: The network and its input.
        backend: Name of the backend; by default `penstock.backends.default_backend()`.
        batch_size: Overrides the configuration's.
        threads: How many to compute with, and for how many runs at once.
        cache: Folder for compiled models; by default `penstock.backends.cache_folder()`.

    Raises:
        ConfigError: A setting does not fit the network; with file, line and key.
        ModelError: The network cannot be read.
        UnknownNameError: There is no such backend.
        MissingExtraError: The backend's library is not installed.
    """

    def __init__(
        self,
        config: InferConfig,
        *,
        backend: str | None = None,
        batch_size: int | None = None,
        threads: Threads | None = None,
        cache: Path | None = None,
    ) -> None:
        super().__init__(
            config, backend=backend, batch_size=batch_size, threads=threads, cache=cache
        )
        self.parser, self.warnings = "no parser", self._network.warnings
        if not (config.output_tensor_meta or config.raw_output_file_write):
            self.warnings += (
                f"{config.where('network-type')}: network-type=100 leaves the outputs to the "
                "application, and nothing gives them to it: set output-tensor-meta=1",
            )

    def _classes_text(self) -> str:
        return f"{len(self._network.layers)} outputs"

    def _answer(self, outputs: Outputs, roi: Roi, to_network: Affine) -> None:
        """Nothing is made of them."""
