"""The endpoints that belong to no record: jobs, the search, tokens, the account's settings."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from .calls import Answer, Call, Handler
from .clocktext import stamp
from .desk import Desk
from .errors import missing_parameter, not_found, plain, too_many_values
from .grants import AccessToken, Grants
from .jobs import MOST_ITEMS
from .oauth import OAuth
from .paging import by_cursor, by_offset, open_timed, page_and_size, page_size, timed_cursor
from .search import MOST_RESULTS
from .tables import Record

CURSOR_LIFE = timedelta(hours=1)
_EXPORT_MOST = 1000


class CommonApi:
    def __init__(self, desk: Desk, grants: Grants, oauth: OAuth) -> None:
        self.desk = desk
        self._account = desk.account
        self._grants = grants
        self._oauth = oauth

    def handlers(self) -> list[tuple[str, Handler]]:
        return [
            ("GET /job_statuses", self.jobs),
            ("GET /job_statuses/show_many", self.many_jobs),
            ("GET /job_statuses/{id}", self.job),
            ("GET /search", self.search),
            ("GET /search/count", self.search_count),
            ("GET /search/export", self.search_export),
            ("GET /oauth/tokens", self.tokens),
            ("POST /oauth/tokens", self.mint),
            ("GET /oauth/tokens/current", self.current_token),
            ("DELETE /oauth/tokens/current", self.end_current_token),
            ("GET /oauth/tokens/{id}", self.token),
            ("DELETE /oauth/tokens/{id}", self.end_token),
            ("GET /account/settings", self.settings),
        ]

    # --- jobs ---

    def jobs(self, call: Call) -> Answer:
        call.need_agent()
        shown = [self.desk.jobs.shown(job) for job in self.desk.jobs.listed()]
        url = self._account.url("job_statuses")
        ordered = sorted(shown, key=lambda job: str(job["id"]))
        return Answer(by_cursor("job_statuses", ordered, call.query, url, lambda job: job))

    def job(self, call: Call) -> Answer:
        call.need_agent()
        found = self.desk.jobs.shown(self.desk.jobs.find(call.names["id"]))
        return Answer({"job_status": found})

    def many_jobs(self, call: Call) -> Answer:
        call.need_agent()
        wanted = [part for part in call.query.get("ids", "").split(",") if part]
        if not wanted:
            raise missing_parameter("ids")
        if len(wanted) > MOST_ITEMS:
            raise too_many_values("Parameter  cannot specify more than 100 values")
        jobs = self.desk.jobs
        found = [jobs.shown(job) for job in jobs.listed() if job.id in wanted]
        return Answer({"job_statuses": found})

    # --- searching ---

    def _shown(self, pair: tuple[str, Record]) -> Record:
        kind, record = pair
        show = {
            "user": self.desk.users.shown,
            "organization": self.desk.organizations.shown,
            "ticket": self.desk.tickets.shown,
        }[kind]
        return {**show(record), "result_type": kind}

    def search(self, call: Call) -> Answer:
        """A thousand results at most, by offset only."""
        call.need_agent()
        found = self.desk.search.everything(call.query.get("query", ""))
        page, size = page_and_size(call.query)
        if page * size > MOST_RESULTS:
            sentence = f"Invalid search: requested more than {MOST_RESULTS} results"
            raise plain(422, "invalid", sentence)
        shown = [self._shown(pair) for pair in found]
        url = f"{self._account.base_url}/api/v2/search.json"
        return Answer(
            {
                **by_offset("results", shown, call.query, url, lambda result: result),
                "facets": None,
            }
        )

    def search_count(self, call: Call) -> Answer:
        call.need_agent()
        return Answer({"count": len(self.desk.search.everything(call.query.get("query", "")))})

    def search_export(self, call: Call) -> Answer:
        """By cursors that die after an hour; the kind of thing is a parameter of its own."""
        call.need_agent()
        kind = call.query.get("filter[type]")
        if not kind:
            raise missing_parameter("filter[type]")
        found = self.desk.search.everything(call.query.get("query", ""), only=kind)
        size = page_size(call.query, _EXPORT_MOST)
        now, start = self._account.now(), 0
        if "page[after]" in call.query:
            start = int(open_timed(call.query["page[after]"], now, CURSOR_LIFE))
        page = found[start : start + size]
        more = start + size < len(found)
        after = timed_cursor(start + size, now) if page else None
        rest = {k: v for k, v in call.query.items() if k != "page[after]"}
        url = f"{self._account.base_url}/api/v2/search/export.json"
        onward = f"{url}?{urlencode({**rest, 'page[after]': after or ''})}" if more else None
        return Answer(
            {
                "results": [self._shown(pair) for pair in page],
                "facets": None,
                "meta": {"has_more": more, "after_cursor": after, "before_cursor": None},
                "links": {"prev": None, "next": onward},
            }
        )

    # --- tokens ---

    def _token_shown(self, token: AccessToken, whole: bool = False) -> Record:
        refresh = token.grant.refresh_token if token.grant is not None else None
        return {
            "url": self._account.url("oauth", "tokens", token.number),
            "id": token.number,
            "user_id": token.user_id,
            "client_id": self._grants.client_number,
            "token": token.text if whole else token.text[:10],
            "refresh_token": refresh[:10] if refresh else None,
            "scopes": [scope for scope in token.scopes if token.allows(scope)],
            "created_at": stamp(token.created),
            "used_at": None if token.used is None else stamp(token.used),
            "expires_at": None if token.expires is None else stamp(token.expires),
        }

    def _current(self, call: Call) -> AccessToken:
        text = call.headers.get("authorization", "").partition(" ")[2].strip()
        token = self._grants.tokens.get(text)
        if token is None:
            raise not_found()
        return token

    def current_token(self, call: Call) -> Answer:
        return Answer({"token": self._token_shown(self._current(call))})

    def end_current_token(self, call: Call) -> Answer:
        self._grants.revoke(self._current(call))
        return Answer(None, 204)

    def tokens(self, call: Call) -> Answer:
        call.need_agent()
        own = [t for t in self._grants.tokens.values() if t.user_id == call.actor.user_id]
        return Answer({"tokens": [self._token_shown(token) for token in own]})

    def _numbered(self, call: Call) -> AccessToken:
        for token in self._grants.tokens.values():
            if token.number == call.number() and token.user_id == call.actor.user_id:
                return token
        raise not_found()

    def token(self, call: Call) -> Answer:
        return Answer({"token": self._token_shown(self._numbered(call))})

    def end_token(self, call: Call) -> Answer:
        self._grants.revoke(self._numbered(call))
        return Answer(None, 204)

    def mint(self, call: Call) -> Answer:
        """An administrator makes a token for himself; it is shown whole this once."""
        call.need_admin()
        given = call.wrapped("token")
        if str(given.get("client_id")) != str(self._grants.client_number):
            raise plain(422, "RecordInvalid", "Unknown client_id")
        scopes = given.get("scopes")
        if not isinstance(scopes, list) or not all(isinstance(s, str) for s in scopes):
            raise missing_parameter("token.scopes")
        token = self._oauth.mint(call.actor.user_id, tuple(scopes))
        return Answer({"token": self._token_shown(token, whole=True)}, 201)

    def settings(self, call: Call) -> Answer:
        call.need_admin()
        multiple = bool(self._account.switch("multiple_organizations"))
        body = {
            "active_features": {"customer_satisfaction": False, "user_org_fields": True},
            "apps": {"use": True, "create_private": bool(self._account.switch("private_apps"))},
            "user": {"tagging": True, "multiple_organizations": multiple},
            "api": {"accepted_api_agreement": True, "api_token_access": "true"},
            "limits": {"attachment_size": 52_428_800},
        }
        return Answer({"settings": body})
