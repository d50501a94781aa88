import contextlib
import gc
import time
import weakref

import pytest

from penstock.elements import TABLE, load
from penstock.errors import ConfigError
from penstock.gst import (
    Element,
    EnumType,
    GObject,
    GstBase,
    Property,
    gproperties,
    sink_and_src,
    weak,
)
from streams import Gst, error_text, finish

MODE = EnumType("TestMode", {"slow": 0, "fast": 3, "very-fast": 7})
INT, UINT, UINT64 = (-(2**31), 2**31 - 1), (0, 2**32 - 1), (0, 2**64 - 1)


class Everything(Element, GstBase.BaseTransform):
    """Has a property of every kind."""

    FACTORY = "everything"
    PROPERTIES = (
        Property("switch", "bool", True, "a switch"),
        Property("whole", "int", -1, "a whole number"),
        Property("some-count", "uint", 4, "a count", minimum=4, maximum=10),
        Property("big", "uint64", 2**64 - 1, "a big number"),
        Property("share", "float", 0.5, "a fraction"),
        Property("text", "string", "none yet", "a text"),
        Property("nothing", "string", None, "a text that is not there"),
        Property("mode", MODE, 3, "one of three"),
        Property("anything", "pointer", None, "an address"),
        Property("gpu-id", "uint", 0, "a GPU"),
    )
    __gtype_name__ = "TestEverything"
    __gstmetadata__ = ("Everything", "Filter", "Has every property", "Test")
    __gsttemplates__ = sink_and_src("ANY")
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self):
        super().__init__()
        self.set_passthrough(True)
        self.told = []
        self.ready_error = None

    def changed(self, name, value):
        self.told.append((name, value))
        if name == "text" and value.startswith("bad"):
            raise ConfigError(f"no such text: {value}")
        if name == "text" and value.startswith("slow"):
            raise KeyboardInterrupt

    def ready(self):
        if self.ready_error:
            raise self.ready_error


GObject.type_register(Everything)
Gst.Element.register(None, "everything", 0, Everything)


@pytest.fixture
def element():
    return Everything()


@pytest.fixture
def placed():
    """The element in a pipeline, whose bus hears it."""
    pipeline = Gst.parse_launch("fakesrc num-buffers=3 ! everything name=e ! fakesink")
    yield pipeline, pipeline.get_by_name("e")
    pipeline.set_state(Gst.State.NULL)


def heard(pipeline, kinds):
    """What the bus has heard until now."""
    bus, texts = pipeline.get_bus(), []
    while message := bus.pop_filtered(kinds):
        parse = message.parse_error if message.type == Gst.MessageType.ERROR else None
        texts.append((parse or message.parse_warning)()[0].message)
    return texts


# Properties


def test_defaults_are_those_of_the_table(element):
    for prop in Everything.PROPERTIES:
        assert element.get_property(prop.name) == prop.default == element.setting(prop.name)
    assert element.explicit == set()


@pytest.mark.filterwarnings("ignore:value")  # GLib tells on stderr
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("whole", *INT), ("some-count", 4, 10), ("big", *UINT64), ("gpu-id", *UINT)],
)
def test_numbers_reach_to_their_limits_and_not_beyond(element, name, low, high):
    for value in (low, high):
        element.set_property(name, value)
        assert element.get_property(name) == value
    element.set_property(name, low)
    for value in (low - 1, high + 1):
        with contextlib.suppress(TypeError, OverflowError):  # it does not even fit the C type
            element.set_property(name, value)
        assert element.get_property(name) == low


def test_underscores_are_dashes(element):
    element.set_property("some_count", 7)
    element.props.gpu_id = 2
    assert element.get_property("some-count") == 7 == element.props.some_count
    assert element.setting("gpu-id") == 2
    assert element.explicit == {"some-count", "gpu-id"}


@pytest.mark.parametrize("value", [7, "very-fast", "7"])
def test_an_enum_takes_its_number_or_its_nick(value):
    if value == 7:
        element = Everything()
        element.set_property("mode", value)
    else:
        element = Gst.parse_launch(f"everything mode={value}")
    assert element.get_property("mode") == 7
    assert element.setting("mode") == 7
    assert element.get_property("mode").value_nick == "very-fast"
    assert Everything().get_property("mode").value_nick == "fast"


def test_an_enum_is_handed_on_to_one_of_gstreamers_without_a_word(capfd):
    made = Gst.parse_launch("nvjpegenc idct-method=float")
    (inside,) = (part for part in made.children if part.find_property("idct-method"))
    assert inside.get_property("idct-method") == 2
    assert capfd.readouterr().err == ""


@pytest.mark.filterwarnings("ignore:value")  # GLib tells on stderr
def test_a_number_that_is_no_value_of_an_enum_changes_nothing(element):
    with pytest.raises(TypeError):
        element.set_property("mode", "brisk")
    element.set_property("mode", 5)
    assert element.get_property("mode") == 3


@pytest.mark.parametrize(("given", "kept"), [(0, False), (1, True), (True, True), (2.5, True)])
def test_a_switch_takes_what_python_takes_for_true_and_false(element, given, kept):
    element.set_property("switch", given)
    assert element.get_property("switch") is kept


def test_texts_may_be_anything_a_c_string_can_hold(element):
    for text in ("", "größe 50 % 'quoted' \"twice\"\n", None):
        if text is not None:
            element.set_property("text", text)
            assert element.get_property("text") == text
        element.set_property("nothing", text)
        assert element.get_property("nothing") == text


def test_an_unknown_property_is_refused(element):
    with pytest.raises(TypeError, match="does not have property"):
        element.set_property("colour", 1)


def test_properties_may_be_set_in_any_state(placed):
    pipeline, element = placed
    for state in (Gst.State.READY, Gst.State.PAUSED, Gst.State.PLAYING, Gst.State.NULL):
        pipeline.set_state(state)
        pipeline.get_state(5 * Gst.SECOND)
        element.set_property("some-count", 4 + int(state))
        assert element.told[-1] == ("some-count", 4 + int(state))


# Errors of setters and of starting


def test_what_a_setter_raises_is_posted_when_the_element_leaves_null(placed):
    pipeline, element = placed
    element.set_property("text", "bad one")
    assert pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE
    assert heard(pipeline, Gst.MessageType.ERROR) == ["e: no such text: bad one"]
    pipeline.set_state(Gst.State.NULL)
    assert pipeline.set_state(Gst.State.READY) == Gst.StateChangeReturn.FAILURE
    assert heard(pipeline, Gst.MessageType.ERROR) == ["e: no such text: bad one"]


def test_setting_it_right_afterwards_forgets_the_error(placed):
    pipeline, element = placed
    element.set_property("text", "bad one")
    element.set_property("text", "good one")
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        10 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    assert message.type == Gst.MessageType.EOS


def test_a_setter_that_fails_while_playing_is_told_at_once(placed):
    pipeline, element = placed
    pipeline.set_state(Gst.State.READY)
    element.set_property("text", "bad one")
    assert heard(pipeline, Gst.MessageType.WARNING) == ["e: text='bad one': no such text: bad one"]


def test_an_element_that_cannot_start_can_once_the_reason_is_gone(placed):
    pipeline, element = placed
    element.ready_error = OSError("no such device")
    for _ in range(3):
        assert pipeline.set_state(Gst.State.PAUSED) == Gst.StateChangeReturn.FAILURE
        assert element.current_state == Gst.State.NULL
        assert heard(pipeline, Gst.MessageType.ERROR) == ["e: OSError: no such device"]
        pipeline.set_state(Gst.State.NULL)
    element.ready_error = None
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, Gst.MessageType.EOS)
    assert message is not None


NASTY = [
    'it\'s "quoted" twice',
    "one line\nand another\n",
    "100 % %s %n",
    "a file \udcff\udcfe.txt",
    "before\0after",
    "größe → 大きさ",
]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_reaches_the_bus(placed, text):
    pipeline, element = placed
    element.ready_error = ConfigError(text)
    assert pipeline.set_state(Gst.State.PAUSED) == Gst.StateChangeReturn.FAILURE
    readable = text.encode(errors="backslashreplace").decode().replace("\0", "\\0")
    assert heard(pipeline, Gst.MessageType.ERROR) == [f"e: {readable}"]


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit("odd")])
def test_exceptions_that_are_no_errors_stop_at_c_too(placed, error):
    pipeline, element = placed
    element.ready_error = error
    assert pipeline.set_state(Gst.State.PAUSED) == Gst.StateChangeReturn.FAILURE
    (text,) = heard(pipeline, Gst.MessageType.ERROR)
    assert text == f"e: {type(error).__name__}: {error}"


def until_ctrl_c(act):
    """What `act` answered before Ctrl-C came, which may be as soon as it has returned."""
    answers = []

    def wait():
        answers.append(act())
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt):
        wait()
    return answers


def test_ctrl_c_while_starting_stops_the_start_and_reaches_python(placed):
    pipeline, element = placed
    element.ready_error = KeyboardInterrupt()
    answers = until_ctrl_c(lambda: pipeline.set_state(Gst.State.PAUSED))
    assert answers == [Gst.StateChangeReturn.FAILURE]
    assert heard(pipeline, Gst.MessageType.ERROR) == []  # it is no fault of the element's


def test_ctrl_c_while_a_property_is_set_reaches_python_and_leaves_nothing_behind(placed):
    pipeline, element = placed
    until_ctrl_c(lambda: element.set_property("text", "slow to read"))
    assert pipeline.set_state(Gst.State.PAUSED) != Gst.StateChangeReturn.FAILURE
    assert heard(pipeline, Gst.MessageType.ERROR | Gst.MessageType.WARNING) == []


def test_an_unexpected_error_brings_its_traceback_along(placed):
    pipeline, element = placed
    element.ready_error = ZeroDivisionError("by zero")
    pipeline.set_state(Gst.State.PAUSED)
    message = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    assert "e: ZeroDivisionError: by zero" in error_text(message)
    assert "test_gst_element.py" in message.parse_error()[1]


# Lifetime


def alive(make, use):
    """Whether an element outlives its last use."""
    element = make()
    gone = weakref.ref(element)
    use(element)
    del element
    gc.collect()
    return gone() is not None


def in_a_pipeline(element):
    pipeline = Gst.Pipeline.new(None)
    pipeline.add(element)
    pipeline.set_state(Gst.State.NULL)


@pytest.mark.parametrize("factory", TABLE)
def test_an_element_dies_with_its_pipeline(factory):
    assert not alive(lambda: Gst.ElementFactory.make(factory), in_a_pipeline)
    assert not alive(load(factory), in_a_pipeline)


def test_everything_dies_after_it_has_played(capfd):
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 width=64 height=48 ! nvdsosd ! nvmultistreamtiler "
        "! nvvideoconvert ! nvegltransform ! nv3dsink "
        "videotestsrc num-buffers=3 ! jpegenc ! nvv4l2decoder ! mux.sink_0 "
        "videotestsrc num-buffers=3 ! nvvideoconvert ! mux.sink_1"
    )
    ours = [e for e in pipeline.iterate_elements() if isinstance(e, Element)]
    gone = [weakref.ref(element) for element in ours]
    assert len(gone) == 8
    assert finish(pipeline).type == Gst.MessageType.EOS
    del pipeline, ours
    gc.collect()
    assert [reference() for reference in gone] == [None] * 8
    assert capfd.readouterr().err == ""


def test_an_element_made_in_python_dies_without_a_parent(element):
    assert not alive(Everything, lambda _element: None)


def test_making_elements_upsets_nobody(capfd):
    for make in (Everything, lambda: Gst.ElementFactory.make("everything")):
        pipeline, element = Gst.Pipeline.new(None), make()
        pipeline.add(element)
        pipeline.remove(element)
        pipeline.add(element)
    assert capfd.readouterr().err == ""


class Owner:
    """As an element owns the pad it gives a callback to."""

    def answer(self, *arguments, **named):
        return (self, arguments, named)


def test_a_weak_callback_calls_its_owner_and_does_not_keep_it():
    owner = Owner()
    callback = weak(owner.answer, otherwise="nobody")
    assert callback(1, two=2) == (owner, (1,), {"two": 2})
    del owner
    assert callback(1, two=2) == "nobody"
