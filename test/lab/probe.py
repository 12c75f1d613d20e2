#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks an address again and again and reports when it answered.

    probe.py icmp|tcp INTERVAL_MS COUNT ADDRESS [PORT]

ICMP echo, or a TCP connection that is made and reset. COUNT of them, then it
waits LINGER_S for answers that are under way and ends; 0: without an end. Prints a JSON line every
20 ms until SIGTERM: when the first and the last answer came, how many, and the
longest time between two answers with its ends, all on the monotonic clock.
Only standard library, no import that is slow: it is started for many tests.
"""

import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time

REPORT_S = 0.02
LINGER_S = 1.0


class Icmp:
    """Echo requests of one identifier."""

    def __init__(self, address):
        self.v6 = ":" in address
        if self.v6:
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW,
                                      socket.IPPROTO_ICMPV6)
        else:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                      socket.IPPROTO_ICMP)
        self.sock.setblocking(False)
        self.address = address
        self.ident = os.getpid() & 0xffff
        self.seq = 0
        self.fd = self.sock.fileno()

    def send(self):
        self.seq = (self.seq + 1) & 0xffff
        kind = 128 if self.v6 else 8
        packet = struct.pack("!BBHHH", kind, 0, 0, self.ident, self.seq)
        if not self.v6:
            total = sum(struct.unpack("!4H", packet))
            total = (total & 0xffff) + (total >> 16)
            packet = packet[:2] + struct.pack("!H", ~total & 0xffff) + packet[4:]
        try:
            self.sock.sendto(packet, (self.address, 0))
        except OSError:
            pass  # no neighbour yet, no route: not an answer

    def answers(self):
        """How many answers are waiting."""
        count = 0
        while True:
            try:
                data, peer = self.sock.recvfrom(256)
            except BlockingIOError:
                return count
            except OSError:
                continue
            if not self.v6:
                data = data[(data[0] & 15) * 4:]
            kind, _, _, ident, _ = struct.unpack_from("!BBHHH", data)
            if (kind == (129 if self.v6 else 0) and ident == self.ident
                    and peer[0] == self.address):
                count += 1


class Tcp:
    """Connections; SYN-ACK is the answer."""

    GIVE_UP = 2000

    def __init__(self, address, port):
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.peer = (address, port)
        self.poll = select.epoll()
        self.fd = self.poll.fileno()
        self.open = {}

    def send(self):
        if len(self.open) >= self.GIVE_UP:
            self.close(next(iter(self.open)))
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        try:
            sock.connect_ex(self.peer)
        except OSError:
            sock.close()
            return
        self.open[sock.fileno()] = sock
        self.poll.register(sock.fileno(), select.EPOLLOUT)

    def close(self, fd):
        self.open.pop(fd).close()

    def answers(self):
        count = 0
        for fd, _ in self.poll.poll(0):
            sock = self.open[fd]
            count += not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self.close(fd)
        return count


def main():
    kind, interval_ms, limit, address = sys.argv[1:5]
    probe = Icmp(address) if kind == "icmp" else Tcp(address, int(sys.argv[5]))
    limit = int(limit) or float("inf")
    interval = float(interval_ms) / 1000
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    gc.disable()
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    except OSError:
        pass  # still right, a little less sharp

    first = last = None
    sent = answered = 0
    gap = [0.0, 0.0]
    now = due = report = time.monotonic()
    while running and not (sent == limit and (
            answered >= sent or now >= due + LINGER_S)):
        if now >= due and sent < limit:
            probe.send()
            sent += 1
            due = max(due + interval, now)
        if now >= report:
            print(json.dumps({"now": now, "first": first, "last": last,
                              "sent": sent, "answered": answered, "gap": gap}),
                  flush=True)
            report = now + REPORT_S
        until = min(due, report) if sent < limit else report
        select.select([probe.fd], [], [], max(until - now, 0))
        count = probe.answers()
        now = time.monotonic()
        if count:
            if last is None:
                first = now
            elif now - last > gap[1] - gap[0]:
                gap = [last, now]
            last = now
            answered += count
    print(json.dumps({"now": now, "first": first, "last": last, "sent": sent,
                      "answered": answered, "gap": gap}), flush=True)


if __name__ == "__main__":
    main()
