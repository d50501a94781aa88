"""Regions in, detections out: a real network on real surfaces."""

import numpy as np
import pytest
from pictures import BLUE, GREEN, RED, make_rois

from penstock.config import ClassAttributes
from penstock.errors import ModelError, StreamError
from penstock.inference import Roi, attach
from penstock.meta import FrameMeta, ObjectMeta
from penstock.parsers import PARSERS

NETWORK = (32, 24)
ONE = (NETWORK, (4, 6, 10, 8), RED, 1.0)


def only(found):
    ((detection,),) = found
    return detection


def test_a_bright_square_is_found_where_it_is(bright, any_backend):
    found = only(bright(backend=any_backend, labels=("red", "green", "blue")).infer(make_rois(ONE)))
    assert found.ltwh == (4, 6, 10, 8)
    assert (found.class_id, found.label) == (RED, "red")
    assert found.confidence == pytest.approx(1, abs=1e-6)


def test_a_black_picture_gives_no_detection(bright, any_backend):
    assert bright(backend=any_backend).infer(make_rois((NETWORK, (0, 0, 0, 0), RED, 0))) == [[]]


def test_nothing_in_nothing_out(bright):
    assert bright().infer([]) == []


def test_channels_may_come_last(bright, any_backend):
    found = only(
        bright(backend=any_backend, network={"layout": "NHWC"}, input_order=1).infer(make_rois(ONE))
    )
    assert (found.ltwh, found.class_id) == ((4, 6, 10, 8), RED)


def test_the_colour_order_of_the_network_is_kept(bright):
    found = only(bright(color="BGR").infer(make_rois(ONE)))
    assert found.class_id == BLUE  # the third channel, which now is red


def test_boxes_come_back_in_frame_pixels(bright):
    big = ((320, 240), (40, 60, 100, 80), GREEN, 1.0)
    assert only(bright().infer(make_rois(big))).ltwh == (40, 60, 100, 80)


@pytest.mark.parametrize("centred", [False, True])
def test_black_bars_do_not_move_boxes(bright, centred):
    wide = ((640, 240), (200, 60, 100, 80), RED, 1.0)
    engine = bright(keep_aspect=True, centred=centred)
    found = only(engine.infer(make_rois(wide)))
    np.testing.assert_allclose(found.ltwh, (200, 60, 100, 80), atol=20)  # a network pixel


def test_frames_of_different_sizes_share_a_batch(bright, any_backend):
    pictures = [
        ((320, 240), (40, 60, 100, 80), RED, 1.0),
        ((64, 48), (2, 2, 20, 10), GREEN, 0.5),
        ((32, 24), (5, 5, 3, 3), BLUE, 0.75),
    ]
    found = bright(backend=any_backend).infer(make_rois(*pictures))
    assert [[(d.ltwh, d.class_id) for d in one] for one in found] == [
        [(ltwh, colour)] for _, ltwh, colour, _ in pictures
    ]
    np.testing.assert_allclose([one[0].confidence for one in found], [1, 0.5, 0.75], atol=0.01)


@pytest.mark.parametrize("batch", ["n", 1, 2, 4, 7])
@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_any_number_of_regions_fits_any_batch(bright, any_backend, batch, batch_size):
    pictures = [(NETWORK, (i, 2 * i, 5, 4), i % 3, 0.5 + i / 20) for i in range(8)]
    engine = bright(backend=any_backend, network={"batch": batch}, batch_size=batch_size)
    assert engine.batch_size == (batch_size if batch == "n" else batch)
    for count in (8, 1, 5):  # what an earlier, fuller batch left behind must not show
        found = engine.infer(make_rois(*pictures[:count]))
        assert [[(d.ltwh, d.class_id) for d in one] for one in found] == [
            [(ltwh, colour)] for _, ltwh, colour, _ in pictures[:count]
        ]


def test_a_batch_size_given_to_the_engine_wins(bright):
    engine = bright(batch_size=4, engine={"batch_size": 2})
    assert engine.batch_size == 2
    assert engine.config.batch_size == 2


def test_an_open_network_takes_its_size_from_the_configuration(bright, any_backend):
    engine = bright(backend=any_backend, network={"sides": ["h", "w"]}, input_shape=(3, 24, 32))
    assert engine.size == NETWORK
    assert only(engine.infer(make_rois(ONE))).ltwh == (4, 6, 10, 8)


def test_only_the_region_is_looked_at(bright):
    picture = ((64, 48), (40, 30, 10, 10), RED, 1.0)
    (whole,) = make_rois(picture)
    left = Roi(whole.surface, (0, 0, 32, 24), whole.frame)
    right = Roi(whole.surface, (32, 24, 32, 24), whole.frame)
    found = bright().infer([left, right])
    assert found[0] == []
    assert found[1][0].ltwh == (40, 30, 10, 10)


def test_boxes_stay_inside_their_region_and_the_frame(bright):
    (whole,) = make_rois(((64, 48), (0, 0, 64, 48), RED, 1.0))
    inner = Roi(whole.surface, (10, 5, 20, 30), whole.frame)
    beyond = Roi(whole.surface, (48, 40, 32, 24), whole.frame)
    found = bright().infer([inner, beyond])
    assert found[0][0].ltwh == (10, 5, 20, 30)
    assert found[1][0].ltwh == (48, 40, 16, 8)


def test_regions_of_an_object_keep_their_parent(bright):
    (whole,) = make_rois(((64, 48), (20, 20, 10, 10), RED, 1.0))
    car = whole.frame.add(ObjectMeta((16, 16, 32, 24), class_id=2))
    engine = bright()
    roi = Roi(whole.surface, car.ltwh, whole.frame, car)
    attach(whole.frame, engine.infer([roi])[0], engine.config, parent=roi.parent)
    assert [obj.parent for obj in whole.frame.objects] == [None, car]


def test_a_frame_without_pixels_says_so():
    with pytest.raises(StreamError, match="source 3, frame 5 are gone"):
        Roi.whole(FrameMeta(3, frame_num=5, size=(8, 8)))


def test_classes_have_their_own_settings(bright):
    pictures = [(NETWORK, (4, 6, 10, 8), colour, 0.5) for colour in (RED, GREEN, BLUE)]
    strict, small = ClassAttributes(pre_cluster_threshold=0.9), ClassAttributes(max_size=(5, 5))
    engine = bright(
        class_attributes={-1: ClassAttributes(), RED: strict, GREEN: small},
    )
    assert [len(found) for found in engine.infer(make_rois(*pictures))] == [0, 0, 1]


def test_filtered_classes_are_dropped_and_not_taken_for_others(bright):
    engine = bright(filter_out_class_ids=frozenset({RED}))
    rois = make_rois(ONE, (NETWORK, (4, 6, 10, 8), GREEN, 1.0))
    assert [[d.class_id for d in found] for found in engine.infer(rois)] == [[], [GREEN]]


def test_classes_beyond_the_number_of_classes_are_left_out(bright):
    engine = bright(num_classes=2)
    assert engine.infer(make_rois((NETWORK, (4, 6, 10, 8), BLUE, 1.0))) == [[]]
    assert engine.warnings == (
        "bright.txt, [property] num-detected-classes: 2 of the network's 3 classes are used",
    )


def test_the_network_may_say_how_many_classes_there_are(bright):
    assert bright(num_classes=None).num_classes == 3


def test_labels_given_to_the_engine_win(bright):
    engine = bright(labels=("a", "b", "c"), engine={"labels": ["r", "g", "b", "extra"]})
    assert only(engine.infer(make_rois(ONE))).label == "r"
    assert "4 labels for num-detected-classes=3" in engine.warnings[0]


def test_precision_follows_network_mode(bright):
    assert bright(backend="openvino", network_mode=0).precision_used == "f32"
    assert bright(backend="openvino", network_mode=2).precision_used in {"f32", "bf16", "f16"}


def test_it_introduces_itself(bright):
    assert repr(bright()) == (
        "<Engine bright.onnx: onnxruntime f32, 32x24, batch 4, boxes-scores, 3 classes>"
    )


def test_a_failure_while_running_names_the_model_and_every_frame(bright, any_backend):
    """The first run, on two pictures, works: only the stream shows that no other number does."""
    engine = bright(backend=any_backend, network={"only": 2})
    assert len(engine.infer(make_rois(ONE, ONE))) == 2
    expected = (
        r"bright\.onnx: .* failed: .*looking at source 0 frame 7, source 1 frame 8, source 2 f"
    )
    with pytest.raises(ModelError, match=expected):
        engine.infer(make_rois(ONE, ONE, ONE))


class BrokenParser:
    num_classes = 3

    def __init__(self, head):
        pass

    def parse(self, outputs, context):
        raise ZeroDivisionError("one over none")


def test_a_parser_that_fails_is_named_with_the_frame(bright, monkeypatch):
    monkeypatch.setitem(PARSERS._table, "broken", f"{__name__}:BrokenParser")
    engine = bright(parser="broken")
    expected = r"bright\.onnx: the parser 'broken' failed at source 0 frame 7: ZeroDivisionError: "
    with pytest.raises(ModelError, match=expected):
        engine.infer(make_rois(ONE))
