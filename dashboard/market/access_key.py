"""A key that signs questions about an account. It is never written to a file or a log."""

from __future__ import annotations

from dataclasses import dataclass

_HIDDEN = "***"


@dataclass(frozen=True, slots=True, repr=False)
class AccessKey:
    """Key, secret and, where the venue has one, passphrase; shown nowhere, not even in a repr."""

    key: str
    secret: str
    passphrase: str = ""

    def __repr__(self) -> str:
        return f"AccessKey({_HIDDEN})"

    def redacted(self, text: str) -> str:
        """`text` without any of the three."""
        for hidden in (self.secret, self.passphrase, self.key):
            if hidden:
                text = text.replace(hidden, _HIDDEN)
        return text
