"""An app package is a zip with a manifest at its root, as the official validator wants it.

Rules as in the sheet, section 13 (zendesk_apps_support).
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

REQUIRED = ("author", "defaultLocale", "location", "frameworkVersion")
LOCATIONS = {
    "top_bar", "nav_bar", "ticket_sidebar", "new_ticket_sidebar", "user_sidebar",
    "organization_sidebar", "background", "modal", "ticket_editor", "custom_object_record_sidebar",
}  # fmt: skip
PARAMETERS = ("text", "checkbox", "url", "number", "multiline", "hidden", "oauth", "mtls")
MOST_OBJECT_FIELDS, MOST_DROPDOWNS, MOST_OPTIONS = 20, 5, 10


class BadPackage(Exception):
    """The sentence that the validator answers with."""


def read_package(raw: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """(manifest, requirements) of a package. Raises BadPackage."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile:
        raise BadPackage("Invalid zip file") from None
    try:
        return _checked(archive)
    except (AttributeError, KeyError, TypeError):
        raise BadPackage("manifest.json or requirements.json has the wrong shape") from None


def _checked(archive: zipfile.ZipFile) -> tuple[dict[str, Any], dict[str, Any]]:
    with archive:
        names = set(archive.namelist())
        if "manifest.json" not in names:
            raise BadPackage("Could not find manifest.json")
        manifest = _json(archive, "manifest.json")
        _check_manifest(manifest, names)
        _check_assets(manifest, names)
        requirements = _json(archive, "requirements.json") if "requirements.json" in names else {}
    _check_requirements(requirements)
    return manifest, requirements


def _json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        found = json.loads(archive.read(name))
    except ValueError:
        raise BadPackage(f"{name} is not proper JSON.") from None
    if not isinstance(found, dict):
        raise BadPackage(f"{name} is not an object.")
    return found


def _check_manifest(manifest: dict[str, Any], names: set[str]) -> None:
    missing = [name for name in REQUIRED if not manifest.get(name)]
    if missing:
        raise BadPackage(f"Missing required fields in manifest: {', '.join(missing)}")
    author = manifest["author"]
    if not isinstance(author, dict) or not author.get("name") or not author.get("email"):
        raise BadPackage("Missing required fields in manifest: author.name, author.email")
    if manifest["frameworkVersion"] != "2.0":
        raise BadPackage(f"{manifest['frameworkVersion']} is not a valid framework version")
    translation = f"translations/{manifest['defaultLocale']}.json"
    if translation not in names:
        raise BadPackage(f"Missing translation file for default locale: {translation}")
    for parameter in manifest.get("parameters", []):
        kind = parameter.get("type", "text")
        if kind not in PARAMETERS:
            raise BadPackage(f"{kind} is an invalid parameter type.")
        if parameter.get("secure") and not manifest.get("domainWhitelist"):
            raise BadPackage("Secure parameters need a domainWhitelist")


def _check_assets(manifest: dict[str, Any], names: set[str]) -> None:
    places = manifest["location"].get("support") if isinstance(manifest["location"], dict) else None
    if not isinstance(places, dict) or not places:
        raise BadPackage("Missing location for support")
    unknown = sorted(set(places) - LOCATIONS)
    if unknown:
        raise BadPackage(f"{unknown[0]} is an invalid location in support.")
    for place in places.values():
        url = place["url"] if isinstance(place, dict) else place
        if not str(url).startswith("https://") and url not in names:
            raise BadPackage(f"Missing asset: {url}")
    if manifest.get("private") is False and "assets/logo.png" not in names:
        raise BadPackage("Missing asset: assets/logo.png")


def _check_requirements(requirements: dict[str, Any]) -> None:
    asked = requirements.get("custom_objects_v2", {})
    fields = asked.get("object_fields", [])
    for made in asked.get("objects", []):
        own = [f for f in fields if f.get("object_key") == made.get("key")]
        dropdowns = [f for f in own if f.get("type") == "dropdown"]
        options = max((len(f.get("custom_field_options", [])) for f in own), default=0)
        if len(own) > MOST_OBJECT_FIELDS:
            raise BadPackage(f"Custom object {made.get('key')} has more than 20 fields")
        if len(dropdowns) > MOST_DROPDOWNS or options > MOST_OPTIONS:
            raise BadPackage(f"Custom object {made.get('key')} has too many dropdowns or options")
