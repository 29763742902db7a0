"""Runs that load the feed as heavily as it is ever loaded."""
