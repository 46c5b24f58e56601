"""The towns, by the kind of their flow."""

from __future__ import annotations

from .acumatica_pipedrive import AcumaticaPipedrive
from .base import Expected, Town, differences, fits
from .freshbooks_pipedrive import FreshBooksPipedrive
from .quickbooks_pipedrive import QuickBooksPipedrive
from .wave_pipedrive import WavePipedrive
from .wave_zendesk import WaveZendesk

TOWNS: dict[str, type[Town]] = {
    "acumatica-pipedrive": AcumaticaPipedrive,
    "freshbooks-pipedrive": FreshBooksPipedrive,
    "quickbooks-pipedrive": QuickBooksPipedrive,
    "wave-pipedrive": WavePipedrive,
    "wave-zendesk": WaveZendesk,
}

__all__ = ["TOWNS", "Expected", "Town", "differences", "fits"]
