"""Alerts and soft limits on positions: pure, deterministic, fed by a report and a clock."""
