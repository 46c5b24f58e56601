"""A transport that retells what Wave answers: what the sandbox, bound to Wave's types, cannot
say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ml_connector.core.wire import Response
from ml_connector.engine.resources import Resources
from ml_connector.http.transport import Outgoing, Transport
from tests.engine.scene import Scene


class Retelling:
    """Implements `http.transport.Transport`; the answers of `/wave/` are told by `retell`."""

    def __init__(self, inner: Transport, retell: Callable[[str], str]) -> None:
        self._inner = inner
        self._retell = retell

    async def send(self, outgoing: Outgoing) -> Response:
        response = await self._inner.send(outgoing)
        if "/wave/" not in outgoing.url:
            return response
        return replace(response, body=self._retell(response.body.decode()).encode())


@dataclass
class Retold(Scene):
    """A scene in which words of Wave's answers are replaced; they may change while it plays."""

    words: dict[str, str] = field(default_factory=dict)

    def wired(self) -> Resources:
        resources = super().wired()
        return replace(resources, transport=Retelling(resources.transport, self.retell))

    def retell(self, text: str) -> str:
        for told, instead in self.words.items():
            text = text.replace(told, instead)
        return text
