"""Zendesk Support as the sandbox plays it: its Ticketing API v2 as of November 2026."""

from .kind import KIND

__all__ = ["KIND"]
