"""What every backend must do. A new backend is tested by being registered."""

import gc
import re
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnx_models import convolution, save_model
from penstock.backends import BACKENDS, Threads
from penstock.backends.onnx_file import inspect
from penstock.errors import ModelError


@pytest.fixture(params=list(BACKENDS))
def backend(request):
    return BACKENDS.load(request.param)


def random_input(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def convolved(x, weights):
    """The golden answer, in float64."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (3, 3), axis=(2, 3))
    sums = np.einsum("nchwij,ocij->nohw", windows, weights.astype(np.float64))
    return sums + np.array([0.5, -0.25]).reshape(1, 2, 1, 1)


@pytest.mark.parametrize("batch", [1, 3, 2])
def test_f32_gives_what_the_arithmetic_gives(backend, tmp_path, batch):
    weights = convolution(tmp_path / "net.onnx")
    network = backend(tmp_path / "net.onnx", precision="f32")
    x = random_input(batch, 3, 6, 6)
    found = network.run({"x": x})
    np.testing.assert_allclose(found["sums"], convolved(x, weights), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        found["positive"], np.maximum(convolved(x, weights), 0), rtol=1e-5, atol=1e-5
    )
    assert network.precision_used == "f32"


def test_fastest_says_what_it_computes_in_and_stays_close(backend, tmp_path):
    weights = convolution(tmp_path / "net.onnx")
    network = backend(tmp_path / "net.onnx", precision="fastest")
    x = random_input(2, 3, 6, 6)
    assert network.precision_used in {"f32", "bf16", "f16"}
    np.testing.assert_allclose(network.run({"x": x})["sums"], convolved(x, weights), atol=0.1)


def test_inputs_and_outputs_are_described(backend, tmp_path):
    convolution(tmp_path / "net.onnx")
    network = backend(tmp_path / "net.onnx")
    assert {name: spec.shape for name, spec in network.inputs.items()} == {"x": (None, 3, 6, 6)}
    assert {name: spec.shape for name, spec in network.outputs.items()} == {
        "sums": (None, 2, 4, 4),
        "positive": (None, 2, 4, 4),
    }
    assert network.inputs["x"].dtype == np.float32
    assert network.max_batch is None


def test_metadata_of_the_file_is_kept(backend, tmp_path):
    convolution(tmp_path / "net.onnx", metadata={"penstock.boxes": "xyxy", "author": "Zoë"})
    assert backend(tmp_path / "net.onnx").metadata == {"penstock.boxes": "xyxy", "author": "Zoë"}


def test_a_static_batch_is_reported_and_enforced(backend, tmp_path):
    convolution(tmp_path / "net.onnx", batch=2)
    network = backend(tmp_path / "net.onnx")
    assert network.max_batch == 2
    with pytest.raises(ModelError, match=r"wants \(2, 3, 6, 6\) float32, got \(1, 3, 6, 6\)"):
        network.run({"x": random_input(1, 3, 6, 6)})


def test_an_open_batch_is_fixed_when_asked(backend, tmp_path):
    weights = convolution(tmp_path / "net.onnx")
    network = backend(tmp_path / "net.onnx", batch=1)
    assert network.max_batch == 1
    assert network.inputs["x"].shape == (1, 3, 6, 6)
    x = random_input(1, 3, 6, 6)
    np.testing.assert_allclose(network.run({"x": x})["sums"], convolved(x, weights), atol=1e-5)
    with pytest.raises(ModelError, match=r"wants \(1, 3, 6, 6\)"):
        network.run({"x": random_input(2, 3, 6, 6)})


def test_the_model_s_own_batch_stands_against_the_one_asked_for(backend, tmp_path):
    convolution(tmp_path / "net.onnx", batch=2)
    assert backend(tmp_path / "net.onnx", batch=1).max_batch == 2


def test_an_open_input_takes_the_shape_asked_for(backend, tmp_path):
    weights = convolution(tmp_path / "net.onnx", side="side")
    network = backend(tmp_path / "net.onnx", input_shape=(3, 9, 7))
    assert network.inputs["x"].shape == (None, 3, 9, 7)
    x = random_input(2, 3, 9, 7)
    np.testing.assert_allclose(network.run({"x": x})["sums"], convolved(x, weights), atol=1e-5)
    with pytest.raises(ModelError, match=r"wants \(\?, 3, 9, 7\)"):
        network.run({"x": random_input(2, 3, 7, 9)})


def test_a_shape_that_the_network_does_not_have_is_refused(backend, tmp_path):
    convolution(tmp_path / "net.onnx")
    expected = r"net.onnx: input 'x' .* is \(\?, 3, 6, 6\).* ask for \(3, 8, 8\)"
    with pytest.raises(ModelError, match=expected):
        backend(tmp_path / "net.onnx", input_shape=(3, 8, 8))


def test_channels_may_come_last(backend, tmp_path):
    path = save_model(
        tmp_path / "nhwc.onnx",
        [("ReduceSum", ["x", "axis"], ["sum"], {"keepdims": 0})],
        inputs={"x": ["n", 2, 5, 3]},
        outputs={"sum": ["n", 2, 5]},
        constants={"axis": np.array([3])},
    )
    x = random_input(2, 2, 5, 3)
    np.testing.assert_allclose(backend(path).run({"x": x})["sum"], x.sum(3), atol=1e-6)


def test_f16_tensors_stay_f16(backend, tmp_path):
    path = save_model(
        tmp_path / "half.onnx",
        [("Relu", ["x"], ["y"], {})],
        inputs={"x": (["n", 4], "float16")},
        outputs={"y": (["n", 4], "float16")},
    )
    network = backend(path)
    assert network.inputs["x"].dtype == np.float16
    x = np.array([[-1, 0, 0.5, 2]], np.float16)
    y = network.run({"x": x})["y"]
    assert y.dtype == np.float16
    assert y.tolist() == [[0, 0, 0.5, 2]]


@pytest.mark.parametrize("order", ["C", "F"])
def test_read_only_and_strided_arrays_are_taken(backend, tmp_path, order):
    weights = convolution(tmp_path / "net.onnx")
    x = np.array(random_input(2, 3, 6, 6), order=order)
    x.flags.writeable = False
    before = x.copy()
    found = backend(tmp_path / "net.onnx").run({"x": x})["sums"]
    np.testing.assert_allclose(found, convolved(before, weights), atol=1e-5)


def test_outputs_may_be_looked_at_late_without_harm(backend, tmp_path):
    """Old outputs say nothing any more, but their memory is still there."""
    convolution(tmp_path / "net.onnx")
    network = backend(tmp_path / "net.onnx")
    old = [
        network.run({"x": np.zeros((batch, 3, 6, 6), np.float32)})["sums"]
        for batch in (4, 20_000, 80_000, 1)
    ]
    network.close()
    del network
    gc.collect()
    for array in old:  # zeros in: every number is one of the two biases, whoever wrote it
        assert set(np.unique(array).tolist()) == {0.5, -0.25}


def test_two_networks_run_at_the_same_time(backend, tmp_path):
    weights = convolution(tmp_path / "net.onnx")
    networks = [backend(tmp_path / "net.onnx") for _ in range(2)]
    wrong = []

    def work(network, seed):
        for step in range(50):
            x = random_input(2, 3, 6, 6, seed=seed + step)
            if not np.allclose(network.run({"x": x})["sums"], convolved(x, weights), atol=1e-5):
                wrong.append((seed, step))

    threads = [
        threading.Thread(target=work, args=(network, 100 * i)) for i, network in enumerate(networks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"x": np.zeros((1, 3, 5, 6), np.float32)}, r"'x' wants \(\?, 3, 6, 6\) .* \(1, 3, 5, 6\)"),
        ({"x": np.zeros((3, 6, 6), np.float32)}, r"wants \(\?, 3, 6, 6\) .* got \(3, 6, 6\)"),
        ({"x": np.zeros((1, 3, 6, 6))}, r"wants .* float32, got \(1, 3, 6, 6\) float64"),
        ({"y": np.zeros((1, 3, 6, 6), np.float32)}, r"wants 'x' \(\?, 3, 6, 6\) .* got 'y'"),
        ({}, r"wants 'x' .* got nothing"),
    ],
)
def test_wrong_inputs_are_named_with_what_was_wanted(backend, tmp_path, inputs, complaint):
    convolution(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=rf"net\.onnx: .*{complaint}"):
        backend(tmp_path / "net.onnx").run(inputs)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"version https://git-lfs.example/spec/v1\n", "not an ONNX model.*version https"),
        (b"<html>not found</html>", "not an ONNX model.*<html>"),
        (bytes(1000), "not an ONNX model"),
    ],
)
def test_a_file_that_is_no_model_is_named(backend, tmp_path, content, complaint):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"net\.onnx: .*{complaint}"):
        backend(path)


def test_a_network_without_an_input_is_refused(backend, tmp_path):
    one = {"c": np.ones((1, 4), np.float32)}
    nodes = [("Identity", ["c"], ["o"], {})]
    save_model(tmp_path / "net.onnx", nodes, inputs={}, outputs={"o": [1, 4]}, constants=one)
    with pytest.raises(ModelError, match=r"net\.onnx: the network has no input"):
        backend(tmp_path / "net.onnx")


def test_a_missing_file_is_named(backend, tmp_path):
    with pytest.raises(ModelError, match=r"gone\.onnx: .*No such file"):
        backend(tmp_path / "gone.onnx")


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 0.999))
@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_truncated_file_is_named(name, tmp_path_factory, share):
    folder = tmp_path_factory.mktemp("truncated")
    convolution(folder / "whole.onnx")
    whole = (folder / "whole.onnx").read_bytes()
    path = folder / "net.onnx"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"net\.onnx: "):
        BACKENDS.load(name)(path)


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_get_an_answer(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "net.onnx"
    path.write_bytes(content)
    try:
        found = inspect(path)
    except ModelError as error:
        assert "net.onnx: " in str(error)  # noqa: PT017
    else:
        assert isinstance(found.metadata, dict)


def test_a_cut_off_download_is_told_from_a_foreign_file(backend, tmp_path):
    convolution(tmp_path / "whole.onnx")
    whole = (tmp_path / "whole.onnx").read_bytes()
    path = tmp_path / "net.onnx"
    path.write_bytes(whole[:200])
    expected = r"net\.onnx: the file is cut off: it has 200 bytes and should have at least (\d+)"
    with pytest.raises(ModelError, match=expected) as caught:
        backend(path)
    wanted = int(re.search(expected, str(caught.value))[1])
    assert 200 < wanted <= len(whole)


def test_damage_inside_the_network_is_a_model_error(backend, tmp_path):
    convolution(tmp_path / "whole.onnx")
    content = bytearray((tmp_path / "whole.onnx").read_bytes())
    content[20:60] = bytes(40)
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"net\.onnx: .*cannot use this model"):
        backend(path)


@pytest.mark.parametrize("domain", [None, "some.vendor"])
def test_an_unsupported_operator_is_named(backend, tmp_path, domain):
    path = save_model(
        tmp_path / "net.onnx",
        [("Frobnicate", ["x"], ["y"], {})],
        inputs={"x": ["n", 3]},
        outputs={"y": ["n", 3]},
        domain=domain,
    )
    with pytest.raises(ModelError, match=r"net\.onnx: .*Frobnicate"):
        backend(path)


def test_a_failure_while_running_names_the_file(backend, tmp_path):
    path = save_model(
        tmp_path / "net.onnx",
        [("Reshape", ["x", "shape"], ["y"], {})],
        inputs={"x": ["n", 3]},
        outputs={"y": [1, 3]},
        constants={"shape": np.array([1, 3])},
    )
    network = backend(path)
    with pytest.raises(ModelError, match=r"net\.onnx: .*failed: "):
        network.run({"x": np.zeros((2, 3), np.float32)})


def test_the_cache_folder_is_optional_and_changes_nothing(backend, tmp_path):
    weights = convolution(tmp_path / "net.onnx", metadata={"penstock.boxes": "xyxy"})
    x = random_input(2, 3, 6, 6)
    for _ in range(2):  # the first fills the cache, the second reads it
        network = backend(tmp_path / "net.onnx", cache=tmp_path / "cache")
        np.testing.assert_allclose(network.run({"x": x})["sums"], convolved(x, weights), atol=1e-5)
        assert network.inputs["x"].shape == (None, 3, 6, 6)
        assert list(network.outputs) == ["sums", "positive"]
        assert network.metadata == {"penstock.boxes": "xyxy"}
        assert network.precision_used == "f32"


def test_a_changed_model_is_not_taken_from_the_cache(backend, tmp_path):
    path, cache = tmp_path / "net.onnx", tmp_path / "cache"
    for value in (1, 2):
        save_model(
            path,
            [("Mul", ["x", "factor"], ["y"], {})],
            inputs={"x": ["n", 3]},
            outputs={"y": ["n", 3]},
            constants={"factor": np.array([value], np.float32)},
        )
        ones = np.ones((1, 3), np.float32)
        assert backend(path, cache=cache).run({"x": ones})["y"].tolist() == [[value] * 3]


def test_a_cache_folder_that_cannot_be_written_does_not_matter(backend, tmp_path):
    convolution(tmp_path / "net.onnx")
    (tmp_path / "a file").write_text("")
    network = backend(tmp_path / "net.onnx", cache=tmp_path / "a file" / "cache")
    assert network.run({"x": random_input(1, 3, 6, 6)})["sums"].shape == (1, 2, 4, 4)


def test_forks_run_at_the_same_time_and_keep_their_outputs_apart(backend, tmp_path):
    weights = convolution(tmp_path / "net.onnx")
    first = backend(tmp_path / "net.onnx", precision="f32", threads=Threads(runs=3))
    networks = [first, first.fork(), first.fork()]
    inputs = [random_input(2, 3, 6, 6, seed=seed) for seed in range(3)]
    found, ready = [None] * 3, threading.Barrier(3)

    def run(i):
        ready.wait()
        for _ in range(50):
            found[i] = networks[i].run({"x": inputs[i]})

    workers = [threading.Thread(target=run, args=(i,)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for x, outputs in zip(inputs, found, strict=True):
        np.testing.assert_allclose(outputs["sums"], convolved(x, weights), rtol=1e-5, atol=1e-5)
