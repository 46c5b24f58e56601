"""Whatever is typed: an exit code of the contract, one clear sentence, and no traceback.

In this process through the program's own entry, on a home with connections that need no vendor;
what only a real process can be given (bytes that are no text) is given to one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.cli.main import run
from ml_connector.store import flows, reviews
from ml_connector.store.reviews import Review
from tests.fuzz.spoiling import WORDS
from tests.support.clock import START
from tests.support.rehearsal import FLOW, WORKSPACE, Rehearsal
from tests.support.searching import searching

CODES = (0, 1, 2, 3)
BAD = ("Traceback", "nobody foresaw", "Error:", "Exception")
LONGEST_SAID = 40_000

LINES = (
    "init", "connections", "connections rotate-webhook books", "ping", "ping books", "flows",
    "flow add wave-pipedrive --name f --source books --target crm --set since=all",
    "flow show f", "flow check f", "flow pause f", "flow resume f", "flow remove f",
    "plan f --full", "plan f --record customers:1", "sync f --limit 1", "status", "status --all",
    "why f 1", "audit --flow f --limit 3 --csv", "audit --since 2026-01-01 --until 2026-02-01",
    "audit --decision create --record 1", "audit verify", "review", "review list",
    "review resolve x --ignore", "review resolve x --link 7", "replay --flow f --failed --preview",
    "replay --record customers:1 --since 2026-01-01", "keys status", "keys rotate", "doctor",
    "connect wave --name books --set pace=1.0 --secret full_access_token=env:HOME",
    "connect pipedrive --name crm --secret api_token=file:/etc/hostname", "zendesk-app build x.zip",
)  # fmt: skip
ODD = (
    *WORDS, "--", "-", "--json", "--home", "--yes", "--help", "-h", "--version", "x" * 100_000,
    "%%", "_%", "\\", "'", '"', "; drop table links", "[red]x[/red]", "\x1b[2J", "\r\n",
    "customers:", ":", "customers:%", "--limit=-1", "--limit=1e9", "--limit=99999999999999999999",
    "--since=x",
    "--since=0001-01-01T00:00:00+14:00", "--since=9999-12-31T23:59:59-12:00", "--set", "--set==",
    "--set=a", "--set=since", "--secret=api_token=-", "--secret=x=file:/", "--secret=x=env:",
    "--secret=api_token=file:/dev/null", "--secret=api_token=file:~nobody/x", "--secret=a=b",
    "--workspace=", "--workspace=%", "--set=base_url=http://[", "--set=base_url=//", "--port=x",
    "--set=base_url=http://169.254.169.254", "--redirect-url=x", "--paste", "file:", "--decision=%",
)  # fmt: skip
NEVER = {"serve", "demo", "probe"}
"""Commands that go on until they are ended."""

odd = st.sampled_from(ODD) | st.text(max_size=12)


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """A command line that is right but for a few places, or nothing but odd words."""
    words = draw(st.sampled_from(LINES)).split()
    if draw(st.integers(0, 9)) == 0:
        words = draw(st.lists(odd, max_size=4))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(words)))
        how = draw(st.sampled_from(("put", "put", "into", "drop", "double")))
        if how == "into":
            words.insert(at, draw(odd))
        elif at < len(words):
            words[at : at + 1] = {
                "put": [draw(odd)], "drop": [], "double": [words[at], words[at]]
            }[how]  # fmt: skip
    return [word for word in words if word not in NEVER]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own; nothing of the environment leads elsewhere."""
    base = tmp_path_factory.mktemp("arguments")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ML_CONNECTOR_")}
    here = Path.cwd()
    os.chdir(base)
    with patch.dict(os.environ, {**kept, "HOME": str(base)}, clear=True):
        assert typed(base / "home", ["init"])[0] == 0
        yield base / "home"
    os.chdir(here)


def typed(home: Path, words: list[str], *, names_home: bool = True) -> tuple[int, str, str]:
    """Its exit code, and what it said on both streams, which take UTF-8 and no more."""
    streams = [TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    with (
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
        patch.object(sys, "stdin", TextIOWrapper(BytesIO(b""), "utf-8")),
    ):
        code = run([*(["--home", str(home)] if names_home else []), *words])
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return code, out, err


def check(words: list[str], code: int, out: str, err: str) -> None:
    said = out + err
    assert code in CODES, (words, code, said)
    assert not any(bad in said for bad in BAD), said[-2_000:]
    assert said.strip(), (words, code)
    assert len(said) < LONGEST_SAID


@searching(50)
@given(words=lines())
def test_whatever_is_typed_is_done_or_told_in_a_sentence(home: Path, words: list[str]) -> None:
    check(words, *typed(home, words))


@searching(25)
@given(words=lines())
def test_with_json_there_is_one_document(home: Path, words: list[str]) -> None:
    code, out, err = typed(home, ["--json", *words])
    check(words, code, out, err)
    if out.strip() and "Usage:" not in out:
        for line in out.strip().splitlines():
            json.loads(line)


@pytest.mark.parametrize("place", ["", "\x00", "~nobody-at-all/x", "/dev/null", "/dev/null/x",
                                   "x" * 5_000, "\udcff", "/proc/self/mem"])  # fmt: skip
@pytest.mark.parametrize("words", [["status"], ["init"], ["doctor"], ["keys", "status"]])
def test_a_home_that_can_be_none_is_told(home: Path, place: str, words: list[str]) -> None:
    check([place, *words], *typed(home, ["--home", place, *words], names_home=False))


async def test_no_sign_stands_for_any_review() -> None:
    """Found here: `review resolve ""` and `%` decided the only review there was."""
    async with Rehearsal(customers=0, invoices=0, checked=False) as r:
        await r.install()
        flow = await r.store.read(lambda c: flows.named(c, WORKSPACE, FLOW))
        assert flow is not None
        one = Review(
            "a1b2", WORKSPACE, flow.id, "customers", "k", "Acme", "ambiguous",
            "two", (), "", "open", None,
            START, START,
        )  # fmt: skip
        await r.store.write(lambda c: reviews.put(c, one))
        for id in ("", "%", "_", "__", "a_", "%%", "\\%", "a%", " "):
            answer = await r.do("resolve", id=id, choice="ignore")
            assert answer["exit"] == 2, id
        assert (await r.done("resolve", id="a1", choice="ignore")) is not None


SETTINGS = (
    b"\xff\xfe", b"port = 'x'", b"port = 99999999999999999999999", b"port = nan", b"host = 1",
    b"[host]\na=1", b"public_url = []", b"unknown = 1", b"port = 1\nport = 2", b"log_level = ''",
    b"a = " + b"[" * 5_000, b"\x00", b"keyring = '\\u0000'", b"audit_days = -1", b"port = true",
    b"inbox_days = 1e400", b"clock_url = 'http://['", b"public_url = 'http://['", b'"" = 1',
    b"keyring = '/'", b"keyring = '[]'", b"keyring = '{'", b"keyring = '[{}]'", b"keyring = '~x/y'",
    b"audit_days = 99999999999", b"inbox_days = 99999999999",
)  # fmt: skip


@pytest.mark.parametrize("text", SETTINGS, ids=range(len(SETTINGS)))
@pytest.mark.parametrize("words", [["doctor"], ["flows", "--json"]])
def test_settings_that_cannot_be_read_are_told(home: Path, text: bytes, words: list[str]) -> None:
    file = home / "settings.toml"
    file.write_bytes(text)
    try:
        check(words, *typed(home, words))
    finally:
        file.unlink()


KEYS = (
    b"", b"\xff\xff", b"null", b"[]", b"{}", b"[{}]", b'{"keys": []}', b'[{"id": 1, "key": 2}]',
    b"[" * 50_000, b'{"keys": [{"id": "a", "key": "!!"}]}', b'[null]', b'"x"', b"\x00" * 100,
    b'[{"id": "a", "key": "AAAA", "made_at": "x"}]',
)  # fmt: skip


@pytest.mark.parametrize("text", KEYS, ids=range(len(KEYS)))
@pytest.mark.parametrize("words", [["status"], ["doctor"], ["keys", "status"], ["keys", "rotate"]])
def test_a_key_file_of_garbage_is_told_and_kept(home: Path, text: bytes, words: list[str]) -> None:
    file = home / "keyring.json"
    before = file.read_bytes()
    file.write_bytes(text)
    try:
        code, out, err = typed(home, words)
        check(words, code, out, err)
        assert code != 0
        assert file.read_bytes() == text
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ([b"why", b"f", b"\xff\xfe"], {}),
        ([b"connect", b"wave", b"--name", b"\xff", b"--secret=full_access_token=env:HOME"], {}),
        ([b"connect", b"wave", b"--name", b"b", b"--secret=full_access_token=env:ODD"],
         {b"ODD": b"\xff\xfe"}),
        ([b"status"], {b"ML_CONNECTOR_PUBLIC_URL": b"\xff"}),
        ([b"status"], {b"ML_CONNECTOR_PORT": b"\xff"}),
        ([b"status"], {b"ML_CONNECTOR_KEYRING": b"\xff"}),
        ([b"status", b"--json"], {b"ML_CONNECTOR_HOME": b"\xff/x"}),
        ([b"status", b"\xc3"], {b"LC_ALL": b"C", b"PYTHONUTF8": b"0"}),
    ],
)  # fmt: skip
def test_bytes_that_are_no_text_are_told_by_the_real_process(
    home: Path, words: list[bytes], environment: dict[bytes, bytes]
) -> None:
    env = {os.fsencode(k): os.fsencode(v) for k, v in os.environ.items()}
    chosen = [] if b"ML_CONNECTOR_HOME" in environment else [b"--home", os.fsencode(home)]
    ended = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"ml_connector", *chosen, *words],
        env={**env, **environment}, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
        check=False,
    )  # fmt: skip
    out, err = ended.stdout.decode("utf-8", "replace"), ended.stderr.decode("utf-8", "replace")
    check([str(words)], ended.returncode, out, err)
    assert ended.returncode != 0
