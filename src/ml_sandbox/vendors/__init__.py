"""The vendors of the sandbox, each a folder here. Its lines in this file are all that names it."""

from __future__ import annotations

from ml_sandbox.vendor import VendorKind
from ml_sandbox.vendors import pipedrive

VENDORS: tuple[VendorKind, ...] = (pipedrive.KIND,)
