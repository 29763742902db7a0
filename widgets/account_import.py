"""Takes what an account holds into the book, once the trader has seen the differences."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from dashboard.errors import StoreError
from dashboard.feed.frames import AccountTold
from dashboard.market.access_key import AccessKey
from dashboard.market.account import Book
from dashboard.market.holdings import ChangeKind, Differences, PositionChange
from dashboard.store.book import BookStore
from widgets.dialogs.account_import import (
    ADDRESS_VENUES,
    KEY_VENUES,
    AccountImportDialog,
    AccountVenue,
)
from widgets.feed_link import FeedLink
from widgets.window import MainWindow

_IMPORTED = "imported accounts"
_MOST_KNOWN = 20


class AccountImport(QObject):
    """Opens the dialog, asks through the feed and keeps what was agreed to, all in one edit.

    `imported` tells that the book has changed, `said` carries sentences for the status bar.
    """

    imported = Signal()
    said = Signal(str)

    def __init__(
        self, window: MainWindow, store: BookStore, book: Callable[[], Book], link: FeedLink
    ) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._book = book
        self._link = link
        self._dialog: AccountImportDialog | None = None
        self._request = 0
        self._forgetting = False
        self._asked = ("", "")
        link.account_told.connect(self._show)

    @property
    def dialog(self) -> AccountImportDialog | None:
        """The dialog while it is open."""
        return self._dialog

    def open_address(self) -> None:
        """Ask for a public address."""
        self._open(ADDRESS_VENUES)

    def open_key(self) -> None:
        """Ask for a read-only key."""
        self._open(KEY_VENUES)

    def _open(self, venues: tuple[AccountVenue, ...]) -> None:
        if self._dialog is not None:
            return
        dialog = AccountImportDialog(venues, self._known(), self._window.theme, self._window)
        dialog.asked.connect(self._ask)
        dialog.forget_wanted.connect(self._forget)
        dialog.taken.connect(self._take)
        dialog.finished.connect(self._on_finished)
        self._dialog = dialog
        dialog.open()

    def _on_finished(self) -> None:
        self._dialog = None
        self._request += 1  # an answer that is still on its way is for nobody

    def _ask(self, venue: str, owner: str, key: AccessKey | None) -> None:
        self._request += 1
        self._forgetting = False
        self._asked = (venue, owner)
        self._link.ask_account(self._request, venue, owner, key)

    def _forget(self, venue: str, owner: str) -> None:
        self._request += 1
        self._forgetting = True
        self._asked = (venue, owner)
        self._link.forget_key(self._request, venue, owner)

    def _show(self, told: AccountTold) -> None:
        if self._dialog is None or told.request != self._request:
            return
        if told.fault:
            self._dialog.show_fault(told.fault)
        elif told.holdings is not None:
            self._dialog.show_told(told.holdings, self._book())
        elif self._forgetting:
            self._dialog.show_said(f'The keyring holds no key of "{told.owner}" any more.')

    def _take(self, found: Differences, without_gone: bool) -> None:
        venue, owner = self._asked
        try:
            with self._store.one_edit(f"import of {owner} at {venue}"):
                for change in found.positions:
                    self._take_position(change, without_gone=without_gone)
                for balance in found.balances:
                    if balance.kind is not ChangeKind.SAME:
                        self._store.set_balance(balance.after)
            self._remember(venue, owner)
        except StoreError as error:
            self.said.emit(f"nothing was imported: {error.user_message}")
            return
        self.said.emit(f"{owner} at {venue} imported; undo takes it back")
        self.imported.emit()

    def _take_position(self, change: PositionChange, *, without_gone: bool) -> None:
        before, after = change.before, change.after
        if after is None:
            if before is not None and without_gone:
                self._store.delete_position(before.id)
        elif before is not None and before.id == after.id:
            if change.kind is not ChangeKind.SAME:
                self._store.update_position(after)
        else:
            if before is not None:
                self._store.delete_position(before.id)
            self._make_room(after.id)
            self._store.add_position(after)

    def _make_room(self, name: str) -> None:
        """Give a planned or closed position that bears the id another one."""
        book = self._book()
        held = {one.id: one for one in (*book.planned, *book.closed)}
        if name in held:
            number = 2
            while f"{name} {number}" in held:
                number += 1
            self._store.delete_position(name)
            self._store.add_position(replace(held[name], id=f"{name} {number}"))

    def _known(self) -> list[tuple[str, str]]:
        """Accounts of earlier imports, the last one first."""
        try:
            pairs = json.loads(self._store.state(_IMPORTED) or "[]")
            return [(str(venue), str(owner)) for venue, owner in pairs]
        except (ValueError, TypeError):
            return []

    def _remember(self, venue: str, owner: str) -> None:
        others = [pair for pair in self._known() if pair != (venue, owner)]
        kept = [(venue, owner), *others][:_MOST_KNOWN]
        self._store.set_state(_IMPORTED, json.dumps(kept))
