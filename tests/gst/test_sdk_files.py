"""Videos of DeepStream's own tree, opened by GStreamer's elements from the kit's."""

import pytest

import penstock
from footage import clip
from penstock import paths
from penstock.gst import Gst
from streams import play

SDK = "/opt/nvidia/deepstream/deepstream-7.1"
VIDEO = "samples/streams/a video.mp4"


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    penstock.init()
    monkeypatch.setenv("PENSTOCK_SDK", str(tmp_path / "tree"))
    (tmp_path / "tree/samples/streams").mkdir(parents=True)
    clip(tmp_path / "tree/samples/streams/plain.mp4", frames=3)
    (tmp_path / "tree" / VIDEO).write_text("")
    return tmp_path / "tree"


@pytest.mark.parametrize("factory", ["uridecodebin", "nvurisrcbin"])
def test_a_uri_of_the_sdk_becomes_one_of_the_tree(tree, factory):
    element = Gst.ElementFactory.make(factory)
    element.set_property("uri", f"file://{SDK}/samples/streams/a%20video.mp4")
    assert element.get_property("uri") == (tree / VIDEO).as_uri()


def test_so_does_the_location_of_a_source_and_never_that_of_a_sink(tree):
    source, sink = (Gst.ElementFactory.make(name) for name in ("filesrc", "filesink"))
    for element in (source, sink):
        element.set_property("location", f"{SDK}/{VIDEO}")
    assert source.get_property("location") == str(tree / VIDEO)
    assert sink.get_property("location") == f"{SDK}/{VIDEO}"


def test_however_it_was_set_it_is_looked_up_before_the_element_starts(tree):
    pipeline = Gst.Pipeline()
    inside = Gst.Bin()
    source, other = Gst.ElementFactory.make("filesrc"), Gst.ElementFactory.make("uridecodebin")
    source.props.location = f"{SDK}/{VIDEO}"
    other.set_properties(uri=f"file://{SDK}/samples/streams/plain.mp4")
    inside.add(source)
    pipeline.add(inside)
    pipeline.set_state(Gst.State.READY)
    assert source.get_property("location") == str(tree / VIDEO)
    pipeline.add(other)
    other.sync_state_with_parent()
    assert other.get_property("uri") == (tree / "samples/streams/plain.mp4").as_uri()
    pipeline.set_state(Gst.State.NULL)


@pytest.mark.parametrize(
    "uri", ["rtsp://camera/1", "file:///no/such.mp4", "http://host/samples/streams/plain.mp4", ""]
)
def test_any_other_uri_stays(uri):
    assert paths.found_uri(uri) == uri
    element = Gst.ElementFactory.make("uridecodebin")
    element.set_property("uri", uri or None)
    assert (element.get_property("uri") or "") == uri


def test_a_pipeline_that_names_a_video_of_the_sdk_plays_the_trees():
    message, _ = play(
        f"uridecodebin uri=file://{SDK}/samples/streams/plain.mp4 ! fakesink "
        f"filesrc location={SDK}/samples/streams/plain.mp4 ! fakesink"
    )
    assert message.type == Gst.MessageType.EOS
