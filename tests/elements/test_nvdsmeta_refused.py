"""`nvdsmetainsert` in a stream whose units have no room for metadata."""

from penstock.gst import attach
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta
from streams import Gst, finish

# Lengths of one byte stand in front of its units.
CAPS = "video/x-h264,alignment=au,stream-format=avc,codec_data=(buffer)0142001efc"


def test_each_picture_that_passes_without_metadata_is_another_but_the_warning_comes_once():
    pipeline = Gst.parse_launch("appsrc name=feed ! nvdsmetainsert name=insert ! fakesink")
    feed, warned = pipeline.get_by_name("feed"), []
    feed.set_property("caps", Gst.Caps.from_string(CAPS))
    for number in range(4):
        frame = FrameMeta(size=(640, 360))
        for place in range(9 * number + 9):
            frame.add(ObjectMeta((place, place, 20, 30), label=f"person {place}"))
        picture = Gst.Buffer.new_wrapped(bytes([2, 0x65, number]))
        attach(picture, BatchMeta([frame]))
        feed.emit("push-buffer", picture)
    feed.emit("end-of-stream")

    def on_message(_bus, message):
        if message.type == Gst.MessageType.WARNING:
            warned.append(message.parse_warning()[0].message)
        return Gst.BusSyncReply.PASS

    pipeline.get_bus().set_sync_handler(on_message)
    assert finish(pipeline).type == Gst.MessageType.EOS
    (text,) = warned
    assert "bytes of metadata are more than lengths of 1 byte can say" in text
