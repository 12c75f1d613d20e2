#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of vipd beside keepalived, in one run on one machine: trust the
ratios, not single milliseconds. Medians, with the least and the greatest.

crash      the master's port goes down and all of it gets SIGKILL, at a random
           phase of the advert interval; ICMP echo every 1 ms from a client
addresses  the same with 1,000 IPv4 addresses: the first gratuitous ARP for each
reload     one address more on 1,000, adverts every 10 ms: the longest gap
services   one of 1,000 Services changes: until nftables has it
memory     PSS of all processes with 1,000 Services and 5,000 endpoints
instances  CPU time of 255 virtual routers with adverts every 0.1 s
lateness   adverts every 10 ms under two CPU hogs: how late, and who moved
cluster-*  10,000 Services of an API server, see cluster.py
handover   the master is stopped: packets lost of 5,000
forward-*  vipd-forward alone, see forward.py
"""

import argparse
import json
import os
import pathlib
import random
import signal
import socket
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/lab"))
sys.path.insert(0, str(ROOT / "test/bench"))
import cluster  # noqa: E402
import forward  # noqa: E402
import handover  # noqa: E402
import routers  # noqa: E402

COUNT = 1000
ENDPOINTS_EACH = 5
GARP_RECORD = 16 + 42  # in a pcap file
NETLINK_NETFILTER, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 12, 270, 1
NFNLGRP_NFTABLES = 7
RTMGRP_IPV4_IFADDR = 0x10


class Figure:
    """What was measured, for vipd and for keepalived."""

    def __init__(self, name, unit, goal=None, goal_text=""):
        self.name, self.unit, self.goal, self.goal_text = name, unit, goal, goal_text
        self.values = {"vipd": [], "keepalived": []}

    def add(self, who, value):
        self.values[who].append(value)

    def cell(self, who):
        values = self.values[who]
        if not values:
            return "-"
        digits = 3 if self.unit == "x" else 1
        return (f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-"
                f"{max(values):.{digits}f}; {len(values)})")

    def row(self):
        ours, theirs = self.values["vipd"], self.values["keepalived"]
        ratio = "-"
        if ours and theirs and statistics.median(theirs):
            ratio = f"{statistics.median(ours) / statistics.median(theirs):.2f}"
        verdict = "-"
        if self.goal is not None and ours:
            met = statistics.median(ours) <= self.goal
            verdict = f"{self.goal_text} {'met' if met else 'MISSED'}"
        return [f"{self.name}, {self.unit}", self.cell("vipd"),
                self.cell("keepalived"), ratio, verdict]


def table(figures):
    rows = [["figure", "vipd: median (min-max; runs)", "keepalived", "ratio", "goal"]]
    rows += [figure.row() for figure in figures]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


class Pair:
    """Two routers of one kind and a client; the first leads."""

    PRIORITIES = (200, 100)

    def __init__(self, topo, who, text):
        import daemons
        self.topo, self.who = topo, who
        self.kind = {"vipd": daemons.Vipd, "keepalived": daemons.Keepalived}[who]
        self.text = text
        self.daemons = [self.kind(node, text(priority))
                        for node, priority in zip(topo.nodes, self.PRIORITIES)]
        self.settle()

    def settle(self):
        import cases
        cases.settle(self.daemons, within=60)

    def crash(self):
        self.topo.nodes[0].link_down()
        self.daemons[0].crash()

    def restore(self):
        node = self.topo.nodes[0]
        if self.who == "vipd":
            self.daemons[0].cleanup()
        node.heal()
        self.daemons[0] = self.kind(node, self.text(self.PRIORITIES[0]))
        self.settle()

    def end(self):
        for daemon in self.daemons:
            daemon.crash()


def master_down_ms(advert_int, priority=100):
    return 1000 * advert_int * (3 + (256 - priority) / 256)


def crash(options):
    """Crash failover against Master_Down_Interval."""
    import lab
    from client import Probe
    from daemons import VIP4, instance
    from wire import Capture
    figures = []
    for advert_int in (0.1, 0.01):
        mdi = master_down_ms(advert_int)
        goal = max(1.05 * mdi, mdi + 2)
        outage = Figure(f"crash outage, advert_int {advert_int}", "ms", goal,
                        f"<= {goal:.0f}")
        detection = Figure(f"last to first advert / {mdi:.1f} ms", "x")
        answer = Figure("takeover advert to first answer", "ms")
        figures += [outage, detection, answer]
        for who in options.who:
            with lab.Topology(nodes=2) as topo:
                pair = Pair(topo, who, lambda p: instance(p, advert_int=advert_int))
                macs = [node.mac() for node in topo.nodes]
                for _ in range(options.runs):
                    capture = Capture(topo.client, "vrrp or icmp")
                    probe = Probe(topo.client, VIP4).wait_answer()
                    lab.wait(lambda: len(capture.frames("vrrp", mac=macs[0])) > 5, 30,
                             "adverts")
                    time.sleep(random.uniform(0, advert_int))  # the phase
                    pair.crash()
                    crashed = time.monotonic()
                    pair.daemons[1].wait_state("MASTER", within=30)
                    probe.wait_answer(after=crashed + 2.5 * advert_int)
                    outage.add(who, probe.outage_ms())
                    last = capture.frames("vrrp", mac=macs[0])[-1].time
                    first = [f.time for f in capture.frames("vrrp", mac=macs[1])
                             if f.time > last][0]
                    replies = [f.time for f in capture.frames(mac=macs[1])
                               if f.kind is None and getattr(f, "src", "") == VIP4
                               and f.time > first]
                    detection.add(who, 1000 * (first - last) / mdi)
                    answer.add(who, 1000 * (replies[0] - first))
                    capture.finish()
                    pair.restore()
                pair.end()
        if len(figures) and options.verbose:
            table(figures)
    return figures


def many(count=COUNT):
    return [f"172.16.{i // 250}.{i % 250 + 1}/32" for i in range(count)]


def many_text(priority, count=COUNT, advert_int=0.1, extra=()):
    """keepalived's way to many addresses: one in adverts, the rest excluded."""
    from daemons import instance
    vips = many(count)
    return instance(priority, vips=vips[:1], advert_int=advert_int,
                    virtual_ipaddress_excluded=vips[1:] + list(extra))


def addresses(options):
    """1,000 addresses move: the first gratuitous ARP of each at the client."""
    import lab
    from wire import Capture
    spread = Figure(f"{COUNT} addresses, first to last announced", "ms", 60, "<= 60")
    last = Figure(f"{COUNT} addresses, takeover advert to the last", "ms")
    gap = Figure("longest advert gap of the new master", "ms")
    for who in options.who:
        with lab.Topology(nodes=2) as topo:
            pair = Pair(topo, who, many_text)
            mac = topo.nodes[1].mac()
            for _ in range(max(3, options.runs // 2)):
                lab.wait(lambda: len(topo.nodes[0].addresses()) > COUNT, 60, "installed")
                capture = Capture(topo.client, "vrrp or arp")
                pair.crash()
                # Who asks or reads frames meanwhile takes the CPU from who is measured.
                lab.wait(lambda: capture.file.stat().st_size > COUNT * GARP_RECORD, 30,
                         "announcements")
                lab.wait(lambda: len(announced(capture, mac)) >= COUNT, 60, "announced")
                lab.wait(lambda: len(capture.frames("vrrp", mac=mac)) > 10, 30, "adverts")
                capture.finish()
                times = announced(capture, mac).values()
                adverts = [f.time for f in capture.frames("vrrp", mac=mac)]
                spread.add(who, 1000 * (max(times) - min(times)))
                last.add(who, 1000 * (max(times) - adverts[0]))
                gap.add(who, 1000 * max(b - a for a, b in zip(adverts, adverts[1:])))
                pair.restore()
            pair.end()
    return [spread, last, gap]


def announced(capture, mac):
    """{address: time of the first gratuitous ARP for it from mac}"""
    first = {}
    for frame in capture.frames("garp", mac=mac):
        first.setdefault(frame.src, frame.time)
    return {a: t for a, t in first.items() if a.startswith("172.16.")}


def netlink(node, protocol, groups=0):
    """A netlink socket in the node's namespace that hears multicast groups."""
    sock = node.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((0, groups))
    sock.setblocking(False)
    return sock


def drain(sock):
    while True:
        try:
            sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            continue  # an overrun: what was lost is of no interest


def first_event_ms(sock, begun, within=30):
    """Waits for the next message; ms since begun."""
    sock.settimeout(within)
    sock.recv(1 << 16)
    now = time.monotonic()
    sock.setblocking(False)
    return 1000 * (now - begun)


def reload(options):
    """One address more, at the shortest interval."""
    import lab
    from wire import Capture, gaps_ms
    interval = 0.01
    gap = Figure(f"reload with {COUNT} addresses: longest advert gap", "ms")
    installed = Figure("reload: the new address is installed", "ms")
    taken = Figure("reload: adverts of the backup meanwhile", "n", 0, "none")
    for who in options.who:
        with lab.Topology(nodes=2) as topo:
            pair = Pair(topo, who, lambda p: many_text(p, advert_int=interval))
            macs = [node.mac() for node in topo.nodes]
            lab.wait(lambda: len(topo.nodes[0].addresses()) > COUNT, 60, "installed")
            for run in range(max(3, options.runs // 2)):
                extra = [f"172.17.0.{i + 1}/32" for i in range(run + 1)]
                capture = Capture(topo.client, "vrrp")
                events = netlink(topo.nodes[0], 0, RTMGRP_IPV4_IFADDR)
                lab.wait(lambda: len(capture.frames("vrrp")) > 20, 30, "adverts")
                drain(events)
                daemon = pair.daemons[0]
                daemon.conf.write_text(daemon.conf.read_text().replace(
                    many_text(200, advert_int=interval, extra=extra[:-1]),
                    many_text(200, advert_int=interval, extra=extra)))
                begun = time.monotonic()
                os.kill(daemon.pid, signal.SIGHUP)
                installed.add(who, first_event_ms(events, begun))
                seen = len(capture.frames("vrrp"))
                lab.wait(lambda: len(capture.frames("vrrp")) > seen + 50, 30, "adverts")
                capture.finish()
                events.close()
                gap.add(who, max(gaps_ms(capture.frames("vrrp", mac=macs[0]))))
                taken.add(who, len(capture.frames("vrrp", mac=macs[1])))
                pair.settle()
            pair.end()
    return [gap, installed, taken]


def service_objects(index, target=8080):
    import kube
    name = f"s{index}"
    address = f"172.20.{index // 250}.{index % 250 + 1}"
    port = {"name": "p", "port": 80, "targetPort": target, "protocol": "TCP"}
    endpoints = [f"10.{130 + e}.{index // 250}.{index % 250 + 1}"
                 for e in range(ENDPOINTS_EACH)]
    return (kube.service(name, [port], external_ips=[address]),
            kube.endpoint_slice(name, endpoints, [{"name": "p", "port": target,
                                                   "protocol": "TCP"}]))


def write_service(directory, index, target=8080):
    path = directory / f"s{index}.yaml"
    new = directory / f".s{index}.new"
    new.write_text("".join(f"---\n{json.dumps(obj)}\n"
                           for obj in service_objects(index, target)))
    new.chmod(0o644)
    new.rename(path)


def with_services(topo):
    """A vipd with COUNT Services out of a directory, all in place."""
    import cases
    import lab
    from daemons import Vipd
    node = topo.nodes[0]
    conf = cases.manifest_conf(node, 200, external_ips=["172.20.0.0/16"],
                               service_addresses=["172.20.0.0/16"])
    for index in range(COUNT):
        write_service(node.dir / "services.d", index)
    vipd = Vipd(node, conf)
    vipd.wait_state("MASTER", within=60)
    lab.wait(lambda: len(node.addresses()) > COUNT, 120, f"{COUNT} addresses")
    lab.wait(lambda: len((vipd.status() or {}).get("services", [])) == COUNT, 60,
             f"{COUNT} Services")
    return vipd


def services(options):
    """A file is renamed into place; nftables tells that it has the change."""
    import lab
    if "vipd" not in options.who:
        return []
    changed = Figure(f"Service change to rule, {COUNT} Services", "ms", 20, "<= 20")
    with lab.Topology(nodes=1) as topo:
        vipd = with_services(topo)
        node = topo.nodes[0]
        events = netlink(node, NETLINK_NETFILTER)
        events.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
        quiet = time.monotonic()
        while time.monotonic() - quiet < 1:  # the start's own changes are over
            try:
                events.recv(1 << 16)
                quiet = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        for run in range(2 * options.runs):
            drain(events)
            begun = time.monotonic()
            write_service(node.dir / "services.d", 500, 9000 + run)
            changed.add("vipd", first_event_ms(events, begun))
            lab.wait(lambda: vipd.status()["forwarding"]["in_sync"], 10, "in sync")
            lab.stays(lambda: True, 0.05, "its later events")
        vipd.crash()
    return [changed]


def pss_mib(pids):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def memory(options):
    """keepalived: as many addresses; it has no Services."""
    import lab
    figure = Figure(f"PSS with {COUNT} Services, {COUNT * ENDPOINTS_EACH} endpoints",
                    "MiB", 24, "<= 24")
    with lab.Topology(nodes=2) as topo:
        if "vipd" in options.who:
            vipd = with_services(topo)
            figure.add("vipd", pss_mib(vipd.pids()))
            vipd.crash()
            vipd.cleanup()
        if "keepalived" in options.who:
            pair = Pair(topo, "keepalived", many_text)
            lab.wait(lambda: len(topo.nodes[0].addresses()) > COUNT, 60, "installed")
            figure.add("keepalived", pss_mib(pair.daemons[0].pids()))
            pair.end()
    return [figure]


def instances(options):
    """CPU of 255 virtual routers at 0.1 s."""
    return routers.instances(options, Figure)


def lateness(options):
    """Adverts every 10 ms while two hogs want all CPUs."""
    return routers.lateness(options, Figure)


FIGURES = {"crash": crash, "addresses": addresses, "reload": reload,
           "services": services, "memory": memory, "instances": instances,
           "lateness": lateness, **cluster.FIGURES, **handover.FIGURES,
           **forward.FIGURES}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--only", action="append", choices=FIGURES)
    parser.add_argument("--who", action="append", choices=["vipd", "keepalived"])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=3, help="of instances")
    parser.add_argument("--hog-seconds", type=int, default=60)
    parser.add_argument("--json", type=pathlib.Path, help="writes all values there")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    options.who = options.who or ["vipd", "keepalived"]
    os.environ["VIPD_BUILD"] = str(options.build.resolve())
    import lab
    lab.setup()

    begun = time.monotonic()
    figures, failed = [], 0
    for name in options.only or FIGURES:
        print(f"{name}: {FIGURES[name].__doc__}", flush=True)
        try:
            figures += FIGURES[name](options)
        except (AssertionError, OSError, RuntimeError) as error:
            failed += 1
            print(f"{name} FAILED: {error}", file=sys.stderr)
            lab.close_all()
    print()
    table(figures)
    print(f"\n{time.monotonic() - begun:.0f} s, load {os.getloadavg()[0]:.1f}, "
          f"{os.cpu_count()} CPUs, Linux {os.uname().release}")
    if options.json:
        options.json.write_text(json.dumps(
            {figure.name: figure.values for figure in figures}, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
