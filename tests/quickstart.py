"""Follows docs/quickstart.md to the letter: `python -m tests.quickstart WHEEL`, in a new venv, with a clock.

A console's line is typed; Python goes into the file that it names, or into the shell that was opened before it.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import consoles
from tests.pages import QUICKSTART, Block, blocks
from tests.processes import free_port, stop

SITE = "mysite"
PASSWORD = "correct-horse-battery"
_CLAIM = re.compile(r"^(?P<call>\S.*?)\s+# -> (?P<value>.+)$", re.MULTILINE)
_PATIENCE = 120.0


@dataclass
class Follower:
    """Somebody at a site of theirs who types what the page says. ``wheel``: what pip installs; else nothing is."""

    folder: Path
    bin: Path = Path(sys.executable).parent
    wheel: str = ""
    port: int = field(default_factory=free_port)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    said: Callable[[str], object] = lambda _: None
    pasted: str = ""

    def follow(self) -> None:
        """Raises if a line of the page fails, or prints something else than the page says."""
        try:
            for block in blocks(QUICKSTART):
                self._do(block)
            self._look_around()
        finally:
            for process in self.running:
                stop(process, signal.SIGTERM)

    def make_site(self) -> None:
        self._type("django-admin", "startproject", SITE, ".")

    def worker_says(self, words: str) -> None:
        """Wait until the log of the worker and beat holds some words."""
        _until(lambda: words in (self.folder / "worker.log").read_text(), f"the worker to say {words!r}")

    def _do(self, block: Block) -> None:
        if block.language == "python" and block.module:
            with (self.folder / block.code.split()[1]).open("a") as file:
                file.write(f"\n{block.code}")
        elif block.language == "python":
            self.pasted += _CLAIM.sub(_asserted, block.code)
        else:
            self._leave_shell()
            for command in consoles.commands(block.code):
                self._follow(command)

    def _follow(self, command: consoles.Command) -> None:
        match command.words:
            case "pip", "install", _:
                if self.wheel:
                    self._type("python", "-m", "pip", "install", "--quiet", self.wheel)
            case "celery", *_:
                self._leave_running("worker", *command.words)
                self.worker_says("adbudget.deliver_status_changes[")
            case "manage.py", "runserver":
                self._leave_running("web", "python", *command.words, str(self.port), "--noreload")
            case "manage.py", "createsuperuser", *_:
                self._type("python", *command.words, answers=[PASSWORD, PASSWORD])
            case "manage.py", "shell":
                pass
            case "manage.py", *_:
                assert command.output in self._type("python", *command.words)
            case _:
                raise AssertionError(f"what to do with {shlex.join(command.words)}?")

    def _leave_shell(self) -> None:
        if self.pasted:
            self._type("python", "manage.py", "shell", "-c", self.pasted)
            self.said("the first campaign is paused, and runs again")
            self.pasted = ""

    def _look_around(self) -> None:
        # Pasted at once, the order to stop is overtaken by the one to run before the deliverer comes by.
        self.worker_says("RUN campaign 1 (generation 3)")
        address = f"http://127.0.0.1:{self.port}/admin/login/"
        _until(lambda: b"Django" in urllib.request.urlopen(address, timeout=5).read(), f"{address} to answer")

    def _command(self, words: tuple[str, ...]) -> list[str]:
        self.said(shlex.join(words).partition("\n")[0])
        return [str(self.bin / words[0]), *words[1:]]

    def _environment(self) -> dict[str, str]:
        """That of somebody who has activated the venv, and has no settings of ours."""
        path = os.pathsep.join([str(self.bin), os.environ.get("PATH", os.defpath)])
        return {"PATH": path, "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}

    def _type(self, *words: str, answers: list[str] | None = None) -> str:
        """Run it to its end, with answers to what it asks a terminal; gives what it printed."""
        settings: dict[str, Any] = {"cwd": self.folder, "env": self._environment()}
        if answers is not None:
            return _answering(self._command(words), answers, settings)
        done = subprocess.run(self._command(words), **settings, capture_output=True, text=True, check=False)
        said: str = done.stdout + done.stderr
        assert done.returncode == 0, f"{shlex.join(words)}\n{said}"
        return said

    def _leave_running(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running.append(
                subprocess.Popen(
                    self._command(words),
                    cwd=self.folder,
                    env=self._environment(),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )


def _asserted(claim: re.Match[str]) -> str:
    return f"found = {claim['call']}\nassert repr(found) == {claim['value']!r}, repr(found)"


def _answering(command: list[str], answers: list[str], settings: dict[str, Any]) -> str:
    """Give a program its answers on a terminal, one at each colon."""
    ours, its = pty.openpty()
    with subprocess.Popen(command, **settings, stdin=its, stdout=its, stderr=its, start_new_session=True) as process:
        os.close(its)
        said, given = b"", 0
        while part := _read(ours):
            said += part
            if given < min(said.count(b":"), len(answers)):
                os.write(ours, f"{answers[given]}\n".encode())
                given += 1
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
    os.close(ours)
    assert process.returncode == 0, said.decode()
    return said.decode()


def _read(terminal: int) -> bytes:
    """What comes next; nothing once the program has ended, or says nothing for too long."""
    try:
        return os.read(terminal, 4096) if select.select([terminal], [], [], _PATIENCE)[0] else b""
    except OSError:  # as Linux ends a terminal
        return b""


def _until(is_so: Callable[[], bool], what: str) -> None:
    begun = time.monotonic()
    while True:
        try:
            if is_so():
                return
        except OSError:
            pass
        assert time.monotonic() - begun < _PATIENCE, f"waited in vain for {what}"
        time.sleep(0.1)


def main(wheel: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv, site = Path(folder) / "venv", Path(folder) / "site"
        site.mkdir()
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin/pip"), "install", "--quiet", "Django"], check=True)
        begun = time.monotonic()

        def said(words: str) -> None:
            print(f"{time.monotonic() - begun:6.1f} s  {words}", flush=True)

        follower = Follower(site, venv / "bin", str(Path(wheel).resolve()), said=said)
        follower.make_site()
        follower.follow()
        said("done")


if __name__ == "__main__":
    main(sys.argv[1])
