"""JPEG files of surfaces."""

import cv2
import numpy as np
import pytest

from penstock.surface import Colorimetry, CpuSurface
from penstock.surface.jpeg import encode_jpeg


@pytest.fixture
def surface():
    picture = np.full((40, 60, 4), (200, 30, 30, 255), np.uint8)
    return CpuSurface.from_planes((picture,), "RGBA", colorimetry=Colorimetry())


def test_a_jpeg_shows_the_crop_in_its_colours(surface):
    data = encode_jpeg(surface.crop((10, 5, 20, 30)), quality=90)
    assert (data.dtype, data.ndim) == (np.uint8, 1)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture.shape == (30, 20, 3)
    assert np.abs(picture[10, 10].astype(int) - (30, 30, 200)).max() < 12  # BGR


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_that_cannot_be_is_refused(surface, quality):
    with pytest.raises(ValueError, match=f"from 1 to 100, got {quality}"):
        encode_jpeg(surface, quality=quality)


def test_a_picture_too_large_for_jpeg_says_its_size():
    picture = np.zeros((2, 70_000, 4), np.uint8)
    surface = CpuSurface.from_planes((picture,), "RGBA", colorimetry=Colorimetry())
    with pytest.raises(ValueError, match=r"a picture of 70000x2 cannot be made a JPEG"):
        encode_jpeg(surface)
