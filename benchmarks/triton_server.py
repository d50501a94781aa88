"""A real Triton that serves one ONNX file. Runs in the environment that `triton.py` makes.

Usage: python triton_server.py MODEL.onnx GRPC_PORT [SLOW]

While the file SLOW exists, answers take as many seconds as it says.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

LARGEST_BATCH = 8


def tensors(nodes: Iterable[Any]) -> list[Tensor]:
    """What PyTriton calls a tensor, without the batch."""
    return [
        Tensor(
            name=node.name,
            dtype=np.float32,
            shape=tuple(side if isinstance(side, int) else -1 for side in node.shape[1:]),
        )
        for node in nodes
    ]


def main() -> None:
    """Serve until somebody ends the process."""
    model, port, *slow = sys.argv[1:]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]

    @batch
    def infer(**inputs: Any) -> dict[str, Any]:
        if slow and Path(slow[0]).exists():
            time.sleep(float(Path(slow[0]).read_text()))
        return dict(zip(names, session.run(names, inputs), strict=True))

    ports = {"grpc_port": int(port), "http_port": int(port) + 1, "metrics_port": int(port) + 2}
    with Triton(config=TritonConfig(**ports, exit_timeout_secs=2)) as triton:
        triton.bind(
            model_name=Path(model).stem,
            infer_func=infer,
            inputs=tensors(session.get_inputs()),
            outputs=tensors(session.get_outputs()),
            config=ModelConfig(max_batch_size=LARGEST_BATCH),
            strict=True,
        )
        triton.serve()


if __name__ == "__main__":
    main()
