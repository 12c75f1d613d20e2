# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon made of recorded answers, and vipctl that asks it."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/lab"))
from msgcodec import MSG_MAX, parse  # noqa: E402

BUILD = pathlib.Path(os.environ.get("VIPD_BUILD", ROOT / "build")).resolve()
WELL, NOT_WELL, USAGE, NO_DAEMON = range(4)


class Daemon:
    """Answers the first request with `frames`, bytes or what yields them."""

    def __init__(self, directory, frames, linger=0):
        self.path = directory / "control.sock"
        self.frames = frames
        self.linger = linger
        self.request = None
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.server.bind(str(self.path))
        self.server.listen()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            client, _ = self.server.accept()
        except OSError:  # closed before anybody asked
            return
        with client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.request = parse(client.recv(MSG_MAX)).head
            for frame in self.frames:
                client.send(frame)
            if self.linger:
                self.done.wait(self.linger)

    def close(self):
        self.done.set()
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)


def vipctl(*argv, **kwargs):
    return subprocess.run([BUILD / "vipctl", *argv], capture_output=True, text=True,
                          timeout=30, **kwargs)


@pytest.fixture
def ask(tmp_path):
    """ask(frames, argv...) -> CompletedProcess; the Daemon is ask.daemon."""
    daemons = []

    def run(frames, *argv, linger=0, **kwargs):
        for daemon in daemons:
            daemon.path.unlink(missing_ok=True)
        daemons.append(Daemon(tmp_path, frames, linger))
        run.daemon = daemons[-1]
        return vipctl("--socket", daemons[-1].path, *argv, **kwargs)

    yield run
    for daemon in daemons:
        daemon.close()
