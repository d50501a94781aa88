"""What scripts and configurations use, and whether it works here, without running them.

Every answer comes from the tables that the elements, the configuration readers and `pyds` itself
are made from.
"""

from penstock.checking.check import Report, check
from penstock.checking.finding import IGNORED, SUPPORTED, UNSUPPORTED, Finding

__all__ = ["IGNORED", "SUPPORTED", "UNSUPPORTED", "Finding", "Report", "check"]
