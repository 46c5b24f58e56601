"""The sidebar app: a private app of Zendesk that shows the billing of an organization in a ticket.

Its files are packed into a zip, which is uploaded by hand in the Admin Center or over the API
(Zendesk's command-line tool zcli makes the same calls). The same files make the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from typing import Any

from ml_connector.core.faults import Refused, UnknownOutcome, Unreachable
from ml_connector.core.wire import Errand
from ml_connector.vendors.zendesk.api import Api, Json

NAME = "Wave billing"
FILES = (
    "manifest.json",
    "assets/iframe.html",
    "assets/app.js",
    "assets/app.css",
    "assets/logo.png",
    "assets/logo-small.png",
    "translations/en.json",
)
LOOKS, SECONDS_BETWEEN = 60, 2.0
"""How often a job is looked at before it is given up."""

_BOUNDARY = "ml-connector-app-package"
_MULTIPART = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}


def packed() -> bytes:
    """The package, a zip."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            content = files(__package__).joinpath(name).read_bytes()
            about = zipfile.ZipInfo(name)  # dated 1980, so that the bytes tell of the files only
            about.external_attr = 0o644 << 16
            archive.writestr(about, content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


async def install(api: Api, package: bytes, app_id: str, errand: Errand) -> str:
    """Upload it and install it, or put it in the place of the app of that id; the app's id.

    Raises Refused in Zendesk's own words where the package, or private apps, are not taken.
    """
    uploaded = await api.send(
        "POST", "/apps/uploads.json", errand, content=_form(package), headers=_MULTIPART
    )
    upload: dict[str, Any] = {"upload_id": uploaded.get("id")}
    if app_id:
        job = await api.send("PUT", f"/apps/{app_id}", errand, json=upload)
        return await _made(api, job, errand)
    job = await api.send("POST", "/api/apps.json", errand, json={**upload, "name": NAME})
    made = await _made(api, job, errand)
    settings = {"app_id": made, "settings": {"name": NAME}}
    await api.send("POST", "/api/support/apps/installations.json", errand, json=settings)
    return made


def _form(package: bytes) -> bytes:
    head = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="uploaded_data"; filename="app.zip"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    )
    return head.encode() + package + f"\r\n--{_BOUNDARY}--\r\n".encode()


async def _made(api: Api, job: Json, errand: Errand) -> str:
    """The app's id, once the job is done."""
    if not job.get("job_id"):
        raise UnknownOutcome("Zendesk told no job for the package.")
    for _ in range(LOOKS):
        path = f"/apps/job_statuses/{job['job_id']}"
        told = await api.send("GET", path, errand, after_seconds=SECONDS_BETWEEN)
        if told.get("status") == "completed":
            return str(told["app_id"])
        if told.get("status") in ("failed", "killed"):
            raise Refused(f"Zendesk could not take the app: {told.get('message') or 'no reason'}")
    raise Unreachable("Zendesk is still working on the app; look in its Admin Center.")
