"""`raw-output-file-write`: a network's outputs as files, to compare with other programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from penstock.config import InferConfig
from penstock.errors import ModelError
from penstock.inference.network import Outputs


class RawOutputs:
    """Writes every run's outputs into the working directory, under DeepStream's file names.

    `gstnvdsinfer_uid-01_layer-boxes_batch-0000000000_batchsize-04.bin` holds the numbers of one
    layer of one run as they lie in memory; what is no letter, digit, `.`, `_` or `-` in a layer's
    name becomes `_`.
    """

    def __init__(self, config: InferConfig) -> None:
        self._where = config.where("raw-output-file-write")
        self._component_id = config.component_id
        self._runs = 0

    def write(self, outputs: Sequence[Outputs]) -> None:
        """Write the outputs of one run.

        Raises:
            ModelError: A file cannot be written; names the setting and the file.
        """
        for layer in outputs[0] if outputs else ():
            name = re.sub(r"[^\w.-]", "_", layer, flags=re.ASCII)
            path = Path(
                f"gstnvdsinfer_uid-{self._component_id:02}_layer-{name}"
                f"_batch-{self._runs:010}_batchsize-{len(outputs):02}.bin"
            )
            try:
                path.write_bytes(np.stack([one[layer] for one in outputs]).tobytes())
            except OSError as error:
                raise ModelError(
                    f"{self._where}: cannot write {path} into the working directory: "
                    f"{error.strerror or error}"
                ) from error
        self._runs += 1
