"""Adapter files of brokers."""

from pathlib import Path

import pytest

from penstock.config import BrokerConfig, Key, Value
from penstock.errors import ConfigError

KEYS = {"port": Key("port", setting="port", read=Value.integer), "topic": Key("topic")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("adapter.txt", "[message-broker]\nport=7\n[other]\nport=8\n"),
        ("adapter.yml", "message-broker:\n  port: 7\nother:\n  port: 8\n"),
    ],
)
def test_only_the_group_of_the_broker_counts(tmp_path, name, text):
    (path := tmp_path / name).write_text(text)
    config = BrokerConfig.read(path)
    assert config.settings(KEYS) == {"port": 7}
    assert (config.values["port"].line, config.file) == (2, path)
    assert config.warnings_for(KEYS) == []


def test_unknown_keys_are_warned_about_with_file_and_line(tmp_path):
    (path := tmp_path / "a.txt").write_text("[message-broker]\nport=1\nport=2\nprot=3\n")
    assert BrokerConfig.read(path).warnings_for(KEYS) == [
        f"{path}, line 3, [message-broker] port: set before on line 2; this counts",
        f"{path}, line 4, [message-broker] prot: unknown key, ignored; did you mean port?",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "wanted a group [message-broker], got no group at all"),
        ("[property]\nport=1\n[sink]\n", "wanted a group [message-broker], got [property], [sink]"),
    ],
)
def test_a_file_without_the_group_is_refused(tmp_path, text, wanted):
    (path := tmp_path / "a.txt").write_text(text)
    with pytest.raises(ConfigError) as caught:
        BrokerConfig.read(path)
    assert str(caught.value) == f"{path}: {wanted}"


def test_no_file_says_nothing():
    config = BrokerConfig()
    assert (config.settings(KEYS), config.warnings_for(KEYS), config.file) == ({}, [], None)
    assert config == BrokerConfig(Path("a"))
