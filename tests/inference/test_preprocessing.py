"""Tensors of regions: which, of what content, how deep, made by whom."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objects import batch_of_frames, found, frame_of, noise, plain

from penstock.config import PreprocessConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference import Preprocessor
from penstock.inference.sequences import Sequences
from penstock.meta import PreprocessMeta, RegionMeta, UserMeta

FLAT = "network-input-shape=4;3;24;32\nscaling-filter=1\n"


@pytest.fixture
def preprocessor(tmp_path):
    """`make(property lines, group lines, user lines)`."""

    def make(more=FLAT, group="", user="", source=""):
        (tmp_path / "mine.py").write_text(source)
        path = tmp_path / "pre.txt"
        path.write_text(
            f"[property]\ntarget-unique-ids=1\n{more}[user-configs]\n{user}"
            f"[group-0]\nsrc-ids=-1\n{group}"
        )
        return Preprocessor(PreprocessConfig.read(path))

    return make


def regions(tensors):
    return [region for meta in tensors for region in meta.regions]


def test_a_region_without_scaling_is_its_pixels(preprocessor):
    picture = noise()
    batch = batch_of_frames(frame_of(picture))
    group = "process-on-roi=1\nroi-params-src-0=8;16;32;24;40;0;64;48\n"
    user = "pixel-normalization-factor=0.5\noffsets=1;2;3\n"
    (meta,) = preprocessor(group=group, user=user).prepare(batch)
    assert (meta.tensor.shape, meta.tensor.dtype) == ((2, 3, 24, 32), np.float32)
    wanted = 0.5 * (picture[16:40, 8:40].astype(np.float32) - (1, 2, 3)).transpose(2, 0, 1)
    np.testing.assert_allclose(meta.tensor[0], wanted, atol=1e-4)
    first, second = meta.regions
    assert (first.ltwh, first.frame) == ((8, 16, 32, 24), batch.frames[0])
    assert second.to_network.ltwh((40, 0, 64, 48)) == (0, 0, 32, 24)
    with pytest.raises(ValueError, match="read-only"):
        meta.tensor[:] = 0


@pytest.mark.parametrize(
    ("keys", "shape", "dtype"),
    [
        ("network-input-shape=4;24;32;3\nnetwork-input-order=1\n", (1, 24, 32, 3), np.float32),
        ("network-input-shape=4;1;24;32\nnetwork-color-format=2\n", (1, 1, 24, 32), np.float32),
        ("network-input-shape=4;3;24;32\ntensor-data-type=1\n", (1, 3, 24, 32), np.uint8),
        ("network-input-shape=4;3;24;32\ntensor-data-type=5\n", (1, 3, 24, 32), np.float16),
        ("network-input-shape=4;3;24;32\ntensor-data-type=4\n", (1, 3, 24, 32), np.int32),
    ],
)
def test_tensors_are_laid_out_and_typed_as_asked(preprocessor, keys, shape, dtype):
    picture = plain((200, 100, 50), size=(32, 24))
    (meta,) = preprocessor(keys).prepare(batch_of_frames(frame_of(picture)))
    assert (meta.tensor.shape, meta.tensor.dtype) == (shape, dtype)
    channels = np.moveaxis(meta.tensor[0], -1, 0) if shape[-1] == 3 else meta.tensor[0]
    expected = (200, 100, 50) if len(channels) == 3 else (124.2,)  # BT.601's luma
    np.testing.assert_allclose(channels.mean(axis=(1, 2), dtype=float), expected, atol=0.5)


def test_the_aspect_ratio_is_kept_where_asked(preprocessor):
    batch = batch_of_frames(frame_of(plain((255, 255, 255), size=(64, 24))))
    keys = f"{FLAT}maintain-aspect-ratio=1\nsymmetric-padding=1\n"
    (meta,) = preprocessor(keys).prepare(batch)
    rows = meta.tensor[0, 0].mean(axis=1)
    assert rows.tolist() == [0] * 6 + [255] * 12 + [0] * 6
    assert meta.regions[0].to_network.ltwh((0, 0, 64, 24)) == (0, 6, 32, 12)


def test_no_tensor_has_more_rows_than_asked_and_none_is_empty(preprocessor):
    boxes = ";".join(f"{n};0;20;20" for n in range(10))
    make = preprocessor(group=f"process-on-roi=1\nroi-params-src-0={boxes}\n")
    assert [len(m.tensor) for m in make.prepare(batch_of_frames(frame_of(noise())))] == [4, 4, 2]
    assert make.prepare(batch_of_frames()) == []


def test_regions_are_cut_at_the_frame_and_those_outside_are_left_out(preprocessor):
    group = "process-on-roi=1\nroi-params-src-0=100;80;100;100;128;0;10;10;127.5;0;9;9\n"
    make = preprocessor(group=group)
    (region,) = regions(make.prepare(batch_of_frames(frame_of(noise()))))
    assert region.ltwh == (100, 80, 28, 16)
    assert make.outside == {0}


def test_sources_have_their_own_regions_or_those_of_the_lowest_number(preprocessor):
    group = "process-on-roi=1\nroi-params-src-1=0;0;10;10\nroi-params-src-3=5;5;20;20\n"
    frames = [frame_of(noise(), source_id=n) for n in (0, 1, 3)]
    seen = regions(preprocessor(group=group).prepare(batch_of_frames(*frames)))
    assert [(one.frame.source_id, one.ltwh[0]) for one in seen] == [(0, 0), (1, 0), (3, 5)]


def test_objects_are_chosen_by_the_keys(preprocessor):
    boxes = [(0, 52, 20, 8), (60, 60, 20, 20), (5, 5, 4, 20), (100, 80, 60, 60)]
    boxes += [(62, 52, 9, 9), (52, 40, 9, 10), (52, 62, 9, 9)]  # beside, above and below the region
    group = "operate-on-class-ids=1\ninput-object-min-width=8\nprocess-on-all-objects={}\n"
    group += "roi-params-src-0=50;50;12;12\n"
    for all_of_them, expected in ((1, [0, 1, 3, 4, 5, 6]), (0, [1])):
        objects = [found(box, class_id=1, component_id=4) for box in boxes]
        others = [found(class_id=0, component_id=4), found(class_id=1, component_id=9)]
        make = preprocessor(
            f"{FLAT}process-on-frame=0\noperate-on-gie-id=4\n", group.format(all_of_them)
        )
        seen = regions(make.prepare(batch_of_frames(frame_of(noise(), *objects, *others))))
        assert [objects.index(one.parent) for one in seen] == expected
    assert seen[-1].ltwh == (60, 60, 20, 20)


def test_an_interval_leaves_batches_out(preprocessor):
    make = preprocessor(group="interval=2\n")
    counts = [len(make.prepare(batch_of_frames(frame_of(noise())))) for _ in range(7)]
    assert counts == [1, 0, 0, 1, 0, 0, 1]


def test_regions_may_be_replaced(preprocessor):
    make = preprocessor(group="process-on-roi=1\nroi-params-src-0=0;0;10;10\n")
    assert make.set_rois(0, [(1, 2, 30, 40), (5, 6, 7, 8)]) == ""
    seen = regions(make.prepare(batch_of_frames(frame_of(noise()), frame_of(noise(), source_id=1))))
    assert [one.ltwh for one in seen] == [(1, 2, 30, 40), (5, 6, 7, 8), (0, 0, 10, 10)]
    assert "it has not process-on-roi=1" in preprocessor().set_rois(0, [(0, 0, 9, 9)])


def test_a_copied_batch_has_regions_of_its_own(preprocessor):
    obj = found((10, 10, 20, 20))
    batch = batch_of_frames(frame_of(noise(), obj))
    make = preprocessor(f"{FLAT}process-on-frame=0\n", "process-on-all-objects=1\n")
    (meta,) = make.prepare(batch)
    meta.regions[0].objects.append(obj)
    batch.user.append(UserMeta(meta, meta_type=meta.META_TYPE, copy_data=PreprocessMeta.copy))
    twin = batch.copy()
    (copied,) = regions(twin.user.of(PreprocessMeta))
    assert copied.frame is twin.frames[0]
    assert copied.parent is copied.objects[0] is twin.frames[0].objects[0]
    assert meta.regions[0].frame is batch.frames[0]
    assert meta.regions[0].parent is obj
    batch.user[0].copy_data = None  # then both share the data, which are of the first
    assert batch.copy().user[PreprocessMeta] is meta
    assert meta.regions[0].frame is batch.frames[0]


# Several frames


DEEP = "network-input-shape=4;3;3;24;32\nnetwork-input-order=2\n"


def levels(make, numbers, *, source_id=0, level=None):
    """Plain frames of these numbers, as bright; for each tensor the levels in it."""
    seen = []
    for number in numbers:
        picture = plain((level or number,) * 3, size=(32, 24))
        batch = batch_of_frames(frame_of(picture, source_id=source_id, frame_num=number))
        for meta in make.prepare(batch):
            assert meta.regions[0].frame is batch.frames[0]
            seen.append(meta.tensor[0].mean(axis=(0, 2, 3)).round().tolist())
    return seen


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]]),
        ("stride=3\n", [[0, 1, 2], [3, 4, 5]]),
        ("stride=4\n", [[0, 1, 2], [4, 5, 6]]),
        ("subsample=1\n", [[0, 2, 4], [2, 4, 6]]),
        ("subsample=1\nstride=2\n", [[0, 2, 4]]),
    ],
)
def test_deep_tensors_hold_the_sampled_frames_in_their_order(preprocessor, user, expected):
    assert levels(preprocessor(DEEP, user=user), range(8)) == expected


def test_channels_are_scaled_each_by_its_own_and_flat_shapes_are_the_same_numbers(preprocessor):
    user = "channel-scale-factors=0.5;1;2\nchannel-mean-offsets=10;20;30\n"
    picture = plain((200, 100, 50), size=(32, 24))
    tensors = []
    for shape in (
        "4;3;2;24;32",
        "4;6;24;32\ncustom-tensor-preparation-function=CustomSequenceTensorPreparation",
    ):
        make = preprocessor(f"network-input-shape={shape}\nnetwork-input-order=2\n", user=user)
        for number in range(2):
            made = make.prepare(batch_of_frames(frame_of(picture, frame_num=number)))
        tensors.append(made[0].tensor)
    assert [one.shape for one in tensors] == [(1, 3, 2, 24, 32), (1, 6, 24, 32)]
    np.testing.assert_array_equal(tensors[0].reshape(1, 6, 24, 32), tensors[1])
    assert tensors[0].mean(axis=(0, 2, 3, 4)).tolist() == [95, 80, 40]


def test_each_source_and_region_has_its_own_frames(preprocessor):
    group = "process-on-roi=1\nroi-params-src-0=0;0;16;24;16;0;16;24\n"
    make = preprocessor(DEEP, group)
    for number in range(3):
        halves = np.concatenate([np.full((24, 16, 3), v, np.uint8) for v in (10, 20)], axis=1)
        frames = [
            frame_of(halves + 100 * source, source_id=source, frame_num=number)
            for source in range(2)
        ]
        made = make.prepare(batch_of_frames(*frames))
    (meta,) = made
    assert meta.tensor.mean(axis=(1, 2, 3, 4)).round().tolist() == [10, 20, 110, 120]


def test_objects_are_followed_by_their_track_and_others_left_out(preprocessor):
    make = preprocessor(f"{DEEP}process-on-frame=0\n", "process-on-all-objects=1\n")
    for number in range(3):
        here = found((10.0 * number, 0, 20, 20), track_id=7)
        batch = batch_of_frames(frame_of(noise(), here, found(), frame_num=number))
        made = make.prepare(batch)
    (region,) = regions(made)
    assert (region.parent, region.ltwh) == (here, (20, 0, 20, 20))
    assert make.untracked == 3


def test_a_source_that_begins_anew_begins_anew(preprocessor):
    make = preprocessor(DEEP)
    assert levels(make, [0, 1]) == []
    make.forget(0)
    assert levels(make, [2, 3]) == []
    assert levels(make, [4]) == [[2, 3, 4]]
    assert levels(make, [0, 1, 2], level=9) == [[9, 9, 9]]  # numbers that go back are a new stream


@given(
    depth=st.integers(2, 5),
    stride=st.integers(1, 7),
    subsample=st.integers(0, 3),
    gaps=st.lists(st.integers(1, 4), min_size=20, max_size=60),
)
def test_sequences_are_frames_in_order_sampled_as_asked(depth, stride, subsample, gaps):
    sequences = Sequences(depth=depth, stride=stride, subsample=subsample, shape=(1, 1, 1))
    made = []
    for number in np.cumsum(gaps).tolist():
        row = sequences.add("key", number, lambda row, number=number: row.fill(number))
        if row is not None:
            assert row.shape == (1, depth, 1, 1)
            assert row[0, -1, 0, 0] == number
            made.append(row.ravel().tolist())
    for numbers in made:
        assert (np.diff(numbers) > subsample).all()
    assert (np.diff([numbers[-1] for numbers in made]) >= stride * (subsample + 1)).all()
    every_frame = set(gaps) == {1}
    if every_frame and len(gaps) > (depth - 1) * (subsample + 1):
        assert made


def test_frames_that_no_tensor_will_hold_are_not_sampled():
    sequences, sampled = Sequences(depth=2, stride=5, subsample=0, shape=(1, 1, 1)), []
    for number in range(12):
        sequences.add("key", number, lambda _, number=number: sampled.append(number))
    assert sampled == [0, 1, 5, 6, 10, 11]


def test_deep_tensors_of_whole_numbers_are_rounded_and_cut(preprocessor):
    keys = DEEP + "tensor-data-type=2\n"
    for factor, expected in ((0.5, 2), (40, 127)):  # 1.5 and 120..., as int8
        make = preprocessor(keys, user=f"pixel-normalization-factor={factor}\n")
        for number in range(3):
            picture = plain((3,) * 3 if factor < 1 else (9,) * 3, size=(32, 24))
            made = make.prepare(batch_of_frames(frame_of(picture, frame_num=number)))
        assert (made[0].tensor.dtype, np.unique(made[0].tensor)) == (np.int8, [expected])


def test_what_is_not_seen_for_long_is_forgotten():
    sequences = Sequences(depth=2, stride=1, subsample=0, shape=(1, 1, 1))
    for number in range(1000):
        sequences.tick()
        sequences.add(((0, 0), number), number, lambda row: row.fill(0))
    assert len(sequences) <= 301


# Functions of one's own


OWN = f"{FLAT}custom-lib-path=mine.py\ncustom-tensor-preparation-function=make\n"


def test_a_function_makes_the_tensor(preprocessor):
    source = """
def make(pictures, context):
    context.state["calls"] = context.state.get("calls", 0) + 1
    assert (context.size, context.color, context.shape) == ((32, 24), "RGB", (4, 3, 24, 32))
    assert pictures.dtype == "uint8" and len(context.regions) == len(pictures) == 1
    if context.state["calls"] == 1:
        return None
    return float(context.settings["gain"]) * pictures.transpose(0, 3, 1, 2)
"""
    make = preprocessor(OWN, user="gain=2\n", source=source)
    batch = batch_of_frames(frame_of(plain((1, 2, 3))))
    assert make.prepare(batch) == []
    (meta,) = make.prepare(batch)
    assert meta.tensor.mean(axis=(0, 2, 3)).tolist() == [2, 4, 6]
    assert meta.regions[0].ltwh == (0, 0, 128, 96)


def test_a_function_may_be_given_larger_pictures_and_use_its_array_again(preprocessor):
    source = """
import numpy as np
def make(pictures, context):
    assert pictures.shape == (1, 48, 64, 3)
    array = context.state.setdefault("array", np.zeros((1, 3, 24, 32), np.float32))
    array += 1
    return array
"""
    make = preprocessor(f"{OWN}processing-width=64\nprocessing-height=48\n", source=source)
    made = [make.prepare(batch_of_frames(frame_of(noise())))[0] for _ in range(2)]
    assert [meta.tensor.max() for meta in made] == [1, 2]
    assert made[0].regions[0].to_network.ltwh((0, 0, 128, 96)) == (0, 0, 32, 24)


def test_a_function_may_return_rows_of_other_regions(preprocessor):
    source = """
import numpy as np
def make(pictures, context):
    kept = context.state.setdefault("kept", [])
    kept.extend(context.regions)
    return np.ones((len(kept), 3, 24, 32)), kept
"""
    make = preprocessor(OWN, source=source)
    for number in range(2):
        (meta,) = make.prepare(batch_of_frames(frame_of(noise(), frame_num=number)))
    assert [region.frame.frame_num for region in meta.regions] == [0, 1]


def test_a_function_cuts_regions_out(preprocessor):
    source = """
def mirror(picture, context):
    (region,) = context.regions
    assert region.ltwh == (8, 16, 32, 24) and picture.shape == (24, 32, 3)
    return picture[:, ::-1]
"""
    picture = noise()
    group = "process-on-roi=1\nroi-params-src-0=8;16;32;24\n"
    group += "custom-input-transformation-function=mirror\n"
    make = preprocessor(f"{FLAT}custom-lib-path=mine.py\n", group, "offsets=1;1;1\n", source)
    (meta,) = make.prepare(batch_of_frames(frame_of(picture)))
    wanted = picture[16:40, 8:40][:, ::-1].transpose(2, 0, 1).astype(np.float32) - 1
    np.testing.assert_allclose(meta.tensor[0], wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 1 / 0", "mine.py, line 2, in make: ZeroDivisionError: division by zero"),
        (
            "return pictures",
            "mine.py, line 1: make returned (1, 24, 32, 3) for 1 region(s); expected a tensor (1 "
            "to 4, 3, 24, 32), one row a region, (tensor, regions), or None",
        ),
        ("return 'no'", "mine.py, line 1: make returned a tensor of <U2; expected a tensor"),
        (
            "return pictures, [3]",
            "mine.py, line 1: make returned regions that it was not given; expected a tensor",
        ),
        ("import sys; sys.exit(3)", "mine.py, line 2, in make: SystemExit: 3"),
    ],
)
def test_a_function_that_fails_is_named_with_its_line(preprocessor, body, message):
    make = preprocessor(OWN, source=f"def make(pictures, context):\n    {body}\n")
    with pytest.raises(ModelError) as caught:
        make.prepare(batch_of_frames(frame_of(noise())))
    assert message in str(caught.value)


def test_a_transformation_of_another_size_is_refused(preprocessor):
    make = preprocessor(
        f"{FLAT}custom-lib-path=mine.py\n",
        "custom-input-transformation-function=cut\n",
        source="def cut(picture, context):\n    return picture\n",
    )
    with pytest.raises(ModelError, match=r"cut returned \(96, 128, 3\) of uint8; expected a pic"):
        make.prepare(batch_of_frames(frame_of(noise())))


@pytest.mark.parametrize(
    ("more", "group", "where"),
    [
        (OWN, "", "[property] custom-tensor-preparation-function: no function 'make' in "),
        (
            f"{FLAT}custom-lib-path=mine.py\n",
            "custom-input-transformation-function=cut\n",
            "[group-0] custom-input-transformation-function: no function 'cut' in ",
        ),
        (OWN.replace("mine.py", "other.py"), "", "[property] custom-lib-path: cannot read "),
    ],
)
def test_a_missing_function_is_an_error_with_its_place(preprocessor, more, group, where):
    with pytest.raises(ConfigError) as caught:
        preprocessor(more, group, source="def prepare(a, b): pass\n")
    assert where in str(caught.value)


def test_a_mean_picture_of_another_size_is_an_error_with_its_place(preprocessor, tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "mean.ppm"), np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ConfigError) as caught:
        preprocessor(user="mean-file=mean.ppm\n")
    assert "[user-configs] mean-file: " in str(caught.value)
    assert "has 10x10 pixels; the network's input has 32x24" in str(caught.value)


def test_regions_say_what_they_are():
    frame, _ = frame_of(noise(), source_id=2, frame_num=5)
    region = RegionMeta(frame, (1, 2, 3.5, 4), None)
    assert repr(region).startswith("<RegionMeta (1, 2, 3.5, 4) in <FrameMeta source 2 frame 5")
