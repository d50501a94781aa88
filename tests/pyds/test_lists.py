"""Linked lists over the core's lists: iteration in the idioms of C, changes on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyds
from penstock.meta import BatchMeta, FrameMeta, ObjectMeta


def labels(node):
    seen = []
    while node:
        seen.append(pyds.NvDsObjectMeta.cast(node.data).obj_label)
        node = node.next
    return seen


def frame_of(count):
    core = BatchMeta([FrameMeta()]).frames[0]
    for number in range(count):
        core.add(ObjectMeta(label=str(number)))
    return core, pyds.NvDsFrameMeta.cast(core)


def test_a_list_is_walked_forwards_and_backwards_and_ends_in_none(frame):
    node = frame.obj_meta_list
    assert node.prev is None
    assert labels(node) == ["Car", "Person", "Person"]
    assert node.next.prev == node
    assert node.next.next.prev.prev == node
    assert node.next.next.next is None


def test_an_empty_list_is_none(batch):
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.next.data)
    assert frame.obj_meta_list is None
    assert frame.display_meta_list is None
    assert frame.frame_user_meta_list is None
    assert batch.batch_user_meta_list is None
    assert pyds.NvDsObjectMeta().classifier_meta_list is None
    assert pyds.NvDsObjectMeta().obj_user_meta_list is None
    assert pyds.NvDsClassifierMeta().label_info_list is None


def test_removing_the_object_at_hand_and_then_asking_for_next_visits_all(frame):
    seen, node = [], frame.obj_meta_list
    while node is not None:
        obj = pyds.NvDsObjectMeta.cast(node.data)
        seen.append(obj.obj_label)
        pyds.nvds_remove_obj_meta_from_frame(frame, obj)
        node = node.next
    assert seen == ["Car", "Person", "Person"]
    assert frame.obj_meta_list is None


def test_asking_for_next_before_removing_visits_all(frame):
    seen, node = [], frame.obj_meta_list
    while node is not None:
        obj, following = pyds.NvDsObjectMeta.cast(node.data), node.next
        seen.append(obj.obj_label)
        if obj.class_id == 2:
            pyds.nvds_remove_obj_meta_from_frame(frame, obj)
        node = following
    assert seen == ["Car", "Person", "Person"]
    assert labels(frame.obj_meta_list) == ["Car"]


def test_an_object_appended_on_the_way_is_visited():
    core, frame = frame_of(2)
    node = frame.obj_meta_list.next
    assert node.next is None
    core.add(ObjectMeta(label="late"))
    assert labels(node) == ["1", "late"]


def test_a_removed_object_stays_readable_and_keeps_its_neighbours():
    core, frame = frame_of(4)
    node = frame.obj_meta_list.next
    for index in (2, 1):
        del core.objects[index]
    assert pyds.NvDsObjectMeta.cast(node.data).obj_label == "1"
    assert pyds.NvDsObjectMeta.cast(node.next.data).obj_label == "3"
    assert pyds.NvDsObjectMeta.cast(node.prev.data).obj_label == "0"


def test_nodes_of_one_place_are_equal(frame):
    assert frame.obj_meta_list == frame.obj_meta_list
    assert frame.obj_meta_list != frame.obj_meta_list.next
    assert frame.obj_meta_list != frame.frame_user_meta_list
    assert len({frame.obj_meta_list, frame.obj_meta_list}) == 1


def test_a_node_cannot_be_rewired(frame):
    node = frame.obj_meta_list.next
    for name in ("data", "next", "prev"):
        setattr(node, name, getattr(node, name))
        with pytest.raises(
            AttributeError, match=rf"GList.{name} cannot be rewired: call the nvds_"
        ):
            setattr(node, name, None)


def test_a_node_of_ones_own_is_empty():
    node = pyds.GList()
    assert node
    assert (node.data, node.next, node.prev) == (None, None, None)


def test_the_nth_frame_of_a_list(batch):
    assert pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 1).frame_num == 9
    with pytest.raises(IndexError, match=r"the list has no frame 2"):
        pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 2)
    with pytest.raises(IndexError, match=r"the list has no frame -1"):
        pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, -1)
    with pytest.raises(IndexError, match=r"the list has no frame 2147483647"):
        pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 2**31 - 1)  # at once
    with pytest.raises(TypeError, match=r"nvds_get_nth_frame_meta: index takes a whole number"):
        pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 0.5)


class CList:
    """What a C list does: objects in the order of their arrival, dead ones skipped."""

    def __init__(self, count):
        self.alive = [True] * count

    def neighbour(self, number, step):
        number += step
        while 0 <= number < len(self.alive) and not self.alive[number]:
            number += step
        return number if 0 <= number < len(self.alive) else None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("append"), st.just(0)),
        st.tuples(st.just("next"), st.integers(0, 3)),
        st.tuples(st.just("prev"), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.integers(0, 3)),
    ),
    max_size=60,
)


@given(st.integers(1, 8), STEPS)
def test_walks_among_removals_and_appends_go_as_in_a_c_list(count, steps):
    core, frame = frame_of(count)
    model = CList(count)
    walks = [(frame.obj_meta_list, 0)] * 4  # several nodes are held at once, some of removed ones
    for action, which in steps:
        if action == "append":
            core.add(ObjectMeta(label=str(len(model.alive))))
            model.alive.append(True)
        elif action == "remove":
            living = [n for n, alive in enumerate(model.alive) if alive]
            if living:
                model.alive[living[which % len(living)]] = False
                del core.objects[which % len(living)]
        elif action == "restart":
            first, node = model.neighbour(-1, 1), frame.obj_meta_list
            assert (node is None) == (first is None)
            if node is not None:
                walks[which] = (node, first)
        else:
            node, number = walks[which]
            expected = model.neighbour(number, 1 if action == "next" else -1)
            node = getattr(node, action)
            assert (None if node is None else node.data.label) == (
                None if expected is None else str(expected)
            )
            if node is not None:
                walks[which] = (node, expected)
