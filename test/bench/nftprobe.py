#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long another's nftables transactions wait.

Makes two tiny ones every millisecond over one long-lived socket until SIGTERM,
then prints the longest and the number as JSON. Stands for kube-proxy or a
firewall beside vipd."""

import json
import os
import signal
import socket
import struct
import time

SUBSYS, BATCH_BEGIN, BATCH_END = 10, 16, 17
NEWTABLE, NEWCHAIN, DELCHAIN = (SUBSYS << 8 | n for n in (0, 3, 5))
REQUEST, ACK, CREATE = 1, 4, 0x400


def message(kind, flags, seq, family, res_id, attrs=b""):
    body = struct.pack("!BBH", family, 0, res_id) + attrs
    return struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, seq, 0) + body


def attribute(kind, value):
    return (struct.pack("=HH", 4 + len(value), kind) + value
            + b"\0" * (-len(value) % 4))


def transact(sock, kind, flags, attrs):
    sock.send(message(BATCH_BEGIN, 0, 1, 0, SUBSYS)
              + message(kind, ACK | flags, 2, socket.AF_INET, 0, attrs)
              + message(BATCH_END, 0, 3, 0, SUBSYS))
    error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
    if error:
        raise OSError(-error, "nf_tables")


def main():
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    except OSError:
        pass
    table = attribute(1, b"probe\0")
    chain = table + attribute(3, b"c\0")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as sock:
        sock.bind((0, 0))
        transact(sock, NEWTABLE, CREATE, table)
        waits = []
        print("ready", flush=True)
        while running:
            for kind, flags in ((NEWCHAIN, CREATE), (DELCHAIN, 0)):
                begun = time.monotonic()
                transact(sock, kind, flags, chain)
                waits.append(time.monotonic() - begun)
            time.sleep(0.001)
    waits.sort()
    print(json.dumps({"max_ms": 1000 * waits[-1], "count": len(waits),
                      "median_ms": 1000 * waits[len(waits) // 2]}), flush=True)


main()
