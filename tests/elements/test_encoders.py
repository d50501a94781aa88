"""nvv4l2h264enc and nvv4l2h265enc in real pipelines."""

import itertools

import pytest
from batches import distance, pictures

from streams import Gst, error_text, finish, play

CODECS = [("nvv4l2h264enc", "h264parse"), ("nvv4l2h265enc", "h265parse")]
SOURCE = (
    "videotestsrc num-buffers={frames} pattern=ball "
    "! video/x-raw,format=I420,width=320,height=180,framerate=25/1 ! nvvideoconvert "
    "! video/x-raw(memory:NVMM),format=NV12 ! "
)


def encode(codec, settings="", *, frames=60, probe=lambda buffer: buffer.get_size()):
    return play(
        SOURCE.format(frames=frames) + f"{codec} name=e {settings} ! fakesink sync=false",
        probe=probe,
        at="e",
    )


def is_key(buffer):
    return not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)


@pytest.mark.parametrize(("codec", "parser"), CODECS)
def test_every_frame_comes_out_and_can_be_decoded_again(codec, parser):
    message, times = play(
        SOURCE.format(frames=40) + f"{codec} ! {parser} ! nvv4l2decoder name=d ! fakesink",
        probe=lambda buffer: buffer.pts,
        at="d",
    )
    assert message.type == Gst.MessageType.EOS
    assert len(times) == 40
    assert times == sorted(times)


@pytest.mark.parametrize(("codec", "_parser"), CODECS)
def test_a_higher_bit_rate_gives_a_larger_stream(codec, _parser):
    noise = SOURCE.replace("ball", "snow").format(frames=50)
    small, large = (
        sum(
            play(
                noise + f"{codec} name=e bitrate={rate} ! fakesink",
                probe=lambda buffer: buffer.get_size(),
                at="e",
            )[1]
        )
        for rate in (300_000, 3_000_000)
    )
    assert large > 3 * small
    assert small < 2 * 300_000 / 8 * 2  # two seconds, within a factor of two


@pytest.mark.parametrize(("codec", "_parser"), CODECS)
def test_key_frames_come_at_the_interval_that_was_set(codec, _parser):
    message, keys = encode(codec, "iframeinterval=20", frames=60, probe=is_key)
    assert message.type == Gst.MessageType.EOS
    assert [n for n, key in enumerate(keys) if key] == [0, 20, 40]


@pytest.mark.parametrize(("codec", "_parser"), CODECS)
def test_no_frame_is_held_back(codec, _parser):
    """A frame leaves before the next one goes in, as live streaming needs it."""
    pipeline = Gst.parse_launch(
        SOURCE.format(frames=30) + f"identity name=i ! {codec} name=e ! fakesink sync=false"
    )
    went_in, behind = [0], []
    pipeline.get_by_name("i").get_static_pad("src").add_probe(
        Gst.PadProbeType.BUFFER,
        lambda _pad, _info: went_in.__setitem__(0, went_in[0] + 1) or Gst.PadProbeReturn.OK,
    )
    out = [0]

    def count(_buffer):
        out[0] += 1
        behind.append(went_in[0] - out[0])

    message, _ = play(pipeline, probe=count, at="e")
    assert message.type == Gst.MessageType.EOS
    assert out == [30]
    assert max(behind) <= 1


def test_setting_force_idr_makes_a_key_frame():
    pipeline = Gst.parse_launch(
        SOURCE.format(frames=40) + "nvv4l2h264enc name=e iframeinterval=200 ! fakesink sync=false"
    )
    keys = []

    def probe(buffer):
        keys.append(is_key(buffer))
        if len(keys) == 10:
            pipeline.get_by_name("e").set_property("force-idr", True)

    message, _ = play(pipeline, probe=probe, at="e")
    assert message.type == Gst.MessageType.EOS
    assert keys[0]
    assert sum(keys) == 2
    assert any(keys[10:15])


@pytest.mark.parametrize(("codec", "_parser"), CODECS)
def test_each_picture_is_one_buffer_with_a_time_however_often_it_is_started(codec, _parser):
    for _ in range(25):
        _, times_ns = encode(codec, frames=3, probe=lambda buffer: buffer.pts)
        assert len(times_ns) == 3
        assert Gst.CLOCK_TIME_NONE not in times_ns


def test_headers_are_repeated_where_asked():
    def headers(settings):
        return encode(
            "nvv4l2h264enc",
            f"iframeinterval=10 {settings}",
            frames=30,
            probe=lambda b: b"\x00\x00\x01\x67" in b.extract_dup(0, b.get_size()),
        )[1]

    assert sum(headers("insert-sps-pps=1")) == 3


def test_a_malformed_qp_range_is_an_error_with_the_form_it_wants():
    message, _ = encode("nvv4l2h264enc", "qp-range=low", frames=2)
    assert "qp-range wants MIN,MAX:MIN,MAX:MIN,MAX" in error_text(message)
    assert "got 'low'" in error_text(message)


def test_the_properties_of_both_kinds_of_hardware_are_accepted():
    message, sizes = encode(
        "nvv4l2h264enc", "preset-level=1 bufapi-version=1 insert-sps-pps=1 maxperf-enable=1"
    )
    assert message.type == Gst.MessageType.EOS
    assert len(sizes) == 60


@pytest.mark.parametrize(("codec", "parser"), CODECS)
def test_pictures_may_come_from_system_memory(codec, parser):
    message, times = play(
        f"videotestsrc num-buffers=10 ! {codec} ! {parser} ! nvv4l2decoder name=d ! fakesink",
        probe=lambda buffer: buffer.pts,
        at="d",
    )
    assert message.type == Gst.MessageType.EOS
    assert len(times) == 10


@pytest.mark.parametrize(
    ("element", "inside", "package"),
    [
        ("nvv4l2h264enc", "x264enc", "ugly"),
        ("nvv4l2h264enc", "h264parse", "bad"),
        ("nvv4l2h265enc", "x265enc", "bad"),
        ("nvjpegenc", "jpegenc", "good"),
        ("nvimageenc", "jpegenc", "good"),
        ("nvjpegdec", "jpegdec", "good"),
        ("nvimagedec", "jpegdec", "good"),
    ],
)
def test_where_a_codec_is_missing_the_element_exists_and_says_what_to_install(
    element, inside, package, registry_without, capfd
):
    registry_without(inside)
    made = Gst.ElementFactory.make(element, "camera")
    for prop in made.PROPERTIES:
        if prop.kind != "pointer" and prop.default is not None:
            made.set_property(prop.name, prop.default)
    pipeline = Gst.Pipeline()
    pipeline.add(made)
    assert error_text(finish(pipeline)) == (
        f"camera: {element} works with GStreamer's {inside}, which is not installed: "
        f"install gstreamer1.0-plugins-{package} (`penstock doctor` says how)"
    )
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def registry_without():
    """Forget an element, as if its plugin were not installed, until the test ends."""
    registry, forgotten = Gst.Registry.get(), []

    def forget(name):
        feature = Gst.ElementFactory.find(name)
        registry.remove_feature(feature)
        forgotten.append(feature)

    yield forget
    for feature in forgotten:
        registry.add_feature(feature)


@pytest.mark.parametrize(("codec", "parser"), CODECS)
def test_of_pictures_of_an_odd_size_the_last_column_and_row_are_left_out(codec, parser):
    odd = "video/x-raw,format=I420,width={},height={},framerate=25/1"
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers=9 pattern=smpte name=source ! capsfilter name=size "
        f"caps={odd.format(97, 71)} ! nvvideoconvert "
        f"! video/x-raw(memory:NVMM) ! {codec} bitrate=9000000 ! {parser} ! nvv4l2decoder "
        "! fakesink name=end"
    )
    came, coded = pictures(pipeline, "size", pad="src"), pictures(pipeline, "end")
    size, count = pipeline.get_by_name("size"), itertools.count(1)

    def change(_pad, _info):
        sizes = {3: (64, 48), 6: (33, 21)}
        if (number := next(count)) in sizes:
            size.set_property("caps", Gst.Caps.from_string(odd.format(*sizes[number])))
        return Gst.PadProbeReturn.OK

    source = pipeline.get_by_name("source").get_static_pad("src")
    source.add_probe(Gst.PadProbeType.BUFFER, change)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    shapes = [picture.shape[1::-1] for picture in coded]
    assert list(dict.fromkeys(shapes)) == [(96, 70), (64, 48), (32, 20)]
    assert len(shapes) == 9
    for before, after in zip(came, coded, strict=True):
        height, width, _ = after.shape
        assert distance(before[:height, :width], after) < 6


def test_a_picture_that_is_too_small_to_be_encoded_is_named():
    message, _ = play(
        "videotestsrc num-buffers=2 ! video/x-raw,format=I420,width=1,height=36 ! nvvideoconvert "
        "! nvv4l2h264enc name=e ! fakesink"
    )
    assert error_text(message) == "e: pictures of 1x36 cannot be encoded: 2x2 is the least"
