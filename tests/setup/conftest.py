import pytest
from checkout import Machine


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path / "programs")
