"""The parts of the odds of touching a level; `risk.touch` puts them together."""
