"""The size of a module in lines of code: blank lines, comments and docstrings are left out."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from .repository import ROOT

ENGINE = ROOT / "src" / "ml_connector"
VENDOR_GOAL, VENDOR_BAR, FLOW_BAR = 900, 1500, 400

_NO_CODE = (
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER, tokenize.ENCODING,
)  # fmt: skip


def code_lines(path: Path) -> int:
    """Lines that hold code."""
    text = path.read_text("utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - _prose(text))


def folder_lines(folder: Path) -> int:
    """Lines that hold code, in all modules below a folder."""
    return sum(map(code_lines, sorted(folder.rglob("*.py"))))


def _prose(text: str) -> set[int]:
    """The lines of docstrings: texts that stand alone."""
    alone = (
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
    return {n for one in alone for n in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
