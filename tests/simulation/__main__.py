"""Plays seeds: `python -m tests.simulation --seeds 1000 --first 1`."""

from __future__ import annotations

import sys

from .command import main

sys.exit(main())
