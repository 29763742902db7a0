"""What if: sliders and strict fields that suppose another price, size or margin; none is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Position
from dashboard.market.snapshot import Snapshot
from dashboard.risk.plan import plan_of
from dashboard.risk.report import PositionRisk, RiskReport
from dashboard.risk.together import account_of
from dashboard.risk.what_if import scaled, supposed_position, supposed_snapshot
from dashboard.tradeline.number import parse_number, parse_positive
from widgets.actions import make_action
from widgets.card_view import CardView
from widgets.models.card import Card, CardInput, make_card
from widgets.models.draft import Assess
from widgets.models.supposed_card import SECTIONS, Outcome, ScaledOutcome, scaled_section
from widgets.models.what_if import (
    KNOBS,
    SLIDER_STEPS,
    Base,
    Knob,
    base_of,
    place_of,
    supposed_of,
    text_of,
    value_at,
)
from widgets.plain import PlainLabel, tooltip
from widgets.step_edit import StepEdit
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_LEAST_FIELD_PX, _MOST_FIELD_PX = 72, 110
_LEAST_SLIDER_PX = 40
_EMPTY = "Type a trade or choose a position: what would become of it is tried here."


class WhatIfPanel(QWidget):
    """Tries what `subject` answers, which is what the risk card is about.

    `supposed` carries the contract's key and the supposed PositionRisk while anything is set,
    (None, None) when nothing is, so that the chart can draw its liquidation price.
    """

    supposed = Signal(object, object)

    def __init__(
        self,
        assess: Assess,
        subject: Callable[[Update | None], CardInput | None],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._assess = assess
        self._subject = subject
        self._update: Update | None = None
        self._tried: object = None
        self._base: Base | None = None
        self._values: dict[str, float] = {}
        self._faults: dict[str, str] = {}
        self._told = False
        self.sliders: dict[str, QSlider] = {}
        self.boxes: dict[str, StepEdit] = {}
        self.scale_boxes: dict[str, StepEdit] = {}
        self.title = PlainLabel(wrap=True)
        self.fault = PlainLabel(wrap=True)
        self.view = CardView(theme)
        self.reset_button = QPushButton("Reset")
        self._arrange()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.view.set_theme(theme)

    def refresh(self) -> None:
        """Look again at what the card is about; a hidden panel waits until it is shown."""
        if self.isVisible():
            self._show()

    def show_update(self, update: Update) -> None:
        """Take newer prices; a hidden panel waits until it is shown."""
        self._update = update
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        """What is supposed is only on the chart while it is seen here."""
        super().hideEvent(event)
        self._tell(None)

    def reset(self) -> None:
        """Suppose nothing any more."""
        self._forget()
        self.refresh()

    def _forget(self) -> None:
        self._values.clear()
        self._faults.clear()
        for box in self.scale_boxes.values():
            box.clear()

    # what is supposed

    def _show(self) -> None:
        update, subject = self._update, self._subject(self._update)
        self._note_subject(subject)
        if update is None or subject is None:
            self._base = None
            self.title.setText("")
            self.view.show_card(Card("", empty=_EMPTY))
            self._tell(None)
            self._enable(on=False)
            return
        rate = None if subject.funding is None else subject.funding.predicted
        self._base = base_of(subject.risk, rate, subject.wishes.horizon_hours)
        self._enable(on=True)
        self._show_knobs(self._base)
        outcome = self._outcome(update, subject)
        self.title.setText("What if" if self._values else "As it is; move a slider or type")
        makers = [*(partial(make, outcome) for make in SECTIONS)]
        card = make_card(outcome.after, makers)
        scaled_outcome = self._scaled(update, subject)
        if scaled_outcome is not None:
            card = card._replace(sections=(scaled_section(scaled_outcome), *card.sections))
        self.view.show_card(card)
        self.fault.setText("\n".join(self._faults.values()))
        self.fault.setVisible(bool(self._faults))
        self._tell(outcome.after.risk if self._values else None)

    def _note_subject(self, subject: CardInput | None) -> None:
        """Suppose nothing of another position than the one tried before."""
        position = None if subject is None else subject.position
        tried = None if position is None else (position.id, position.instrument.key)
        if tried != self._tried:
            self._tried = tried
            self._forget()

    def _outcome(self, update: Update, subject: CardInput) -> Outcome:
        supposed = supposed_of(self._values)
        position = supposed_position(subject.position, supposed)
        hours = self._values.get("hours", subject.wishes.horizon_hours)
        snapshot = supposed_snapshot(
            update.snapshot, position.instrument.key, supposed, update.now_ms
        )
        after = self._input(update, subject, position, hours, snapshot)
        return Outcome(
            before=subject, after=after, held=self._after_hold(update, position, after, snapshot)
        )

    def _after_hold(
        self, update: Update, position: Position, after: CardInput, snapshot: Snapshot
    ) -> PositionRisk | None:
        """The position once it has paid the funding of the hold time from its own margin.

        None where it is cross, the funding is not known, or more than the margin is due.
        """
        paid = after.plan["funding_to_horizon"].value
        margin = position.margin or after.risk.initial_margin
        if position.margin_mode is MarginMode.CROSS or paid is None or margin is None:
            return None
        extra = position.extra_margin - paid
        if extra >= 0.0:
            poorer = replace(position, extra_margin=extra)
        elif margin + extra > 0.0:
            poorer = replace(position, margin=margin + extra, extra_margin=0.0)
        else:
            return None
        return self._report(update, poorer, snapshot).positions[-1]

    def _input(
        self,
        update: Update,
        subject: CardInput,
        position: Position,
        hours: float,
        snapshot: Snapshot,
    ) -> CardInput:
        report = self._report(update, position, snapshot)
        wishes = replace(subject.wishes, horizon_hours=hours)
        row = len(report.positions) - 1
        return replace(
            subject,
            risk=report.positions[row],
            after=account_of(report, position),
            plan=plan_of(report, row, wishes, subject.moves),
            wishes=wishes,
            now_ms=update.now_ms,
            kind="",
            note="",
        )

    def _report(self, update: Update, position: Position, snapshot: Snapshot) -> RiskReport:
        others = tuple(p for p in update.book.positions if p.id != position.id)
        book = replace(update.book, positions=(*others, position))
        return self._assess(snapshot, book, update.now_ms)

    # scaling in and out

    def _scaled(self, update: Update, subject: CardInput) -> ScaledOutcome | None:
        self._faults.pop("scale", None)
        change_text = self.scale_boxes["change"].text().strip()
        price_text = self.scale_boxes["price"].text().strip()
        if not change_text:
            return None
        try:
            change = parse_number(change_text, "change of size")
            mark = subject.risk.mark_price or subject.position.entry_price
            price = parse_positive(price_text, "price") if price_text else mark
            position, realised = scaled(subject.position, change, price)
        except InputError as error:
            self._faults["scale"] = error.user_message
            return None
        risk = None
        if position is not None:
            risk = self._report(update, position, update.snapshot).positions[-1]
        return ScaledOutcome(before=subject.risk, after=risk, realised=realised, price=price)

    # the knobs

    def _show_knobs(self, base: Base) -> None:
        for knob in KNOBS:
            value = self._values.get(knob.name, knob.start(base))
            slider, line = self.sliders[knob.name], self.boxes[knob.name]
            if value is not None and not slider.isSliderDown():
                with QSignalBlocker(slider):
                    slider.setValue(place_of(knob, base, value))
            if knob.name not in self._faults and not _says(knob, line, value):
                line.setText(text_of(knob, value))
                line.setCursorPosition(0)

    def _on_slider(self, knob: Knob, place: int) -> None:
        if self._base is None:
            return
        value = value_at(knob, self._base, place)
        self._faults.pop(knob.name, None)
        self._values[knob.name] = value
        self.boxes[knob.name].setText(text_of(knob, value))
        self._show()

    def _on_text(self, knob: Knob, text: str) -> None:
        self._faults.pop(knob.name, None)
        if not text.strip():
            self._values.pop(knob.name, None)
        else:
            try:
                self._values[knob.name] = knob.read(text)
            except InputError as error:
                self._faults[knob.name] = error.user_message
        self._show()

    def _step(self, knob: Knob) -> float:
        step = None if self._base is None else knob.step(self._base)
        if knob.name == "funding_rate":
            return 0.001
        if knob.name == "leverage":
            return 1.0
        if step is not None:
            return step if knob.name != "extra_margin" else 1.0
        quantity = None if self._base is None else self._base.quantity
        return float(f"{(quantity or 1.0) / 100.0:.0e}")

    def _tell(self, risk: PositionRisk | None) -> None:
        if risk is None:
            if self._told:
                self.supposed.emit(None, None)
            self._told = False
            return
        self._told = True
        self.supposed.emit(risk.position.instrument.key, risk)

    def _enable(self, *, on: bool) -> None:
        for widget in (*self.sliders.values(), *self.boxes.values(), *self.scale_boxes.values()):
            widget.setEnabled(on)
        self.reset_button.setEnabled(on)

    # how it stands

    def _arrange(self) -> None:
        set_role(self.title, Role.HEADING)
        set_role(self.fault, Role.DANGER)
        self.reset_button.setAccessibleName("Suppose nothing any more")
        self.reset_button.clicked.connect(self.reset)
        make_action(self, "Reset the what-if", self.reset, "Esc")
        top = QHBoxLayout()
        top.addWidget(self.title, stretch=1)
        top.addWidget(self.reset_button)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(10, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(self._knob_grid())
        column.addLayout(self._scale_row())
        column.addWidget(self.fault)
        column.addWidget(self.view)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setFocusProxy(self.boxes[KNOBS[0].name])

    def _knob_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, knob in enumerate(KNOBS):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, SLIDER_STEPS)
            slider.setMinimumWidth(_LEAST_SLIDER_PX)
            slider.setAccessibleName(f"{knob.title}, slider")
            slider.valueChanged.connect(partial(self._on_slider, knob))
            box = StepEdit(partial(self._step, knob), least=-1.0 if "rate" in knob.name else 0.0)
            _dress(box, knob.title, knob.hint)
            box.textEdited.connect(partial(self._on_text, knob))
            box.stepped.connect(partial(self._on_text, knob))
            self.sliders[knob.name], self.boxes[knob.name] = slider, box
            label = PlainLabel(knob.title)
            label.setBuddy(box)
            grid.addWidget(label, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(box, row, 2)
        return grid

    def _scale_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name, title, hint in (
            ("change", "Add or take", "Size to add, or below 0 to take away: nothing is traded"),
            ("price", "at", "At this price; empty: mark"),
        ):
            label = PlainLabel(title)
            box = StepEdit(partial(self._scale_step, name), least=-1e15)
            _dress(box, title, hint)
            label.setBuddy(box)
            box.textEdited.connect(self._on_scale)
            box.stepped.connect(self._on_scale)
            self.scale_boxes[name] = box
            row.addWidget(label)
            row.addWidget(box, stretch=1)
        self.scale_boxes["price"].setPlaceholderText("mark")
        return row

    def _scale_step(self, name: str) -> float:
        wanted = "quantity" if name == "change" else "mark_price"
        return self._step(next(knob for knob in KNOBS if knob.name == wanted))

    def _on_scale(self) -> None:
        self._show()


def _says(knob: Knob, line: QLineEdit, value: float | None) -> bool:
    """Whether a field already means `value`, so that what is being typed is not rewritten."""
    text = line.text()
    if not text.strip():
        return value is None or line.hasFocus()
    try:
        return knob.read(text) == value
    except InputError:
        return False


def _dress(box: StepEdit, title: str, hint: str) -> None:
    box.setAccessibleName(title)
    box.setToolTip(tooltip(hint))
    box.setMinimumWidth(_LEAST_FIELD_PX)
    box.setMaximumWidth(_MOST_FIELD_PX)
    box.setMaxLength(60)
