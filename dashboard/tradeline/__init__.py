"""The trade line: one line of text that is a position, and the strict numbers in it. Pure."""
