"""Ready pipelines and the loop that runs them."""

from penstock.pipeline.detect import DetectJob, Summary, detect
from penstock.pipeline.models import config_for
from penstock.pipeline.running import Run
from penstock.pipeline.sources import uri_of

__all__ = ["DetectJob", "Run", "Summary", "config_for", "detect", "uri_of"]
