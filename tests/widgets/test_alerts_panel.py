"""Alerts in the window: told, snoozed, acknowledged, overridden, kept over a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from dashboard.alerts.limits import LimitKind
from dashboard.alerts.machine import SNOOZE_MS
from dashboard.alerts.rules import AlertKind, Severity
from dashboard.feed.frames import Clock
from dashboard.store.alert_ledger import AlertLedger, LedgerRow, Manners
from dashboard.store.book import BookStore
from tests.alerts.scenes import BTC, LONG_BTC
from tests.risk.builders import NOW, mark, report_of, snapshot_of
from tests.widgets.alert_room import FAR, GONE, MINUTE_MS, NEAR, Room, path, room
from widgets import format as fmt
from widgets.notices import NO_TRAY
from widgets.panels import ALERTS
from widgets.update import Update

__all__ = ["path", "room"]


def test_breach_stands_in_title_and_status_until_it_is_acknowledged(room: Room) -> None:
    room.see(FAR)
    assert (room.listed(), room.window.status.breached.isVisible()) == ([], False)
    room.see(GONE)
    assert room.listed()[0][0].startswith(
        "BTC/USDT long isolated, binanceusdm: BREACHED: mark (45,000)"
    )
    room.see(FAR)
    assert room.window.windowTitle().startswith("BREACHED  ")
    assert room.window.status.breached.isVisible()
    room.choose("breached long")
    room.click(room.panel.active.acknowledge_button)
    assert "BREACHED" not in room.window.windowTitle()
    assert not room.window.status.breached.isVisible()
    assert (
        "acknowledged" in [what for what, _ in room.log()],
        room.alerting.watch.state.breached(),
    ) == (
        True,
        False,
    )


def test_badge_leads_to_the_alerts(room: Room, qtbot: QtBot) -> None:
    room.see(GONE)
    room.window.docks[ALERTS.key].hide()
    room.click(room.window.status.breached)
    assert room.window.docks[ALERTS.key].isVisible()


def test_snoozed_alert_is_silent_for_its_time_and_told_again(room: Room) -> None:
    room.see(FAR)
    room.see(NEAR)
    told = room.panel.log.model.rowCount()
    for name in room.panel.active.model.shown_keys():
        room.choose(str(name))
        room.click(room.panel.active.snooze_button)
    assert all(state.startswith("snoozed 15") for _, state in room.listed())
    snoozes = len(room.listed())
    room.see(NEAR, minutes=SNOOZE_MS / MINUTE_MS - 1)
    assert room.panel.log.model.rowCount() == told + snoozes
    room.see(NEAR, minutes=1)
    assert room.panel.log.model.rowCount() > told + snoozes
    assert all(state == "active" for _, state in room.listed())


def test_keys_acknowledge_and_snooze(room: Room, qtbot: QtBot) -> None:
    room.see(GONE)
    room.choose("breached long")
    room.panel.active.view.setFocus()
    qtbot.keyClick(room.panel.active.view, Qt.Key.Key_Z)
    assert dict(room.listed())[room.listed()[0][0]].startswith("snoozed")
    qtbot.keyClick(room.panel.active.view, Qt.Key.Key_Space)
    assert not room.alerting.watch.state.breached()


def test_shown_and_copied(room: Room) -> None:
    room.see(GONE)
    room.choose("breached long")
    room.click(room.panel.active.show_button)
    assert (room.desk.selected, room.positions.view.chosen) == (BTC, ["long"])
    room.click(room.panel.active.copy_button)
    assert (
        QGuiApplication.clipboard()
        .text()
        .startswith("BTC/USDT long isolated, binanceusdm: BREACHED")
    )


def test_hidden_panel_shows_nothing_new_until_it_is_in_sight(room: Room) -> None:
    room.see(FAR)
    room.window.docks[ALERTS.key].hide()
    room.see(GONE)
    assert (room.listed(), room.log()) == ([], [])
    assert room.window.status.breached.isVisible()
    room.window.go_to(ALERTS.key)
    assert len(room.listed()) > 1
    assert "breached" in [what for what, _ in room.log()]


def test_long_absence_does_not_make_a_low_window_higher(room: Room) -> None:
    room.window.resize(1100, 700)
    room.panel.show_away("\n".join(f"line {n}" for n in range(40)))
    room.qtbot.wait(1)
    assert room.window.height() == 700


def test_chosen_alert_says_what_it_came_from(room: Room) -> None:
    room.see(FAR)
    room.see(GONE)
    room.choose("breached long")
    cause = "distance -25.13 points since 2026-10-01 00:01 UTC: price -25.13 points"
    assert room.panel.active.cause.text() == cause
    room.click(room.panel.active.copy_button)
    assert QGuiApplication.clipboard().text().splitlines()[1] == cause


def test_all_are_acknowledged_at_once(room: Room) -> None:
    room.see(GONE)
    room.click(room.panel.active.all_button)
    assert {state for _, state in room.listed()} <= {"acknowledged"}


def test_limit_is_overridden_only_with_a_typed_reason(room: Room, qtbot: QtBot) -> None:
    room.panel.tabs.setCurrentIndex(3)
    line = room.panel.limits.lines[LimitKind.LEVERAGE]
    line.field.setText("5")
    qtbot.keyClick(line.field, Qt.Key.Key_Return)
    room.see(50_000.0)
    assert line.words.text() == "BREACHED: 10.0x of 5.0x, BTC/USDT long isolated, binanceusdm"
    assert line.bar.value() == 100
    (breach,) = [row for row in AlertLedger(room.store).read() if row.what == "limit breached"]
    assert (breach.at_ms, breach.text) == (
        room.now_ms,
        "BTC/USDT long isolated, binanceusdm: limit breached, largest leverage 10.0x of 5.0x",
    )
    room.click(line.override_button)
    qtbot.keyClicks(room.panel.limits.reason, "ok")
    room.click(room.panel.limits.confirm_button)
    assert room.panel.limits.message.text() == "reason must have 3 to 500 characters, not 2"
    assert room.panel.limits.reason.text() == "ok"
    qtbot.keyClicks(room.panel.limits.reason, ", hedged elsewhere")
    qtbot.keyClick(room.panel.limits.reason, Qt.Key.Key_Return)
    assert (
        "override",
        "BTC/USDT long isolated, binanceusdm: largest leverage 10.0x of 5.0x; "
        "reason: ok, hedged elsewhere",
    ) in room.log()
    room.see(50_000.0)
    assert line.words.text().startswith("overridden; 10.0x of 5.0x")
    assert line.overridden.isVisible()
    assert not line.override_button.isEnabled()
    room.see(50_000.0, minutes=24 * 60)
    assert line.words.text().startswith("BREACHED: 10.0x of 5.0x")
    assert not line.overridden.isVisible()
    assert [what for what, _ in room.log()].count("limit breached") == 2, "the override ran out"


def test_limits_and_override_are_there_after_a_restart(
    qtbot: QtBot, path: Path, room: Room
) -> None:
    room.panel.limits.lines[LimitKind.LEVERAGE].field.setText("5")
    room.panel.limits.lines[LimitKind.LEVERAGE].field.editingFinished.emit()
    room.see(50_000.0)
    reading = room.panel.limits.lines[LimitKind.LEVERAGE].worst
    room.panel.limits.overridden.emit(reading, "hedged elsewhere")
    room.close()
    again = Room(qtbot, path)
    again.now_ms = room.now_ms
    again.see(None)
    line = again.panel.limits.lines[LimitKind.LEVERAGE]
    assert line.field.text() == "5"
    assert line.overridden.text().startswith("OVERRIDDEN: BTC/USDT long isolated, binanceusdm, ")
    assert "last known value" in line.words.text()
    again.close()


def test_override_of_one_position_stays_in_sight_while_another_is_shown(
    qtbot: QtBot, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "mira")
    room = Room(qtbot, path, LONG_BTC, replace(LONG_BTC, id="second", entry_price=51_000.0))
    room.panel.tabs.setCurrentIndex(3)
    line = room.panel.limits.lines[LimitKind.DISTANCE]
    line.field.setText("20")
    qtbot.keyClick(line.field, Qt.Key.Key_Return)
    room.see(50_000.0)
    worst = "BTC/USDT long isolated @51,000, binanceusdm"
    assert line.words.text().endswith(worst)
    room.click(line.override_button)
    qtbot.keyClicks(room.panel.limits.reason, "closing it by hand")
    qtbot.keyClick(room.panel.limits.reason, Qt.Key.Key_Return)
    room.see(50_000.0)
    assert line.words.text().startswith("BREACHED: ")
    assert line.words.text().endswith("BTC/USDT long isolated @50,000, binanceusdm")
    assert line.overridden.isVisible()
    said = line.overridden.text()
    assert said.startswith(f"OVERRIDDEN: {worst}, ")
    assert said.endswith("by mira at 2026-10-01 00:01 UTC until 2026-10-02 00:01 UTC "
                         "(closing it by hand)")  # fmt: skip
    room.close()


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (LimitKind.LEVERAGE, "1e3", "is not a number"),
        (LimitKind.VENUE_SHARE, "140", "must be at most 100 %, not 140"),
        (LimitKind.DAILY_LOSS, "<b>5</b>", "is not a number"),
        (LimitKind.COOL_OFF, "-5", "must be above 0"),
    ],
)
def test_limit_that_cannot_be_is_refused_and_stays_typed(
    room: Room, kind: LimitKind, text: str, words: str
) -> None:
    before = room.alerting.watch.limits
    field = room.panel.limits.lines[kind].field
    field.setText(text)
    field.editingFinished.emit()
    assert words in room.panel.limits.message.text()
    assert (field.text(), room.alerting.watch.limits) == (text, before)


def test_latched_breach_survives_a_restart(qtbot: QtBot, path: Path, room: Room) -> None:
    room.see(GONE)
    room.close()
    again = Room(qtbot, path)
    again.now_ms = room.now_ms
    again.see(FAR)
    assert again.window.status.breached.isVisible()
    again.close()


def test_alert_that_was_written_and_never_shown_is_shown_at_the_next_start(
    qtbot: QtBot, path: Path
) -> None:
    store = BookStore(path)
    lost = LedgerRow(
        id="lost",
        at_ms=NOW,
        what="breached",
        severity=Severity.CRITICAL,
        text="BTC <b>BREACHED</b>",
        shown=False,
    )
    AlertLedger(store).write([lost])
    store.close()
    room = Room(qtbot, path, LONG_BTC)
    room.see(FAR)
    assert room.panel.away.isVisible()
    assert "1 alert of the session before, not shown then:\nBTC <b>BREACHED</b>" in (
        room.panel.away.text()
    )
    room.click(room.panel.away_button)
    assert not room.panel.away.isVisible()
    assert AlertLedger(room.store).read()[-1] == replace(lost, shown=True)
    room.close()


def test_row_is_on_disk_before_the_alert_is_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []

    def tell(_alert: object, _manners: object) -> None:
        seen.extend((row.what, row.shown) for row in AlertLedger(room.store).read())

    monkeypatch.setattr(room.alerting.notices, "tell", tell)
    room.see(GONE)
    assert ("breached", False) in seen
    assert all(row.shown for row in AlertLedger(room.store).read())


def test_log_is_searched_by_all_words(room: Room, qtbot: QtBot) -> None:
    room.see(GONE)
    room.click(room.panel.active.all_button)
    assert len(room.log()) > 2
    room.panel.tabs.setCurrentIndex(1)
    qtbot.keyClicks(room.panel.log.search, "acknowledged CROSSED")
    assert [what for what, _ in room.log()] == ["acknowledged"]
    room.panel.log.search.setText("no such words")
    assert room.log() == []


def test_supposed_position_and_remembered_figures_raise_nothing(room: Room) -> None:
    room.see(FAR)
    contract = LONG_BTC.instrument
    snapshot = snapshot_of(mark(contract, GONE))
    usual = Update(
        now_ms=NOW,
        clock=Clock(now_ms=NOW, speed=1.0, paused=False),
        snapshot=snapshot,
        book=room.desk.book,
        report=report_of(room.desk.book.positions, snapshot),
    )
    room.pulse.text.emit(replace(usual, book=replace(room.desk.book)))
    room.pulse.text.emit(replace(usual, now_ms=NOW + 1))
    assert room.listed() == []


def test_price_alert_from_a_chart_is_kept_moved_and_removed(room: Room) -> None:
    room.alerting._add_price(BTC, 55_000.0)
    (rule,) = [one for one in AlertLedger(room.store).rules() if one.kind is AlertKind.PRICE]
    room.alerting._move_price(rule.id, 54_000.0)
    room.see(FAR)
    room.see(53_000.0)
    assert "mark fell below 54,000 (53,000)" in room.listed()[0][0]
    room.alerting._remove_rule(rule.id)
    assert rule.id not in {one.id for one in AlertLedger(room.store).rules()}


def test_chart_shows_the_price_alerts_of_its_contract_and_no_other_threshold(room: Room) -> None:
    shown: list[list[float]] = []
    pointing = SimpleNamespace(show_alerts=lambda lines: shown.append([one.price for one in lines]))
    room.alerting._pointing = pointing  # type: ignore[assignment]  # its other parts are not asked
    room.desk.select(BTC)
    room.alerting._add_price(BTC, 55_000.0)
    room.desk.selected = None
    room.alerting._show_lines()
    assert shown == [[55_000.0], []]


def test_rule_is_changed_added_and_removed_by_hand(room: Room, qtbot: QtBot) -> None:
    rules = room.panel.rules
    room.panel.tabs.setCurrentIndex(2)
    rules.view.select_key("near")
    assert (rules.threshold.text(), rules.unit.text()) == ("10", "% of mark")
    rules.threshold.setText("abc")
    room.click(rules.apply_button)
    assert "is not a number" in rules.message.text()
    assert rules.threshold.text() == "abc"
    rules.threshold.setText("12.5")
    rules.cool_down.setText("30")
    rules.expires.setText("2")
    room.see(FAR)
    room.click(rules.apply_button)
    near = next(one for one in AlertLedger(room.store).rules() if one.id == "near")
    assert (near.threshold, near.cool_down_ms) == (0.125, 30 * MINUTE_MS)
    assert near.expires_ms == room.now_ms + 120 * MINUTE_MS
    count = len(room.alerting.watch.rules)
    room.click(rules.add_button)
    assert len(AlertLedger(room.store).rules()) == count + 1
    room.click(rules.remove_button)
    assert len(AlertLedger(room.store).rules()) == count


def test_trial_alert_is_told_and_logged(room: Room) -> None:
    room.see(FAR)
    room.click(room.panel.rules.test_button)
    assert "This is a trial alert" in room.log()[0][1]
    assert "This is a trial alert" in room.window.status.notice.text()


def test_manners_are_kept(qtbot: QtBot, path: Path, room: Room) -> None:
    assert not room.panel.pass_box.isEnabled()
    room.panel.quiet_box.click()
    assert room.panel.pass_box.isEnabled()
    room.panel.pass_box.click()
    room.panel.sound_box.click()
    room.close()
    again = Room(qtbot, path)
    assert again.alerting.manners == Manners(quiet=True, critical_pass=False, sound=False)
    again.close()


def test_without_a_tray_the_panel_says_so(room: Room) -> None:
    assert room.panel.tray_note.text() == NO_TRAY


def test_severity_of_a_rule_is_set_by_hand_without_telling_its_alerts_again(
    room: Room, qtbot: QtBot
) -> None:
    room.see(FAR)
    room.see(NEAR)
    told = [text for what, text in room.log() if what == "distance"]
    assert len(told) == 1
    rules = room.panel.rules
    room.panel.tabs.setCurrentIndex(2)
    rules.view.select_key("very near")
    assert rules.severity.currentText() == "critical"
    rules.severity.setFocus()
    qtbot.keyClicks(rules.severity, "i")
    room.click(rules.apply_button)
    kept = next(one for one in AlertLedger(room.store).rules() if one.id == "very near")
    assert kept.severity is Severity.INFO
    room.see(NEAR)
    assert [text for what, text in room.log() if what == "distance"] == told
    severities = {one.rule_id: one.severity for one in room.alerting.watch.state.active()}
    assert severities["very near"] is Severity.INFO


def test_position_opened_while_cooling_off_is_logged(room: Room) -> None:
    room.see(FAR)
    room.see(GONE)
    room.store.add_position(replace(LONG_BTC, id="again"))
    room.desk.reload_book()
    room.see(FAR)
    name = "BTC/USDT long isolated (2), binanceusdm"
    opened = f"{name} was opened in the cool-off after a loss, 59 min left"
    assert ("limit breached", opened) in room.log()
    assert room.window.status.notice.text() == opened
    before = len(room.log())
    room.see(FAR)
    assert len(room.log()) == before


def test_life_of_an_alert_by_a_fake_clock_and_over_a_restart(
    qtbot: QtBot, path: Path, room: Room
) -> None:
    """Raised, silent, snoozed, told again, acknowledged, over, back; the same after a start."""

    def told(of: Room) -> int:
        return [what for what, _ in of.log()].count("distance")

    def state(of: Room) -> str:
        return next((state for text, state in of.listed() if "(told at 10.0%)" in text), "")

    only = [one for one in room.alerting.watch.rules if one.id == "near"]
    room.alerting._change_rules(tuple(only), "")
    warm, back, edge = 49_000.0, 52_000.0, 50_600.0  # 7.7 %, 13.0 % and 10.6 % above liquidation
    room.see(FAR)
    room.see(warm)
    assert (told(room), state(room)) == (1, "active")
    room.see(warm)
    room.see(edge)
    assert (told(room), state(room)) == (1, "active"), "it came back only just"
    room.choose("near long")
    room.click(room.panel.active.snooze_button)
    room.see(warm, minutes=14)
    assert (told(room), state(room)) == (1, f"snoozed {fmt.age(MINUTE_MS)}")
    room.see(warm, minutes=1)
    assert (told(room), state(room)) == (2, "active")
    room.click(room.panel.active.acknowledge_button)
    assert state(room) == "acknowledged"
    room.see(warm, minutes=60)
    assert told(room) == 2
    room.see(back)
    assert state(room) == ""
    room.see(warm)
    assert (told(room), state(room)) == (3, "active")
    log, listed = room.log(), room.listed()
    room.close()
    again = Room(qtbot, path)
    again.now_ms = room.now_ms
    assert again.log() == log
    again.see(warm)
    assert (again.listed(), told(again)) == (listed, 3)
    again.see(warm, minutes=14)
    again.see(46_000.0)
    assert told(again) == 4, "less than half of the room that was told of is left"
    again.close()
