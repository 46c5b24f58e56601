"""The door for vendors and for monitoring: webhook intake, health, metrics."""

from __future__ import annotations

from ml_connector.web.asgi import make_app

__all__ = ["make_app"]
