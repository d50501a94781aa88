import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.geometry import grid_for, percent_of, row_by_row, square_for

counts = st.integers(0, 128)
sizes = st.tuples(st.integers(64, 4000), st.integers(64, 4000))


@given(counts)
def test_a_grid_holds_what_it_is_made_for_and_is_no_row_too_high(count):
    rows, columns = grid_for(count)
    assert rows * columns >= count
    assert (rows - 1) * columns < max(count, 1)
    assert 0 <= columns - rows <= 2


@given(counts)
def test_a_square_grid_is_the_smallest_that_holds_them(count):
    rows, columns = square_for(count)
    assert rows == columns
    assert (rows - 1) ** 2 < max(count, 1) <= rows**2


@given(st.integers(1, 16), st.integers(1, 16), sizes)
def test_tiles_of_a_grid_are_even_alike_inside_and_apart(rows, columns, size):
    tiles = list(row_by_row(range(rows * columns), (rows, columns), size).values())
    assert {tile[2:] for tile in tiles} == {tiles[0][2:]}
    assert all(number % 2 == 0 for tile in tiles for number in tile)
    seen = set()
    for left, top, width, height in tiles:
        assert 0 <= left < left + width <= size[0]
        assert 0 <= top < top + height <= size[1]
        seen.add((left, top))
    assert len(seen) == rows * columns


def test_places_go_left_to_right_then_down():
    assert row_by_row([0, 2, 3], (2, 3), (300, 200)) == {
        0: (0, 0, 100, 100),
        2: (200, 0, 100, 100),
        3: (0, 100, 100, 100),
    }


def test_a_grid_that_is_too_fine_is_one_sentence():
    with pytest.raises(ValueError, match=r"^20 columns and 1 rows do not fit .* of 16x16$"):
        row_by_row([0], (1, 20), (16, 16))


@given(st.integers(1, 10), sizes)
def test_columns_by_percent_leave_no_gap_between_them(columns, size):
    step = 100 / columns
    tiles = [percent_of((n * step, 0, step, 100), size) for n in range(columns)]
    ends = [tile[0] + tile[2] for tile in tiles]
    assert [tile[0] for tile in tiles] == [0, *ends[:-1]]
    assert ends[-1] == size[0] // 2 * 2


@pytest.mark.parametrize("share", [(-1, 0, 50, 50), (0, 0, 0, 50), (60, 0, 50, 50), (0, 99, 9, 9)])
def test_a_share_outside_is_one_sentence(share):
    with pytest.raises(ValueError, match="percent of 640x480 and inside it, got"):
        percent_of(share, (640, 480))
