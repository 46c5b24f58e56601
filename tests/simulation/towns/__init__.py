"""The towns, by the kind of their flow."""

from __future__ import annotations

from .base import Expected, Town, differences
from .wave_pipedrive import WavePipedrive

TOWNS: dict[str, type[Town]] = {
    "wave-pipedrive": WavePipedrive,
}

__all__ = ["TOWNS", "Expected", "Town", "differences"]
