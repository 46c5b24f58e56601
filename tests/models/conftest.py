"""The engine's log is quiet here: whole examples run through it, many times."""

from __future__ import annotations

from tests.engine.conftest import _quiet_log as quiet_log

__all__ = ["quiet_log"]
