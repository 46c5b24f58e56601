"""The simulated Wave: GraphQL over the published schema, OAuth, and signed webhooks."""

from __future__ import annotations

from ml_sandbox.vendors.wave.kind import WAVE as KIND

__all__ = ["KIND"]
