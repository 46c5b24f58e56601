"""The cast of the demo: which simulated systems are connected, and which flows run between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Role:
    """One system: what its connection is called, and what `connect` is given of what the simulated
    vendor offers, besides its addresses."""

    vendor: str
    name: str
    secrets: tuple[str, ...]
    settings: tuple[str, ...] = ()
    more: str = ""

    def environment(self, told: dict[str, Any]) -> dict[str, str]:
        """The variables that the typed command speaks of, as a person's shell would hold them."""
        given = {"url": told["base_url"], "auth": told["auth_url"], "token_url": told["token_url"]}
        given |= {name: told["credentials"][name] for name in self.secrets}
        given |= {name: str(told["settings"][name]) for name in self.settings}
        return {self.variable(name): value for name, value in given.items()}

    def variable(self, name: str) -> str:
        return f"{self.vendor}_{name}".upper()

    def typed(self) -> str:
        """The command that connects it."""
        words = [
            f"connect {self.vendor} --name {self.name} --base-url ${self.variable('url')}",
            "--set allow_private_addresses=true",
            *(f"--set {name}=${self.variable(name)}" for name in self.settings),
            *(f"--secret {name}=env:{self.variable(name)}" for name in self.secrets),
        ]
        if "refresh_token" in self.secrets:
            words.append(f"--set auth_url=${self.variable('auth')}")
            words.append(f"--set token_url=${self.variable('token_url')}")
        return " ".join([*words, self.more]).strip()


GRANT = ("client_id", "client_secret", "refresh_token")
WAVE = Role("wave", "books", ("full_access_token", "webhook_secret"), ("business_id",))
PIPEDRIVE = Role("pipedrive", "crm", ("api_token",), more="--set plan=premium --set seats=10")
ROLES = (
    WAVE,
    PIPEDRIVE,
    Role("zendesk", "desk", ("api_token", "username"), ("plan",)),
    Role("freshbooks", "fresh", GRANT, ("account_id",)),
    Role("acumatica", "erp", GRANT, ("tenant", "endpoint_version")),
    Role("quickbooks_online", "qbo", GRANT, ("realm_id", "environment")),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One flow, under the name that the demo gives it."""

    kind: str
    source: Role
    target: Role
    settings: str = "--set since=all"

    @property
    def name(self) -> str:
        return self.kind.replace("-", "-to-")

    def typed(self) -> str:
        """The command that installs it."""
        return (
            f"flow add {self.kind} --name {self.name} --source {self.source.name} "
            f"--target {self.target.name} {self.settings} --yes"
        )


_BY_VENDOR = {role.vendor: role for role in ROLES}
MAIN = Part("wave-pipedrive", WAVE, PIPEDRIVE)
OTHERS = (
    Part("wave-zendesk", WAVE, _BY_VENDOR["zendesk"]),
    Part("freshbooks-pipedrive", _BY_VENDOR["freshbooks"], PIPEDRIVE),
    Part("quickbooks-pipedrive", _BY_VENDOR["quickbooks_online"], PIPEDRIVE),
    Part("acumatica-pipedrive", _BY_VENDOR["acumatica"], PIPEDRIVE, "--set since=open"),
)
