"""Applications that look at pixels, masks, tensors and motion from Python."""

import re

import cv2
import pytest

from footage import penstock
from ports import free_port

STREAMS = "/opt/nvidia/deepstream/deepstream/samples/streams"


def saved(folder, pattern):
    """The pictures that an application wrote, in the order of their frames."""
    paths = sorted(folder.glob(pattern), key=lambda path: int(re.search(r"\d+", path.stem)[0]))
    return [cv2.imread(str(path)) for path in paths]


def test_deepstream_imagedata_multistream_saves_what_it_drew_on_the_frames(run_app, placed):
    path = "apps/deepstream-imagedata-multistream/deepstream_imagedata_multistream.py"
    uris = [f"file://{STREAMS}/sample_cam5.mp4", f"file://{STREAMS}/sample_walk.mov"]
    done = run_app(path, *uris, "frames")
    numbers = [int(n) for n in re.findall(r"Frame Number= (\d+) ", done.stdout)]
    assert sorted(numbers) == sorted([*range(100)] * 2)
    pictures = saved((placed / path).parent / "frames", "stream_*/frame_*.jpg")
    assert pictures
    for picture in pictures:
        assert picture.shape == (1080, 1920, 3)
        blue, green, red = cv2.split(picture.astype(int))
        drawn = (abs(blue - red) > 150) & (green < 90)
        assert drawn.sum() > 20  # lines and letters of one colour


def test_deepstream_opticalflow_writes_vectors_as_pictures_and_a_video(run_app, placed):
    path = "apps/deepstream-opticalflow/deepstream_opticalflow.py"
    done = run_app(path, f"file://{STREAMS}/sample_cam5.mp4", "flow")
    still = [int(share) for share in re.findall(r"Got OF meta 135 240 still (\d+)", done.stdout)]
    assert len(still) == 99  # from the second frame on
    assert 5 < sum(still) / len(still) < 99.9  # some of the picture moves, not all of it
    folder = (placed / path).parent
    assert [p.shape for p in saved(folder, "flow/stream_0/frame_*.jpg")] == [(135, 240, 3)] * 99
    video = cv2.VideoCapture(str(folder / "out.mp4"))
    frames = 0
    while video.read()[0]:
        frames += 1
    assert frames == 100


def test_deepstream_imagedata_multistream_cupy_says_in_one_sentence_what_it_needs(placed):
    folder = placed / "apps/deepstream-imagedata-multistream-cupy"
    script = "deepstream_imagedata-multistream_cupy.py"
    done = penstock("run", script, "-i", f"file://{STREAMS}/sample_cam5.mp4", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: No module named 'cupy': it needs an NVIDIA GPU with CUDA, and pixels "
        "in its memory, which Penstock does not have yet: pyds.get_nvds_buf_surface gives them as "
        "NumPy arrays"
    )


def test_deepstream_imagedata_multistream_redaction_finds_faces(run_app, placed):
    folder = "apps/deepstream-imagedata-multistream-redaction"
    ports = ["--rtsp-port", free_port(), "--udp-port", free_port()]
    done = run_app(
        f"{folder}/deepstream_imagedata-multistream_redaction.py",
        "-i", f"file://{STREAMS}/yoga.mp4", *ports,
    )  # fmt: skip
    counts = re.findall(r"Frame Number=(\d+) .* Face_count=(\d+) Person_count=(\d+)", done.stdout)
    assert [int(number) for number, _, _ in counts] == list(range(100))
    assert max(int(people) for _, _, people in counts) > 1
    assert max(int(faces) for _, faces, _ in counts) > 0
    crops = saved(placed / folder / "out_crops", "stream_0/frame_*.jpg")
    assert crops
    assert all(5 < crop.shape[0] < 300 for crop in crops)


def test_deepstream_ssd_parser_makes_objects_of_tensors_and_a_video(run_app, placed):
    folder = "apps/deepstream-ssd-parser"
    done = run_app(f"{folder}/deepstream_ssd_parser.py", f"{STREAMS}/sample_qHD.h264")
    counts = re.findall(
        r"Frame Number=(\d+) Number of Objects=(\d+) Vehicle_count=\d+ Person_count=(\d+)",
        done.stdout,
    )
    assert [int(number) for number, _, _ in counts] == list(range(300))
    assert max(int(people) for _, _, people in counts) > 1
    assert all(int(objects) == 0 for n, objects, _ in counts if int(n) % 5)  # interval: 4
    frames, drawn = 0, 0
    video = cv2.VideoCapture(str(placed / folder / "out.mp4"))
    while (read := video.read())[0]:
        frames += 1
        red = (read[1][..., 2].astype(int) - read[1][..., 0]) > 120
        drawn += red.sum() > 200  # the borders
    assert frames == 300
    assert drawn > 20


@pytest.mark.parametrize(
    ("network", "file", "frames", "classes"),
    [("semantic", "sample_720p.mjpeg", 100, 4), ("industrial", "sample_industrial.jpg", 1, 2)],
)
def test_deepstream_segmentation_saves_class_maps(run_app, placed, network, file, frames, classes):
    folder = "apps/deepstream-segmentation"
    config = f"dstest_segmentation_config_{network}.txt"
    done = run_app(f"{folder}/deepstream_segmentation.py", config, f"{STREAMS}/{file}", "out")
    maps = re.findall(r"frame (\d+) classes (\d+) shape \(512, 512\) seen .* (\S+)", done.stdout)
    assert len(maps) >= frames / 5
    assert {int(number) for _, number, _ in maps} == {classes}
    assert any(0 < float(share) < 1 for _, _, share in maps)
    pictures = saved(placed / folder / "out", "*.jpg")
    assert [picture.shape for picture in pictures] == [(512, 512, 3)] * len(maps)


def test_deepstream_segmask_saves_a_mask_for_each_person(run_app, placed):
    folder = "apps/deepstream-segmask"
    done = run_app(f"{folder}/deepstream_segmask.py", "-i", f"file://{STREAMS}/yoga.mp4")
    assert re.findall(r"Frame Number=(\d+) ", done.stdout) == [str(n) for n in range(100)]
    shares = [float(share) for share in re.findall(r"share (\S+) of", done.stdout)]
    assert len(shares) > 5
    assert any(0.2 < share < 0.95 for share in shares)
    assert saved(placed / folder / "out", "stream_0/frame_*.jpg")
