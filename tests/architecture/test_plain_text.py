"""Nothing in the window hands text to a part of Qt that would guess markup in it.

Found in the source, so that a dialog or a message that is written tomorrow is looked at, too: what
it shows is looked at by tests/widgets/test_hostile_text.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUESSING = frozenset(
    {
        "QErrorMessage",
        "QMessageBox",
        "QSplashScreen",
        "QTextBrowser",
        "QTextDocument",
        "QTextEdit",
        "QWizard",
        "QWizardPage",
    }
)
"""Parts that take text for markup where it looks like it, or hold nothing but markup."""
MARKUP_METHODS = frozenset({"setHtml", "insertHtml", "appendHtml", "setMarkdown", "setWhatsThis"})
PLAIN_TIPS = frozenset({"_tray"})
"""A tray's tip is the system's, which knows no markup."""
PLANTED = (
    "QMessageBox.warning(self, title, error.user_message)",
    "box = QTextBrowser()",
    "self.field.setToolTip(venue)",
    'self.field.setToolTip(f"asks {venue}")',
    "QToolTip.showText(point, words, self)",
    "QInputDialog.getText(self, title, f'Name of {old}:')",
    "item.setHtml(words)",
    'form.addRow(f"Price, {quote}", field)',
    "item = pg.TextItem(html=words)",
    "label.setTextFormat(Qt.TextFormat.RichText)",
    "label.setTextFormat(Qt.TextFormat.AutoText)",
)


def breaches(source: str) -> list[str]:
    """The lines that hand text to something that would guess markup in it."""
    return [
        f"{node.lineno}: {ast.unparse(node)[:80]}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call | ast.Name | ast.Attribute) and _guesses(node)
    ]


def _guesses(node: ast.Call | ast.Name | ast.Attribute) -> bool:
    if isinstance(node, ast.Name):
        return node.id in GUESSING
    if isinstance(node, ast.Attribute):
        return node.attr in {"RichText", "AutoText", "MarkdownText"}
    if any(keyword.arg == "html" for keyword in node.keywords):
        return True
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in CHECKS:
        return False
    return CHECKS[function.attr](function.value, node.args)


def _unsafe_tip(owner: ast.expr, arguments: list[ast.expr]) -> bool:
    tray = isinstance(owner, ast.Attribute) and owner.attr in PLAIN_TIPS
    return not (tray or _is_safe(arguments[-1]))


def _unsafe_shown(_owner: ast.expr, arguments: list[ast.expr]) -> bool:
    return not _is_safe(arguments[1])


def _unsafe_row(_owner: ast.expr, arguments: list[ast.expr]) -> bool:
    """A form makes a label of its own for a text, which guesses."""
    label = arguments[-2] if len(arguments) > 1 else None
    return label is not None and not (isinstance(label, ast.Name) and label.id == "label")


def _unsafe_question(owner: ast.expr, arguments: list[ast.expr]) -> bool:
    asks = isinstance(owner, ast.Name) and owner.id == "QInputDialog"
    return asks and not isinstance(arguments[2], ast.Constant)


def _markup(_owner: ast.expr, _arguments: list[ast.expr]) -> bool:
    return True


CHECKS: dict[str, Callable[[ast.expr, list[ast.expr]], bool]] = {
    "setToolTip": _unsafe_tip,
    "showText": _unsafe_shown,
    "addRow": _unsafe_row,
    "insertRow": _unsafe_row,
    "getText": _unsafe_question,
    "getItem": _unsafe_question,
    "getMultiLineText": _unsafe_question,
    **dict.fromkeys(MARKUP_METHODS, _markup),
}
"""What is looked at of each call by the name of its method."""


def _is_safe(text: ast.expr) -> bool:
    """Whether a tip is fixed words, or went through `tooltip`, which escapes it."""
    if isinstance(text, ast.Call):
        return isinstance(text.func, ast.Name) and text.func.id == "tooltip"
    return isinstance(text, ast.Constant)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "widgets").rglob("*.py")), ids=lambda file: file.stem
)
def test_no_text_is_handed_to_what_would_guess_markup_in_it(file: Path) -> None:
    assert breaches(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", PLANTED)
def test_planted_line_is_caught(line: str) -> None:
    assert breaches(line) != []


@pytest.mark.parametrize(
    "line",
    [
        'self.field.setToolTip(tooltip(f"asks {venue}"))',
        'self.field.setToolTip("")',
        "QToolTip.showText(point, tooltip(words), self)",
        'QInputDialog.getText(self, title, "Name:", text=old)',
        "form.addRow(label, field)",
        "label.setTextFormat(Qt.TextFormat.PlainText)",
    ],
)
def test_plain_text_is_let_through(line: str) -> None:
    assert breaches(line) == []
