import ctypes
import gc
import itertools
import threading
import weakref

import numpy as np
import pytest
from batches import box, pictures, visit
from colours import COLOURS, colour_at, is_colour, source

from penstock.errors import ConfigError
from penstock.gst import CustomTile, CustomTileConfig
from streams import Gst, error_text, finish


def wall(inputs, tiler, *, sources, size=(160, 120), then=""):
    return Gst.parse_launch(
        f"nvstreammux name=mux batch-size={sources} width={size[0]} height={size[1]} "
        f"! nvmultistreamtiler name=tiler {tiler} {then} ! fakesink name=end {inputs}"
    )


def shown(pipeline):
    """Play; the pictures behind the tiler."""
    seen = pictures(pipeline, "tiler", pad="src")
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    return seen


def grid(picture, columns, rows):
    """The name of the colour in the middle of every tile, row by row."""
    height, width = picture.shape[:2]
    names = []
    for number in range(columns * rows):
        x = (number % columns * 2 + 1) * width // (2 * columns)
        y = (number // columns * 2 + 1) * height // (2 * rows)
        names.append(colour_at(picture, x, y))
    return names


@pytest.mark.parametrize(
    ("sources", "rows", "columns"),
    [(1, 1, 1), (2, 1, 2), (2, 2, 1), (3, 2, 2), (4, 2, 2), (5, 2, 3)],
)
def test_each_source_has_its_tile_row_by_row(sources, rows, columns):
    inputs = "".join(source(n, size=(160 + 32 * n, 120)) for n in range(sources))
    tiler = f"rows={rows} columns={columns} width=480 height=360"
    seen = shown(wall(inputs, tiler, sources=sources))
    expected = [*list(COLOURS)[:sources], *["black"] * (rows * columns - sources)]
    assert len(seen) == 4
    for picture in seen:
        assert picture.shape == (360, 480, 3)
        assert grid(picture, columns, rows) == expected


def test_a_frame_that_says_it_has_no_surface_is_shown_all_the_same():
    pipeline = wall(source(0) + source(1), "rows=1 columns=2 width=320 height=120", sources=2)

    def deny(batch):
        for frame in batch.frames:
            frame.surfaces_per_frame = 0

    visit(pipeline, "mux", deny)
    assert [grid(picture, 2, 1) for picture in shown(pipeline)] == [list(COLOURS)[:2]] * 4


def test_the_borders_of_the_tiles_are_where_the_grid_says():
    inputs = "".join(source(n) for n in range(4))
    picture = shown(wall(inputs, "rows=2 columns=2 width=320 height=240", sources=4))[0]
    for x, y, name in (
        (0, 0, "white"),
        (157, 117, "white"),
        (162, 2, "red"),
        (317, 117, "red"),
        (2, 122, "green"),
        (162, 122, "blue"),
        (319, 239, "blue"),
    ):
        assert is_colour(picture, x, y, COLOURS[name]), (x, y, name, picture[y, x])


def test_the_grid_grows_where_there_are_more_sources_than_tiles():
    inputs = "".join(source(n) for n in range(5))
    picture = shown(wall(inputs, "rows=1 columns=2 width=480 height=240", sources=5))[0]
    assert grid(picture, 3, 2) == [*list(COLOURS)[:5], "black"]


def test_the_grid_has_room_for_sources_that_have_no_picture_yet():
    inputs = source(0) + source(1, frames=0)
    for picture in shown(wall(inputs, "width=480 height=240", sources=2)):
        assert grid(picture, 2, 1) == ["white", "black"]


@pytest.mark.parametrize(("numbers", "side"), [((4,), 1), ((1, 3), 2), ((0, 2, 3, 5, 7), 3)])
def test_a_square_grid_has_the_sources_in_order_and_no_gaps_between_them(numbers, side):
    inputs = "".join(source(n) for n in numbers)
    tiler = "square-seq-grid=true columns=7 width=480 height=480"
    picture = shown(wall(inputs, tiler, sources=len(numbers)))[0]
    empty = ["black"] * (side * side - len(numbers))
    assert grid(picture, side, side) == [[*COLOURS][n % len(COLOURS)] for n in numbers] + empty


def test_a_square_grid_shrinks_when_sources_end():
    inputs = source(0, frames=2) + source(1, frames=8)
    tiler = "square-seq-grid=true width=480 height=480"
    seen = shown(wall(inputs, tiler, sources=2))
    assert grid(seen[0], 2, 2) == ["white", "red", "black", "black"]
    assert grid(seen[-1], 1, 1) == ["red"]


def test_a_tile_belongs_to_the_number_of_the_pad():
    inputs = source(1) + source(3)
    picture = shown(wall(inputs, "rows=2 columns=2 width=320 height=240", sources=2))[0]
    assert grid(picture, 2, 2) == ["black", "red", "black", "blue"]


def test_sizes_that_the_grid_does_not_divide_leave_a_black_edge():
    inputs = "".join(source(n, size=(33, 17)) for n in range(3))
    tiler = "rows=1 columns=3 width=401 height=101"
    picture = shown(wall(inputs, tiler, sources=3, size=(51, 37)))[0]
    assert picture.shape == (101, 401, 3)
    assert grid(picture, 3, 1) == ["white", "red", "green"]
    assert picture[:, 398:].max() < 12
    assert is_colour(picture, 390, 90, COLOURS["green"])


def test_a_tiler_output_of_odd_sizes_leaves_nvmm():
    inputs = source(0) + source(1)
    tiler = "rows=1 columns=2 width=321 height=181"
    pipeline = wall(
        inputs,
        tiler,
        sources=2,
        then="! nvvideoconvert ! video/x-raw,format=RGB ! identity name=out",
    )
    seen = pictures(pipeline, "out")
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert grid(seen[0], 2, 1) == ["white", "red"]


def test_a_source_that_ended_keeps_its_last_picture():
    inputs = source(0, frames=2) + source(1, frames=6)
    pipeline = wall(inputs, "rows=1 columns=2 width=320 height=120", sources=2)
    counts = []
    visit(pipeline, "mux", lambda batch: counts.append(len(batch.frames)))
    seen = shown(pipeline)
    assert counts[-1] == 1
    assert [grid(picture, 2, 1) for picture in seen] == [["white", "red"]] * len(seen)


def test_a_tile_shows_every_new_picture_and_a_slow_one_the_last():
    inputs = source(0, frames=12, colour="blink") + source(1, frames=3)
    pipeline = wall(inputs, "rows=1 columns=2 width=320 height=120", sources=2)
    names = [grid(picture, 2, 1) for picture in shown(pipeline)]
    assert {first for first, _ in names} == {"black", "white"}
    assert all(one[0] != other[0] for one, other in itertools.pairwise(names))
    assert {second for _, second in names} == {"red"}


def test_the_last_picture_of_an_ended_source_follows_the_layout():
    inputs = source(0, frames=2) + source(1, frames=9)
    pipeline = wall(inputs, "rows=1 columns=2 width=320 height=240", sources=2)
    tiler, counted = pipeline.get_by_name("tiler"), []

    def change(_batch):
        counted.append(1)
        if len(counted) == 5:
            tiler.set_property("show-source", 0)
        elif len(counted) == 7:
            tiler.set_property("show-source", -1)
            tiler.set_property("rows", 2)
            tiler.set_property("columns", 1)

    visit(pipeline, "mux", change)
    walls = shown(pipeline)
    assert grid(walls[3], 2, 1) == ["white", "red"]
    assert grid(walls[5], 1, 1) == ["white"]
    assert grid(walls[8], 1, 2) == ["white", "red"]


def test_sources_of_different_rates_share_the_picture():
    inputs = source(0, frames=20, rate="50/1") + source(1, frames=10)
    pipeline = wall(inputs, "rows=1 columns=2 width=320 height=120", sources=2)
    seen = shown(pipeline)
    assert all(grid(picture, 2, 1) == ["white", "red"] for picture in seen[1:])


def test_colours_are_right_whatever_the_sources_colorimetries_are():
    for first, second in (("bt601", "bt709"), ("bt709", "bt601")):
        inputs = source(1, extra=f",colorimetry={first}") + source(
            2, extra=f",colorimetry={second}"
        )
        picture = shown(wall(inputs, "rows=2 columns=2 width=320 height=240", sources=2))[0]
        assert grid(picture, 2, 2) == ["black", "red", "green", "black"]


@pytest.mark.parametrize("promised", ["NV12", "RGBA", "I420"])
def test_the_promise_of_the_caps_is_kept(promised):
    inputs = source(0) + source(1)
    pipeline = Gst.parse_launch(
        "nvstreammux name=mux batch-size=2 width=160 height=120 ! nvvideoconvert "
        f"! video/x-raw(memory:NVMM),format={promised} "
        f"! nvmultistreamtiler name=tiler rows=1 columns=2 width=320 height=120 ! fakesink {inputs}"
    )
    formats = []
    visit(pipeline, "tiler", lambda batch: formats.append([s.format for s in batch.surfaces]))
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert formats == [[promised]] * 4


# A layout of one's own

LAYOUT = {1: (0, 0, 75, 100), 0: (75, 0, 25, 50), 7: (75, 50, 25, 50)}


def pointer_to(layout):
    """What a C program sets as `custom-tile-config`, and what must live as long as it is read."""
    tiles = (CustomTile * len(layout))(*((n, *share) for n, share in layout.items()))
    config = CustomTileConfig(tiles, len(layout))
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    )
    return new(ctypes.addressof(config), None, None), config


def placed_by_pointer(tiler):
    pointer, config = pointer_to(LAYOUT)
    tiler.set_property("custom-tile-config", pointer)
    config.length = 0  # it was copied


@pytest.mark.parametrize("place", [placed_by_pointer, lambda tiler: tiler.place_tiles(LAYOUT)])
def test_sources_lie_where_a_layout_says_and_no_others_are_shown(place):
    inputs = "".join(source(n) for n in range(3))
    pipeline = wall(inputs, "rows=2 columns=2 width=400 height=200", sources=3)
    place(pipeline.get_by_name("tiler"))
    for picture in shown(pipeline):
        for x, y, name in (
            (2, 2, "red"),
            (297, 197, "red"),
            (303, 2, "white"),
            (397, 97, "white"),
            (350, 150, "black"),
        ):
            assert colour_at(picture, x, y) == name, (x, y)


def test_a_layout_may_come_and_go_while_playing_and_boxes_move_with_it():
    pipeline = wall(source(0, frames=12), "width=400 height=200", sources=1)
    tiler, seen = pipeline.get_by_name("tiler"), []

    def mark(batch):
        batch.frames[0].add(box((16.0, 12.0, 32.0, 24.0)))

    def note(batch):
        seen.append(batch.frames[0].objects[0].ltwh)
        if len(seen) == 4:
            tiler.place_tiles({0: (50, 50, 50, 50)})
        elif len(seen) == 8:
            tiler.set_property("custom-tile-config", None)

    visit(pipeline, "mux", mark)
    visit(pipeline, "tiler", note)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert seen[:4] == seen[8:] == [(40, 20, 80, 40)] * 4
    assert seen[4:8] == [(220, 110, 40, 20)] * 4


def test_a_layout_that_is_not_inside_the_picture_is_one_sentence():
    tiler = Gst.ElementFactory.make("nvmultistreamtiler")
    with pytest.raises(ConfigError, match=r"^source 3: a tile is left, .* got \(80, 0, 30, 50\)$"):
        tiler.place_tiles({3: (80, 0, 30, 50)})


def test_a_bad_layout_by_pointer_is_an_error_on_the_bus():
    pipeline = wall(source(0), "", sources=1)
    pointer, _config = pointer_to({0: (0, 0, 0, 50)})
    pipeline.get_by_name("tiler").set_property("custom-tile-config", pointer)
    assert error_text(finish(pipeline)).startswith("tiler: source 0: a tile is left, top, width")


# Metadata


def test_boxes_move_into_their_tile():
    inputs = "".join(source(n) for n in range(3))
    pipeline = wall(inputs, "rows=2 columns=2 width=640 height=120", sources=3)
    seen = []

    def mark(batch):
        for frame in batch.frames:
            frame.add(box((16.0, 12.0, 32.0, 24.0)))

    def note(batch):
        seen.append([(f.source_id, f.objects[0].ltwh) for f in batch.frames])
        for frame in batch.frames:
            assert (frame.width, frame.height) == (640, 120)
            assert frame.surface is batch.surfaces[0]
            there = frame.to_source.ltwh(frame.objects[0].ltwh)
            assert np.allclose(there, (16, 12, 32, 24))
        assert len(batch.surfaces) == 1

    visit(pipeline, "mux", mark)
    visit(pipeline, "tiler", note)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    expected = [(0, (32, 6, 64, 12)), (1, (352, 6, 64, 12)), (2, (32, 66, 64, 12))]
    assert seen == [expected] * 4


def test_what_is_drawn_behind_it_lands_in_the_tiles():
    inputs = "".join(source(n, colour="black") for n in range(2))
    pipeline = wall(
        inputs,
        "rows=1 columns=2 width=320 height=120",
        sources=2,
        then="! nvdsosd ! identity name=out",
    )
    visit(pipeline, "mux", lambda batch: batch.frames[1].add(box((40.0, 40.0, 40.0, 40.0))))
    seen = pictures(pipeline, "out")
    assert finish(pipeline).type == Gst.MessageType.EOS
    columns = np.argwhere(seen[0][60, :, 0] > 100).ravel()
    assert abs(columns.min() - 200) <= 2
    assert abs(columns.max() - 240) <= 2


def test_one_source_can_be_shown_alone_and_the_others_boxes_go():
    inputs = "".join(source(n) for n in range(3))
    pipeline = wall(inputs, "rows=2 columns=2 width=320 height=240 show-source=1", sources=3)
    seen = []

    def mark(batch):
        for frame in batch.frames:
            frame.add(box((16.0, 12.0, 32.0, 24.0)))

    def note(batch):
        seen.append([[o.ltwh for o in frame.objects] for frame in batch.frames])

    visit(pipeline, "mux", mark)
    visit(pipeline, "tiler", note)
    for picture in shown(pipeline):
        assert grid(picture, 1, 1) == ["red"]
        assert is_colour(picture, 2, 2, COLOURS["red"])
        assert is_colour(picture, 317, 237, COLOURS["red"])
    assert seen == [[[], [(32, 24, 64, 48)], []]] * 4


def test_a_source_that_is_not_there_shows_black():
    pipeline = wall(source(0), "width=320 height=240 show-source=7", sources=1)
    assert all(picture.max() < 12 for picture in shown(pipeline))


# Changes while playing


def test_grid_and_shown_source_may_change_while_playing():
    inputs = source(0, frames=12) + source(1, frames=12)
    pipeline = wall(inputs, "rows=1 columns=2 width=320 height=240", sources=2)
    tiler, seen = pipeline.get_by_name("tiler"), []

    def change(_batch):
        seen.append(1)
        if len(seen) == 4:
            tiler.set_property("show-source", 0)
        elif len(seen) == 8:
            tiler.set_property("show-source", -1)
            tiler.set_property("rows", 2)
            tiler.set_property("columns", 1)

    visit(pipeline, "mux", change)
    walls = shown(pipeline)
    assert grid(walls[0], 2, 1) == ["white", "red"]
    assert grid(walls[5], 1, 1) == ["white"]
    assert grid(walls[9], 1, 2) == ["white", "red"]


def test_the_size_may_change_while_playing_and_the_caps_follow():
    pipeline = wall(source(0, frames=12), "width=320 height=240", sources=3)
    tiler, sizes = pipeline.get_by_name("tiler"), []
    pad = tiler.get_static_pad("src")

    def note(batch):
        caps = pad.get_current_caps().get_structure(0)
        assert caps.get_int("batch-size") == (True, 1)
        size = (caps.get_int("width")[1], caps.get_int("height")[1])
        assert batch.surfaces[0].size == size
        assert (batch.frames[0].width, batch.frames[0].height) == size
        sizes.append(size)
        if len(sizes) == 5:
            tiler.set_property("width", 640)
            tiler.set_property("height", 100)

    visit(pipeline, "tiler", note)
    message = finish(pipeline)
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert sizes == [(320, 240)] * 5 + [(640, 100)] * 7


def test_a_grid_that_does_not_fit_is_one_sentence():
    message = finish(wall(source(0), "columns=20 width=16 height=16", sources=1))
    text = error_text(message)
    assert text.startswith("tiler: 20 columns and 1 rows do not fit into a picture of 16x16")


def take_away(pipeline, number):
    """Stop and remove a source and what stands between it and the mux, as applications do."""
    mux = pipeline.get_by_name("mux")
    pad = mux.get_static_pad(f"sink_{number}")
    chain, at = [], pad.get_peer()
    while at is not None:
        chain.append(at.get_parent_element())
        sink = chain[-1].get_static_pad("sink")
        at = sink.get_peer() if sink else None
    for element in reversed(chain):
        element.set_state(Gst.State.NULL)
    mux.release_request_pad(pad)
    for element in chain:
        pipeline.remove(element)


def test_the_tile_of_a_source_that_was_taken_away_turns_black():
    inputs = source(0, frames=-1, extra=" ! identity eos-after=40") + source(1, frames=-1)
    pipeline = wall(inputs, "rows=1 columns=2 width=320 height=120", sources=2)
    for number in range(2):
        pipeline.get_by_name(f"source{number}").set_property("is-live", True)
    seen, gone = pictures(pipeline, "tiler", pad="src"), []

    def step(batch):
        if len(seen) == 10 and not gone:
            gone.append(threading.Thread(target=take_away, args=(pipeline, 1)))
            gone[0].start()

    visit(pipeline, "mux", step)
    message = finish(pipeline)
    gone[0].join()
    assert message.type == Gst.MessageType.EOS, error_text(message)
    assert grid(seen[5], 2, 1) == ["white", "red"]
    assert grid(seen[-1], 2, 1) == ["white", "black"]


def test_batches_in_flight_stay_bounded_behind_it():
    slow = "! queue ! identity sleep-time=5000"
    pipeline = wall(source(0, frames=40), "width=320 height=240", sources=1, then=slow)
    alive = weakref.WeakSet()
    most = []

    def note(batch):
        alive.add(batch)
        most.append(len(alive))

    visit(pipeline, "mux", note)
    assert finish(pipeline).type == Gst.MessageType.EOS
    assert max(most) <= 6


def test_playing_again_forgets_the_sources_of_the_run_before():
    pipeline = wall(source(0) + source(3), "width=320 height=240", sources=2)
    assert grid(shown(pipeline)[0], 2, 2) == ["white", "black", "black", "blue"]
    take_away(pipeline, 3)
    assert grid(shown(pipeline)[0], 1, 1) == ["white"]


def test_playing_again_forgets_the_pictures_of_the_run_before_and_the_element_is_freed():
    pipeline = wall(source(0) + source(1), "rows=1 columns=2 width=320 height=120", sources=2)
    for _ in range(5):
        assert grid(shown(pipeline)[0], 2, 1) == ["white", "red"]
    gone = weakref.ref(pipeline.get_by_name("tiler"))
    assert gone()._last == {}
    del pipeline
    gc.collect()
    assert gone() is None
