"""What every test may ask for."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("penstock", deadline=None)  # timing is never asserted
settings.load_profile("penstock")
os.environ.setdefault("GST_REGISTRY_FORK", "no")  # a forked registry scan confuses timeouts
if "PENSTOCK_SPOOL" not in os.environ:  # the user's own is not for tests
    os.environ["PENSTOCK_SPOOL"] = tempfile.mkdtemp(prefix="penstock-spool-")
    atexit.register(shutil.rmtree, os.environ["PENSTOCK_SPOOL"], ignore_errors=True)


@pytest.fixture(scope="session")
def data_dir():
    """Real videos, models and tracking truth, beside the checkout or in PENSTOCK_TEST_DATA."""
    named = os.environ.get("PENSTOCK_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(f"the test data is missing: set PENSTOCK_TEST_DATA to its folder, not {folder}")
    return folder


def pytest_collection_finish():
    """Thousands of test items are not garbage: without them a collection takes milliseconds."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure():
    """Let the interpreter take everything apart at its end."""
    gc.unfreeze()
