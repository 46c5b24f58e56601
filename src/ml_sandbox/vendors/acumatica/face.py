"""The face is the instance's HTTP side: it finds who is asked, lets the licence have its way, and
turns what is raised into answers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from ml_sandbox import operations
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica import catalogue, errors
from ml_sandbox.vendors.acumatica.attachments import get_file, put_file
from ml_sandbox.vendors.acumatica.calls import Call
from ml_sandbox.vendors.acumatica.catalogue import CUSTOM_ENDPOINT, EXTENDED_VERSION, contract
from ml_sandbox.vendors.acumatica.door import Caller, Door
from ml_sandbox.vendors.acumatica.endpoint import Endpoint
from ml_sandbox.vendors.acumatica.errors import HTML_PAGE, Failure
from ml_sandbox.vendors.acumatica.identity import (
    AUTHORIZE_PATH,
    DISCOVERY_PATH,
    TOKEN_PATH,
    Identity,
)
from ml_sandbox.vendors.acumatica.licence import Licence
from ml_sandbox.vendors.acumatica.longruns import LongRuns
from ml_sandbox.vendors.acumatica.requests import Answer, Request, read_request, send_answer
from ml_sandbox.vendors.acumatica.shapes import Place
from ml_sandbox.vendors.acumatica.swagger import described, described_site

DEFAULT = "Default"
BUILD = "25.201.0213"
_ENTITY_PATH = re.compile(r"(/entity/[^/]+/[^/]+/)([^/]+)(?:/(.*))?")


class Face:
    """An ASGI application at the instance's own address."""

    def __init__(
        self,
        site: Site,
        identity: Identity,
        door: Door,
        licence: Licence,
        runs: LongRuns,
        endpoint: Endpoint,
    ) -> None:
        self._site = site
        self._identity = identity
        self._door = door
        self._licence = licence
        self._runs = runs
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        try:
            answer = await self._answer(request)
        except Failure as failure:
            answer = Answer.of(failure)
        await send_answer(answer, send)

    async def _answer(self, request: Request) -> Answer:
        self._runs.settle()
        if request.path.startswith("/identity/"):
            return self._identify(request)
        if request.parts[0] != "entity":
            raise self._missing("The resource cannot be found.")
        if self._site.switch("maintenance"):
            raise Failure(503, "<html><body><h2>Service Unavailable</h2></body></html>")
        return await self._entity(request)

    def _missing(self, text: str) -> Failure:
        return errors.not_found(str(self._site.switch("not_found_body")), text)

    def _identify(self, request: Request) -> Answer:
        match (request.method, request.path):
            case ("GET", p) if p == DISCOVERY_PATH:
                host = request.headers.get("host", "")
                return Answer(200, self._identity.discovery(f"http://{host}{self._root(request)}"))
            case ("GET", p) if p == AUTHORIZE_PATH:
                address = self._identity.authorize(request.query)
                return Answer(302, headers=[("location", address)])
            case ("POST", p) if p == TOKEN_PATH:
                kind = request.headers.get("content-type", "")
                if not kind.startswith("application/x-www-form-urlencoded"):
                    raise Failure(400, {"error": "invalid_request"})
                authorization = request.headers.get("authorization", "")
                answer = self._identity.token(request.form(), authorization)
                return Answer(200, answer, [("cache-control", "no-store")])
        raise self._missing("The resource cannot be found.")

    async def _entity(self, request: Request) -> Answer:
        match (request.method, request.parts[1:]):
            case ("GET", []):
                return self._endpoints(request)
            case ("GET", ["swagger.json"]):
                return Answer(200, described_site(self._root(request)))
            case ("POST", ["auth", "login"]):
                async with self._licence.admitted():
                    return self._door.login(request)
            case ("POST", ["auth", "logout"]):
                return self._door.logout(request)
            case (_, [name, version, *rest]) if rest:
                return await self._called(request, name, version, rest)
        raise self._missing("No HTTP resource was found that matches the request URI.")

    def _served(self) -> list[str]:
        named = str(self._site.switch("served_versions")).split(",")
        return [version for version in catalogue.versions() if version in named]

    def _endpoints(self, request: Request) -> Answer:
        """Strangers see the system endpoints; the tenant's own come with a sign-in."""
        listed = [(DEFAULT, version) for version in self._served()]
        if self._door.is_signed_in(request):
            listed.append(CUSTOM_ENDPOINT)
        root = self._root(request)
        rows = [
            {"name": name, "version": version, "href": f"{root}/entity/{name}/{version}/"}
            for name, version in listed
        ]
        if self._site.switch("entity_list_form") == "array":
            return Answer(200, rows)
        version = {"acumaticaBuildVersion": BUILD, "databaseVersion": BUILD}
        return Answer(200, {"version": version, "endpoints": rows})

    async def _called(self, request: Request, name: str, version: str, rest: list[str]) -> Answer:
        extended = self._contract_version(name, version)
        place = Place(self._root(request), name, version)
        if request.method == "GET" and rest == ["swagger.json"]:
            return Answer(200, described(extended, place.base))
        caller = self._door.identify(request)
        if self._site.switch("html_errors"):
            raise Failure(500, HTML_PAGE)
        async with self._licence.admitted():
            self._runs.settle()
            answer = self._at_endpoint(request, place, extended, rest, caller)
        answer.headers += caller.cookies
        return answer

    def _at_endpoint(
        self, request: Request, place: Place, extended: str, rest: list[str], caller: Caller
    ) -> Answer:
        if rest[0] == "files":
            return self._file(request, rest[1:], caller)
        entity, known = rest[0], contract(extended)
        if not known.served(entity):
            raise self._missing(f"The entity '{entity}' was not found.")
        return self._endpoint.answer(Call(request, caller, place, known, entity), rest[1:])

    def _file(self, request: Request, parts: list[str], caller: Caller) -> Answer:
        match (request.method, parts):
            case ("PUT", [_, _, _, _]):
                return put_file(caller.books, request, parts)
            case ("GET", [file_id]):
                return get_file(caller.books, file_id)
        raise self._missing("The file was not found.")

    def _contract_version(self, name: str, version: str) -> str:
        """The version of Default whose contract is served there. Raises 404."""
        if name == DEFAULT and version in self._served():
            return version
        if (name, version) == CUSTOM_ENDPOINT:
            return EXTENDED_VERSION
        raise self._missing(f"The endpoint {name} {version} was not found.")

    def _root(self, request: Request) -> str:
        """The virtual directory; a port of the vendor's own has none."""
        base = urlsplit(self._site.base_url)
        host = urlsplit(f"//{request.headers.get('host', base.netloc)}")
        return base.path if host.port == base.port else ""


def operation_of(method: str, path: str) -> str:
    """A request's name: the version and the entity stay, keys and ids become `{id}`."""
    found = _ENTITY_PATH.fullmatch(path)
    if found is None or found.group(2) == "swagger.json":
        return operations.of_path(method, path)
    start, entity, rest = found.groups()
    if not rest:
        return f"{method} {start}{entity}"
    parts = rest.split("/")
    if parts[1:2] == ["status"]:
        return f"{method} {start}{entity}/{parts[0]}/status/{{id}}"
    if method == "POST" or parts[0].startswith("$"):
        return f"{method} {start}{entity}/{rest}"
    return f"{method} {start}{entity}/{{id}}"
