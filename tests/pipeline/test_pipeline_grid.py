from hypothesis import given
from hypothesis import strategies as st

from penstock.pipeline.grid import Grid

SIDES = st.integers(64, 4096)


@given(sources=st.integers(1, 64), frame=st.tuples(SIDES, SIDES))
def test_every_source_gets_a_tile_of_even_sides_that_keeps_the_aspect_ratio(sources, frame):
    grid = Grid.of(sources, frame=frame)
    assert grid.rows * grid.columns >= sources
    assert (grid.rows - 1) * grid.columns < sources  # no row is empty
    assert grid.columns >= grid.rows
    tile = (grid.width // grid.columns, grid.height // grid.rows)
    assert (tile[0] * grid.columns, tile[1] * grid.rows) == (grid.width, grid.height)
    assert all(side % 2 == 0 for side in tile)
    scale = min(tile[0] / frame[0], tile[1] / frame[1])
    assert all(
        abs(side - whole * scale) <= 3 * max(1, whole / min(frame))
        for side, whole in zip(tile, frame, strict=True)
    )


@given(sources=st.integers(1, 64), frame=st.tuples(SIDES, SIDES))
def test_the_whole_fits_and_nothing_is_enlarged(sources, frame):
    grid = Grid.of(sources, frame=frame)
    assert grid.width <= 1920 + 2 * grid.columns
    assert grid.height <= 1080 + 2 * grid.rows
    assert grid.width <= grid.columns * (frame[0] + 1)
    assert grid.height <= grid.rows * (frame[1] + 1)


def test_two_sources_stand_side_by_side_and_five_in_two_rows():
    assert Grid.of(2, frame=(768, 576)) == Grid(1, 2, 1536, 576)
    assert Grid.of(5, frame=(1920, 1080)) == Grid(2, 3, 1920, 720)
    assert Grid.of(1, frame=(1920, 1080)) == Grid(1, 1, 1920, 1080)
