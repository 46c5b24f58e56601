"""docs/promises.md: every sentence of the texts is listed, every test that is named is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = ROOT.parent / "shared" / "product"
PAGE = (ROOT / "docs" / "promises.md").read_text("utf-8")
FLOWS = {
    "wave_pipedrive": "Wave Accounting and Pipedrive",
    "wave_zendesk": "Wave Accounting and Zendesk",
    "freshbooks_pipedrive": "FreshBooks and Pipedrive",
    "acumatica_pipedrive": "Acumatica and Pipedrive",
    "quickbooks_pipedrive": "QuickBooks Online and Pipedrive",
}
SHORTEST_QUOTE = 15
Row = tuple[str, list[str]]


def rows(title: str) -> list[Row]:
    """(first words of the sentence, tests) of a flow's table, in order."""
    section = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and "`test" in line]
    parts = [line.strip("| ").split(" | ") for line in lines]
    return [(words, re.findall(r"`([^`]*test_[^`]+)`", tests)) for words, _, tests in parts]


def proofs_in(path: Path) -> dict[str, str]:
    """Each test of a file with its docstring in one line."""
    found = ast.parse(path.read_text("utf-8")).body
    return {
        node.name: " ".join((ast.get_docstring(node) or "").split())
        for node in found
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    }


def own(flow: str) -> dict[str, str]:
    return proofs_in(ROOT / "tests" / "product" / f"test_{flow}.py")


def sentences(text: str) -> list[str]:
    """The points under "What you can do" and the questions, in order."""
    told, _, asked = text.partition("What you can do")[2].partition("Questions")
    points = [line.strip(" •-").strip() for line in told.splitlines() if line.strip(" •-")]
    lines = asked.partition("Related integrations")[0].splitlines()
    return [*points, *(line.strip(" -") for line in lines if line.strip().endswith("?"))]


def text_of(title: str) -> str:
    if not TEXTS.is_dir():
        pytest.skip("the product's texts are not beside the repository")
    told = [path.read_text("utf-8") for path in sorted(TEXTS.glob("*.txt"))]
    return next(text for text in told if f"{title} integration\n" in text)


@pytest.mark.parametrize("title", FLOWS.values())
def test_every_point_and_every_question_of_the_text_is_listed_once_and_in_order(
    title: str,
) -> None:
    promised, listed = sentences(text_of(title)), [words for words, _ in rows(title)]
    assert len(promised) == len(listed) == 8
    for sentence, words in zip(promised, listed, strict=True):
        assert sentence.startswith(words)


@pytest.mark.parametrize("flow", FLOWS)
def test_every_test_that_is_named_is_there(flow: str) -> None:
    there = own(flow)
    for words, tests in rows(FLOWS[flow]):
        assert any("::" not in name for name in tests), f"'{words}' has no test of its own"
        for name in tests:
            path, _, test = name.rpartition("::")
            assert test in (proofs_in(ROOT / path) if path else there), name


@pytest.mark.parametrize("flow", FLOWS)
def test_every_test_names_its_sentence_and_stands_beside_it(flow: str) -> None:
    listed = {
        name: words for words, tests in rows(FLOWS[flow]) for name in tests if "::" not in name
    }
    there = own(flow)
    assert listed.keys() == there.keys()
    for name, told in there.items():
        quoted = re.match(r'Sentence: "(.+?)(?: …|\?"|")', told)
        assert quoted is not None, f"{name} names no sentence"
        said, words = quoted[1], listed[name]
        assert len(said) >= SHORTEST_QUOTE
        assert said.startswith(words) or words.startswith(said), (name, said, words)


def test_every_file_of_product_tests_belongs_to_a_text() -> None:
    files = {path.stem for path in (ROOT / "tests" / "product").glob("test_*.py")}
    assert files == {f"test_{flow}" for flow in FLOWS} | {"test_page"}
