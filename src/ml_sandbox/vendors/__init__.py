"""The vendors of the sandbox, each a folder here. Its lines in this file are all that names it."""

from __future__ import annotations

from ml_sandbox.vendor import VendorKind
from ml_sandbox.vendors.acumatica import KIND as ACUMATICA
from ml_sandbox.vendors.freshbooks import KIND as FRESHBOOKS
from ml_sandbox.vendors.pipedrive import KIND as PIPEDRIVE
from ml_sandbox.vendors.quickbooks_online import KIND as QUICKBOOKS_ONLINE
from ml_sandbox.vendors.wave import KIND as WAVE
from ml_sandbox.vendors.zendesk import KIND as ZENDESK

VENDORS: tuple[VendorKind, ...] = (
    WAVE,
    PIPEDRIVE,
    FRESHBOOKS,
    ZENDESK,
    QUICKBOOKS_ONLINE,
    ACUMATICA,
)
