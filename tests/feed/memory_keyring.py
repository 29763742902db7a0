"""A keyring in memory, as an operating system's would be."""

from __future__ import annotations

from typing import ClassVar

from keyring.backend import KeyringBackend


class Memory(KeyringBackend):
    """Forgets all at the end of the process."""

    priority = 1.0  # type: ignore[assignment] # a plain number, as the documents show it
    held: ClassVar[dict[tuple[str, str], str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]
