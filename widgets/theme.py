"""Every colour of the window, by meaning; the only place with colour literals and style sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Semantic colours as "#rrggbb".

    Text and line tokens hold 4.5:1 or better against `background`, `surface`, `surface_raised` and
    `selection`; `recorded` is a badge that `recorded_text` is written on.
    """

    name: str
    background: str
    surface: str
    surface_raised: str
    border: str
    selection: str
    text: str
    text_muted: str
    accent: str
    profit: str
    loss: str
    warning: str
    danger: str
    recorded: str
    recorded_text: str
    grid: str
    crosshair: str
    candle_up: str
    candle_down: str
    mark_price: str
    open_interest: str
    long_short_ratio: str
    funding_positive: str
    funding_negative: str
    entry_line: str
    liquidation_line: str
    stop_line: str
    take_profit_line: str


DARK = Theme(
    name="dark",
    background="#0f1318",
    surface="#151b22",
    surface_raised="#1d252e",
    border="#2c3742",
    selection="#1b2f45",
    text="#e6edf3",
    text_muted="#9aa7b4",
    accent="#58a6ff",
    profit="#3fcf8e",
    loss="#ff7b72",
    warning="#f0b429",
    danger="#ff7a7a",
    recorded="#f0b429",
    recorded_text="#1a1200",
    grid="#232c36",
    crosshair="#9aa7b4",
    candle_up="#2fb67c",
    candle_down="#f07069",
    mark_price="#d2a8ff",
    open_interest="#58a6ff",
    long_short_ratio="#f2cc60",
    funding_positive="#3fcf8e",
    funding_negative="#ff7b72",
    entry_line="#58a6ff",
    liquidation_line="#ff7a7a",
    stop_line="#f0b429",
    take_profit_line="#3fcf8e",
)

LIGHT = Theme(
    name="light",
    background="#f3f5f7",
    surface="#ffffff",
    surface_raised="#eef1f4",
    border="#cdd5dd",
    selection="#dcebfc",
    text="#16202a",
    text_muted="#516070",
    accent="#0b5cad",
    profit="#0a6b43",
    loss="#b3261e",
    warning="#7d5200",
    danger="#b3261e",
    recorded="#ffcf5c",
    recorded_text="#2b1d00",
    grid="#e3e8ed",
    crosshair="#516070",
    candle_up="#0b7049",
    candle_down="#bd2f28",
    mark_price="#7b3fc4",
    open_interest="#0b5cad",
    long_short_ratio="#7d5800",
    funding_positive="#0a6b43",
    funding_negative="#b3261e",
    entry_line="#0b5cad",
    liquidation_line="#b3261e",
    stop_line="#7d5200",
    take_profit_line="#0a6b43",
)

HIGH_CONTRAST = replace(
    DARK,
    name="high contrast",
    background="#000000",
    surface="#000000",
    surface_raised="#121212",
    border="#8a8a8a",
    selection="#002b57",
    text="#ffffff",
    text_muted="#d6d6d6",
    accent="#7cc4ff",
    profit="#55f0a5",
    loss="#ff9a94",
    warning="#ffd24d",
    danger="#ff9a94",
    recorded="#ffd24d",
    grid="#3a3a3a",
    crosshair="#ffffff",
    candle_up="#55f0a5",
    candle_down="#ff9a94",
    funding_positive="#55f0a5",
    funding_negative="#ff9a94",
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, HIGH_CONTRAST)}

_RISE_AND_FALL = {
    DARK.name: ("#56b4ff", "#ff9558", "#f0e442"),
    LIGHT.name: ("#00558f", "#9c3d00", "#6b5900"),
    HIGH_CONTRAST.name: ("#7cc4ff", "#ffab75", "#fff04d"),
}
"""Blue, orange and a yellow that is neither, told apart with any kind of colour vision.

The pair is that of Okabe and Ito, "Color Universal Design" (2008), lightened or darkened until it
can be read on the theme's grounds.
"""


def colour_blind_safe(theme: Theme) -> Theme:
    """`theme` with blue and orange where it has green and red."""
    rise, fall, warning = _RISE_AND_FALL[theme.name]
    return replace(
        theme,
        profit=rise,
        candle_up=rise,
        funding_positive=rise,
        take_profit_line=rise,
        loss=fall,
        candle_down=fall,
        funding_negative=fall,
        danger=fall,
        liquidation_line=fall,
        warning=warning,
        stop_line=warning,
    )


class Role(StrEnum):
    """What a label or button is, for the style sheet: see `set_role`."""

    PLAIN = ""
    HEADING = "heading"
    MUTED = "muted"
    ACCENT = "accent"
    PROFIT = "profit"
    LOSS = "loss"
    WARNING = "warning"
    DANGER = "danger"
    RECORDED = "recorded"
    BREACHED = "breached"
    EMPTY = "empty"
    DOCK_TITLE = "dock title"


_LABEL_COLOURS: dict[Role, str] = {
    Role.MUTED: "text_muted",
    Role.ACCENT: "accent",
    Role.PROFIT: "profit",
    Role.LOSS: "loss",
    Role.WARNING: "warning",
    Role.DANGER: "danger",
    Role.EMPTY: "text_muted",
    Role.DOCK_TITLE: "text_muted",
}


_SYSTEM_POINTS = "system font points"
_STARTED_IN_FUSION = "started in Fusion"
_LOOK = "applied look"


def make_application(arguments: Sequence[str]) -> QApplication:
    """Qt's application, in the style Fusion from the first.

    To set that style later takes Python's class for styles, whose making costs the first picture
    5 ms.
    """
    app = QApplication([*arguments, "-style", "fusion"])
    app.setProperty(_STARTED_IN_FUSION, True)
    return app


def set_role(widget: QWidget, role: Role) -> None:
    """Give `widget` the look of `role` in whatever theme is applied, now and later."""
    if widget.property("role") == role.value:
        return
    widget.setProperty("role", role.value)
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)


def apply(app: QApplication, theme: Theme, font_scale: float = 1.0) -> None:
    """Dress the whole application in `theme`: Fusion, palette, style sheet, tabular digits.

    `font_scale` is the size of all text as a multiple of the system's. The old sheet is taken off
    first: Qt exchanges one for another four times slower than it takes one off and puts one on.
    """
    look = f"{theme!r} {font_scale}"
    if app.property(_LOOK) == look:
        return
    app.setProperty(_LOOK, look)
    if app.property(_STARTED_IN_FUSION) is None:
        app.setStyle("Fusion")
    app.setStyleSheet("")
    app.setPalette(palette(theme))
    font = QFont(app.font())
    system_points = app.property(_SYSTEM_POINTS) or font.pointSizeF()
    app.setProperty(_SYSTEM_POINTS, system_points)
    font.setPointSizeF(system_points * font_scale)
    font.setFeature(QFont.Tag("tnum"), 1)
    app.setFont(font)
    app.setStyleSheet(style_sheet(theme))


def palette(theme: Theme) -> QPalette:
    """The theme as Qt's palette, so that what the style sheet leaves out fits too."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.background,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.surface_raised,
        role.Text: theme.text,
        role.BrightText: theme.danger,
        role.Button: theme.surface_raised,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.surface_raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.text_muted,
        role.Highlight: theme.selection,
        role.HighlightedText: theme.text,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Accent: theme.accent,
        role.Light: theme.surface_raised,
        role.Midlight: theme.border,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.background,
    }
    made = QPalette()
    for at, colour in colours.items():
        made.setColor(at, QColor(colour))
    for at in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, at, QColor(theme.text_muted))
    return made


def style_sheet(theme: Theme) -> str:
    """What the palette cannot say. No ::item rules: they make a live table four times slower."""
    labels = "\n".join(
        f'QLabel[role="{role}"] {{ color: {getattr(theme, token)}; }}'
        for role, token in _LABEL_COLOURS.items()
    )
    return f"""
QMainWindow::separator {{ background: {theme.background}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {theme.accent}; }}
QToolTip {{ color: {theme.text}; background: {theme.surface_raised};
    border: 1px solid {theme.border}; padding: 4px; }}
QDockWidget {{ color: {theme.text_muted}; }}
QTabBar {{ background: {theme.background}; }}
QTabBar::tab {{ background: {theme.background}; color: {theme.text_muted}; padding: 4px 12px;
    border: 0; border-bottom: 2px solid transparent; }}
QTabBar::tab:hover {{ color: {theme.text}; }}
QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
QTabBar::tab:focus {{ color: {theme.accent}; }}
QToolBar {{ background: {theme.background}; border: 0; padding: 0; spacing: 0; }}
QMenuBar {{ background: {theme.background}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; }}
QMenuBar::item:selected {{ background: {theme.selection}; }}
QMenu {{ background: {theme.surface_raised}; border: 1px solid {theme.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; }}
QMenu::item:selected {{ background: {theme.selection}; }}
QMenu::item:disabled {{ color: {theme.text_muted}; }}
QMenu::separator {{ height: 1px; background: {theme.border}; margin: 4px 8px; }}
QFrame#peek {{ background: {theme.surface_raised}; border: 1px solid {theme.border}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QTableView {{ background: {theme.surface}; alternate-background-color: {theme.surface};
    border: 1px solid {theme.border}; gridline-color: {theme.grid}; outline: 0;
    selection-background-color: {theme.selection}; selection-color: {theme.text}; }}
QHeaderView {{ background: {theme.surface_raised}; }}
QHeaderView::section {{ background: {theme.surface_raised}; color: {theme.text_muted};
    border: 0; border-bottom: 1px solid {theme.border}; padding: 6px 4px 5px 4px; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-position: top center;
    width: 9px; height: 5px; }}
QTableCornerButton::section {{ background: {theme.surface_raised}; border: 0; }}
QLineEdit, QComboBox, QPlainTextEdit, QSpinBox, QDateTimeEdit {{ background: {theme.surface};
    border: 1px solid {theme.border}; border-radius: 4px; padding: 4px 7px;
    selection-background-color: {theme.selection}; selection-color: {theme.text}; }}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus, QSpinBox:focus,
QDateTimeEdit:focus
    {{ border-color: {theme.accent}; }}
QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: 0; width: 18px; }}
QComboBox::down-arrow, QDateTimeEdit::down-arrow {{ width: 0; height: 0; margin-right: 4px;
    border: 4px solid {theme.surface}; border-top: 5px solid {theme.text_muted};
    border-bottom: 0; }}
QComboBox QAbstractItemView {{ background: {theme.surface_raised};
    border: 1px solid {theme.border}; selection-background-color: {theme.selection}; }}
QPushButton, QToolButton {{ background: {theme.surface_raised}; color: {theme.text};
    border: 1px solid {theme.border}; border-radius: 4px; padding: 4px 10px; }}
QToolButton {{ padding: 3px 7px; }}
QToolButton[popupMode="2"] {{ padding-right: 18px; }}
QToolButton::menu-indicator {{ subcontrol-origin: border; subcontrol-position: right center;
    width: 0; height: 0; right: 6px; border: 4px solid {theme.surface_raised};
    border-top: 5px solid {theme.text_muted}; border-bottom: 0; }}
QToolButton[role="step"] {{ padding: 0; border: 0; background: transparent; }}
QPushButton:hover, QToolButton:hover {{ border-color: {theme.accent}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {theme.accent}; }}
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked
    {{ background: {theme.selection}; border-color: {theme.accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {theme.text_muted};
    background: {theme.background}; }}
QPushButton:default {{ border-color: {theme.accent}; }}
QStatusBar {{ background: {theme.surface_raised}; border-top: 1px solid {theme.border}; }}
QStatusBar::item {{ border: 0; }}
QToolBar {{ background: {theme.surface_raised}; border: 0; padding: 2px 6px; spacing: 6px; }}
QSlider::groove:horizontal {{ height: 4px; background: {theme.border}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {theme.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {theme.text}; width: 12px; margin: -5px 0;
    border-radius: 6px; }}
QSlider::handle:horizontal:focus {{ background: {theme.accent}; }}
QScrollBar:vertical {{ background: transparent; width: 11px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 11px; margin: 0; }}
QScrollBar::handle {{ background: {theme.border}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 24px; }}
QScrollBar::handle:horizontal {{ min-width: 24px; }}
QScrollBar::handle:hover {{ background: {theme.text_muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
{labels}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="dock title"] {{ font-weight: 600; }}
QToolButton[role="dock title"] {{ border: 0; background: transparent; padding: 1px; }}
QToolButton[role="dock title"]:hover {{ background: {theme.selection}; }}
QLabel[role="empty"] {{ padding: 24px; }}
QProgressBar {{ background: {theme.surface_raised}; border: 1px solid {theme.border};
    border-radius: 3px; }}
QProgressBar::chunk {{ background: {theme.profit}; border-radius: 2px; }}
QProgressBar[role="warning"]::chunk {{ background: {theme.warning}; }}
QProgressBar[role="danger"]::chunk {{ background: {theme.danger}; }}
QProgressBar[role="muted"]::chunk {{ background: {theme.text_muted}; }}
QPushButton[role="breached"] {{ background: {theme.danger}; color: {theme.surface};
    border-color: {theme.danger}; font-weight: 700; padding: 1px 8px; }}
QLabel[role="recorded"] {{ background: {theme.recorded}; color: {theme.recorded_text};
    font-weight: 700; padding: 2px 8px; border-radius: 3px; }}
"""
