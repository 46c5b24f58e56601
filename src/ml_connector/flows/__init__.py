"""The flows, one declarative file a pair of systems."""

from __future__ import annotations

from ml_connector.core.flow import Flow
from ml_connector.flows import (
    acumatica_pipedrive,
    freshbooks_pipedrive,
    quickbooks_pipedrive,
    wave_pipedrive,
    wave_zendesk,
)

FLOWS: tuple[Flow, ...] = (
    wave_pipedrive.FLOW,
    wave_zendesk.FLOW,
    freshbooks_pipedrive.FLOW,
    acumatica_pipedrive.FLOW,
    quickbooks_pipedrive.FLOW,
)
