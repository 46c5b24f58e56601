"""A home that is connected to a sandbox, as a person would connect it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .program import Done, Program
from .sandbox import SandboxProcess

FLOW = "invoices"
STATIC = {"wave": "full_access_token", "pipedrive": "api_token"}
NAMES = {"wave": "books", "pipedrive": "crm"}


def connect(
    program: Program,
    sandbox: SandboxProcess,
    vendor: str,
    *secrets: str,
    name: str = "",
    expect: int = 0,
) -> Done:
    """`connect` with the vendor's static token, or with those secrets that the sandbox offers."""
    offered = sandbox.ready["vendors"][vendor]
    line = arguments(program, offered, vendor, secrets or (STATIC[vendor],))
    return program("connect", vendor, "--name", name or NAMES[vendor], *line, expect=expect)


def arguments(
    program: Program, offered: Mapping[str, Any], vendor: str, secrets: tuple[str, ...]
) -> list[str]:
    """Settings and secrets of a vendor; the secrets come from variables of the environment."""
    line = [f"--set={key}={value}" for key, value in offered["settings"].items()]
    line += [f"--set={key}={offered[key]}" for key in ("base_url", "auth_url", "token_url")]
    for secret in secrets:
        variable = f"TEST_{vendor}_{secret}".upper()
        program.environment[variable] = str(offered["credentials"][secret])
        line.append(f"--secret={secret}=env:{variable}")
    return line


def connect_both(program: Program, sandbox: SandboxProcess) -> None:
    """A home with both connections and a flow that takes everything."""
    program("init")
    connect(program, sandbox, "wave", "full_access_token", "webhook_secret")
    connect(program, sandbox, "pipedrive")
    program(
        "flow", "add", "wave-pipedrive", "--name", FLOW, "--source", NAMES["wave"],
        "--target", NAMES["pipedrive"], "--set", "since=all",
    )  # fmt: skip
