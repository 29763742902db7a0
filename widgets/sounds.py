"""Two short sounds, made here and played by what the system has; silence is never an error."""

from __future__ import annotations

import logging
import math
import shutil
import struct
import tempfile
import wave
from pathlib import Path

from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QApplication

from dashboard.alerts.rules import Severity

_log = logging.getLogger("liqline.window")
_RATE_HZ = 22_050
_LOUDNESS = 9_000
_PLAYERS = ("pw-play", "paplay", "aplay", "afplay")
_TONES: dict[bool, tuple[tuple[float, float], ...]] = {
    False: ((660.0, 0.16),),
    True: ((880.0, 0.14), (0.0, 0.06), (880.0, 0.14), (0.0, 0.06), (1_175.0, 0.22)),
}
"""Frequency (Hz, 0 for a pause) and seconds of each tone: one, and three for what is critical."""


def sound_bytes(*, critical: bool) -> bytes:
    """The samples of a sound: 16 bit, one channel, fading in and out of each tone."""
    samples: list[int] = []
    for frequency, seconds in _TONES[critical]:
        count = round(seconds * _RATE_HZ)
        for at in range(count):
            fade = min(1.0, at / 200, (count - at) / 200)
            wave_now = math.sin(2.0 * math.pi * frequency * at / _RATE_HZ)
            samples.append(round(_LOUDNESS * fade * wave_now))
    return struct.pack(f"<{len(samples)}h", *samples)


class Sounds:
    """Plays a sound of its own for what is critical; beeps where no player is found."""

    def __init__(self) -> None:
        self._player = next(filter(None, map(shutil.which, _PLAYERS)), None)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[bool, Path] = {}

    def play(self, severity: Severity) -> None:
        """Play the sound of a severity; returns at once."""
        critical = severity is Severity.CRITICAL
        file = self._file(critical) if self._player is not None else None
        if self._player is None or file is None:
            QApplication.beep()
            return
        if not QProcess.startDetached(self._player, [str(file)])[0]:
            QApplication.beep()

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
            self._files.clear()

    def _file(self, critical: bool) -> Path | None:
        held = self._files.get(critical)
        if held is not None:
            return held
        try:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="liqline-")
            path = Path(self._folder.name) / ("critical.wav" if critical else "alert.wav")
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(_RATE_HZ)
                file.writeframes(sound_bytes(critical=critical))
        except OSError as error:
            _log.info("no sound file could be written: %s", error)
            return None
        self._files[critical] = path
        return path
