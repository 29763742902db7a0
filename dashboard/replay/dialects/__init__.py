"""The venues' wire formats, one file per venue."""
