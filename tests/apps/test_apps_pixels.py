"""Applications that look at pixels, masks, tensors and motion from Python."""

import re

import cv2

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
