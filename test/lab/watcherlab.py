# SPDX-License-Identifier: GPL-2.0-or-later
"""The watcher alone: this file plays vipd at the other end of its socket."""

import os
import select
import socket
import subprocess
import time

import msgcodec
from lab import BUILD, PATIENCE, Failure
from msgcodec import ENUM

CHILD_FD = 3
HEALTH = {ENUM[name]: name.removeprefix("HEALTH_")
          for name in ("HEALTH_STARTING", "HEALTH_OK", "HEALTH_TROUBLE")}
VERDICT = {ENUM[name]: name.removeprefix("VERDICT_").lower()
           for name in ("VERDICT_OK", "VERDICT_REFUSED", "VERDICT_CONFLICT",
                        "VERDICT_PENDING", "VERDICT_INVALID", "VERDICT_IGNORED")}
PROTOCOL = {6: "TCP", 17: "UDP", 132: "SCTP"}


def text(chars):
    return bytes(chars).split(b"\0")[0].decode() if not isinstance(chars, bytes) \
        else chars.decode()


class Service:
    """A Service as vipd has been told of it."""

    def __init__(self, head):
        self.verdict = VERDICT[head.verdict]
        self.reason = text(head.reason)
        self.uid = text(head.uid)
        self.flags = head.flags
        self.addresses = {}  # address -> (verdict, instance, reason)
        self.ports = []      # (protocol, port, verdict)
        self.endpoints = []  # (port, address, endpoint port, flags)
        self.sources = []    # (first, last)

    def add(self, message):
        for r in message.records:
            if message.name == "MSG_SERVICE_ADDRESSES":
                self.addresses[msgcodec.ipaddr_text(r.addr)] = (
                    VERDICT[r.verdict], text(r.instance), text(r.reason))
            elif message.name == "MSG_SERVICE_PORTS":
                self.ports.append((PROTOCOL[r.proto], r.port, VERDICT[r.verdict]))
            elif message.name == "MSG_SERVICE_ENDPOINTS":
                self.endpoints.append((self.ports[r.port_index][1],
                                       msgcodec.ipaddr_text(r.addr), r.port, r.flags))
            elif message.name == "MSG_SERVICE_SOURCES":
                self.sources.append((msgcodec.ipaddr_text(r.first),
                                     msgcodec.ipaddr_text(r.last)))

    def backends(self):
        return sorted(f"{address}:{port}" for _, address, port, _ in self.endpoints)


class Watcher:
    """A running vipd-watcher and what it has told."""

    def __init__(self, directory, wrapper=(), **conf):
        """wrapper: a command that executes the one behind it, in its own place."""
        self.services = {}
        self.told = []       # (message name, Service key or None), in order
        self.synced = 0      # SYNC_ENDs
        self.complete = None
        self.state = None
        self.said = []       # (health, error), every state told
        self.logs = []
        self.pools = {}      # name -> ([used IPv4, IPv6], [size of both])
        self.pools_error = ""
        self.hello = None
        self.conf = {"state_dir": str(directory), "class": "vipd.io/vip",
                     "node_name": "worker-a", **conf}
        self._open = None
        self._during_sync = None
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.popen = subprocess.Popen(
            [*wrapper, BUILD / "vipd-watcher"], stdin=subprocess.DEVNULL, pass_fds=(CHILD_FD,),
            env={**os.environ, "VIPD_USER": "nobody", "VIPD_VERBOSE": "1"},
            preexec_fn=lambda: os.dup2(theirs.fileno(), CHILD_FD, inheritable=True))
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, failed, *_error):
        self.sock.close()
        try:
            code = self.popen.wait(5 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        assert failed or code == 0, f"vipd-watcher ended with {code}"

    def send(self, message, /, records=(), **head):
        self.sock.send(msgcodec.build(message, records, **head))

    def configure(self, external_ips=("192.168.185.18-192.168.185.30",), pools=(),
                  instances=None, **conf):
        """Sends a whole configuration; ranges are written FIRST-LAST."""
        self.conf.update(conf)
        instances = {"edge": (87, None)} if instances is None else instances
        self.send("MSG_WATCHER_CONF", **self.conf)
        self.send("MSG_WATCHER_RANGES", [iprange(r) for r in external_ips],
                  which="RANGES_EXTERNAL_IPS")
        text = pools if isinstance(pools, str) else "".join(
            f"address_pool public {{ addresses {{ {pool} }} }}\n" for pool in pools)
        if text:
            self.send("MSG_WATCHER_POOLS", [{"byte": bytes([c])} for c in text.encode()])
        for name, (vrid, ranges) in instances.items():
            self.send("MSG_WATCHER_INSTANCE", [iprange(r) for r in ranges or ()],
                      name=name, vrid=vrid, bare=ranges is None)
        self.send("MSG_WATCHER_CONF_END")
        return self

    def take(self, message):
        name = message.name
        if name == "MSG_HELLO":
            self.hello = message.head
        elif name == "MSG_LOG":
            self.logs.append(text(message.head.text))
        elif name == "MSG_SOURCE_STATE":
            self.state = message.head
            self.said.append((self.health(), self.error()))
        elif name == "MSG_POOLS":
            if not message.head.first:
                self.pools = {}
            self.pools_error = text(message.head.error)
            for r in message.records:
                self.pools[text(r.name)] = (list(r.used), list(r.size))
        elif name == "MSG_SYNC_BEGIN":
            self._during_sync = set()
        elif name == "MSG_SYNC_END":
            self.synced += 1
            self.complete = bool(message.head.complete)
            for key in set(self.services) - self._during_sync:
                if self.complete:
                    del self.services[key]
            self._during_sync = None
        elif name == "MSG_SERVICE":
            key = f"{text(message.head.key.ns)}/{text(message.head.key.name)}"
            self._open = key, Service(message.head)
        elif name in ("MSG_ELIGIBLE", "MSG_NODE", "MSG_NODE_GONE"):
            pass  # test_nodes.py looks at these
        elif name == "MSG_SERVICE_END":
            key, service = self._open
            self.services[key] = service
            self.told.append(("MSG_SERVICE", key))
            if self._during_sync is not None:
                self._during_sync.add(key)
        elif name == "MSG_SERVICE_GONE":
            key = f"{text(message.head.ns)}/{text(message.head.name)}"
            assert key in self.services, f"{key} is gone but was never told"
            del self.services[key]
            self.told.append((name, key))
        else:
            self._open[1].add(message)

    def read(self, timeout):
        if select.select([self.sock], [], [], timeout)[0]:
            data = self.sock.recv(msgcodec.MSG_MAX + 1)
            if not data:
                raise Failure(f"the watcher has ended: {self.logs}")
            self.take(msgcodec.parse(data))

    def wait(self, condition, within=5, what="condition"):
        """Reads until condition() holds; returns its value."""
        deadline = time.monotonic() + within * PATIENCE
        while True:
            value = condition()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"not within {within} s: {what}\nservices: "
                              f"{ {k: vars(v) for k, v in self.services.items()} }\n"
                              f"state: {self.health()} {self.error()}\n"
                              f"logs: {self.logs}")
            self.read(min(left, 0.2))

    def stays(self, condition, during):
        """condition() holds all the time."""
        deadline = time.monotonic() + during
        while time.monotonic() < deadline:
            assert condition()
            self.read(0.02)

    def wait_synced(self, times=1, within=5):
        self.wait(lambda: self.synced >= times, within, f"{times} syncs")
        return self

    def wait_service(self, key, check=lambda service: True, within=5):
        return self.wait(lambda: key in self.services and check(self.services[key])
                         and self.services[key], within, f"Service {key}")

    def wait_gone(self, key, within=5):
        self.wait(lambda: key not in self.services, within, f"{key} gone")

    def health(self):
        return HEALTH[self.state.health] if self.state else None

    def error(self):
        return text(self.state.error) if self.state else ""

    def wait_health(self, health, error="", within=5):
        self.wait(lambda: self.health() == health and error in self.error(), within,
                  f"{health}: {error}")
        return self.error()


def iprange(words):
    first, _, last = words.partition("-")
    return {"first": first, "last": last or first}
