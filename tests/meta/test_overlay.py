from penstock.geometry import Affine
from penstock.meta import DisplayMeta, FrameMeta, Polygon


def test_a_copied_polygon_is_independent():
    polygon = Polygon([(1, 2), (3, 4), (5, 6)], 3, (1.0, 0.0, 0.0, 1.0), 1, (0.0, 1.0, 0.0, 0.5))
    twin = DisplayMeta(polygons=[polygon]).copy().polygons[0]
    polygon.points.append((7, 8))
    polygon.width = 9
    assert twin.points == [(1, 2), (3, 4), (5, 6)]
    assert (twin.width, twin.has_bg) == (3, 1)
    assert (twin.color, twin.bg_color) == ((1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 0.5))


def test_a_polygon_goes_where_its_pixels_go_and_keeps_its_width():
    polygon = Polygon([(10, 20), (30.5, 4)], 3)
    frame = FrameMeta(size=(100, 50))
    frame.display.append(DisplayMeta(polygons=[polygon]))
    frame.rescale(Affine(2, 3, 5, 7), (205, 157))
    assert polygon.points == [(25, 67), (66, 19)]
    assert polygon.width == 3
