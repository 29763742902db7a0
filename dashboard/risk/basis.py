"""Basis: how far the perpetual's mark price stands from the index it follows."""

from __future__ import annotations


def basis_fraction(mark: float, index: float) -> float | None:
    """(mark - index) / index, positive for a premium; None where the index is not above 0."""
    return (mark - index) / index if index > 0.0 else None
