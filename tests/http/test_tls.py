"""TLS is always verified: no setting, variable or line of ours turns it off."""

from __future__ import annotations

import ast
import asyncio
import datetime as dt
import ipaddress
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import ml_connector
from ml_connector.settings import Settings
from tests.http.server import answer, serving

SOURCE = Path(ml_connector.__file__).parent
ROOT = Path(__file__).parents[2]
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
LONG_LIVED = START + dt.timedelta(days=36_500)
KNOWN_SWITCHES = {
    "PYTHONHTTPSVERIFY": "0", "SSL_NO_VERIFY": "1", "CURL_INSECURE": "1", "REQUESTS_CA_BUNDLE": "",
    "CURL_CA_BUNDLE": "", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "AIOHTTP_NO_VERIFY": "1",
    "GIT_SSL_NO_VERIFY": "1",
}  # fmt: skip


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The test's authority")])
        builder = self._builder(self._name, self._key, START, LONG_LIVED)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        own = builder.add_extension(constraints, True).sign(self._key, hashes.SHA256())
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, start: dt.datetime, end: dt.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )

    def server(self, address: str, end: dt.datetime = LONG_LIVED) -> ssl.SSLContext:
        """A server's side, with a certificate for that address."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = self._builder(name, key, START, end).add_extension(names, False)
        pem = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        pem += key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._folder / f"{address}-{end.year}.pem"
        file.write_bytes(pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


async def told(urls: list[str], variables: dict[str, str]) -> list[str]:
    """What became of calls by a process with these variables."""

    def run() -> str:
        line = [sys.executable, "-m", "tests.http.calls_over_tls", *urls]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SSL_")}
        done = subprocess.run(
            line, env={**kept, **variables}, cwd=ROOT, capture_output=True, text=True, check=True,
            timeout=120,
        )  # fmt: skip
        return done.stdout

    results: list[str] = json.loads(await asyncio.to_thread(run))
    return results


async def test_only_a_trusted_certificate_for_this_host_that_is_in_date_is_accepted(
    tmp_path: Path,
) -> None:
    """Trust may be added by the system's own way; nothing takes the checks away."""
    authority, stranger = Authority(tmp_path), Authority(_made(tmp_path / "stranger"))
    sides = [
        authority.server("127.0.0.1"),
        authority.server("127.0.0.9"),
        authority.server("127.0.0.1", START + dt.timedelta(days=365)),
        stranger.server("127.0.0.1"),
    ]
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(serving(lambda n, heard: answer(), tls=side))
            for side in sides
        ]
        urls = [server.url for server in servers]
        trusting = {**KNOWN_SWITCHES, "SSL_CERT_FILE": str(authority.file)}
        good, *refused = await told(urls, trusting)
        assert good == "200"
        assert all("certificate" in why for why in refused), refused
        everything = await told(urls, KNOWN_SWITCHES)
        assert all("certificate" in why for why in everything), everything
        assert [len(server.heard) for server in servers] == [1, 0, 0, 0]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


# --- no line of ours ------------------------------------------------------------------------------

NEVER_NAMED = {
    "CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "check_hostname", "verify_mode",
    "_create_default_https_context", "TCPConnectorNoVerify", "verify_ssl", "InsecureRequestWarning",
}  # fmt: skip
NEVER_GIVEN = {"ssl", "verify", "verify_ssl", "ssl_context", "fingerprint", "server_hostname"}


def weakenings(text: str) -> Iterator[str]:
    """Lines that touch how certificates are checked."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            module = getattr(node, "module", None) or ""
            if "ssl" in names or module.split(".")[0] == "ssl":
                yield f"{node.lineno}: imports ssl"
        elif isinstance(node, ast.Attribute) and node.attr in NEVER_NAMED:
            yield f"{node.lineno}: {node.attr}"
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in NEVER_GIVEN:
                    yield f"{keyword.value.lineno}: {keyword.arg}="


def test_no_line_of_ours_touches_how_certificates_are_checked() -> None:
    found = {
        str(path.relative_to(SOURCE)): list(weakenings(path.read_text("utf-8")))
        for path in sorted(SOURCE.rglob("*.py"))
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import ssl", "from ssl import SSLContext", "session.get(url, ssl=False)",
        "TCPConnector(verify_ssl=False)", "context.check_hostname = False", "x = module.CERT_NONE",
    ],
)  # fmt: skip
def test_such_a_line_is_noticed(line: str) -> None:
    assert len(list(weakenings(line))) == 1


def test_no_setting_speaks_of_certificates() -> None:
    words = ("ssl", "tls", "verify", "insecure", "certificate", "proxy")
    assert [name for name in Settings.model_fields if any(word in name for word in words)] == []
