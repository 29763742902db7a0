"""The window: Qt only; asks the dashboard package, never a venue."""
