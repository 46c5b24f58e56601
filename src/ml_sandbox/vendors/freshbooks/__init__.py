"""The simulated FreshBooks: accounting, events and identity as its fact sheet has them."""

from ml_sandbox.vendors.freshbooks.kind import FRESHBOOKS as KIND

__all__ = ["KIND"]
