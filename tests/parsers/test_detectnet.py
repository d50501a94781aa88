import numpy as np
import pytest
from parser_cases import make_context

from penstock.errors import ModelError
from penstock.parsers import Head
from penstock.parsers.detectnet import DetectNetParser

# A network of 48x32 px with cells of 16 px: 3 columns, 2 rows; two classes.
LAYERS = {"output_cov/Sigmoid:0": (2, 2, 3), "output_bbox/BiasAdd:0": (8, 2, 3)}
SIZE = (48, 32)


def parse(cells, *, thresholds=(0.5, 0.5), size=SIZE, layers=LAYERS):
    """cells: `(class, row, column)` → coverage and the four distances, divided by 35."""
    coverage = np.zeros((2, 2, 3), np.float32)
    boxes = np.zeros((8, 2, 3), np.float32)
    for (class_id, row, column), (score, *distances) in cells.items():
        coverage[class_id, row, column] = score
        boxes[4 * class_id : 4 * class_id + 4, row, column] = distances
    parser = DetectNetParser(Head(layers, SIZE))
    cov, bbox = layers
    return parser.parse({bbox: boxes, cov: coverage}, make_context(*thresholds, size=size))


def test_a_box_reaches_from_the_centre_of_its_cell():
    # Cell (row 1, column 2): centre (32.5, 16.5). 35 · 0.1 = 3.5, 35 · 0.2 = 7, and so on.
    found = parse({(1, 1, 2): (0.75, 0.1, 0.2, 0.3, 0.4)})
    np.testing.assert_allclose(found.boxes, [[29, 9.5, 43, 30.5]], rtol=1e-6)
    assert found.class_ids.tolist() == [1]
    assert found.confidences.tolist() == [0.75]


def test_boxes_are_clipped_to_the_network():
    found = parse({(0, 0, 0): (0.9, 1, 1, 2, 2)})  # centre (0.5, 0.5), 35 px and 70 px away
    assert found.boxes.tolist() == [[0, 0, 48, 32]]


def test_every_cell_of_a_class_may_speak():
    found = parse(
        {
            (0, 0, 0): (0.9, 0, 0, 0.1, 0.1),
            (0, 1, 1): (0.8, 0, 0, 0.1, 0.1),
            (1, 0, 0): (0.7, 0, 0, 0.1, 0.1),
        }
    )
    assert sorted(zip(found.class_ids.tolist(), found.boxes[:, 0].tolist(), strict=True)) == [
        (0, 0.5),
        (0, 16.5),
        (1, 0.5),
    ]


def test_a_cell_is_as_wide_as_the_size_divided_by_the_grid_rounded_up():
    found = parse({(0, 0, 2): (0.9, 0, 0, 0.1, 0.1)}, size=(47, 32))
    assert found.boxes[0, 0] == 32.5
    found = parse({(0, 0, 2): (0.9, 0, 0, 0.1, 0.1)}, size=(49, 32))
    assert found.boxes[0, 0] == 34.5


def test_distances_that_turn_a_box_inside_out_give_nothing():
    assert len(parse({(0, 0, 0): (0.9, -1, -1, 0.1, 0.1)})) == 0


@pytest.mark.parametrize(
    "layers",
    [
        {"cov": (2, 2, 3), "bbox": (4, 2, 3)},
        {"cov": (2, 2, 3), "bbox": (8, 3, 2)},
        {"cov": (2, 2, 3), "cov2": (2, 2, 3), "bbox": (8, 2, 3)},
        {"cov": (2, 2, 3), "boxes": (8, 2, 3)},
    ],
)
def test_layers_that_do_not_belong_together_are_refused(layers):
    with pytest.raises(ModelError, match=r"grid height, grid width.*got 'cov' \(2, 2, 3\)"):
        DetectNetParser(Head(layers, SIZE))


def test_a_grid_of_unknown_size_is_accepted():
    DetectNetParser(Head({"cov": (2, None, None), "bbox": (8, None, None)}, SIZE))
