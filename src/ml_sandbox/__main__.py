"""`python -m ml_sandbox` is `ml-sandbox`."""

from __future__ import annotations

import sys

from ml_sandbox.main import run

sys.exit(run())
