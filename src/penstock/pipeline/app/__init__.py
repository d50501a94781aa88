"""DeepStream's reference application: a pipeline that a configuration file describes."""

from penstock.pipeline.app.run import AppOutcome, run_app

__all__ = ["AppOutcome", "run_app"]
