"""A DeepStream user's folder, and the stream to run its scripts on."""

import shutil
from pathlib import Path

import pytest

from footage import detector, elementary

IDIOM = Path(__file__).parent / "idiom"


@pytest.fixture(scope="session")
def crowd_h264(data_dir, tmp_path_factory):
    """341 frames of a crowd as an elementary stream."""
    target = tmp_path_factory.mktemp("crowd") / "crowd.h264"
    return elementary(data_dir / "video" / "crowd_1080p.mp4", target)


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The scripts beside their configuration, as an application's folder looks."""
    folder = tmp_path_factory.mktemp("apps") / "deepstream-test"
    shutil.copytree(IDIOM, folder)
    detector(folder, name="dstest1_pgie_config.txt")
    return folder
