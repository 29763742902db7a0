"""The risk card: everything a trader asks of one position, typed or held, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from dashboard.check.answer import answer_of, encoded
from dashboard.market.account import Balance, Book, MarginMode, Position
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.plan import Wishes, plan_of
from dashboard.risk.report import PositionRisk, RiskReport
from dashboard.risk.together import account_of, nearest_move, together
from dashboard.risk.true_range import HourlyMoves
from widgets import format as fmt
from widgets.actions import make_action
from widgets.card_view import CardView, Place
from widgets.models.breached_card import crossing_words
from widgets.models.card import Card, CardInput, SectionMaker, card_text, make_card
from widgets.models.card_sections import SECTIONS
from widgets.models.draft import Assess, Draft, held_in_book
from widgets.odds_book import LOADING
from widgets.panels.breach_answers import BreachAnswers
from widgets.panels.card_wishes import WishFields
from widgets.plain import PlainLabel, tooltip
from widgets.status import recorded_text
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

Moves = Callable[[InstrumentKey, int], HourlyMoves]

_EMPTY = (
    "Type a trade in the line above, such as long btc 0.5 @ market x10 iso, or choose a position: "
    "its risk is told here."
)
_RECEIPT_LINES = 9


class CardPanel(QWidget):
    """Shows the draft that is typed, else the open or planned position that was chosen, else the
    nearest one.

    `wishes_changed` carries what the trader set; `picture_wanted` asks for a stamped picture. Of a
    position that was crossed `liquidated` carries its risk and `still_standing` the position, as
    the trader answers what came of it.
    """

    wishes_changed = Signal(object)
    liquidated = Signal(object)
    still_standing = Signal(object)
    picture_wanted = Signal()
    said = Signal(str)

    def __init__(
        self,
        assess: Assess,
        moves: Moves,
        theme: Theme,
        wishes: Wishes | None = None,
        makers: Sequence[SectionMaker] = SECTIONS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._assess = assess
        self._moves = moves
        self._makers = tuple(makers)
        self._update: Update | None = None
        self._draft: Draft | None = None
        self._chosen = ""
        self._shown: CardInput | None = None
        self._opened: Place | None = None
        self._books: dict[str, tuple[tuple[object, ...], Book]] = {}
        self.title = PlainLabel(wrap=True, selectable=True)
        self.view = CardView(theme)
        self.wishes = WishFields(wishes or Wishes())
        self.receipt = QPlainTextEdit()
        self.answers = BreachAnswers()
        self.copy_text_button = _button("Copy text", "Copy the card as text")
        self.copy_picture_button = _button("PNG", "Copy the card as a picture")
        self.copy_json_button = _button(
            "JSON", "Copy the figures as JSON, as check --json says them"
        )
        self.close_button = _button("Close", "Close the receipt")
        self._receipt_box = QWidget()
        self._scroll = QScrollArea()
        self._arrange()
        self._connect()

    @property
    def shown(self) -> CardInput | None:
        """What the card is about now, None where it is empty."""
        return self._shown

    def subject(self, update: Update | None = None) -> CardInput | None:
        """What the card is about, by `update` or by what it was shown last; None without anything.

        A card behind another tab is shown nothing, so its own figures may be old.
        """
        latest = update or self._update
        return None if latest is None else self._input(latest)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.view.set_theme(theme)

    def show_draft(self, draft: Draft | None) -> None:
        """Be about what is typed from now on; None or an empty line: about a position again."""
        self._draft = draft if draft is not None and draft.text.strip() else None
        self.refresh()

    def choose(self, position_id: str) -> None:
        """Be about a position of the book."""
        self._chosen, self._draft = position_id, None
        self.refresh()

    def show_update(self, update: Update) -> None:
        """Show the figures of `update`; a hidden panel waits until it is shown."""
        self._update = update
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Make the card again from what is known now."""
        if self._update is None or not self.isVisible():
            return
        self._shown = self._input(self._update)
        card = self._card(self._shown)
        self._set_title(card.title)
        self.view.show_card(card)
        held = self._shown is not None and not self._shown.kind
        self.answers.show_risk(self._shown.risk if self._shown is not None and held else None)
        self._show_receipt()

    def copy_text(self) -> None:
        """Put the card on the clipboard as text."""
        QGuiApplication.clipboard().setText(card_text(self.view.card, self._stamp()))
        self.said.emit("card copied as text")

    def copy_json(self) -> None:
        """Put the figures on the clipboard in the fields of `check --json`."""
        if self._shown is None:
            self.said.emit("there is no position whose figures could be copied")
            return
        crossing = crossing_words(self._shown.risk)
        notes = [note for note in (crossing, self._shown.note, self._stamp()) if note]
        answer = answer_of(self._shown.risk, notes)
        QGuiApplication.clipboard().setText(encoded(answer).decode())
        self.said.emit("figures copied as JSON")

    def open_receipt(self, place: Place) -> None:
        """Show how the figure of `place` came about."""
        self._opened = place
        self._show_receipt()

    def close_receipt(self) -> None:
        """Hide the receipt; the keyboard goes back to the card."""
        self._opened = None
        self._show_receipt()
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # what the card is about

    def _input(self, update: Update) -> CardInput | None:
        draft = self._draft
        if draft is not None:
            return None if draft.position is None else self._of_draft(update, draft, draft.position)
        return self._of_book(update)

    def _of_draft(self, update: Update, draft: Draft, position: Position) -> CardInput:
        made = self._beside(update, position, draft.balance, draft.account)
        return replace(made, kind="Typed", note=draft.note)

    def _beside(
        self,
        update: Update,
        position: Position,
        balance: Balance | None = None,
        account: float | None = None,
    ) -> CardInput:
        """A position that is not held, as if it were held beside the others."""
        made_of = (update.book, position, balance)
        book = self._kept("beside", made_of, lambda: _with(update.book, position, balance))
        report = self._assess(update.snapshot, book, update.now_ms)
        made = self._made(update, report, len(book.positions) - 1, account)
        return replace(made, before=account_of(update.report, made.position))

    def _of_book(self, update: Update) -> CardInput | None:
        planned = [p for p in update.book.planned if p.id == self._chosen]
        if planned:
            return replace(self._beside(update, planned[0]), kind="Planned")
        held = update.book.positions
        if not held or len(update.report.positions) != len(held):
            return None
        rows = [row for row, position in enumerate(held) if position.id == self._chosen]
        row = rows[0] if rows else _nearest(update.report)
        made = self._made(update, update.report, row, None)
        if made.position.margin_mode is not MarginMode.CROSS:
            return made
        others = self._kept("others", (update.book, made.position), lambda: replace(
            update.book, positions=tuple(p for p in held if p.id != made.position.id)))  # fmt: skip
        without = self._assess(update.snapshot, others, update.report.now_ms)
        return replace(made, before=account_of(without, made.position))

    def _made(
        self, update: Update, report: RiskReport, row: int, account: float | None
    ) -> CardInput:
        risk = report.positions[row]
        key = risk.position.instrument.key
        moves = self._moves(key, update.now_ms)
        wishes = self._wishes(update, risk, account)
        return CardInput(
            risk=risk,
            plan=plan_of(report, row, wishes, moves),
            wishes=wishes,
            moves=moves,
            now_ms=update.now_ms,
            funding=update.snapshot.fundings.get(key),
            after=account_of(report, risk.position),
            odds=update.odds.get(key, LOADING),
            scored=() if update.score is None else update.score.cells,
        )

    def _wishes(self, update: Update, risk: PositionRisk, account: float | None) -> Wishes:
        wishes = self.wishes.wishes
        if wishes.account is not None:
            return wishes
        if account is not None:
            return replace(wishes, account=account, account_source="the trade line")
        held = held_in_book(update, risk.position.instrument)
        source = f"the book's {risk.currency} at {risk.position.instrument.venue}"
        return replace(wishes, account=held, account_source=source)

    def _kept(self, name: str, made_of: tuple[object, ...], make: Callable[[], Book]) -> Book:
        """The same book object while nothing in it changes, so that it is prepared once."""
        held = self._books.get(name)
        if held is None or held[0] != made_of:
            held = self._books[name] = (made_of, make())
        return held[1]

    # how it looks

    def _card(self, of: CardInput | None) -> Card:
        if of is not None:
            return make_card(of, self._makers)
        draft = self._draft
        if draft is not None and draft.fault:
            return Card("Typed trade", empty=f"{draft.fault[:1].upper()}{draft.fault[1:]}.")
        return Card("No position", empty=_EMPTY)

    def _set_title(self, text: str) -> None:
        if self.title.text() != text:
            self.title.setText(text)

    def _show_receipt(self) -> None:
        found = None if self._opened is None else self.view.run_at(self._opened)
        self._receipt_box.setVisible(found is not None)
        if found is None or found[1].tell is None:
            return
        told = found[1].tell()
        if self.receipt.toPlainText() != told:
            bar = self.receipt.verticalScrollBar()
            at = bar.value()
            self.receipt.setPlainText(told)
            bar.setValue(at)

    def _stamp(self) -> str:
        update = self._update
        if update is None:
            return ""
        recorded = recorded_text(update.clock, update.now_ms)
        return "  ·  ".join(filter(None, (recorded, fmt.instant(update.now_ms, seconds=True))))

    def _arrange(self) -> None:
        set_role(self.title, Role.HEADING)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.view)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusProxy(self.view)
        self.setFocusProxy(self.view)
        self.receipt.setReadOnly(True)
        self.receipt.setAccessibleName("Receipt")
        self.receipt.setMaximumHeight(_RECEIPT_LINES * self.fontMetrics().lineSpacing())
        column = QVBoxLayout(self._receipt_box)
        column.setContentsMargins(6, 0, 6, 0)
        column.addWidget(self.receipt)
        column.addWidget(self.close_button, alignment=Qt.AlignmentFlag.AlignRight)
        self._receipt_box.hide()
        buttons = QHBoxLayout()
        buttons.setContentsMargins(10, 0, 6, 2)
        buttons.addStretch(1)
        for button in (self.copy_text_button, self.copy_picture_button, self.copy_json_button):
            buttons.addWidget(button)
        self.title.setContentsMargins(10, 6, 6, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.answers)
        layout.addWidget(self._scroll, stretch=1)
        layout.addWidget(self._receipt_box)
        layout.addWidget(self.wishes)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.view.opened.connect(self.open_receipt)
        self.close_button.clicked.connect(self.close_receipt)
        self.copy_text_button.clicked.connect(self.copy_text)
        self.copy_json_button.clicked.connect(self.copy_json)
        self.copy_picture_button.clicked.connect(self.picture_wanted)
        self.wishes.changed.connect(self._on_wishes)
        self.answers.liquidated.connect(self.liquidated)
        self.answers.still_standing.connect(self.still_standing)
        make_action(self.view, "Copy the card as text", self.copy_text, "Ctrl+C")
        make_action(self, "Close the receipt", self.close_receipt, "Esc")

    def _on_wishes(self) -> None:
        self.wishes_changed.emit(self.wishes.wishes)
        self.refresh()


def _with(book: Book, position: Position, balance: Balance | None) -> Book:
    balances = book.balances
    if balance is not None:
        at = (balance.venue, balance.coin)
        balances = (*(b for b in balances if (b.venue, b.coin) != at), balance)
    return replace(book, positions=(*book.positions, position), balances=balances)


def _nearest(report: RiskReport) -> int:
    """The row that is nearest to liquidation, a breached one before all others."""
    rooms: Mapping[int, float] = {
        row: -1.0 if risk.status.value == "breached" else _room(report, risk)
        for row, risk in enumerate(report.positions)
    }
    return min(rooms, key=lambda row: rooms[row])


def _room(report: RiskReport, risk: PositionRisk) -> float:
    room = nearest_move(risk, together(risk, account_of(report, risk.position)))
    return 1e9 if room is None else room


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(name)
    button.setToolTip(tooltip(name))
    return button
