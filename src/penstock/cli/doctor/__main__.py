"""`python -m penstock.cli.doctor`, for set-up: it asks before any other part has to work."""

import sys

from penstock.cli.doctor import checks, render

sys.exit(render(checks()))
