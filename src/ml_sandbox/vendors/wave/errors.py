"""Wave's two ways of saying no: an error beside the data, and inputErrors within it.

Codes as in the sheet, section 6; those that were never seen are switches.
"""

from __future__ import annotations

from graphql import GraphQLError

UNAUTHENTICATED = "UNAUTHENTICATED"
NOT_FOUND = "NOT_FOUND"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_INPUT = "BAD_USER_INPUT"
INTERNAL = "INTERNAL_SERVER_ERROR"

#: The status of each code under the switch value `4xx`.
STATUSES = {UNAUTHENTICATED: 401, NOT_FOUND: 404, INTERNAL: 500, "FORBIDDEN": 403}


class Invalid(Exception):  # becomes an answer, not a failure
    """A business rule says no; becomes an inputError. `path` is below the input."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def coded(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def not_found(kind: str, key: str) -> GraphQLError:
    return coded(f"{kind} '{key}' could not be found.", NOT_FOUND)


def unauthenticated() -> GraphQLError:
    return coded("Invalid request, authentication expired.", UNAUTHENTICATED)
