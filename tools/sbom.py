"""Writes dist/sbom.json: the packages that are installed with the product, as a CycloneDX bill.

    python tools/sbom.py [FILE]

Made of requirements.lock alone, and of the licences of what is installed: the same lock makes the
same bill, byte for byte, and it holds no address and no path.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from licences import licence_of, policy
from lockfile import ROOT, SHIPPED, Locked, locked
from packageurl import PackageURL

TARGET = ROOT / "dist" / "sbom.json"
VERSION = SchemaVersion.V1_6


def component(package: Locked, licence: str) -> Component:
    """One package with the hash of each of its files; where it is not always installed, a property
    says where."""
    where = [Property(name="marker", value=package.marker)] if package.marker else []
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{package.name}@{package.version}",
        purl=PackageURL("pypi", None, package.name, package.version),
        licenses=[LicenseExpression(licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in package.sha256],
        properties=where,
    )


def product() -> Component:
    """What the bill is of."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return Component(
        name=told["name"],
        version=told["version"],
        type=ComponentType.APPLICATION,
        bom_ref=told["name"],
        purl=PackageURL("pypi", None, told["name"], told["version"]),
        licenses=[LicenseExpression(told["license"])],
    )


def bill() -> str:
    """The bill as JSON. Raises ValueError where the schema does not take it."""
    packages, rules, ours = list(locked(SHIPPED)), policy(), product()
    parts = [component(each, licence_of(each.name, rules)) for each in packages]
    made = Bom(components=parts)
    made.metadata.component = ours
    made.metadata.timestamp = None  # the same lock, the same bill
    names = "\n".join(f"{each.name}=={each.version}" for each in packages)
    made.serial_number = uuid5(NAMESPACE_URL, f"{ours.name}@{ours.version}\n{names}")
    made.register_dependency(ours, parts)
    written = make_outputter(made, OutputFormat.JSON, VERSION).output_as_string(indent=2)
    wrong = JsonStrictValidator(VERSION).validate_str(written)
    if wrong is not None:
        raise ValueError(f"the bill is not as its schema wants it: {wrong}")
    return written + "\n"


def main(arguments: Sequence[str]) -> int:
    target = Path(arguments[0]) if arguments else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(bill(), "utf-8")
    count = len(list(locked(SHIPPED)))
    sys.stdout.write(f"sbom: {count} packages are in {target.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
