import pytest

from penstock.gst import BatchTransform, GObject, GstBase, nvmm_caps, sink_and_src
from penstock.meta import BatchMeta
from streams import Gst, error_text, finish


class Visitor(BatchTransform):
    """Does what the test says."""

    FACTORY = "visitor"
    __gtype_name__ = "TestVisitor"
    __gstmetadata__ = ("Visitor", "Filter", "Visits", "Test")
    __gsttemplates__ = sink_and_src(nvmm_caps("NV12", "I420"))
    fails = ""
    error: BaseException = ValueError("on purpose")

    def __init__(self):
        super().__init__()
        self.calls = []

    def _visit(self, name):
        self.calls.append(name)
        if self.fails == name:
            raise self.error

    def open(self):
        self._visit("open")

    def close(self):
        self._visit("close")

    def process(self, batch):
        assert isinstance(batch, BatchMeta)
        self._visit("process")

    def notice(self, event):
        if event.type == self.fails:
            raise self.error


GObject.type_register(Visitor)
Gst.Element.register(None, "visitor", 0, Visitor)
MUXED = (
    "videotestsrc num-buffers=3 ! video/x-raw,format=I420 ! nvvideoconvert ! mux.sink_0 "
    "nvstreammux name=mux batch-size=1 width=64 height=48 ! visitor name=v ! fakesink"
)


@pytest.fixture
def played():
    """Plays the pipeline with a visitor that fails in one of its methods."""

    def play(fails="", error=None, text=MUXED):
        pipeline = Gst.parse_launch(text)
        visitor = pipeline.get_by_name("v")
        visitor.fails, visitor.error = fails, error or Visitor.error
        return finish(pipeline), visitor

    return play


def test_a_subclass_is_opened_visited_once_a_batch_and_closed(played):
    message, visitor = played()
    assert message.type == Gst.MessageType.EOS
    assert visitor.calls == ["open", "process", "process", "process", "close"]
    assert isinstance(visitor, GstBase.BaseTransform)


@pytest.mark.parametrize("fails", ["open", "process"])
@pytest.mark.parametrize("error", [ValueError("on purpose"), SystemExit("on purpose")])
def test_what_it_raises_stops_the_pipeline_with_an_error_that_names_it(played, fails, error):
    message, visitor = played(fails, error)
    assert error_text(message) == f"v: {type(error).__name__}: on purpose"
    assert visitor.calls[:2] == (["open"] if fails == "open" else ["open", "process"])


@pytest.mark.parametrize("kind", [Gst.MessageType.ERROR, Gst.MessageType.EOS])
def test_what_it_raises_of_an_event_is_an_error_and_the_event_goes_on(kind):
    pipeline = Gst.parse_launch(MUXED)
    pipeline.get_by_name("v").fails = Gst.EventType.EOS
    message = finish(pipeline, kinds=kind)
    assert kind == Gst.MessageType.EOS or error_text(message) == "v: ValueError: on purpose"


def test_closing_goes_on_whatever_it_raises(played):
    message, visitor = played("close")
    assert message.type == Gst.MessageType.EOS
    assert visitor.current_state == Gst.State.NULL


def test_without_a_batch_the_error_says_what_must_come_before(played):
    text = "videotestsrc num-buffers=3 ! nvvideoconvert ! visitor name=v ! fakesink"
    message, visitor = played(text=text)
    assert "nvstreammux must come before this element" in error_text(message)
    assert "process" not in visitor.calls
