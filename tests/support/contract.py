"""A transport that holds every request, and every answer it gets, against the published contracts.

Pipedrive's requests and answers are checked by its OpenAPI files, Wave's documents by its schema,
FreshBooks' requests by the community's description.
The checks are those of the vendors' and the sandbox's own tests; here they watch the whole engine.
"""

from __future__ import annotations

import json
import re
from functools import cache
from urllib.parse import urlsplit

from graphql import GraphQLSchema, build_schema, parse, validate

from ml_connector.core.wire import Response
from ml_connector.http.transport import Outgoing, Transport
from tests.sandbox.pipedrive import contract as answers
from tests.vendors.freshbooks import contract as freshbooks
from tests.vendors.pipedrive import contract as requests
from tests.vendors.wave.given import SPECS as WAVE_SPECS

_PIPEDRIVE = re.compile(r"/pipedrive/(?:api/)?(v[12])(/.*)")
_WAVE = "/wave/graphql/public"
_FRESHBOOKS = re.compile(r"(.*/freshbooks)/(?:accounting|events)/.*")


def is_at_hand() -> bool:
    """Whether the published files lie beside the repository."""
    return answers.SPECS.is_dir() and WAVE_SPECS.is_dir()


class Checked:
    """Implements `http.transport.Transport`; `problems` collects what breaks a contract.

    Nothing is raised on the way, since the engine would take it for trouble with one record.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.problems: list[str] = []

    async def send(self, outgoing: Outgoing) -> Response:
        path = urlsplit(outgoing.url).path
        called = _PIPEDRIVE.fullmatch(path)
        if path == _WAVE:
            self.problems += _document_problems(json.loads(outgoing.body or b"{}")["query"])
        elif ours := _FRESHBOOKS.fullmatch(outgoing.url):
            found = freshbooks.problems(outgoing, ours.group(1))
            self.problems += [f"{outgoing.method} {path}: {problem}" for problem in found]
        elif called is not None:
            self.problems += [
                f"{outgoing.method} {path}: {problem}" for problem in requests.problems(outgoing)
            ]
        response = await self._inner.send(outgoing)
        if called is not None:
            self._check_answer(called.group(1), called.group(2), outgoing, response)
        return response

    def _check_answer(self, version: str, path: str, sent: Outgoing, response: Response) -> None:
        if not response.is_json:
            return
        operation = f"{sent.method} {_template(version, sent.method, path)}"
        try:
            answers.check(version, operation, response.status, json.loads(response.body))
        except ValueError:
            return  # a truncated answer, which a fault rule ordered
        except AssertionError as broken:
            self.problems.append(str(broken))


@cache
def _template(version: str, method: str, path: str) -> str:
    """The published path that a concrete one belongs to; literal ones go before those with ids."""
    for known in sorted(requests.paths(version), key=lambda template: template.count("{")):
        is_alike = re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)
        if is_alike and requests.operation(version, method, known) is not None:
            return known
    raise AssertionError(f"{method} {path} is not in the contract")


@cache
def _schema() -> GraphQLSchema:
    return build_schema((WAVE_SPECS / "public_schema.graphql").read_text("utf-8"))


@cache
def _document_problems(document: str) -> tuple[str, ...]:
    return tuple(f"Wave: {error.message}" for error in validate(_schema(), parse(document)))
