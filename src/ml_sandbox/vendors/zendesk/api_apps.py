"""The endpoints of apps and installations, and of webhooks (sheet, sections 12 and 13)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser

from .apps import shown_app, shown_installation
from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import missing_parameter
from .paging import by_cursor

_INSTALLATIONS = "/support/apps/installations"


class AppApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.apps

    def handlers(self) -> list[tuple[str, Handler]]:
        return [
            ("POST /apps/validate", self.validate),
            ("POST /apps/uploads", self.upload),
            ("GET /apps/job_statuses/{id}", self.job),
            ("GET /apps/owned", self.list_),
            ("GET /apps", self.list_),
            ("POST /apps", self.create),
            ("GET /apps/{id}", self.show),
            ("PUT /apps/{id}", self.update),
            ("DELETE /apps/{id}", self.delete),
            (f"GET {_INSTALLATIONS}", self.installations),
            (f"POST {_INSTALLATIONS}", self.install),
            (f"GET {_INSTALLATIONS}/{{id}}", self.installation),
            (f"PUT {_INSTALLATIONS}/{{id}}", self.change_installation),
            (f"DELETE {_INSTALLATIONS}/{{id}}", self.uninstall),
        ]

    def validate(self, call: Call) -> Answer:
        call.need_admin()
        self._rules.validate(uploaded(call))
        return Answer({})

    def upload(self, call: Call) -> Answer:
        call.need_admin()
        return Answer({"id": self._rules.upload(uploaded(call))}, 201)

    def create(self, call: Call) -> Answer:
        call.need_admin()
        body = call.body()
        if not body.get("name"):
            raise missing_parameter("name")
        return Answer({"job_id": self._rules.begin(body, call.actor)}, 202)

    def update(self, call: Call) -> Answer:
        call.need_admin()
        return Answer({"job_id": self._rules.begin(call.body(), call.actor, call.number())}, 202)

    def job(self, call: Call) -> Answer:
        call.need_admin()
        return Answer(self._rules.job(call.names["id"]))

    def list_(self, call: Call) -> Answer:
        call.need_agent()
        return Answer({"apps": [shown_app(app) for app in self._account.tables["apps"].living()]})

    def show(self, call: Call) -> Answer:
        call.need_agent()
        return Answer(shown_app(self._rules.app(call.number())))

    def delete(self, call: Call) -> Answer:
        call.need_admin()
        self._rules.delete(call.number())
        return Answer(None, 204)

    def installations(self, call: Call) -> Answer:
        call.need_agent()
        found = self._account.tables["installations"].living()
        return Answer({"installations": [shown_installation(one) for one in found]})

    def install(self, call: Call) -> Answer:
        call.need_admin()
        return Answer(shown_installation(self._rules.install(call.body(), call.actor)), 201)

    def installation(self, call: Call) -> Answer:
        call.need_agent()
        return Answer(shown_installation(self._rules.installation(call.number())))

    def change_installation(self, call: Call) -> Answer:
        call.need_admin()
        changed = self._rules.change_installation(call.number(), call.body())
        return Answer(shown_installation(changed))

    def uninstall(self, call: Call) -> Answer:
        call.need_admin()
        self._account.bury("installations", self._rules.installation(call.number()))
        return Answer(None, 204)


class WebhookApi:
    def __init__(self, desk: Desk) -> None:
        self._account = desk.account
        self._rules = desk.webhooks

    def handlers(self) -> list[tuple[str, Handler]]:
        return [
            ("GET /webhooks", self.list_),
            ("POST /webhooks", self.create),
            ("GET /webhooks/{id}", self.show),
            ("PUT /webhooks/{id}", self.update),
            ("PATCH /webhooks/{id}", self.update),
            ("DELETE /webhooks/{id}", self.delete),
            ("GET /webhooks/{id}/signing_secret", self.secret),
            ("POST /webhooks/{id}/signing_secret", self.reset_secret),
        ]

    def list_(self, call: Call) -> Answer:
        call.need_admin()
        url = f"{self._account.base_url}/api/v2/webhooks"
        found = self._rules.living()
        return Answer(by_cursor("webhooks", found, call.query, url, self._rules.shown))

    def create(self, call: Call) -> Answer:
        call.need_admin()
        made = self._rules.create(call.wrapped("webhook"), call.actor)
        return Answer({"webhook": self._rules.shown(made)}, 201)

    def show(self, call: Call) -> Answer:
        call.need_admin()
        return Answer({"webhook": self._rules.shown(self._rules.alive(call.names["id"]))})

    def update(self, call: Call) -> Answer:
        call.need_admin()
        self._rules.update(call.names["id"], call.wrapped("webhook"))
        return Answer(None, 204)

    def delete(self, call: Call) -> Answer:
        call.need_admin()
        self._rules.delete(call.names["id"])
        return Answer(None, 204)

    def secret(self, call: Call) -> Answer:
        call.need_admin()
        hook = self._rules.alive(call.names["id"])
        return Answer({"signing_secret": {"algorithm": "SHA256", "secret": hook["secret"]}})

    def reset_secret(self, call: Call) -> Answer:
        call.need_admin()
        hook = self._rules.reset_secret(call.names["id"])
        body = {"algorithm": "SHA256", "secret": hook["secret"]}
        return Answer({"signing_secret": body}, 201)


def uploaded(call: Call) -> bytes:
    """The file `uploaded_data` (or `file`) of a multipart body. Raises 400 where it is missing."""
    kind = call.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise missing_parameter("uploaded_data")
    head = f"content-type: {kind}\r\n\r\n".encode()
    message: Message = BytesParser().parsebytes(head + call.raw)
    parts = message.get_payload() if message.is_multipart() else []
    for part in parts if isinstance(parts, list) else []:
        if not isinstance(part, Message):
            continue
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name in ("uploaded_data", "file") and isinstance(content, bytes):
            return content
    raise missing_parameter("uploaded_data")
