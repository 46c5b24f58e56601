"""The door of the REST interface: cookie logins, and whose session a request belongs to."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_sandbox.oauth import Grant
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.errors import Failure, forbidden, px
from ml_sandbox.vendors.acumatica.grants import API, CONCURRENT, OFFLINE, Grants
from ml_sandbox.vendors.acumatica.inputs import parsed
from ml_sandbox.vendors.acumatica.requests import Answer, Request
from ml_sandbox.vendors.acumatica.sessions import Session, Sessions

SESSION_COOKIE = "ASP.NET_SessionId"
_LOGIN_MEMBERS = ("name", "password", "tenant", "company", "branch", "locale")


@dataclass
class Caller:
    """Who calls: the session, its tenant's books, and cookies that the answer has to set."""

    session: Session
    books: Books
    cookies: list[tuple[str, str]] = field(default_factory=list)


class Door:
    """`passwords` maps users to passwords; `tenants` maps Company IDs to books, default first."""

    def __init__(
        self,
        site: Site,
        grants: Grants,
        sessions: Sessions,
        passwords: Mapping[str, str],
        tenants: Mapping[str, Books],
    ) -> None:
        self._site = site
        self._grants = grants
        self._sessions = sessions
        self._passwords = passwords
        self._tenants = tenants

    def unauthorized(self) -> Failure:
        if self._site.switch("unauthorized_body") == "empty":
            return Failure(401)
        return Failure(401, {"message": "Authorization has been denied for this request."})

    def identify(self, request: Request) -> Caller:
        """Raises 401, 403 for a token without the api scope, or the login limit's failure."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token(token.strip(), request)
        session = self._sessions.by_cookie(request.cookies().get(SESSION_COOKIE, ""))
        if session is None:
            raise self.unauthorized()
        return Caller(session, self._tenants[session.tenant])

    def is_signed_in(self, request: Request) -> bool:
        """As `identify`, for the address that answers strangers too; opens no session."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._grants.holder(token.strip()) is not None
        return self._sessions.by_cookie(request.cookies().get(SESSION_COOKIE, "")) is not None

    def _by_token(self, token: str, request: Request) -> Caller:
        if self._site.fault("expire_access_token") is not None:
            self._grants.expire(token)
        grant = self._grants.holder(token)
        if grant is None:
            raise self.unauthorized()
        self._strike(grant)
        if not (grant.allows(API) or grant.allows(CONCURRENT)):
            raise forbidden("API")
        books = self._tenants[grant.account]
        if CONCURRENT in grant.scopes:
            return self._many_sessions(grant, books, request)
        key = f"grant:{grant.number}" if OFFLINE in grant.scopes else f"token:{token}"
        branch = books.branches[0][0]
        until = self._grants.token_end(token)
        return Caller(self._sessions.open(key, grant.account, branch, until), books)

    def _strike(self, grant: Grant) -> None:
        """Lets ordered faults strike at the grant behind the request."""
        scope = self._site.fault("revoke_scope")
        if scope is not None:
            grant.lost_scopes.append(scope.scope or API)
        if self._site.fault("revoke_refresh_token") is not None:
            self._grants.revoke(grant)
            raise self.unauthorized()

    def _many_sessions(self, grant: Grant, books: Books, request: Request) -> Caller:
        """Each request without the cookie of a living session opens another one."""
        session = self._sessions.by_cookie(request.cookies().get(SESSION_COOKIE, ""))
        if session is not None and session.tenant == grant.account:
            return Caller(session, books)
        key = self._sessions.new_key()
        session = self._sessions.open(key, grant.account, books.branches[0][0])
        return Caller(session, books, _cookies(session))

    def login(self, request: Request) -> Answer:
        """204 and cookies; raises the failure of a refused sign-in."""
        given = self._login_form(request)
        if "tenant" in given and "company" in given:
            raise Failure(400, {"message": "Either tenant or company is given, not both."})
        tenant = self._tenant(given.get("tenant") or given.get("company") or "")
        known = self._passwords.get(given.get("name", ""), "")
        if not known or not hmac.compare_digest(known.encode(), given.get("password", "").encode()):
            text = "Invalid credentials. Please try again."
            raise px(int(self._site.switch("bad_login_status")), text)
        books = self._tenants[tenant]
        branch = branch_of(books, given.get("branch") or books.branches[0][0])
        session = self._sessions.open(self._sessions.new_key(), tenant, branch)
        return Answer(204, headers=_cookies(session))

    def _login_form(self, request: Request) -> dict[str, str]:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return request.form()
        given = parsed(request.body)
        if any(not isinstance(given.get(name, ""), str | None) for name in _LOGIN_MEMBERS):
            raise Failure(400, {"message": "The request is invalid."})
        return {name: given[name] for name in _LOGIN_MEMBERS if given.get(name) is not None}

    def _tenant(self, name: str) -> str:
        """An empty name is the default tenant; on a site with one tenant any name is."""
        first = next(iter(self._tenants))
        if not name or self._site.switch("single_tenant_site"):
            return first
        for known in self._tenants:
            if known.casefold() == name.casefold():
                return known
        text = f"The tenant '{name}' cannot be found."
        raise px(500, text, "PX.Data.PXUndefinedCompanyException")

    def logout(self, request: Request) -> Answer:
        """Closes the session of a cookie or of a token; there may be none."""
        if self._site.switch("logout_needs_length") and not (
            {"content-length", "transfer-encoding"} & set(request.headers)
        ):
            raise Failure(411, "<html><body><h2>HTTP Error 411. Length Required</h2></body></html>")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._grants.holder(token.strip()) if scheme.lower() == "bearer" else None
        if grant is not None:
            self._sessions.close(f"grant:{grant.number}")
            self._sessions.close(f"token:{token.strip()}")
        self._sessions.close(request.cookies().get(SESSION_COOKIE, ""))
        return Answer(204)


def branch_of(books: Books, name: str) -> str:
    """The branch's own writing. Raises the failure of an unknown one."""
    for code, _ in books.branches:
        if code.casefold() == name.strip().casefold():
            return code
    raise px(500, f"The branch '{name}' cannot be found in the system.")


def _cookies(session: Session) -> list[tuple[str, str]]:
    """Not marked Secure: on plain http a client would not send them back."""
    return [
        ("set-cookie", f"{SESSION_COOKIE}={session.key}; path=/; HttpOnly; SameSite=Lax"),
        ("set-cookie", f".ASPXAUTH={session.key[::-1]}; path=/; HttpOnly"),
        ("set-cookie", f"UserBranch={session.branch}; path=/"),
    ]
