"""The reference: made from the program, and complete; every vendor's page says what it must."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from ml_connector.core.flow import Flow
from ml_connector.core.vendor import Vendor
from ml_connector.flows import FLOWS
from ml_connector.vendors import VENDORS

from .repository import ROOT

REFERENCE = ROOT / "docs" / "reference"
SECTIONS = ("Credentials", "Settings", "Limits", "Open points")
PERSONS_SECTIONS = (
    "What you need", "Get credentials", "Connect", "Webhooks", "Settings", "Limits",
    "What is kept in step", "Known open points", "Maturity",
)  # fmt: skip


def tool(name: str) -> ModuleType:
    """A program of tools/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["reference", "flow_reference"])
def test_the_reference_is_as_the_program_is(name: str) -> None:
    for page, text in tool(name).pages().items():
        assert (REFERENCE / page).read_text("utf-8") == text, "run `make reference`"


def test_every_page_of_the_reference_is_made_by_a_tool() -> None:
    made = {*tool("reference").pages(), *tool("flow_reference").pages()}
    there = {path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*.md")}
    assert there == made


def test_every_flow_has_a_page() -> None:
    assert {f"flows/{flow.kind}.md" for flow in FLOWS} <= set(tool("flow_reference").pages())


def test_the_tree_of_faults_shows_every_fault() -> None:
    flow_reference = tool("flow_reference")
    drawn = {name for name, _, _ in flow_reference.tree()}
    assert flow_reference.known_faults() - drawn == {"Waiting"}  # only a branch: it has no row


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_vendor_is_documented(vendor: Vendor) -> None:
    path = f"src/ml_connector/vendors/{vendor.name}/README.md"
    page = (ROOT / path).read_text("utf-8")
    for section in SECTIONS:
        assert f"\n## {section}" in page, f"{path} has no section {section}"
    for setting in vendor.settings:
        assert f"`{setting.name}`" in page, f"{path} does not tell of {setting.name}"
    assert f"](../{path})" in (ROOT / "docs" / "index.md").read_text("utf-8")
    assert f"| {vendor.label} |" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_vendor_has_a_page_that_leads_a_person_through_it(vendor: Vendor) -> None:
    """Its row of maturity is the README's, so that the two cannot come to differ."""
    page = (ROOT / "docs" / "vendors" / f"{vendor.name}.md").read_text("utf-8")
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert tuple(headings) == PERSONS_SECTIONS
    assert f"ml-connector connect {vendor.name} --name " in page
    readme = (ROOT / "README.md").read_text("utf-8").splitlines()
    [row] = [line for line in readme if line.startswith(f"| {vendor.label} |")]
    assert row in page.splitlines()


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
def test_every_flow_has_a_page_that_leads_a_person_through_it(flow: Flow) -> None:
    page = (ROOT / "docs" / "howto" / f"{flow.kind}.md").read_text("utf-8")
    assert f"ml-connector flow add {flow.kind} --name " in page
    assert f"](../reference/flows/{flow.kind}.md)" in page
    for side in (flow.source, flow.target):
        assert f"](../vendors/{side}.md)" in page
    assert f"](docs/howto/{flow.kind}.md)" in (ROOT / "README.md").read_text("utf-8")
