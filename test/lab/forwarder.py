# SPDX-License-Identifier: GPL-2.0-or-later
"""vipd-forward alone: the other end of its socket, in vipd's place."""

import os
import select
import socket
import subprocess
import time

from lab import BUILD, PATIENCE, Failure, Process, die_with_parent
from msgcodec import ENUM, MSG_MAX, build, ipaddr, parse

CHILD_FD = ENUM["MSG_CHILD_FD"]


def service(name, addresses, ports, endpoints=(), flags=0, ns="default",
            origin="ORIGIN_EXTERNAL_IP", sources=(), gateway=0):
    """A Service as its frames. ports: [(number, protocol)]; endpoints:
    [(index of the port, address, port)] or with flags behind; sources:
    [(first, last)]."""
    key = {"ns": ns, "name": name}
    return [
        ("MSG_SERVICE", [], {"key": key, "flags": flags,
                             "endpoints": len(endpoints)}),
        ("MSG_SERVICE_ADDRESSES",
         [{"addr": a, "origin": ENUM[origin], "instance": "edge",
           "gateway": gateway}
          for a in addresses], {}),
        ("MSG_SERVICE_PORTS",
         [{"port": number, "proto": proto} for number, proto in ports], {}),
        ("MSG_SERVICE_ENDPOINTS",
         [{"port_index": e[0], "addr": e[1], "port": e[2],
           "flags": e[3] if len(e) > 3 else 0} for e in endpoints], {}),
        *([("MSG_SERVICE_SOURCES",
            [{"first": a, "last": b} for a, b in sources], {})] if sources else []),
        ("MSG_SERVICE_END", [], {}),
    ]


class Forwarder(Process):
    """vipd-forward in a node's namespace, told as vipd tells it."""

    seq = 0

    def __init__(self, node, mode="FORWARD_NFTABLES", source_nat="SOURCE_NAT_NODE",
                 uplinks=("eth0",), here=None, gateways=0):
        self.ns = node
        self.title = f"{node.name}/forward"
        self.log = node.dir / "forward.log"
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.place = 0
        self.failed = []
        self.state = None
        self.hello = None

        def inherit():
            os.dup2(theirs.fileno(), CHILD_FD)
            os.set_inheritable(CHILD_FD, True)
            die_with_parent()

        with open(self.log, "ab") as log:
            self.log_begins = log.tell()  # behind an earlier one's
            self.popen = subprocess.Popen(
                node.argv(BUILD / "vipd-forward"), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=[CHILD_FD], preexec_fn=inherit,
                start_new_session=True)
        theirs.close()
        node.topology.processes.append(self)
        self.until(lambda: self.hello, "HELLO")
        self.configure(mode, source_nat, uplinks, gateways)
        self.held("HELD_ALREADY", node.addresses() if here is None else here)

    def held(self, change, addresses):
        """What vipd tells of addresses that are installed or removed."""
        if addresses:
            self.send("MSG_HELD", [ipaddr(a) for a in addresses], held=ENUM[change])

    def configure(self, mode, source_nat, uplinks=("eth0",), gateways=0):
        self.sock.send(build("MSG_FORWARD_CONF", [{"name": n} for n in uplinks],
                             mode=ENUM[mode], source_nat=ENUM[source_nat],
                             gateways=gateways))

    def send(self, name, /, records=(), seq=0, **head):
        self.drain()
        self.sock.settimeout(10 * PATIENCE)
        self.sock.send(build(name, records, seq, **head))

    def next_seq(self):
        Forwarder.seq += 1
        return Forwarder.seq

    def tell(self, frames):
        """A Service; returns its number."""
        seq = self.next_seq()
        for name, records, head in frames:
            self.send(name, records, seq if name == "MSG_SERVICE_END" else 0, **head)
        return seq

    def gone(self, name, ns="default"):
        seq = self.next_seq()
        self.send("MSG_SERVICE_GONE", seq=seq, ns=ns, name=name)
        return seq

    def tell_all(self, services):
        """Everything anew; returns the end's number."""
        self.send("MSG_SYNC_BEGIN", source=0)
        for frames in services:
            self.tell(frames)
        seq = self.next_seq()
        self.send("MSG_SYNC_END", seq=seq, complete=1)
        return seq

    def sync(self, services):
        self.in_place(self.tell_all(services))

    def apply(self, frames):
        self.in_place(self.tell(frames))

    def tally(self):
        """{Service: (connections, packets, bytes)}"""
        self.tallied, self.tally_ended = [], False
        self.send("MSG_TALLY_REQUEST")
        self.until(lambda: self.tally_ended, "the counters")
        return {name: (c.connections, c.packets, c.bytes) for name, c in self.tallied}

    def drain(self, timeout=0):
        while select.select([self.sock], [], [], timeout)[0]:
            try:
                data = self.sock.recv(MSG_MAX)
            except ConnectionResetError:
                data = b""
            if not data:
                return False
            self.take(parse(data))
            timeout = 0
        return True

    def take(self, m):
        if m.name == "MSG_IN_PLACE":
            self.place = m.seq
        elif m.name == "MSG_FAILED":
            self.failed.append((m.head.key.name.decode(), m.head.error,
                                m.head.text.decode()))
        elif m.name == "MSG_FORWARD_STATE":
            self.state = m.head
        elif m.name == "MSG_TALLY":
            self.tallied += [(r.key.name.decode(), r.count) for r in m.records]
            self.tally_ended = bool(m.head.last)
        elif m.name == "MSG_HELLO":
            self.hello = m.head
        elif m.name == "MSG_LOG":
            with open(self.log, "ab") as log:
                log.write(m.head.text + b"\n")

    def until(self, condition, what, within=10):
        deadline = time.monotonic() + within * PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise Failure(f"not within {within} s: {what}")
            if not self.drain(0.05):
                raise Failure(f"{self.title} is gone: {self.log_text()}")

    def in_place(self, seq):
        self.until(lambda: self.place >= seq, f"{seq} in place, is {self.place}")

    def in_sync(self):
        self.until(lambda: self.state and self.state.in_sync, "in sync")

    def stop(self, within=10):
        self.send("MSG_STOP")
        return self.popen.wait(within * PATIENCE)

    def end(self):
        self.crash()
        self.sock.close()


def cleanup(node):
    """Removes the tables, as `vipd --cleanup` does."""
    node.run(BUILD / "vipd-forward", "--cleanup")
