"""The themes: readable everywhere, and complete."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from widgets.models.rows import RowsModel
from widgets.plain import PlainLabel
from widgets.theme import (
    DARK,
    THEMES,
    Role,
    Theme,
    apply,
    colour_blind_safe,
    palette,
    set_role,
    style_sheet,
)

GROUNDS = ("background", "surface", "surface_raised", "selection")
NOT_WRITTEN = {*GROUNDS, "border", "grid", "recorded", "recorded_text", "name"}
ALL = [*THEMES.values(), *(colour_blind_safe(theme) for theme in THEMES.values())]
IDS = [*THEMES, *(f"{name}, blue and orange" for name in THEMES)]
WRITTEN = [field for field in Theme.__dataclass_fields__ if field not in NOT_WRITTEN]


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ALL, ids=IDS)
@pytest.mark.parametrize("token", WRITTEN)
def test_everything_written_or_drawn_has_contrast(theme: Theme, token: str) -> None:
    for ground in GROUNDS:
        assert contrast(getattr(theme, token), getattr(theme, ground)) >= 4.5, ground


@pytest.mark.parametrize("theme", ALL, ids=IDS)
@pytest.mark.parametrize("shade", [-8, 8])
def test_figures_on_the_strongest_shade_have_contrast(theme: Theme, shade: int) -> None:
    model: RowsModel[object] = RowsModel((), lambda row: row)
    model.set_theme(theme)
    brush = model.shade(shade)
    assert brush is not None
    colour, over = brush.color(), brush.color().alphaF()
    for ground in (theme.surface, theme.selection):
        below = QColor(ground)
        mixed = QColor.fromRgbF(
            *(
                over * top + (1.0 - over) * under
                for top, under in zip(
                    colour.getRgbF()[:3],  # type: ignore[index]  # PySide's stubs say object
                    below.getRgbF()[:3],  # type: ignore[index]  # likewise
                    strict=True,
                )
            )
        )
        assert contrast(theme.text, mixed.name()) >= 4.5, ground


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_recorded_badge_is_readable(theme: Theme) -> None:
    assert contrast(theme.recorded, theme.recorded_text) >= 7.0


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


class Dressings(QObject):
    """Counts how often a widget is told of another style."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        self.count += event.type() == QEvent.Type.StyleChange
        return False


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_palette_carries_the_theme(theme: Theme) -> None:
    made = palette(theme)
    assert made.color(QPalette.ColorRole.Window) == QColor(theme.background)
    assert made.color(QPalette.ColorRole.Text) == QColor(theme.text)
    disabled = made.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == QColor(theme.text_muted)


def test_style_sheet_leaves_the_cells_of_tables_alone() -> None:
    assert "QTableView::item" not in style_sheet(DARK)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_role_colours_a_label_in_the_theme_applied(
    qtbot: QtBot, qapp: QApplication, theme: Theme
) -> None:
    label = PlainLabel("loss")
    qtbot.addWidget(label)
    set_role(label, Role.LOSS)
    apply(qapp, theme)
    label.ensurePolished()
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(theme.loss)
    set_role(label, Role.PROFIT)
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(theme.profit)


def test_high_contrast_is_high() -> None:
    theme = THEMES["high contrast"]
    for token in WRITTEN:
        assert contrast(getattr(theme, token), theme.background) >= 7.0, token


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_safe_pair_differs_in_what_every_kind_of_colour_vision_sees(theme: Theme) -> None:
    """Blue and yellow are seen with red-green blindness: the pair lies on either side of grey."""
    safe = colour_blind_safe(theme)

    def yellowness(colour: str) -> int:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return (red + green) // 2 - blue

    for rise, fall in (("profit", "loss"), ("candle_up", "candle_down")):
        assert yellowness(getattr(safe, rise)) < 0 < yellowness(getattr(safe, fall))


def test_font_scale_counts_from_the_system_s_size_each_time(qapp: QApplication) -> None:
    apply(qapp, DARK)
    points = qapp.font().pointSizeF()
    apply(qapp, DARK, 1.5)
    apply(qapp, DARK, 1.5)
    assert qapp.font().pointSizeF() == pytest.approx(1.5 * points)
    apply(qapp, DARK)
    assert qapp.font().pointSizeF() == pytest.approx(points)


def test_same_look_again_touches_no_widget(qtbot: QtBot, qapp: QApplication) -> None:
    label = PlainLabel("loss")
    qtbot.addWidget(label)
    apply(qapp, DARK, 1.25)
    seen = Dressings(label)
    apply(qapp, DARK, 1.25)
    assert seen.count == 0
    apply(qapp, DARK)
    assert seen.count > 0
