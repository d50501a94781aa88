"""A detector that costs nothing, and clips in which it finds something."""

import pytest

import penstock
from footage import clip, detector

penstock.init()  # whichever test comes first


@pytest.fixture(scope="session")
def config(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="session")
def ball(tmp_path_factory):
    """30 frames of a white ball on black."""
    return clip(tmp_path_factory.mktemp("ball") / "ball.mp4")
