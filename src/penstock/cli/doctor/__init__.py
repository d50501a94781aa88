"""What Penstock needs of its machine, what is there, and the command that mends the rest.

Importing this needs no GStreamer: the questions are asked in child processes (`facts.py`), so a
binding that is absent, or that aborts, is an answer like any other.
"""

from penstock.cli.doctor.check import Check
from penstock.cli.doctor.examine import checks
from penstock.cli.doctor.report import render

__all__ = ["Check", "checks", "render"]
