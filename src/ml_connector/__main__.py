"""`python -m ml_connector` is the command `ml-connector`."""

from __future__ import annotations

import sys

from ml_connector.cli.main import run

sys.exit(run())
