"""Ready pipelines and the loop that runs them."""

from penstock.pipeline.controlled import ControlledRun
from penstock.pipeline.detect import detect
from penstock.pipeline.job import DEFAULT_MODEL, STDOUT, DetectJob, Summary
from penstock.pipeline.models import config_for
from penstock.pipeline.running import Run
from penstock.pipeline.sources import SourceBin, uri_of

__all__ = [
    "DEFAULT_MODEL",
    "STDOUT",
    "ControlledRun",
    "DetectJob",
    "Run",
    "SourceBin",
    "Summary",
    "config_for",
    "detect",
    "uri_of",
]
