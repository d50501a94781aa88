"""Commands in processes of their own, on clips and a detector made here."""

import json

import pytest

from footage import clip, detector, penstock


@pytest.fixture(scope="session")
def config(tmp_path_factory):
    """A detector so small that a run costs next to nothing."""
    return detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="session")
def ball(tmp_path_factory):
    """30 frames of 320x180: a white ball on black, which the detector calls persons."""
    return clip(tmp_path_factory.mktemp("ball") / "ball.mp4")


@pytest.fixture
def detect(config, tmp_path):
    """Run `penstock detect` with the small detector; gives the process and the JSON records."""

    def run(*arguments, model=config, **options):
        lines = tmp_path / "records.jsonl"
        done = penstock("detect", *arguments, "--model", model, "--json", lines, **options)
        assert "Traceback" not in done.stderr + done.stdout
        text = lines.read_text() if lines.exists() else ""
        return done, [json.loads(line) for line in text.splitlines()]

    return run


@pytest.fixture
def refused(detect):
    """Run what must fail at once: exit code 1 and one sentence, which is returned."""

    def run(*arguments, **options):
        done, records = detect(*arguments, **options)
        assert (done.returncode, done.stdout, records) == (1, "", [])
        (said,) = done.stderr.splitlines()
        return said.removeprefix("penstock: ")

    return run
