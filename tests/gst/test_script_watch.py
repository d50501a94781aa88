"""Looking after an application's pipelines leaves the application alone."""

import pytest

from penstock.gst import ScriptWatch
from streams import Gst, finish


@pytest.fixture
def watch(monkeypatch):
    for name in ("set_state", "sync_state_with_parent"):
        monkeypatch.setattr(Gst.Element, name, getattr(Gst.Element, name))
    watch = ScriptWatch()
    watch.install()
    return watch


def met():
    """A pipeline that was started and stopped."""
    pipeline = Gst.parse_launch("fakesrc ! fakesink")
    pipeline.set_state(Gst.State.READY)
    pipeline.set_state(Gst.State.NULL)
    return pipeline


def fail():
    raise ValueError("of the application's own")


@pytest.mark.usefixtures("watch")
def test_an_exception_passes_while_a_pipeline_dies_with_it():
    with pytest.raises(ValueError, match="own"):
        zip(met(), fail(), strict=False)


def test_errors_are_heard_of_each_pipeline_also_where_another_one_was(watch, tmp_path):
    for _ in range(5):
        finish(Gst.parse_launch(f"filesrc location={tmp_path / 'none'} ! fakesink"))
    assert sum("Resource not found" in said for said in watch.errors) == 5
