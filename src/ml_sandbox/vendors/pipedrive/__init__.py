"""A simulated Pipedrive, written from the sheet and the published OpenAPI files."""

from .kind import KIND

__all__ = ["KIND"]
