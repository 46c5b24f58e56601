"""The app's package: what Zendesk's validator asks of it, and what it may never hold."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from typing import Any

import pytest

from ml_connector.core.faults import Refused, UnknownOutcome, Unreachable
from ml_connector.flows import wave_zendesk
from ml_connector.vendors.zendesk import VENDOR
from ml_connector.vendors.zendesk.sidebar import LOOKS, packed
from tests.vendors.zendesk.given import Script, bench

PARAMETER_TYPES = {"text", "checkbox", "url", "number", "multiline", "hidden"}


@pytest.fixture(scope="module")
def package() -> zipfile.ZipFile:
    assert VENDOR.app_package is not None
    return zipfile.ZipFile(io.BytesIO(VENDOR.app_package()))


def loaded(package: zipfile.ZipFile, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.read(name))
    return found


def test_the_manifest_is_as_the_validator_wants_it(package: zipfile.ZipFile) -> None:
    manifest = loaded(package, "manifest.json")
    assert {"name", "email"} <= manifest["author"].keys()
    assert (manifest["frameworkVersion"], manifest["defaultLocale"]) == ("2.0", "en")
    assert manifest["private"] is True
    places = manifest["location"]["support"]
    assert set(places) == {"ticket_sidebar", "new_ticket_sidebar", "organization_sidebar"}
    assert {place["url"] for place in places.values()} <= set(package.namelist())
    assert {parameter["type"] for parameter in manifest["parameters"]} <= PARAMETER_TYPES
    words = loaded(package, "translations/en.json")["app"]
    assert words.keys() >= {"name", "short_description", "long_description"}
    assert words["parameters"].keys() == {p["name"] for p in manifest["parameters"]}


@pytest.mark.parametrize(("name", "side"), [("logo.png", 320), ("logo-small.png", 128)])
def test_the_logos_are_pictures_of_their_size(
    package: zipfile.ZipFile, name: str, side: int
) -> None:
    raw = package.read(f"assets/{name}")
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", raw[16:24]) == (side, side)


def test_the_same_files_make_the_same_bytes() -> None:
    assert packed() == packed()


def test_nothing_but_the_framework_comes_from_elsewhere(package: zipfile.ZipFile) -> None:
    page = package.read("assets/iframe.html").decode()
    scripts = re.findall(r'<script src="([^"]+)"></script>', page)
    sdk = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
    assert scripts == [sdk, "app.js"]
    assert page.count("<script") == 2
    assert "default-src 'none'" in page
    code = package.read("assets/app.js").decode()
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch(",
                 "XMLHttpRequest", "WebSocket", "sendBeacon", "import("):  # fmt: skip
        assert word not in code
    assert "http" not in package.read("assets/app.css").decode()


def test_every_field_that_the_app_reads_is_one_that_the_flow_makes(
    package: zipfile.ZipFile,
) -> None:
    code = package.read("assets/app.js").decode()
    flow = wave_zendesk.FLOW
    items = flow.setup({s.name: s.parse(s.default) for s in flow.settings})
    made = {obj: {i.key for i in items if i.object == obj} for obj in {i.object for i in items}}
    told = set(re.findall(r"\btold\.(wave_\w+)", code))
    held = set(re.findall(r"\bheld\.(\w+)", code)) | set(
        re.findall(r"custom_object_fields\.(\w+)\"", code)
    )
    assert told
    assert told <= made["organizations"]
    assert held
    assert held <= made["wave_invoice"] | made["wave_payment"]


UPLOADED = {"id": 77}
COMPLETED = {"id": "j", "status": "completed", "app_id": 9}


def script(*looks: dict[str, Any]) -> Script:
    return Script(
        {
            "POST /apps/uploads.json": UPLOADED,
            "POST /api/apps.json": {"job_id": "j"},
            "PUT /apps/9": {"job_id": "j"},
            "GET /apps/job_statuses/j": list(looks),
            "POST /api/support/apps/installations.json": {"id": 3},
        }
    )


async def test_an_install_uploads_waits_and_switches_the_app_on() -> None:
    asked = script({"status": "queued"}, {"status": "working"}, COMPLETED)
    on = bench(asked)
    installing = on.client.install_app(b"PK-package", "", on.errand)
    assert await on.clock.run(installing) == "9"
    upload = asked.asked[0]
    boundary = upload.headers["content-type"].partition("boundary=")[2].encode()
    assert (upload.body or b"").split(b"--" + boundary)[1].endswith(b"\r\n\r\nPK-package\r\n")
    assert b'name="uploaded_data"; filename="app.zip"' in (upload.body or b"")
    assert asked.body(1) == {"upload_id": 77, "name": "Wave billing"}
    assert asked.body() == {"app_id": "9", "settings": {"name": "Wave billing"}}
    assert on.clock.monotonic() == 6


async def test_a_new_version_goes_into_the_place_of_the_old_one() -> None:
    asked = script(COMPLETED)
    on = bench(asked)
    assert await on.clock.run(on.client.install_app(b"x", "9", on.errand)) == "9"
    assert asked.calls == ["POST /apps/uploads.json", "PUT /apps/9", "GET /apps/job_statuses/j"]
    assert asked.body(1) == {"upload_id": 77}


async def test_a_job_that_fails_or_never_ends_is_told() -> None:
    on = bench(script({"status": "failed", "message": "manifest is bad"}))
    with pytest.raises(Refused, match="manifest is bad"):
        await on.clock.run(on.client.install_app(b"x", "", on.errand))
    endless = script({"status": "working"})
    on = bench(endless)
    with pytest.raises(Unreachable, match="still working"):
        await on.clock.run(on.client.install_app(b"x", "", on.errand))
    assert len(endless.asked) == LOOKS + 2
    on = bench(Script({"POST /apps/uploads.json": UPLOADED, "POST /api/apps.json": {}}))
    with pytest.raises(UnknownOutcome):
        await on.clock.run(on.client.install_app(b"x", "", on.errand))
