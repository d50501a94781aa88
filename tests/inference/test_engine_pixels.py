"""What a network gets to see: every key about pixels, from the file to the tensor."""

import numpy as np
import pytest
from networks import echo_network

from penstock.config import InferConfig
from penstock.inference import Engine, Roi
from penstock.meta import BatchMeta, FrameMeta, Surfaces
from penstock.surface import Colorimetry, CpuSurface

RECORDER = """\
from pathlib import Path
import numpy as np

def record(outputs, context):
    np.save(Path(__file__).with_name("seen.npy"), outputs["seen"])
    return []
"""


@pytest.fixture
def see(tmp_path):
    """The tensor that a network gets for an RGB picture with some lines in its configuration."""

    def see(picture, *lines, shape=(3, 4, 4), backend="onnxruntime"):
        echo_network(tmp_path / "echo.onnx", [1, *shape])
        (tmp_path / "record.py").write_text(RECORDER)
        text = [
            "[property]",
            "onnx-file=echo.onnx",
            "num-detected-classes=1",
            "cluster-mode=4",
            "custom-lib-path=record.py",
            "parse-bbox-func-name=record",
            *lines,
        ]
        (tmp_path / "config.txt").write_text("\n".join(text))
        config = InferConfig.read(tmp_path / "config.txt")
        assert config.warnings == ()
        frame = FrameMeta(size=(picture.shape[1], picture.shape[0]))
        surface = CpuSurface.from_planes((picture,), "RGB", colorimetry=Colorimetry())
        batch = BatchMeta([frame], surfaces=Surfaces([surface]))
        assert Engine(config, backend=backend).infer([Roi.whole(batch.frames[0])]) == [[]]
        return np.load(tmp_path / "seen.npy")

    return see


@pytest.fixture
def picture():
    return np.random.default_rng(4).integers(0, 256, (4, 4, 3), np.uint8)


def chw(picture):
    return picture.astype(np.float32).transpose(2, 0, 1)


def test_a_network_sees_the_pixels_as_they_are(see, picture, any_backend):
    np.testing.assert_array_equal(see(picture, backend=any_backend), chw(picture))


def test_pixels_are_shifted_and_scaled(see, picture):
    seen = see(picture, "net-scale-factor=0.5", "offsets=10;20;30.5")
    expected = 0.5 * (chw(picture) - np.array([10, 20, 30.5])[:, None, None])
    np.testing.assert_allclose(seen, expected, atol=1e-4)


def test_offsets_stand_in_the_networks_colour_order(see, picture):
    seen = see(picture, "model-color-format=1", "offsets=10;20;30")
    expected = chw(picture)[::-1] - np.array([10, 20, 30])[:, None, None]
    np.testing.assert_allclose(seen, expected, atol=1e-4)


@pytest.mark.parametrize(("number", "order"), [(0, [0, 1, 2]), (1, [2, 1, 0])])
def test_colours_stand_in_the_order_that_is_asked_for(see, picture, number, order):
    np.testing.assert_array_equal(see(picture, f"model-color-format={number}"), chw(picture)[order])


def test_gray_is_the_brightness(see, picture):
    seen = see(picture, "model-color-format=2", "offsets=5", shape=(1, 4, 4))
    expected = picture @ np.array([0.299, 0.587, 0.114]) - 5
    np.testing.assert_allclose(seen[0], expected, atol=1)


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_channels_may_come_last(see, picture, backend):
    seen = see(picture, "network-input-order=1", "offsets=1;2;3", shape=(4, 4, 3), backend=backend)
    np.testing.assert_allclose(seen, picture - np.array([1, 2, 3], np.float32), atol=1e-4)


@pytest.mark.parametrize("number", [0, 1])
def test_a_mean_picture_is_subtracted_pixel_by_pixel(see, picture, tmp_path, number):
    mean = np.random.default_rng(5).integers(0, 256, (4, 4, 3), np.uint8)
    (tmp_path / "mean.ppm").write_bytes(b"P6 4 4 255\n" + mean.tobytes())
    seen = see(
        picture, "mean-file=mean.ppm", f"model-color-format={number}", "net-scale-factor=0.25"
    )
    expected = 0.25 * (chw(picture) - chw(mean))
    np.testing.assert_allclose(seen, expected[::-1] if number else expected, atol=1e-4)


WIDE = np.full((2, 8, 3), 200, np.uint8)


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        ([], [0, 1, 2, 3]),  # stretched
        (["maintain-aspect-ratio=1"], [0]),  # 8x2 becomes 4x1; bars below
        (["maintain-aspect-ratio=1", "symmetric-padding=1"], [1, 2]),
        (["symmetric-padding=1"], [0, 1, 2, 3]),
    ],
)
def test_aspect_and_padding(see, lines, rows):
    seen = see(WIDE, *lines, "offsets=50;50;50")
    bright = sorted({row for _, row, _ in np.argwhere(seen > 0).tolist()})
    if "maintain-aspect-ratio=1" in lines and len(lines) == 2:
        # One row of pixels in the middle of four: half a pixel up or down, not both.
        assert len(bright) == 1
        assert bright[0] in rows
    else:
        assert bright == rows
    assert set(np.unique(seen)) <= {-50.0, 150.0}  # bars are black before they are shifted


TALL_BARS = np.tile(np.array([0, 0, 255, 255], np.uint8), (8, 2))[..., None].repeat(3, axis=2)
STRIPES = np.tile(np.array([0, 255], np.uint8), (8, 4))[..., None].repeat(3, axis=2)


@pytest.mark.parametrize(
    ("number", "blends"), [(0, False), (5, False), (6, False), (1, True), (2, True), (3, True)]
)
def test_scaling_filters(see, number, blends):
    seen = see(STRIPES, f"scaling-filter={number}")
    between = (seen > 20) & (seen < 235)
    assert between.all() == blends
    assert between.any() == blends


def test_a_region_of_a_frame_is_scaled_alike(see):
    """Twice as large: every network pixel is one bar's colour."""
    seen = see(TALL_BARS, "scaling-filter=3")
    np.testing.assert_allclose(seen[0], np.tile([0, 255, 0, 255], (4, 1)), atol=1)
