"""Every colour of the window, by meaning; the only place with colour literals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Semantic colours as "#rrggbb".

    Text tokens hold 4.5:1 or better against `background`, `surface` and `surface_raised`.
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
    selection="#24425f",
    text="#e6edf3",
    text_muted="#9aa7b4",
    accent="#58a6ff",
    profit="#3fcf8e",
    loss="#ff7b72",
    warning="#f0b429",
    danger="#ff6b6b",
    recorded="#f0b429",
    recorded_text="#1a1200",
    grid="#232c36",
    crosshair="#9aa7b4",
    candle_up="#2fb67c",
    candle_down="#e5534b",
    mark_price="#d2a8ff",
    open_interest="#58a6ff",
    long_short_ratio="#f2cc60",
    funding_positive="#3fcf8e",
    funding_negative="#ff7b72",
    entry_line="#58a6ff",
    liquidation_line="#ff6b6b",
    stop_line="#f0b429",
    take_profit_line="#3fcf8e",
)

LIGHT = Theme(
    name="light",
    background="#f3f5f7",
    surface="#ffffff",
    surface_raised="#eef1f4",
    border="#cdd5dd",
    selection="#cfe3fb",
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
    candle_up="#12875a",
    candle_down="#c93a32",
    mark_price="#7b3fc4",
    open_interest="#0b5cad",
    long_short_ratio="#8a6100",
    funding_positive="#0a6b43",
    funding_negative="#b3261e",
    entry_line="#0b5cad",
    liquidation_line="#b3261e",
    stop_line="#7d5200",
    take_profit_line="#0a6b43",
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT)}
