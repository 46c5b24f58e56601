"""Redaction makes anything safe to log or show: secrets are replaced by `[hidden]`.

It goes by names that hold secrets (headers, query and form fields, JSON keys) and by the literal
secrets that it has learnt, wherever these or parts of them occur, in whatever form.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, MutableMapping
from typing import Any

from ml_connector.core.wire import Response
from ml_connector.http.traces import Traces

HIDDEN = "[hidden]"

SECRET_NAMES = frozenset({
    "access_token", "api_key", "api_token", "apikey", "assertion", "authorization",
    "client_assertion", "client_secret", "code", "code_verifier", "cookie", "full_access_token",
    "http_auth_password", "id_token", "pass", "passwd", "password",
    "proxy_authorization", "refresh_token", "secret", "set_cookie", "token", "webhook_password",
    "webhook_secret", "verifier", "x_api_token", "x_api_key",
})  # fmt: skip
"""Lower case, with underscores for hyphens."""

MOST_REPLACED = 64
"""So many secrets are hidden on after they were replaced: a vendor takes an access token for a
while longer, and a call that was on its way with it may be answered with its words."""

_NAMED = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_-]*)(?P<mark>[\"']?\s*[=:]\s*[\"']?)(?P<value>[^\s&\"',;}\]]+)"
)
_CREDENTIAL = re.compile(r"\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/:=-]{6,}")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def is_secret_name(name: str) -> bool:
    """Whether a value of that name is a secret, whatever it is."""
    plain = name.lower().replace("-", "_")
    return plain in SECRET_NAMES or plain.endswith(("_secret", "_password", "_token", "_signature"))


class Redactor:
    """Knows the secrets of this process. One is shared by all that logs or shows."""

    def __init__(self) -> None:
        self._traces = Traces()
        self._replaced: deque[str] = deque()

    def learn(self, secret: str) -> None:
        """Hide this text from now on, and parts of it, also in the forms in which it travels."""
        self._traces.add(secret)
        if secret in self._replaced:
            self._replaced.remove(secret)

    def forget(self, secret: str) -> None:
        """It was replaced: hide it until so many others were replaced after it."""
        if secret in self._traces and secret not in self._replaced:
            self._replaced.append(secret)
        while len(self._replaced) > MOST_REPLACED:
            self._traces.remove(self._replaced.popleft())

    def text(self, text: str) -> str:
        """The text without learnt secrets, without values of secret names, without credentials."""
        text = self.learnt(text)
        if " " in text:
            text = _CREDENTIAL.sub(rf"\1 {HIDDEN}", text)
        if "://" in text:
            text = _USERINFO.sub(f"{HIDDEN}@", text)
        if "=" in text or ":" in text:
            text = _NAMED.sub(_without_value, text)
        return text

    def learnt(self, text: str) -> str:
        """The text without learnt secrets alone, so that whatever it means can still be read."""
        return self._traces.replaced(text, HIDDEN)

    def answer(self, answer: Response) -> Response:
        """The answer without learnt secrets in its body: what a vendor was sent, it may repeat."""
        body = answer.body.decode("utf-8", "surrogateescape")
        hidden = self.learnt(body)
        if hidden == body:
            return answer
        return Response(answer.status, answer.headers, hidden.encode("utf-8", "surrogateescape"))

    def value(self, value: Any) -> Any:
        """`text` for nested mappings, lists and texts; bytes become text; others stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {k: self._named(str(k), v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        if isinstance(value, bytes | bytearray):
            return self.text(bytes(value).decode("utf-8", "replace"))
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def _named(self, name: str, value: Any) -> Any:
        if is_secret_name(name) and value not in (None, ""):
            return HIDDEN
        return self.value(value)

    def processor(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """A structlog processor; stands before the renderer and after the traceback is text."""
        return {name: self._named(name, value) for name, value in event.items()}


def _without_value(match: re.Match[str]) -> str:
    if not is_secret_name(match["name"]) or match["value"].startswith(HIDDEN[:-1]):
        return match[0]
    return f"{match['name']}{match['mark']}{HIDDEN}"
