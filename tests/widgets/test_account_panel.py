"""The account panel: figures, frontier, order of death, matrix, balances by hand with undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Side
from dashboard.risk.account import common_shock
from dashboard.risk.account_rows import wallets_of
from dashboard.risk.shock import SurplusLines, common_move
from dashboard.risk.stress import FirstDeath, ReverseStress
from dashboard.risk.totals import Totals
from dashboard.signals.standing import Floats
from dashboard.store.book import BookStore
from tests.widgets.account_samples import (
    BALANCES,
    POSITIONS,
    VENUES,
    closes,
    position,
    update,
    worked_account,
    worked_closes,
)
from widgets.balance_editor import BalanceEditor
from widgets.format import FALL, RISE
from widgets.frontier_chart import money_ticks
from widgets.models.account import AccountPicture, move, stress_words, tiles
from widgets.panels.account import AccountPanel
from widgets.slices import all_at_once
from widgets.theme import DARK, LIGHT
from widgets.update import Update

MINUS = "\N{MINUS SIGN}"


def unmeasured(_coin: str) -> Floats:
    """No hour of any coin."""
    return np.empty((0, 2))


class Desk:
    """A panel on a real book, which is shown again after each edit."""

    def __init__(
        self,
        qtbot: QtBot,
        folder: Path,
        *,
        measured: bool = True,
        hourly: Callable[[str], Floats] = closes,
    ) -> None:
        self.qtbot = qtbot
        self.store = BookStore(folder / "book.sqlite3")
        if not measured:
            hourly = unmeasured
        self.panel = AccountPanel(self.store, VENUES, hourly, DARK)
        all_at_once(self.panel.assemble())
        qtbot.addWidget(self.panel, before_close_func=lambda _panel: self.store.close())
        self.panel.book_changed.connect(self.reload)
        self.panel.resize(1100, 320)
        for balance in BALANCES:
            self.store.set_balance(balance)
        self.store.forget_edits()

    def reload(self) -> None:
        self.show(update(*POSITIONS, balances=self.store.load().balances))

    def show(self, shown: Update) -> None:
        """Show it and wait until all is worked out."""
        self.panel.show()
        before = self.panel.picture
        self.panel.show_update(shown)
        if self.panel.working:
            self.qtbot.waitUntil(lambda: self.panel.picture is not before)

    def deaths(self) -> list[tuple[str, str]]:
        model = self.panel.deaths
        return [(model.index(row, 2).data(), model.index(row, 1).data())
                for row in range(model.rowCount())]  # fmt: skip


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Desk:
    made = Desk(qtbot, tmp_path)
    made.reload()
    return made


def test_tiles_add_the_account_up(desk: Desk) -> None:
    shown = {
        title.text(): figure.text().replace("\u202f", " ")
        for title, figure in desk.panel.tiles.labels
    }
    assert shown == {
        "Equity": "27 500",
        "Gross notional": "165 000",
        "Net notional": "+45 000",
        "Leverage": "6x",
        "Margin used": "16 500",
        "Funding a day": "+27",
        "Concentration": "0.57",
        "Top venue": "binanceusdm 55%",
    }
    assert "BTC 73%" in desk.panel.tiles.labels[6][1].toolTip()


def test_sentence_has_both_cases_and_who_goes_before(desk: Desk) -> None:
    cross = wallets_of(update(*POSITIONS).report).known[-1].wallet
    alike = common_shock(cross).down
    words = desk.panel.sentence.text()
    assert f"{move(alike)} with all alike, ends binanceusdm USDT cross" in words
    assert words.index("in Bitcoin with betas") < words.index("with all alike")
    assert words.startswith(f"SOL long isolated at okx goes first, at {MINUS}5.9% in Bitcoin with")
    assert "BTC short isolated at bybit survives" in words


def test_order_of_death_falls_and_rises(desk: Desk) -> None:
    assert [name for name, _at in desk.deaths()] == [
        "SOL long iso at okx",
        "binanceusdm USDT cross",
        "BTC short iso at bybit",
    ]
    marks = [desk.panel.deaths.index(row, 0).data() for row in range(3)]
    assert marks == [f"1 {FALL}", f"2 {FALL}", f"1 {RISE}"]


def test_breached_position_is_listed_once_and_takes_nothing_from_the_rest(desk: Desk) -> None:
    cross = POSITIONS[0]
    lost = replace(position("SOL", Side.LONG, 100.0, cross=False), entry_price=190.0)
    desk.show(update(cross))
    alone = desk.panel.tiles.labels[0][1].text()
    desk.show(update(cross, lost))
    assert desk.deaths()[0] == ("SOL long iso at binanceusdm", "breached")
    assert [name for name, _at in desk.deaths()].count("SOL long iso at binanceusdm") == 1
    frontier = desk.panel.picture.frontier
    assert frontier is not None
    (wallet,) = wallets_of(update(cross).report).wallets
    assert frontier.shock == common_shock(wallet, {"BTC": 1.0})
    words = desk.panel.matrix.cell_words(4, 4)
    assert words.endswith("1 past liquidation now")
    assert not desk.panel.matrix.marked(4, 4)
    assert desk.panel.matrix.marked(0, 0)
    assert desk.panel.deaths.index(0, 0).data() == "now"
    assert desk.panel.tiles.labels[0][1].text() == alone
    short = position("SOL", Side.SHORT, 100.0, venue="bybit", cross=False)
    desk.show(update(cross, lost, short))
    assert desk.panel.tabs.tabText(3) == "Hedges", "what is past its end hedges nothing"


def test_worked_account_of_the_specification_reads_as_it_was_solved(
    qtbot: QtBot, tmp_path: Path
) -> None:
    """300,000 USDT, long 20 BTC and 300 ETH, short 2,000 SOL, on Binance's tiers of 2026-09."""
    desk = Desk(qtbot, tmp_path, hourly=worked_closes)
    desk.show(worked_account())
    legend = [text for _colour, text in desk.panel.chart.legend()]
    assert legend[2:] == [f"only BTC {MINUS}25.4%", f"only ETH {MINUS}33.8%", "only SOL +99.9%"]
    assert desk.deaths() == [("binanceusdm USDT cross", f"{MINUS}16.28%")]
    assert f"{MINUS}16.3% in Bitcoin with betas" in desk.panel.sentence.text()
    prices = desk.panel.deaths.index(0, 4).data(Qt.ItemDataRole.ToolTipRole)
    assert "BTC 50 230.81<br>ETH 2 389.43<br>SOL 113.366" in prices.replace("\u202f", " ")


def test_what_is_left_counts_after_haircuts(qtbot: QtBot, tmp_path: Path) -> None:
    desk = Desk(qtbot, tmp_path)
    half = tuple(replace(one, haircut=0.5) for one in BALANCES)
    desk.show(update(*POSITIONS, balances=half))
    left = {row.title: row.equity_left for row in desk.panel.picture.down}
    (whole,) = [one for one in wallets_of(update(*POSITIONS, balances=half).report).known
                if not one.isolated]  # fmt: skip
    assert whole.wallet.collateral[0].haircut == 0.5
    first = desk.panel.picture.down[0]
    standing = [one.wallet for one in wallets_of(update(*POSITIONS, balances=half).report).known
                if one.title != first.title]  # fmt: skip
    moved = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6}
    by_hand = 0.0
    for wallet in standing:
        lines = SurplusLines(wallet, common_move(wallet, moved))
        by_hand += lines.surplus_at(first.shock) + lines.required_at(first.shock)
    assert left[first.title] == pytest.approx(by_hand, rel=1e-6)


def test_all_alike_is_one_choice_away(desk: Desk) -> None:
    assert desk.panel.betas.itemText(0) == "betas, 299\u202fh"
    assert "SOL moves 1.60 times Bitcoin" in desk.panel.betas.toolTip()
    with_betas = desk.deaths()[0][1]
    before = desk.panel.picture
    desk.qtbot.keyClick(desk.panel.betas, Qt.Key.Key_Down)
    desk.qtbot.waitUntil(lambda: desk.panel.picture is not before)
    assert desk.deaths()[0][1] == f"{MINUS}9.50%"
    assert with_betas == f"{MINUS}5.94%"


def test_without_hours_all_move_alike_and_it_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    bare = Desk(qtbot, tmp_path, measured=False)
    bare.reload()
    assert bare.panel.betas.itemText(0) == "betas n/a"
    assert "ETH moves as Bitcoin does: 0 h are stored" in bare.panel.betas.toolTip()
    assert "with all coins alike ends binanceusdm" in bare.panel.sentence.text()


def test_one_wallet_can_be_charted(desk: Desk) -> None:
    names = [desk.panel.subject.itemText(at) for at in range(desk.panel.subject.count())]
    assert names == [
        "All wallets",
        "BTC short isolated at bybit",
        "SOL long isolated at okx",
        "binanceusdm USDT cross",
    ]
    before = desk.panel.picture
    desk.panel.subject.setCurrentIndex(1)
    desk.qtbot.waitUntil(lambda: desk.panel.picture is not before)
    frontier = desk.panel.picture.frontier
    assert frontier is not None
    assert [line.coin for line in frontier.coins] == ["BTC"]
    assert frontier.shock.down is None
    assert frontier.shock.up == pytest.approx(0.095, abs=0.001)


def test_hedge_across_wallets_is_told(desk: Desk) -> None:
    assert desk.panel.tabs.tabText(3) == "Hedges (1)"
    assert "Delta-neutral is not margin-neutral" in desk.panel.hedges.text()
    desk.show(update(POSITIONS[0]))
    assert desk.panel.tabs.tabText(3) == "Hedges"
    assert "no coin is long in one" in desk.panel.hedges.text()


def test_frontier_is_worked_out_only_where_something_changed(desk: Desk) -> None:
    before = desk.panel.picture
    desk.show(update(*POSITIONS))
    assert desk.panel.picture is before
    desk.show(update(*POSITIONS, fall=0.01))
    assert desk.panel.picture is not before


def test_hidden_panel_waits_until_it_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    hidden = Desk(qtbot, tmp_path)
    hidden.panel.show_update(update(*POSITIONS))
    assert hidden.panel.picture == AccountPicture()
    hidden.panel.show()
    qtbot.waitUntil(lambda: hidden.panel.picture.frontier is not None)


def test_unknown_wallet_is_named_with_its_reason(desk: Desk) -> None:
    desk.show(update(*POSITIONS, balances=()))
    assert desk.panel.notes.isVisible()
    assert "no wallet balance in USDT was entered for binanceusdm" in desk.panel.notes.text()
    assert desk.panel.tiles.labels[0][1].text() == "\u2265\u202f7\u202f500"
    hint = desk.panel.tiles.labels[0][1].toolTip()
    assert "at least what is known of it; the whole is n/a: " in hint
    assert "no wallet balance" in hint
    assert desk.panel.tiles.labels[3][1].text() == "n/a"
    assert len(desk.panel.picture.down) == 1


def test_figures_that_are_not_of_now_say_so(desk: Desk) -> None:
    shown = update(*POSITIONS)
    desk.show(replace(shown, now_ms=shown.now_ms + 60_000, feed_lost=True))
    assert desk.panel.notes.text() == (
        "Figures as of 2024-08-04 12:00 UTC, before the first live price. "
        "The feed is lost: prices are the last ones known."
    )
    desk.show(shown)
    assert not desk.panel.notes.isVisible()


def test_empty_book_says_what_to_do(desk: Desk) -> None:
    desk.show(update(balances=()))
    assert "open a position" in desk.panel.sentence.text()
    assert desk.panel.chart.legend() == [("profit", "equity"), ("liquidation_line", "maintenance")]
    assert desk.panel.matrix.cell_words(0, 0) == ""
    desk.panel.grab()


@pytest.mark.parametrize("size", [(1170, 300), (800, 200), (420, 160)])
def test_labels_of_the_chart_never_overlap(desk: Desk, size: tuple[int, int]) -> None:
    desk.panel.resize(*size)
    desk.panel.apply_theme(LIGHT)
    desk.panel.grab()
    chart = desk.panel.chart
    boxes = [box for box, _text in chart.labels]
    assert len(boxes) > 4
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    assert all(box.left() >= 0 and box.right() <= chart.width() for box in boxes)
    assert "The first wallet ends at" in chart.accessibleDescription()


def test_pointer_tells_the_figures_of_a_move(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _widget: said.append(text))
    for widget in (desk.panel.chart, desk.panel.matrix):
        desk.panel.tabs.setCurrentIndex(1)
        middle = QPointF(widget.width() / 2, widget.height() / 2)
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            middle,
            widget.mapToGlobal(middle),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        widget.mouseMoveEvent(event)
    assert "wallets stand" in said[0]
    assert "equity" in said[1]


def test_matrix_cells_say_change_and_who_is_gone(desk: Desk) -> None:
    shown = desk.panel.picture.matrix
    assert shown is not None
    row, column = shown.alt_moves.index(0.0), shown.bitcoin_moves.index(0.0)
    assert desk.panel.matrix.cell_text(row, column) == "0%"
    assert desk.panel.matrix.cell_words(row, column).endswith("every wallet stands")
    assert desk.panel.matrix.cell_words(0, 0).endswith("2 liquidated")


def test_matrix_of_a_book_that_is_gone_shows_crosses(qtbot: QtBot, tmp_path: Path) -> None:
    one = Desk(qtbot, tmp_path)
    one.show(update(POSITIONS[0]))
    assert one.panel.matrix.cell_text(0, 0) == "\N{MULTIPLICATION X}"
    one.panel.tabs.setCurrentIndex(1)
    one.panel.grab()


class TestBalances:
    @staticmethod
    def type_in(desk: Desk, coin: str, amount: str, counts: str = "") -> BalanceEditor:
        desk.panel.tabs.setCurrentIndex(2)
        editor = desk.panel.balances
        for field, text in ((editor.coin, coin), (editor.amount, amount), (editor.counts, counts)):
            field.clear()
            desk.qtbot.keyClicks(field, text)
        desk.qtbot.keyClick(editor.amount, Qt.Key.Key_Return)
        return editor

    def test_typed_balance_is_kept_and_undone(self, desk: Desk) -> None:
        self.type_in(desk, "btc", "0.5", "95")
        assert desk.store.load().balances[1] == Balance(
            venue="binanceusdm", coin="BTC", amount=0.5, haircut=0.95
        )
        assert desk.panel.balances.model.rowCount() == 2
        assert desk.store.undo() == "balance of BTC at binanceusdm"
        desk.reload()
        assert desk.panel.balances.model.rowCount() == 1

    @pytest.mark.parametrize(
        ("coin", "amount", "counts", "words"),
        [
            ("USDT", "1,234", "", "1234"),
            ("USDT", "", "", "amount"),
            ("USDT", "ten", "", "amount"),
            ("<b>", "1", "", "coin must be letters and digits"),
            ("", "1", "", "coin must be letters and digits"),
            ("USDT", "1", "0", "counts % must be above 0"),
            ("USDT", "1", "101", "counts % must be above 0 and up to 100"),
        ],
    )
    def test_bad_input_is_a_sentence_and_stays(
        self, desk: Desk, coin: str, amount: str, counts: str, words: str
    ) -> None:
        editor = self.type_in(desk, coin, amount, counts)
        assert words in editor.fault.text()
        assert editor.fault.isVisible()
        assert (editor.coin.text(), editor.amount.text()) == (coin, amount)
        assert desk.store.load().balances == BALANCES

    def test_chosen_row_fills_the_line_and_can_be_removed(self, desk: Desk) -> None:
        editor = desk.panel.balances
        desk.panel.tabs.setCurrentIndex(2)
        desk.qtbot.mouseClick(editor.remove_button, Qt.MouseButton.LeftButton)
        assert "choose a balance" in editor.fault.text()
        editor.view.select_key(("binanceusdm", "USDT"))
        assert (editor.amount.text(), editor.counts.text()) == ("20000", "100")
        desk.qtbot.keyClick(editor.view, Qt.Key.Key_Delete)
        desk.qtbot.mouseClick(editor.remove_button, Qt.MouseButton.LeftButton)
        assert desk.store.load().balances == ()

    def test_balance_at_a_venue_that_is_off_can_be_edited(self, desk: Desk) -> None:
        gate = Balance(venue="gate", coin="USDT", amount=5.0)
        desk.show(update(*POSITIONS, balances=(*BALANCES, gate)))
        assert desk.panel.balances.venue.findText("gate") >= 0

    def test_disk_that_fails_is_said(self, qtbot: QtBot) -> None:
        class Full:
            def set_balance(self, balance: Balance) -> None:
                raise StoreError("the disk is full")

            def delete_balance(self, venue: str, coin: str) -> None:
                raise StoreError("the disk is full")

        editor = BalanceEditor(Full(), VENUES, DARK)
        qtbot.addWidget(editor)
        editor.show_balances(BALANCES)
        editor.view.select_key(("binanceusdm", "USDT"))
        for act in (editor.keep, editor.remove):
            editor.fault.setText("")
            act()
            assert editor.fault.text() == "the disk is full"


def test_sentences_of_every_case() -> None:
    base = ReverseStress("W", None, -0.19, "", "", ())
    assert stress_words(base, measured=False) == f"{MINUS}19.0% with all coins alike ends W."
    both = base._replace(measured=-0.163, last="X")
    assert stress_words(both, measured=True) == (
        f"{MINUS}16.3% in Bitcoin with betas, {MINUS}19.0% with all alike, ends W; X goes last."
    )
    assert "no move with betas" in stress_words(base, measured=True)
    assert "no move with all alike" in stress_words(both._replace(alike=None), measured=True)
    assert stress_words(base._replace(alike=None), measured=True) == "No common move ends W."


def test_sentence_begins_with_who_goes_first_and_at_which_move() -> None:
    two = ReverseStress("W", -0.163, -0.19, "", "", ("X",), wallets=3)
    x, y, w = (FirstDeath(name, at) for name, at in (("X", 0.04), ("Y", -0.05), ("W", -0.19)))
    first = two._replace(first_measured=x, first_alike=x)
    assert stress_words(first, measured=True) == (
        f"X goes first, at +4.0% in Bitcoin with betas, +4.0% with all alike; {MINUS}16.3% in "
        f"Bitcoin with betas, {MINUS}19.0% with all alike, ends W; X survives that way."
    )
    apart = stress_words(two._replace(first_measured=x, first_alike=y), measured=True)
    assert apart.startswith(
        f"X goes first, at +4.0% in Bitcoin with betas; with all alike Y does, at {MINUS}5.0%; "
    )
    book = two._replace(first_measured=w, first_alike=w, last="Z", unharmed=("X", "Y"))
    assert stress_words(book, measured=False) == (
        f"W goes first, at {MINUS}19.0% with all coins alike; Z goes last; "
        "X and Y survive that way."
    )
    only = stress_words(two._replace(first_measured=x), measured=True)
    assert "betas, and no move with all alike ends any; " in only
    only = stress_words(two._replace(first_alike=y), measured=True)
    assert only.startswith(f"Y goes first, at {MINUS}5.0% with all coins alike, and no move with")
    assert stress_words(two, measured=True).startswith(f"{MINUS}16.3% in Bitcoin")
    betas_alone = stress_words(two._replace(first_measured=x), measured=False)
    assert betas_alone.startswith(f"{MINUS}19.0% with all coins alike ends W")
    other = stress_words(first._replace(first="Q"), measured=True)
    assert "ends W; Q goes first that way; " in other


def test_sentence_says_who_is_past_the_end_and_whom_it_leaves_out() -> None:
    gone = ReverseStress("", None, None, "", "", (), past=("A", "B"), wallets=0)
    assert stress_words(gone, measured=True) == "A and B are past liquidation now."
    rest = ReverseStress("W", None, -0.2, "", "", (), past=("A",), whole=False)
    assert stress_words(rest, measured=False) == (
        "A is past liquidation now. Of the wallets that are known: "
        f"{MINUS}20.0% with all coins alike ends W."
    )


def test_unknown_totals_are_na_with_their_reason() -> None:
    lost = Totals(missing={"equity": "no balance"})
    found = {tile.title: tile for tile in tiles(lost)}
    assert (found["Equity"].text, found["Equity"].hint) == ("n/a", "n/a: no balance")


def test_axis_of_money_is_round() -> None:
    assert money_ticks(0.0, 100_000.0, 4) == [0.0, 50_000.0, 100_000.0]
    assert money_ticks(-30.0, 100.0, 4) == [0.0, 50.0, 100.0]


def test_isolated_positions_of_one_contract_die_each_for_itself(
    qtbot: QtBot, tmp_path: Path
) -> None:
    desk = Desk(qtbot, tmp_path)
    first = position("BTC", Side.LONG, 1.0, cross=False)
    second = replace(first, id="the other", entry_price=57_000.0, size=0.5)
    desk.show(update(first, second))
    names = {f"BTC long iso @{entry} at binanceusdm" for entry in ("57,000", "60,000")}
    falls = [at for name, at in desk.deaths() if name in names]
    assert {name for name, _at in desk.deaths()} == names
    assert len(falls) == 2
    assert len(set(falls)) == 2
