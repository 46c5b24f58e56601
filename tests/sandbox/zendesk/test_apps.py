"""The road of a private app: checked, uploaded, made by a job, installed (sheet, section 13)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.support.sandbox import Reply

from .bench import Bench

MANIFEST: dict[str, Any] = {
    "name": "Billing",
    "author": {"name": "us", "email": "ops@example.org"},
    "defaultLocale": "en",
    "private": True,
    "version": "1.0.0",
    "frameworkVersion": "2.0",
    "location": {"support": {"ticket_sidebar": {"url": "assets/iframe.html", "flexible": True}}},
    "parameters": [{"name": "days", "type": "number", "default": "30"}],
}


def package(files: dict[str, Any] | None = None, **manifest: Any) -> bytes:
    """A zip; `files` are laid over the usual ones, None takes one out."""
    usual: dict[str, Any] = {
        "manifest.json": {**MANIFEST, **manifest},
        "assets/iframe.html": "<html></html>",
        "translations/en.json": {"app": {}},
        **(files or {}),
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in usual.items():
            if content is not None:
                text = content if isinstance(content, str) else json.dumps(content)
                archive.writestr(name, text)
    return held.getvalue()


async def post(desk: Bench, path: str, raw: bytes, field: str = "uploaded_data") -> Reply:
    head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="app.zip"\r\n'
    kind = "Content-Type: application/zip\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    body = (head + kind).encode() + raw + b"\r\n--b--\r\n"
    headers = {**desk.headers, "content-type": "multipart/form-data; boundary=b"}
    return await desk.raw("POST", path, body, headers)


async def made(desk: Bench, raw: bytes) -> int:
    """The id of an app made of that package."""
    upload = await post(desk, "/api/v2/apps/uploads.json", raw)
    assert upload.status == 201, upload.body
    asked = {"upload_id": upload.body["id"], "name": "Billing"}
    begun = await desk.raw("POST", "/api/apps.json", asked, desk.headers)
    path = f"/apps/job_statuses/{begun.body['job_id']}"
    assert (await desk.ok("GET", path))["status"] == "queued"
    await desk.sandbox.advance(2)
    done = await desk.ok("GET", path)
    assert done["status"] == "completed"
    return int(done["app_id"])


async def test_from_package_to_installation(desk: Bench) -> None:
    app_id = await made(desk, package())
    shown = await desk.ok("GET", f"/apps/{app_id}")
    assert (shown["version"], shown["locations"]) == ("1.0.0", ["ticket_sidebar"])
    settings = {"app_id": str(app_id), "settings": {"name": "Billing", "days": "14"}}
    path = "/api/support/apps/installations"
    installed = await desk.raw("POST", f"{path}.json", settings, desk.headers)
    assert installed.status == 201
    assert installed.body["settings"]["days"] == "14"
    change = {"settings": {"days": "60"}}
    one = f"{path}/{installed.body['id']}.json"
    changed = await desk.raw("PUT", one, change, desk.headers)
    assert changed.body["settings"] == {"name": "Billing", "title": "Billing", "days": "60"}
    strange = await desk.raw("PUT", one, {"settings": {"no": 1}}, desk.headers)
    assert strange.status == 422
    listed = await desk.raw("GET", path, None, desk.headers)
    assert len(listed.body["installations"]) == 1
    upload = await post(desk, "/api/v2/apps/uploads", package(version="1.1.0"))
    await desk.ok("PUT", f"/apps/{app_id}", {"upload_id": upload.body["id"]})
    await desk.sandbox.advance(2)
    assert (await desk.ok("GET", f"/apps/{app_id}"))["version"] == "1.1.0"
    assert (await desk.call("DELETE", f"/apps/{app_id}")).status == 204
    listed = await desk.raw("GET", path, None, desk.headers)
    assert listed.body["installations"] == []


async def test_requirements_make_fields_and_objects_once(desk: Bench) -> None:
    named = {"key": "thing", "title": "T", "title_pluralized": "Ts"}
    field = {"key": "memo", "type": "text", "title": "M", "object_key": "thing"}
    requirements = {
        "organization_fields": {"app_field": {"type": "text", "title": "App"}},
        "custom_objects_v2": {"objects": [named], "object_fields": [field]},
    }
    app_id = await made(desk, package({"requirements.json": requirements}))
    for _ in range(2):
        asked = {"app_id": app_id, "settings": {"name": "Billing"}}
        reply = await desk.raw("POST", "/api/support/apps/installations", asked, desk.headers)
        assert reply.status == 201
    fields = (await desk.ok("GET", "/organization_fields"))["organization_fields"]
    assert [f["key"] for f in fields].count("app_field") == 1
    listed = (await desk.ok("GET", "/custom_objects/thing/fields"))["custom_object_fields"]
    assert [f["key"] for f in listed] == ["memo"]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"no zip", "Invalid zip file"),
        (package({"manifest.json": None}), "manifest.json"),
        (package({"manifest.json": "{"}), "proper JSON"),
        (package(author=None), "author"),
        (package(frameworkVersion="1.0"), "framework version"),
        (package({"translations/en.json": None}), "translations/en.json"),
        (package({"assets/iframe.html": None}), "assets/iframe.html"),
        (package(parameters=["p"]), "wrong shape"),
        (package(location={"support": {"kitchen": {"url": "x"}}}), "kitchen"),
        (package(parameters=[{"name": "p", "type": "password"}]), "password"),
        (package(parameters=[{"name": "p", "type": "text", "secure": True}]), "domainWhitelist"),
        (
            package(
                {
                    "requirements.json": {
                        "custom_objects_v2": {
                            "objects": [{"key": "o"}],
                            "object_fields": [
                                {"key": f"f{n}", "type": "text", "object_key": "o"}
                                for n in range(21)
                            ],
                        }
                    }
                }
            ),
            "more than 20 fields",
        ),
    ],
)
async def test_packages_that_are_refused(desk: Bench, raw: bytes, sentence: str) -> None:
    for path in ("/api/v2/apps/validate", "/api/v2/apps/uploads.json"):
        reply = await post(desk, path, raw)
        assert reply.status == 422
        assert sentence in reply.body["description"]


async def test_where_private_apps_are_not_allowed(desk: Bench) -> None:
    await desk.switch(private_apps=False)
    assert (await post(desk, "/api/v2/apps/uploads.json", package())).status == 403
    assert (await post(desk, "/api/v2/apps/validate", package())).status == 200
    empty = await post(desk, "/api/v2/apps/validate", package(), field="other")
    assert empty.status == 400
    settings = (await desk.ok("GET", "/account/settings"))["settings"]
    assert settings["apps"]["create_private"] is False
    unknown = await desk.raw("POST", "/api/v2/apps", {"upload_id": 5, "name": "x"}, desk.headers)
    assert unknown.status == 404
