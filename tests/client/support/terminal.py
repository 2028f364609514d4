"""The interactive client at a screen: a tmux server of its own, keys in, text out."""

import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from .client import Client


class Terminal:
    """One interactive session; use as a context manager."""

    size = ("180", "50")

    def __init__(self, client: Client, *flags: str, mode: str = "default") -> None:
        self.client = client
        self.server = "stagelock-" + uuid.uuid4().hex[:8]
        self.argv = [client.program, "--permission-mode", mode, "--model", "claude-sonnet-4-5"]
        self.argv += [*client.flags(), *flags]

    def __enter__(self) -> Self:
        wide, high = self.size
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", wide, "-y", high, *self.argv
        )
        try:
            self._until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server", check=False)
        Path(f"/tmp/tmux-{os.getuid()}", self.server).unlink(missing_ok=True)  # tmux leaves it

    def type(self, text: str) -> None:
        """Type a line and send it; the client wants Enter as a key press of its own."""
        tail = _solid(text)[-20:]
        self._tmux("send-keys", "-t", "s", "-l", "--", text)
        self._until(lambda _: tail in _solid(self._input()), 15, f"the typed {text!r}")
        time.sleep(0.3)  # the client takes an Enter right after text for a pasted newline
        self.press("Enter")

    def press(self, key: str) -> None:
        """Press one key, by tmux's name for it."""
        self._tmux("send-keys", "-t", "s", key)

    def press_until(self, key: str, text: str) -> str:
        """Press a key until the screen shows `text`; a dialog may not listen at once."""
        for _ in range(5):
            self.press(key)
            try:
                return self.wait_for(text, 4)
            except AssertionError:
                continue
        return self.wait_for(text, 1)

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """Wait until the screen shows `text`, line breaks aside; return the screen."""
        wanted = _plain(text)
        return self._until(lambda screen: wanted in _plain(screen), seconds, repr(text))

    def screen(self) -> str:
        """Return what the screen shows, the scrolled part included."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-500", "-t", "s", check=False)

    def visible(self) -> str:
        """Return what the screen shows now, nothing that scrolled away."""
        return self._tmux("capture-pane", "-p", "-J", "-t", "s", check=False)

    def _input(self) -> str:
        """Return the input box, or whatever stands below the last prompt."""
        return re.split(r"^[>❯]", self.visible(), flags=re.MULTILINE)[-1]

    def _until_ready(self) -> None:
        """Pass the questions of a first start and wait for the input box."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            screen = self.visible()
            if asked := re.search(r"^(.*)Yes, I (?:trust|accept)", screen, re.MULTILINE):
                # the choice that is marked at first differs by version (2.1.329: "No, exit")
                self.press("Enter" if "❯" in asked[1] else "Down")
                self._until_changed(screen)  # a key too many would answer the next question
            elif re.search(r"^[>❯]", screen, re.MULTILINE):
                return
            time.sleep(0.2)
        raise AssertionError("the client did not get ready:\n" + self.screen())

    def _until_changed(self, screen: str) -> None:
        end = time.monotonic() + 2
        while self.visible() == screen and time.monotonic() < end:
            time.sleep(0.05)

    def _until(self, holds: Callable[[str], bool], seconds: float, what: str) -> str:
        end = time.monotonic() + seconds
        screen = ""
        while time.monotonic() < end:
            screen = self.screen()
            if holds(screen):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{what} never came; the screen:\n{screen}")

    def _tmux(self, *argv: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.server, *argv],
            cwd=self.client.project,
            env=self.client.env() | {"TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        if check and done.returncode:
            raise RuntimeError(f"tmux {argv[0]}: {done.stderr}")
        return done.stdout


class Shell(Terminal):
    """A person's own shell; the client is started in it as a person starts it."""

    size = ("112", "60")

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.argv = ["bash", "--norc", "--noprofile"]

    def start(self, line: str) -> None:
        """Start the client and pass the questions of a first start."""
        self.type(line)
        super()._until_ready()

    def wait_for_prompt(self) -> None:
        """Wait until the shell asks for the next line."""
        self._until(lambda screen: screen.rstrip().endswith("\n$"), 60, "the shell's prompt")

    def _until_ready(self) -> None:
        self.wait_for("$ ")


def _plain(text: str) -> str:
    return re.sub(r"[\s│⎿]+", " ", text)


def _solid(text: str) -> str:
    return re.sub(r"[\s│]+", "", text)
