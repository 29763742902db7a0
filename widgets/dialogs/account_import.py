"""The dialog that asks a venue what an account holds and shows the differences first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dashboard.market.access_key import AccessKey
from dashboard.market.account import Book
from dashboard.market.holdings import ChangeKind, Differences, Holdings, differences
from widgets.models.account_import import COLUMNS, ChangeRow, change_rows, notes_of, row_number
from widgets.models.account_import import summary as summary_of
from widgets.models.rows import RowsModel
from widgets.plain import PlainLabel, add_row
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role

_SIZE = (900, 560)
_LONGEST_NAME = 40
_LONGEST_SECRET = 4_000
USUAL_NAME = "main"


@dataclass(frozen=True, slots=True)
class AccountVenue:
    """A venue whose accounts are read: by public address, or with a key (and a passphrase)."""

    venue: str
    keyed: bool
    passphrase: bool = False


ADDRESS_VENUES = (AccountVenue("hyperliquid", keyed=False),)
KEY_VENUES = (
    AccountVenue("binanceusdm", keyed=True),
    AccountVenue("bybit", keyed=True),
    AccountVenue("okx", keyed=True, passphrase=True),
    AccountVenue("bitget", keyed=True, passphrase=True),
    AccountVenue("gate", keyed=True),
)

_ADDRESS_WORDS = (
    "Positions of a Hyperliquid address are public: no key is needed. Contracts of other "
    "builders' venues are not read."
)
_KEY_WORDS = (
    "Use a key that may only read. The venue is asked what the key may do; one that can trade, "
    "move money or withdraw is refused and not kept. A key is kept in the operating system's "
    "keyring and never in a file. Leave the fields of the key empty to use the kept one. Gate does "
    "not say what a key may do: there you must make sure yourself that it only reads."
)


class AccountImportDialog(QDialog):
    """Asks by `asked(venue, owner, key or None)`; `forget_wanted(venue, owner)` drops a key.

    `taken(differences, whether gone ones go)` tells that the trader has agreed. `known` are
    (venue, owner) of earlier imports.
    """

    asked = Signal(str, str, object)
    forget_wanted = Signal(str, str)
    taken = Signal(object, bool)

    def __init__(
        self,
        venues: Sequence[AccountVenue],
        known: Sequence[tuple[str, str]],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.keyed = venues[0].keyed
        self.setWindowTitle(
            "Import with a read-only key" if self.keyed else "Import a public address"
        )
        self._venues = tuple(venues)
        self._known = tuple(known)
        self._found = Differences()
        self.venue = QComboBox()
        self.owner = QComboBox()
        self.key = self._secret_field("API key")
        self.secret = self._secret_field("API secret")
        self.passphrase = self._secret_field("Passphrase")
        self.ask_button = QPushButton("Ask the venue")
        self.forget_button = QPushButton("Forget the kept key")
        self.status = PlainLabel(wrap=True)
        self.notes = PlainLabel(wrap=True)
        self.model: RowsModel[ChangeRow] = RowsModel(COLUMNS, row_number, self, theme=theme)
        self.view = RowsView(self.model, "Differences to the book", self)
        self.take_out = QCheckBox("Take positions out of the book that the venue holds no more")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take_button = self.buttons.addButton(
            "Take over", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self._arrange()
        self._wire()
        self._show_venue()
        self._clear("")
        (self.key if self.keyed else self.owner).setFocus()

    def show_told(self, told: Holdings, book: Book) -> None:
        """Show how the book would change; nothing is changed yet."""
        self._busy(asking=False)
        self._found = differences(book, told)
        self.model.set_rows(change_rows(self._found))
        self._say(summary_of(told, self._found), Role.PLAIN)
        notes = notes_of(told, book)
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        gone = any(change.kind is ChangeKind.GONE for change in self._found.positions)
        self.take_out.setVisible(gone)
        self.take_button.setEnabled(self._found.anything)
        (self.take_button if self._found.anything else self.ask_button).setFocus()
        for field in (self.key, self.secret, self.passphrase):
            field.clear()

    def show_fault(self, sentence: str) -> None:
        """Say why there is nothing; what was typed stays."""
        self._busy(asking=False)
        self._clear(sentence)

    def show_said(self, sentence: str) -> None:
        """Say what was done."""
        self._busy(asking=False)
        self._say(sentence, Role.PLAIN)

    def ask(self) -> None:
        """Ask the venue, or say what is missing."""
        owner = self.owner.currentText().strip()
        if not owner or len(owner) > (_LONGEST_NAME if self.keyed else _LONGEST_SECRET):
            what = "a name for the account of up to 40 characters" if self.keyed else "an address"
            self._clear(f"type {what}")
            return
        if self.keyed and ":" in owner:
            self._clear('the name of an account may not have ":" in it')
            return
        fields = (self.key.text().strip(), self.secret.text().strip(), self.passphrase.text())
        key = AccessKey(*fields) if self.keyed and any(fields) else None
        self._busy(asking=True)
        self._clear("")
        self._say(f"Asking {self.venue.currentText()}…", Role.MUTED)
        self.asked.emit(self.venue.currentText(), owner, key)

    def accept(self) -> None:
        """Have the differences taken over and close."""
        if not self.take_button.isEnabled():
            return
        self.taken.emit(self._found, self.take_out.isChecked())
        super().accept()

    def _forget(self) -> None:
        self._busy(asking=True)
        self.forget_wanted.emit(self.venue.currentText(), self.owner.currentText().strip())

    def _busy(self, *, asking: bool) -> None:
        self.ask_button.setEnabled(not asking)
        self.forget_button.setEnabled(not asking)

    def _clear(self, fault: str) -> None:
        self._found = Differences()
        self.model.set_rows([])
        self.notes.hide()
        self.take_out.hide()
        self.take_button.setEnabled(False)
        self._say(f"{fault[:1].upper()}{fault[1:]}", Role.DANGER)

    def _say(self, sentence: str, role: Role) -> None:
        set_role(self.status, role)
        self.status.setText(sentence)

    def _show_venue(self) -> None:
        """Offer the known accounts of the chosen venue and the fields that it needs."""
        chosen = self._venues[self.venue.currentIndex()]
        owners = [owner for venue, owner in self._known if venue == chosen.venue]
        self.owner.clear()
        self.owner.addItems(owners or ([USUAL_NAME] if self.keyed else []))
        if not owners and not self.keyed:
            self.owner.setEditText("")
        self._form.setRowVisible(self.passphrase, chosen.passphrase)

    def _wire(self) -> None:
        self.venue.currentIndexChanged.connect(self._show_venue)
        self.ask_button.clicked.connect(self.ask)
        self.forget_button.clicked.connect(self._forget)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _arrange(self) -> None:
        self.resize(*_SIZE)
        self.owner.setEditable(True)
        self.owner.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.owner.setAccessibleName("Name of the account" if self.keyed else "Address")
        edit = self.owner.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("main" if self.keyed else "0x and 40 hexadecimal digits")
            edit.setAccessibleName(self.owner.accessibleName())
        self.venue.setAccessibleName("Venue")
        self.venue.addItems([one.venue for one in self._venues])
        self.take_out.setChecked(True)
        self.ask_button.setDefault(True)
        self._form = form = QFormLayout()
        add_row(form, "Venue", self.venue)
        form.setRowVisible(self.venue, len(self._venues) > 1)
        add_row(form, "Account" if self.keyed else "Address", self.owner)
        for name, field in (
            ("Key", self.key),
            ("Secret", self.secret),
            ("Passphrase", self.passphrase),
        ):
            add_row(form, name, field)
            form.setRowVisible(field, self.keyed)
        actions = QHBoxLayout()
        actions.addWidget(self.ask_button)
        if self.keyed:
            actions.addWidget(self.forget_button)
        else:
            self.forget_button.setParent(self)
            self.forget_button.hide()
        actions.addStretch(1)
        words = PlainLabel(_KEY_WORDS if self.keyed else _ADDRESS_WORDS, wrap=True)
        set_role(words, Role.MUTED)
        set_role(self.notes, Role.WARNING)
        layout = QVBoxLayout(self)
        layout.addWidget(words)
        layout.addLayout(form)
        layout.addLayout(actions)
        layout.addWidget(self.status)
        layout.addWidget(self.notes)
        layout.addWidget(self.view, stretch=1)
        layout.addWidget(self.take_out)
        layout.addWidget(self.buttons)

    def _secret_field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setMaxLength(_LONGEST_SECRET)
        field.setAccessibleName(name)
        return field
