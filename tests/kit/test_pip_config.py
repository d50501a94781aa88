import os
import sys

import pytest

from penstock.errors import ConfigError
from penstock.kit.pip_config import read_pip_config


def test_the_environment_names_the_index(clean_env):
    clean_env.setenv("PIP_INDEX_URL", "http://one.invalid/simple")
    clean_env.setenv("PIP_EXTRA_INDEX_URL", "http://two.invalid/simple http://three.invalid/simple")
    clean_env.setenv("PIP_CERT", "/some/bundle.pem")
    settings = read_pip_config()
    assert settings.indexes == (
        "http://one.invalid/simple",
        "http://two.invalid/simple",
        "http://three.invalid/simple",
    )
    assert settings.cert == "/some/bundle.pem"
    assert (settings.retries, settings.timeout_s) == (1, 5.0)


def test_a_configuration_file_names_the_index(clean_env, tmp_path):
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = http://file.invalid/simple\ntrusted-host = file.invalid\n"
        "[download]\nproxy = http://proxy.invalid:3128\n"
    )
    clean_env.setenv("PIP_CONFIG_FILE", str(file))
    settings = read_pip_config()
    assert settings.indexes == ("http://file.invalid/simple",)
    assert settings.trusted_hosts == ("file.invalid",)
    assert settings.proxy == "http://proxy.invalid:3128"


def test_without_settings_pip_s_own_default_index_is_used(clean_env):
    (index,) = read_pip_config().indexes
    assert index.startswith("https://")


def test_no_index_leaves_no_index(clean_env):
    clean_env.setenv("PIP_NO_INDEX", "1")
    assert read_pip_config().indexes == ()


def test_a_folder_called_pip_in_the_working_directory_is_not_taken_for_pip(clean_env, tmp_path):
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").write_text("raise SystemExit('not pip')")
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = http://one.invalid/simple\n")
    clean_env.chdir(tmp_path)
    clean_env.setenv("PIP_CONFIG_FILE", "pip.conf")
    assert read_pip_config().indexes == ("http://one.invalid/simple",)


@pytest.fixture
def no_pip(clean_env, tmp_path):
    """A machine on which no Python has pip."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    clean_env.setattr(sys, "executable", str(python))
    clean_env.setenv("PATH", str(tmp_path))
    return clean_env


def test_without_pip_the_environment_is_enough(no_pip):
    no_pip.setenv("PIP_INDEX_URL", "http://one.invalid/simple")
    no_pip.setenv("PIP_FIND_LINKS", "/some/wheels")
    settings = read_pip_config()
    assert settings.indexes == ("http://one.invalid/simple",)
    assert settings.find_links == ("/some/wheels",)


def test_without_pip_and_environment_the_message_says_what_to_set(no_pip):
    assert "PIP_INDEX_URL" not in os.environ
    with pytest.raises(ConfigError, match=r"No module named pip\)\. Install pip, or set PIP_INDEX"):
        read_pip_config()
