"""A directory that holds what a detector's configuration names."""

from pathlib import Path

import pytest

DETECTOR = """\
[property]
onnx-file=model.onnx
labelfile-path=labels.txt
num-detected-classes=4
cluster-mode=2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("config")
    (path / "model.onnx").write_bytes(b"onnx")
    (path / "labels.txt").write_text("car\nbicycle\nperson\nroadsign\n")
    return path


@pytest.fixture(scope="module")
def write(folder):
    """Write a configuration beside the model, and return its path."""

    def write(content: str | bytes, name: str = "config.txt") -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture(scope="module")
def detector(write):
    """Write a complete detector's configuration, followed by more lines."""

    def detector(more: str = "", name: str = "config.txt") -> Path:
        return write(DETECTOR + more, name)

    return detector
