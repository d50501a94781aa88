"""nvjpegenc and nvimageenc: the files are read back by OpenCV."""

import cv2
import numpy as np
import pytest

from penstock.gst import batch_of
from streams import Gst, error_text, play

ENCODERS = ("nvjpegenc", "nvimageenc")
FORMATS = ("I420", "NV12", "YV12", "Y42B", "Y444", "RGB", "BGRx", "RGBA", "GRAY8")
MUX = "m.sink_0 nvstreammux name=m batch-size=1 width=320 height=240"


def source(wanted="I420", *, frames=2, size=(320, 240), pattern="smpte100"):
    return (
        f"videotestsrc num-buffers={frames} pattern={pattern} "
        f"! video/x-raw,format={wanted},width={size[0]},height={size[1]},framerate=10/1"
    )


def files(description, folder):
    """Encode into a folder; the pictures as OpenCV reads them, and their sizes in bytes."""
    message, _ = play(f"{description} ! multifilesink location={folder}/p%03d.jpg")
    assert message.type == Gst.MessageType.EOS, error_text(message)
    paths = sorted(folder.glob("p*.jpg"))
    pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in paths]
    return pictures, [path.stat().st_size for path in paths]


def bars(picture):
    """The colours of the upper seven bars, RGB."""
    height, width = picture.shape[:2]
    at = [round((n + 0.5) * width / 7) for n in range(7)]
    return picture[height // 4, at, ::-1].astype(int)


BARS = np.array(
    [
        [255, 255, 255],
        [255, 255, 0],
        [0, 255, 255],
        [0, 255, 0],
        [255, 0, 255],
        [255, 0, 0],
        [0, 0, 255],
    ]
)


@pytest.mark.parametrize("memory", ["system", "NVMM"])
@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_pictures_of_every_format_and_memory_become_files_of_their_colours(
    encoder, wanted, memory, tmp_path
):
    enter = f"! nvvideoconvert ! video/x-raw(memory:NVMM),format={wanted}"
    text = f"{source(wanted)} {enter if memory == 'NVMM' else ''} ! {encoder} quality=95"
    pictures, _ = files(text, tmp_path)
    assert len(pictures) == 2
    for picture in pictures:
        if wanted == "GRAY8":
            assert picture.shape == (240, 320)
        else:
            assert picture.shape == (240, 320, 3)
            assert np.abs(bars(picture) - BARS).max() < 12


@pytest.mark.parametrize("size", [(321, 241), (1, 1), (2, 300)])
def test_odd_sizes_stay_what_they_are(size, tmp_path):
    (picture,), _ = files(f"{source(frames=1, size=size)} ! nvjpegenc", tmp_path)
    assert picture.shape[1::-1] == size


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_higher_quality_is_nearer_and_larger(encoder, tmp_path):
    sizes = []
    for quality in (0, 30, 90, 100):
        folder = tmp_path / str(quality)
        folder.mkdir()
        sizes += files(f"{source(frames=1)} ! {encoder} quality={quality}", folder)[1]
    assert sizes == sorted(set(sizes))


def test_quality_may_change_while_playing():
    pipeline = Gst.parse_launch(f"{source(frames=6)} ! nvjpegenc name=e quality=10 ! fakesink")
    sizes = []

    def note(buffer):
        sizes.append(buffer.get_size())
        if len(sizes) == 3:
            pipeline.get_by_name("e").set_property("quality", 95)

    assert play(pipeline, probe=note, at="e")[0].type == Gst.MessageType.EOS
    assert max(sizes[:3]) < min(sizes[3:])


def test_idct_method_reaches_the_encoder(tmp_path):
    made = []
    for method in ("islow", "ifast", "float"):
        folder = tmp_path / method
        folder.mkdir()
        files(f"{source(frames=1)} ! nvjpegenc idct-method={method}", folder)
        made.append((folder / "p000.jpg").read_bytes())
    assert len(set(made)) == 3


@pytest.mark.parametrize("enter", ["", "! nvvideoconvert ! video/x-raw(memory:NVMM),format=I420"])
def test_output_gray_leaves_the_colours_out(enter, tmp_path):
    pictures, _ = files(f"{source()} {enter} ! nvjpegenc OutputGray=1", tmp_path)
    assert [picture.shape for picture in pictures] == [(240, 320)] * 2


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_size_may_change_in_mid_stream(encoder, tmp_path):
    text = (
        f"concat name=all ! {encoder} ! multifilesink location={tmp_path}/p%03d.jpg "
        f"{source()} ! all. {source(size=(64, 48))} ! all."
    )
    message, _ = play(text)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    shapes = [cv2.imread(str(path)).shape[:2] for path in sorted(tmp_path.glob("p*.jpg"))]
    assert shapes == [(240, 320)] * 2 + [(48, 64)] * 2


@pytest.mark.parametrize("encoder", ENCODERS)
def test_metadata_goes_along_without_the_pictures(encoder):
    def facts(buffer):
        batch = batch_of(buffer)
        return batch.frames[0].frame_num, batch.surfaces, buffer.pts

    message, seen = play(
        f"{source(frames=3)} ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! {MUX} "
        f"! {encoder} name=e ! fakesink",
        probe=facts,
        at="e",
    )
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen == [(n, None, n * Gst.SECOND // 10) for n in range(3)]


def test_a_batch_of_several_is_an_error_that_says_what_is_missing():
    enter = "! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12"
    message, _ = play(
        "nvstreammux name=m batch-size=2 width=320 height=240 ! nvjpegenc ! fakesink "
        f"{source()} {enter} ! m.sink_0 {source()} {enter} ! m.sink_1"
    )
    assert "put nvmultistreamtiler (one picture)" in error_text(message)


def test_a_picture_goes_through_all_four_elements(tmp_path):
    (picture,), _ = files(
        f"{source(frames=1)} ! nvjpegenc quality=95 ! nvjpegdec ! nvimageenc quality=95 "
        "! jpegparse ! nvimagedec ! nvimageenc quality=95",
        tmp_path,
    )
    assert np.abs(bars(picture) - BARS).max() < 16
