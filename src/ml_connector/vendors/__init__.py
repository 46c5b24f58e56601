"""The vendors, one folder each. Deleting a folder and its line here deletes the vendor."""

from __future__ import annotations

from ml_connector.core.vendor import Vendor
from ml_connector.vendors import (
    acumatica,
    freshbooks,
    pipedrive,
    quickbooks_online,
    wave,
    zendesk,
)

VENDORS: tuple[Vendor, ...] = (
    wave.VENDOR,
    pipedrive.VENDOR,
    freshbooks.VENDOR,
    zendesk.VENDOR,
    acumatica.VENDOR,
    quickbooks_online.VENDOR,
)
