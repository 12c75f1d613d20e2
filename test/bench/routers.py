# SPDX-License-Identifier: GPL-2.0-or-later
"""What many elections and short intervals cost: see run.py."""

import os
import statistics
import subprocess
import time

INSTANCES = 255
WINDOW_S = 10
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(daemon):
    """CPU time of a daemon and its children so far."""
    total = 0
    for pid in daemon.pids():
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def conf(priority):
    from daemons import instance
    return "".join(
        instance(priority, name=f"i{vrid}", virtual_router_id=vrid, advert_int=0.1,
                 vips=[f"10.20.{vrid}.1/32"], garp_master_repeat=1)
        for vrid in range(1, INSTANCES + 1))


def cpu_of(who, topo):
    """(leader, follower): CPU seconds of one second with 255 instances."""
    from daemons import Keepalived, Vipd
    from lab import wait
    kind = {"vipd": Vipd, "keepalived": Keepalived}[who]
    daemons = []
    for node, priority, state in zip(topo.nodes, (200, 100), ("MASTER", "BACKUP")):
        daemon = kind(node, conf(priority))
        names = [f"i{vrid}" for vrid in (1, 128, 255)]
        wait(lambda: all(daemon.state(name) == state for name in names), 60,
             f"{daemon.title} is {state}")
        daemons.append(daemon)
    time.sleep(3)  # bursts at the start are over
    before = [cpu_s(daemon) for daemon in daemons]
    time.sleep(WINDOW_S)  # the window of the measurement
    spent = [(cpu_s(daemon) - was) / WINDOW_S
             for daemon, was in zip(daemons, before)]
    for daemon in daemons:
        daemon.crash()
    return spent


def instances(options, Figure):
    import lab
    figures = [Figure(f"CPU of the {role} of {INSTANCES} instances at 0.1 s", "%")
               for role in ("master", "backup")]
    ratio = Figure("CPU, vipd by keepalived, both roles", "x", 1.0, "< 1")
    for _ in range(options.rounds):
        both = {}
        for who in ("vipd", "keepalived"):
            with lab.Topology(nodes=2) as topo:
                both[who] = cpu_of(who, topo)
            for figure, value in zip(figures, both[who]):
                figure.add(who, 100 * value)
        ratio.add("vipd", sum(both["vipd"]) / max(sum(both["keepalived"]), 1e-9))
    return [*figures, ratio]


def late_ms(frames, interval_ms):
    """How much later than the interval after the one before, sorted."""
    times = [frame.time for frame in frames]
    return sorted(max(0.0, 1000 * (b - a) - interval_ms)
                  for a, b in zip(times, times[1:]))


def lateness(options, Figure):
    """Two hogs on all CPUs; adverts every 10 ms."""
    import lab
    from daemons import Keepalived, Vipd, instance
    from wire import Capture
    figures = [Figure(f"advert later than 10 ms, {name}, two hogs", "ms", goal, text)
               for name, goal, text in (("median", None, ""),
                                        ("p99.9", 2.0, "< 2 ms"), ("max", None, ""))]
    moves = Figure("transitions under the hogs", "", 0, "0")
    for who, kind in (("vipd", Vipd), ("keepalived", Keepalived)):
        with lab.Topology(nodes=2) as topo:
            daemons = [kind(node, instance(priority, advert_int=0.01))
                       for node, priority in zip(topo.nodes, (200, 100))]
            daemons[0].wait_state("MASTER", within=20)
            daemons[1].wait_state("BACKUP", within=20)
            hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
                    for _ in range(2)]
            try:
                capture = Capture(topo.client, "vrrp")
                time.sleep(options.hog_seconds)  # the window of the measurement
                mac = topo.nodes[0].mac()
                late = late_ms(capture.frames("vrrp", mac=mac), 10)
                others = len(capture.frames("vrrp", mac=topo.nodes[1].mac()))
            finally:
                for hog in hogs:
                    hog.kill()
                    hog.wait()
            figures[0].add(who, statistics.median(late))
            figures[1].add(who, late[int(len(late) * 0.999)])
            figures[2].add(who, late[-1])
            moves.add(who, others)
    return [*figures, moves]
