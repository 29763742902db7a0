"""The feed as the window runs it: a child process with frames on its pipes."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.feed.frames import Command, Frame, FrameSplitter, decode, encode

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 40.0


class FeedChild:
    """A running `python -m dashboard feed`; `frames` has what it said so far."""

    def __init__(self, *arguments: str, code: str | None = None) -> None:
        start = ["-c", code] if code else ["-m", "dashboard"]
        self.process = subprocess.Popen(
            [sys.executable, *start, "feed", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.frames: list[Frame] = []
        self.garbage: list[str] = []
        self._arrived: queue.Queue[Frame | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(encode(command))
        self.process.stdin.flush()

    def until(self, found: Callable[[Frame], Any]) -> Any:
        """Take frames until `found` gives something true for one, and give that."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            frame = self._arrived.get(timeout=max(0.1, deadline_s - time.monotonic()))
            if frame is None:
                raise EOFError(self.errors())
            self.frames.append(frame)
            result = found(frame)
            if result:
                return result

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ended(self) -> tuple[int, float]:
        """The exit status, and how many seconds it took from now."""
        start_s = time.monotonic()
        status = self.process.wait(PATIENCE_S)
        took_s = time.monotonic() - start_s
        self._thread.join(PATIENCE_S)
        return status, took_s

    def errors(self) -> str:
        """What it wrote to standard error, once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def __enter__(self) -> FeedChild:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._thread.join(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _read(self) -> None:
        assert self.process.stdout is not None
        splitter = FrameSplitter()
        while data := os.read(self.process.stdout.fileno(), 65536):
            for part in splitter.feed(data):
                self._arrived.put(decode(*part))
        self._arrived.put(None)
