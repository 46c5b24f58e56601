"""An operation is the name of a request, free of ids: `GET /api/v2/deals/{id}`."""

from __future__ import annotations

import re

#: Whole numbers, uuids, long hexadecimal codes, and long opaque tokens that hold a digit.
_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}"
    r"|(?=[^/]*\d)[A-Za-z0-9+=_%:;-]{24,}"
)


def of_path(method: str, path: str) -> str:
    """The operation of a plain HTTP request; the path is the one below the vendor's prefix."""
    parts = ["{id}" if _ID.fullmatch(part) else part for part in path.split("/")]
    return f"{method} {'/'.join(parts) or '/'}"
