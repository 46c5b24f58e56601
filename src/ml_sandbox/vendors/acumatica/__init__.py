"""Acumatica: a simulated ERP site with its contract-based REST interface."""

from ml_sandbox.vendors.acumatica.kind import ACUMATICA as KIND

__all__ = ["KIND"]
