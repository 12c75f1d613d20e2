# SPDX-License-Identifier: GPL-2.0-or-later
"""What the world sees: probes, single connections, a client that stays."""

import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import time

from lab import LIBC, PATIENCE, Failure, Process, wait

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"


class Probe(Process):
    """probe.py in a node's namespace, read as it runs."""

    def __init__(self, node, address, port=None, interval_ms=1, count=0):
        kind = ["tcp"] if port else ["icmp"]
        self.report = {"first": None, "last": None, "gap": [0, 0]}
        super().__init__(
            node, f"probe-{address.replace(':', '.')}-{port or 'icmp'}",
            PYTHON, "-S", "-E", HERE / "probe.py", *kind, interval_ms, count, address,
            *([port] if port else []), stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.popen.stdout:
            self.report = json.loads(line)

    def wait_answer(self, after=0.0, within=10):
        """Answers came later than `after` (monotonic)."""
        wait(lambda: (self.report["last"] or 0) > after, within,
             f"{self.title} is answered, last report {self.report}")
        return self

    def finish(self):
        """Ends it; returns the last report."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
            self.popen.wait(10)
        self.reader.join(10)
        return self.report

    def lost(self):
        """Waits until all of count have been sent; how many had no answer."""
        self.popen.wait(60 * PATIENCE)
        self.reader.join(10)
        return self.report["sent"] - self.report["answered"]

    def outage_ms(self):
        """Ends it; the longest time without an answer, in ms."""
        report = self.finish()
        if report["last"] is None:
            raise Failure(f"{self.title} was never answered")
        open_end = report["now"] - report["last"]
        return 1000 * max(report["gap"][1] - report["gap"][0], open_end)

    def end(self):
        self.crash()
        self.reader.join(10)
        self.popen.stdout.close()


class Endpoint(Process):
    """endpoint.py: an SSH-like banner, then echo."""

    def __init__(self, node, *ports):
        super().__init__(node, "endpoint", PYTHON, "-S", "-E", HERE / "endpoint.py",
                         node.name, *ports)
        wait(lambda: "ready" in self.log_text(), 10, f"{self.title} listens")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(node, address, port, timeout=1.0, bind=None):
    """One TCP connection; returns the banner. OSError if refused or silent."""
    with node.socket(family_of(address), socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout * PATIENCE)
        if bind:  # a reset at the end, so that the port is free again
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            sock.bind(bind)
        sock.connect((address, port))
        banner = b""
        while not banner.endswith(b"\r\n"):
            data = sock.recv(256)
            if not data:
                raise ConnectionResetError("closed before the banner")
            banner += data
        return banner.decode().strip()


def try_connect(node, address, port, timeout=1.0):
    """The banner, or the name of the error: 'ConnectionRefusedError', ..."""
    try:
        return connect(node, address, port, timeout)
    except OSError as error:
        return type(error).__name__


def udp_ask(node, address, port, timeout=1.0):
    with node.socket(family_of(address), socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout * PATIENCE)
        sock.sendto(b"hello", (address, port))
        return sock.recvfrom(256)[0].decode().strip()


class Session:
    """A client that wants one connection through the VIP, always: it talks
    every 5 ms and connects again when the connection breaks, or when no answer
    comes for `patience` seconds. It waits for each answer with a keepalive every
    second: only what a client sends tells a new holder of the address whose the
    connection is, and an endpoint may have acknowledged a line to the old one."""

    def __init__(self, node, address, port, patience=2):
        self.node = node
        self.patience = patience
        self.peer = (address, port)
        self.exchanges = 0
        self.reconnects = 0
        self.last = 0.0
        self.wrong = None
        self.running = True
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        with open(f"/run/netns/{self.node.full}") as handle:
            LIBC.setns(handle.fileno(), 0x40000000)
        while self.running:
            try:
                self.talk()
            except OSError:
                time.sleep(0.005)
            self.reconnects += self.running

    def talk(self):
        with socket.create_connection(self.peer, timeout=self.patience) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
            sock.recv(256)
            while self.running:
                line = b"%d\n" % self.exchanges
                sock.sendall(line)
                answer = b""
                while len(answer) < len(line):
                    data = sock.recv(256)
                    if not data:
                        raise ConnectionResetError
                    answer += data
                if answer != line:
                    self.wrong = (line, answer)
                self.exchanges += 1
                self.last = time.monotonic()
                time.sleep(0.005)

    def wait_progress(self, within=5):
        now = time.monotonic()
        wait(lambda: self.last > now, within, f"the client of {self.peer} goes on")

    def close(self):
        self.running = False
        self.thread.join(5)
