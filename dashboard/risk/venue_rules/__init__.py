"""The venues' liquidation rules as data, each with its document and date."""

from dashboard.risk.venue_rules.rule import VenueRule
from dashboard.risk.venue_rules.table import GENERIC, rule_for, venue_id

__all__ = ["GENERIC", "VenueRule", "rule_for", "venue_id"]
