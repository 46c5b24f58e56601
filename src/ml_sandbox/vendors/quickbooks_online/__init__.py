"""The simulated QuickBooks Online: the Accounting API v3, Intuit's OAuth, and signed webhooks."""

from __future__ import annotations

from .kind import QUICKBOOKS_ONLINE as KIND

__all__ = ["KIND"]
