from pathlib import Path

from penstock.config import ClassAttributes, InferConfig
from penstock.inference import Detection, attach
from penstock.meta import UNTRACKED, FrameMeta, ObjectMeta

CAR = Detection(2, "car", 0.75, (30.6, 40.4, 50.0, 60.0))


def attached(*detections, **settings):
    frame = FrameMeta(size=(200, 100))
    config = InferConfig(Path("c.txt"), component_id=7, **settings)
    return frame, attach(frame, detections, config)


def test_an_object_says_who_found_what_where():
    frame, (obj,) = attached(CAR)
    assert frame.objects == [obj]
    assert obj.frame is frame
    assert (obj.component_id, obj.class_id, obj.label, obj.confidence) == (7, 2, "car", 0.75)
    assert obj.ltwh == obj.detector_box == (30.6, 40.4, 50.0, 60.0)
    assert obj.track_id == UNTRACKED
    assert obj.parent is None


def test_it_is_drawn_as_deepstream_draws_it():
    _, (obj,) = attached(CAR)
    assert (obj.rect.border_width, obj.rect.border_color) == (3, (1, 0, 0, 1))
    assert obj.rect.has_bg == 0
    text = obj.text
    assert (text.text, text.x, text.y) == ("car", 30, 30)
    assert (text.font_name, text.font_size, text.font_color) == ("Serif", 11, (1, 1, 1, 1))
    assert (text.has_bg, text.bg_color) == (1, (0, 0, 0, 1))


def test_colours_come_from_the_class():
    look = ClassAttributes(border_color=(0, 1, 0, 1), bg_color=(0, 0, 1, 0.5))
    other = Detection(1, "bus", 0.5, (0, 0, 9, 9))
    _, (car, bus) = attached(CAR, other, class_attributes={-1: ClassAttributes(), 2: look})
    assert car.rect.border_color == (0, 1, 0, 1)
    assert (car.rect.has_bg, car.rect.bg_color) == (1, (0, 0, 1, 0.5))
    assert (bus.rect.border_color, bus.rect.has_bg) == ((1, 0, 0, 1), 0)


def test_text_never_starts_above_the_frame():
    _, (obj,) = attached(Detection(0, "", 0.5, (-3.0, 4.0, 5.0, 5.0)))
    assert (obj.text.x, obj.text.y) == (0, 0)


def test_a_frame_is_marked_as_inferred_even_if_nothing_was_found():
    frame, objects = attached()
    assert frame.infer_done
    assert objects == []


def test_objects_stand_in_the_order_of_the_detections():
    frame, _ = attached(CAR, Detection(0, "", 0.9, (0, 0, 1, 1)))
    assert [obj.class_id for obj in frame.objects] == [2, 0]


def test_the_object_they_were_found_in_is_their_parent():
    frame = FrameMeta(size=(200, 100))
    bus = frame.add(ObjectMeta((0, 0, 100, 100)))
    (face,) = attach(frame, [CAR], InferConfig(Path("c.txt")), parent=bus)
    assert face.parent is bus
    assert frame.objects == [bus, face]
