# SPDX-License-Identifier: GPL-2.0-or-later
"""What forwarding costs: changes, a cold start, packets. vipd-forward alone, with
this file in vipd's place; ratios of what was measured in turns in one run."""

import json
import pathlib
import signal
import socket
import struct
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
MANY = 10000
TCP = 6
PORT = 8080


def vip_of(node):
    return f"192.168.185.{20 + node.number}"


def entry(index, count=5, port=8080):
    """A Service of its own address with 5 endpoints."""
    from forwarder import service
    high, low = divmod(index, 250)
    return service(f"s{index}", [f"172.{16 + high // 250}.{high % 250}.{low + 1}"],
                   [(80, TCP)],
                   [(0, f"10.{130 + e}.{high}.{low + 1}", port) for e in range(count)])


def cpu_s(pid):
    """Of all its threads, kernel time included."""
    schedstat = pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(schedstat[0]) / 1e9


class Loaded:
    """A vipd-forward with count Services and one for the node's VIP."""

    def __init__(self, topo, node, count):
        from forwarder import Forwarder
        self.forward = Forwarder(node)
        self.count = count
        self.forward.sync([entry(i) for i in range(count)]
                          + [self.own(topo, node)])
        self.pid = self.forward.popen.pid
        children = pathlib.Path(
            f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        self.pid = int(children[0]) if children else self.pid

    @staticmethod
    def own(topo, node):
        from forwarder import service
        return service("own", [vip_of(node)], [(22, TCP)], [(0, topo.endpoints[0].pod4, PORT)])

    def change(self, turn):
        """(time until it is in place, CPU time), in s, of one endpoint less or
        more."""
        before, begun = cpu_s(self.pid), time.monotonic()
        self.forward.apply(entry(self.count // 2, count=4 + turn % 2))
        return time.monotonic() - begun, cpu_s(self.pid) - before



def forward_change(options):
    """One endpoint of 10,000 Services changes, and of 10, in turns."""
    import lab
    from run import Figure
    relative = Figure(f"endpoint change, {MANY} Services / 10", "x", 2, "<= 2")
    wall = Figure(f"endpoint change, {MANY} Services", "ms")
    cpu = Figure("  its CPU and kernel time", "ms", 1, "<= 1")
    with lab.Topology(nodes=2, endpoints=1) as topo:
        small = Loaded(topo, topo.nodes[0], 10)
        large = Loaded(topo, topo.nodes[1], MANY)
        for turn in range(20 * options.runs):
            few, many = small.change(turn), large.change(turn)
            if turn < 4:
                continue
            relative.add("vipd", many[0] / few[0])
            wall.add("vipd", 1000 * many[0])
            cpu.add("vipd", 1000 * many[1])
    return [relative, wall, cpu]


class Hold:
    """nftprobe.py in a namespace."""

    def __init__(self, node):
        self.popen = subprocess.Popen(
            node.argv("/usr/bin/python3", "-S", "-E", HERE / "nftprobe.py"),
            stdout=subprocess.PIPE, text=True)
        self.popen.stdout.readline()

    def finish(self):
        self.popen.send_signal(signal.SIGTERM)
        report = json.loads(self.popen.stdout.read())
        self.popen.wait(10)
        return report


def forward_cold(options):
    """10,000 Services of 5 endpoints from nothing; another's transactions."""
    import lab
    from forwarder import Forwarder, cleanup
    from msgcodec import build
    from run import Figure
    took = Figure(f"{MANY} Services x 5 endpoints from nothing", "ms", 2000, "<= 2000")
    held = Figure("  longest hold-up of another's transaction", "ms", 20, "<= 20")
    frames = [entry(i) for i in range(MANY)]
    with lab.Topology(nodes=1) as topo:
        node = topo.nodes[0]
        for _ in range(max(3, options.runs // 2)):
            forward = Forwarder(node)
            # Built before: what Python takes is not vipd's.
            last = forward.next_seq()
            data = [build("MSG_SYNC_BEGIN", source=0)]
            for service in frames:
                last = forward.next_seq()
                data += [build(name, records, last if name == "MSG_SERVICE_END" else 0,
                               **head) for name, records, head in service]
            last = forward.next_seq()
            data.append(build("MSG_SYNC_END", seq=last, complete=1))
            hold = Hold(node)
            begun = time.monotonic()
            for message in data:
                forward.sock.send(message)
            forward.until(lambda: forward.place >= last, "in place", 60)
            took.add("vipd", 1000 * (time.monotonic() - begun))
            held.add("vipd", hold.finish()["max_ms"])
            forward.end()
            cleanup(node)
    return [took, held]


def connections_per_s(topo, node, seconds=0.2):
    """Connections made and reset, from one client port after the other."""
    def work():
        count, end = 0, time.monotonic() + seconds
        linger = struct.pack("ii", 1, 0)
        while time.monotonic() < end:
            with socket.socket() as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                sock.connect((vip_of(node), 22))
            count += 1
        return count
    return topo.client.call(work) / seconds


class Sink:
    """sink.py in a namespace."""

    def __init__(self, node):
        self.popen = subprocess.Popen(
            node.argv("/usr/bin/python3", "-S", "-E", HERE / "sink.py", PORT),
            stdout=subprocess.PIPE, text=True)
        self.popen.stdout.readline()

    def end(self):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()


def megabytes_per_s(topo, node, seconds=0.2):
    def work():
        block, sent = b"x" * (1 << 18), 0
        with socket.create_connection((vip_of(node), 22)) as sock:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                sent += sock.send(block)
        return sent
    return topo.client.call(work) / seconds / 1e6


BY_HAND = """table ip hand {{
 chain p {{ type nat hook prerouting priority -100;
  ip daddr {vip} tcp dport 22 dnat to {end}:{port}
 }}
 chain s {{ type nat hook postrouting priority 100;
  ct status dnat masquerade
 }}
}}
"""


def forward_packets(options):
    """Connections and bytes: 10,000 Services, 1, and a rule written by hand, each
    at a node of its own, in turns."""
    import lab
    from run import Figure
    rate = Figure(f"connections/s, 1 Service / {MANY}", "x", 1.1, "<= 1.1")
    through = Figure(f"throughput, one rule by hand / {MANY} Services", "x", 1.1,
                     "<= 1.1")
    with lab.Topology(nodes=3, endpoints=1) as topo:
        many, one, hand = topo.nodes
        for node in topo.nodes:
            node.ip("addr", "add", f"{vip_of(node)}/32", "dev", "eth0")
        Loaded(topo, many, MANY)
        Loaded(topo, one, 0)
        hand.nft(BY_HAND.format(vip=vip_of(hand), end=topo.endpoints[0].pod4,
                                port=PORT))
        sink = Sink(topo.endpoints[0])
        for _ in range(6 * options.runs):
            rate.add("vipd", connections_per_s(topo, one) / connections_per_s(topo, many))
            through.add("vipd", megabytes_per_s(topo, hand) / megabytes_per_s(topo, many))
        sink.end()
    return [rate, through]


FIGURES = {"forward-change": forward_change, "forward-cold": forward_cold,
           "forward-packets": forward_packets}
