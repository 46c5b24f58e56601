"""An app is a private package in this account, and an installation is the app switched on.

Uploading, creating and installing are three calls, the second of which is a job (sheet, 13).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .account import ADMIN, Account, Actor
from .app_package import BadPackage, read_package
from .custom_objects import CustomObjects
from .errors import Invalid, not_found, plain
from .fields import FieldBook
from .shapes import FIELD, read
from .tables import Record


class Apps:
    def __init__(
        self,
        account: Account,
        objects: CustomObjects,
        organization_fields: FieldBook,
        user_fields: FieldBook,
    ) -> None:
        self.account = account
        self._objects = objects
        self._books = {"organization_fields": organization_fields, "user_fields": user_fields}
        self._uploads: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._jobs: dict[str, Record] = {}

    def validate(self, package: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
        """(manifest, requirements). Raises 422 with the validator's sentence."""
        try:
            return read_package(package)
        except BadPackage as bad:
            raise plain(422, "RecordInvalid", str(bad)) from None

    def upload(self, package: bytes) -> int:
        """The id of the upload. Raises 403 where private apps are not allowed, 422."""
        if not self.account.switch("private_apps"):
            raise plain(403, "Forbidden", "Private apps are not available on your plan")
        upload = self.validate(package)
        number = self.account.ids.number()
        self._uploads[number] = upload
        return number

    def begin(self, given: Record, actor: Actor, app_id: int | None = None) -> str:
        """The job that makes an app of an upload, or puts a new version in an app's place."""
        upload = self._uploads.get(_number(given.get("upload_id")))
        if upload is None:
            raise not_found()
        if app_id is not None:
            self.app(app_id)
        job_id = self.account.ids.hexadecimal(32)
        self._jobs[job_id] = {
            "begun": self.account.now(),
            "status": "queued",
            "app_id": app_id,
            "name": given.get("name"),
            "manifest": upload[0],
            "requirements": upload[1],
            "actor": actor,
        }
        return job_id

    def settle(self) -> None:
        """Ends the jobs that are due."""
        seconds = float(self.account.switch("job_seconds"))
        for job in self._jobs.values():
            begun: datetime = job["begun"]
            age = (self.account.now() - begun).total_seconds()
            if job["status"] in ("queued", "working") and age >= seconds / 4:
                job["status"] = "working" if age < seconds else "completed"
                if age >= seconds:
                    self._finish(job)

    def _finish(self, job: Record) -> None:
        manifest = job["manifest"]
        facts = {
            "name": job["name"] or manifest.get("name") or "App",
            "version": manifest.get("version", "1.0.0"),
            "framework_version": manifest["frameworkVersion"],
            "locations": sorted(manifest["location"]["support"]),
            "parameters": manifest.get("parameters", []),
            "requirements": job["requirements"],
        }
        if job["app_id"] is not None:
            self.account.put("apps", self.app(job["app_id"]), **facts)
            return
        now, number = self.account.stamp(), self.account.ids.number()
        record: Record = {
            "id": number,
            "owner_id": self.account.account_id,
            "visibility": "private",
            "state": "private",
            "default_locale": manifest["defaultLocale"],
            "author_name": manifest["author"]["name"],
            "created_at": now,
            "updated_at": now,
            **facts,
        }
        job["app_id"] = self.account.add("apps", record)["id"]
        self.account.note_created("apps", job["actor"])

    def job(self, job_id: str) -> Record:
        job = self._jobs.get(job_id)
        if job is None:
            raise not_found()
        done = job["status"] == "completed"
        return {
            "id": job_id,
            "status": job["status"],
            "message": "" if done else None,
            "app_id": job["app_id"] if done else None,
        }

    def app(self, number: int) -> Record:
        record = self.account.tables["apps"].alive(number)
        if record is None:
            raise not_found()
        return record

    def delete(self, number: int) -> None:
        for installation in list(self.account.tables["installations"].living()):
            if installation["app_id"] == number:
                self.account.bury("installations", installation)
        self.account.bury("apps", self.app(number))

    # --- installations ---

    def install(self, given: Record, actor: Actor) -> Record:
        """Switches an app on; what its requirements name is made. Raises 422 for bad settings."""
        app = self.app(_number(given.get("app_id")))
        settings = self._settings(app, given.get("settings") or {})
        self._require(app["requirements"])
        now, number = self.account.stamp(), self.account.ids.number()
        record: Record = {
            "id": number,
            "app_id": app["id"],
            "product": "support",
            "settings": settings,
            "enabled": given.get("enabled", True),
            "paid": None,
            "created_at": now,
            "updated_at": now,
        }
        self.account.note_created("installations", actor)
        return self.account.add("installations", record)

    def installation(self, number: int) -> Record:
        record = self.account.tables["installations"].alive(number)
        if record is None:
            raise not_found()
        return record

    def change_installation(self, number: int, given: Record) -> Record:
        record = self.installation(number)
        changes: Record = {}
        if "settings" in given:
            app = self.app(record["app_id"])
            changes["settings"] = self._settings(app, {**record["settings"], **given["settings"]})
        if "enabled" in given:
            changes["enabled"] = bool(given["enabled"])
        return self.account.put("installations", record, **changes)

    def _settings(self, app: Record, given: Record) -> Record:
        """The settings with the defaults of what was left out."""
        fault = self.account.fault
        known = {p["name"]: p for p in app["parameters"]}
        faults = [
            fault(name, "InvalidValue", value=value)
            for name, value in given.items()
            if name not in known and name not in ("name", "title")
        ]
        settings: Record = {"name": app["name"], "title": app["name"], **given}
        for name, parameter in known.items():
            settings.setdefault(name, parameter.get("default"))
            if parameter.get("required") and settings[name] in (None, ""):
                faults.append(fault(name, "BlankValue"))
        if faults:
            raise Invalid(faults)
        return settings

    def _require(self, requirements: Record) -> None:
        admin = Actor(self.account.owner_id, ADMIN, over_api=False)
        for noun, book in self._books.items():
            for key, definition in requirements.get(noun, {}).items():
                self._once(
                    lambda k=key, d=definition, b=book: b.create(_field({"key": k, **d}), admin)
                )
        asked = requirements.get("custom_objects_v2", {})
        for made in asked.get("objects", []):
            self._once(lambda given=made: self._objects.create(given, admin, []))
        for given in asked.get("object_fields", []):
            rest = {k: v for k, v in given.items() if k != "object_key"}
            book = self._objects.fields(given["object_key"])
            self._once(lambda b=book, r=rest: b.create(_field(r), admin))

    def _once(self, make: Any) -> None:
        """What is there already is left as it is."""
        try:
            make()
        except Invalid as invalid:
            errors = [e["error"] for e in invalid.body["details"].get("key", [])]
            if errors != ["DuplicateValue"]:
                raise


def _field(given: Record) -> Record:
    return read(given, FIELD, "requirements", [])


def shown_app(record: Record) -> Record:
    hidden = ("deleted_at", "requirements")
    return {key: value for key, value in record.items() if key not in hidden}


def shown_installation(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "deleted_at"}


def _number(value: Any) -> int:
    """Ids are taken as numbers or as text, as the official command sends both."""
    return int(value) if str(value or "").isdigit() else 0
