# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads in a row, of what may change without a transition: nobody notices, and
no packet to an address that stays is lost."""

import os
import random

from cases import manifest_conf, put, serving, settle, start_manifests, web
from client import Probe
from daemons import VIP4, Keepalived, Vipd, block, instance
from lab import wait
from test_reload import SECOND, Monitor

RELOADS = 50
KEYS = ["0123456789abcdef" * 4, "fedcba9876543210" * 4]
OTHER = "192.168.185.7"

# Lines of the instance; None as elsewhere takes one away. Who watches has the
# addresses of the adverts, so others are excluded ones.
SETTINGS = {
    "priority": [150, 180, 254],
    "advert_int": [0.05, 0.1, 0.3],
    "virtual_ipaddress_excluded": [None, [SECOND + "/24"],
                                   [f"192.168.185.{i}/24" for i in range(60, 90)]],
    "track_script": [None, ["good"], ["good weight 5"]],
    "track_interface": [None, ["eth0"], ["eth0 weight 5"]],
    "auth_hmac": [None] + [
        [f"key {i + 1} hex:{key}" for i, key in enumerate(keys)]
        + ["active_key 1", "mode receive-only"] for keys in (KEYS[:1], KEYS)],
    "nopreempt": [None, True],
    "garp_master_refresh": [None, 1],
    "down_timer_adverts": [None, 5],
    "notify": [None, "/bin/true"],
}
# What stands beside it.
ELSEWHERE = {
    "": "",
    "member": instance(200, name="b", virtual_router_id=88, vips=[OTHER + "/24"]),
    "delay": block("global_defs", {"vrrp_startup_delay": 60}),
}
SCRIPT = block("vrrp_script good", {"script": "/bin/true", "interval": 1}) + "\n"


def draw(rng):
    """A configuration, and what it is called in a failure."""
    chosen = {word: rng.choice(values) for word, values in SETTINGS.items()
              if rng.random() < 0.4}
    beside = rng.choice(list(ELSEWHERE))
    name = rng.choice(["edge", "edge", "renamed"])
    group = rng.choice([[], [name], [name, "b"] if beside == "member" else [name]])
    text = instance(**{"priority": 200, "name": name} | chosen)
    if chosen.get("track_script"):
        text += SCRIPT
    text += ELSEWHERE[beside] + "\n"
    if group:
        text += block("vrrp_sync_group g", {"group": group}) + "\n"
    return text


def test_fifty_reloads_cost_nothing(lab):
    """VIPD_RELOAD_SEED=n replays one that failed."""
    seed = int(os.environ.get("VIPD_RELOAD_SEED", random.randrange(1 << 32)))
    rng = random.Random(seed)
    topo = lab(nodes=3)
    one, two, three = topo.nodes
    vipds = [Vipd(one, instance(200)), Vipd(two, instance(100))]
    settle(vipds)
    neighbour = Keepalived(three, instance(50))
    neighbour.wait_state("BACKUP")
    since = [v.instance()["since"] for v in vipds]
    monitor = Monitor(one)
    probe = Probe(topo.client, VIP4, count=3000)
    for _ in range(RELOADS):
        text = draw(rng)
        done = vipds[0].reload(text)
        assert done.returncode == 0, f"{seed}: {done.stdout}{text}"
        shown = vipds[0].status()["instances"][0]
        assert (shown["state"], shown["since"]) == ("MASTER", since[0]), \
            f"VIPD_RELOAD_SEED={seed}: {text}"
    assert probe.lost() == 0, f"VIPD_RELOAD_SEED={seed}"
    assert not monitor.events(VIP4)
    assert vipds[1].instance()["since"] == since[1]
    assert neighbour.entered("MASTER") == 0


def test_a_router_of_another_name_goes_on(lab):
    """One more identifier turns edge into edge-87 and edge-88: its addresses, those
    of Services included, do not move."""
    topo = lab(nodes=2, endpoints=1)
    one = topo.nodes[0]
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    since = vipds[0].instance()["since"]
    monitor = Monitor(one)
    text = manifest_conf(one, 200).replace("vrrp_instance edge", "vrrp_instance new")
    done = vipds[0].reload(text)
    assert "instance edge is called new now" in done.stdout
    wait(lambda: vipds[0].service("web").get("placement") == [
        {"address": "192.168.185.18", "instance": "new"}], 5, "the watcher follows")
    serving(vipds)
    shown = vipds[0].instance("new")
    assert (shown["state"], shown["since"]) == ("MASTER", since)
    assert len(shown["addresses"]) == 2
    assert not monitor.events(VIP4) and not monitor.events("192.168.185.18")
    assert vipds[1].state() == "BACKUP"
