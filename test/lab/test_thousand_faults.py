# SPDX-License-Identifier: GPL-2.0-or-later
"""I4 and I10 over a long bad day: a thousand faults of the API server and of vipd's children,
drawn at random, and what is served stays as it is. A failure tells its seed, which
VIPD_FAULT_SEED replays."""

import contextlib
import json
import os
import random

import kube
from cases import EXTERNAL, Api, endpoints, rules, web
from client import Probe, try_connect
from daemons import Vipd, block
from lab import PATIENCE, Failure, Process, wait

FAULTS = 1000
ROUND = 40
KILLS = 12  # of forward, in all: more often vipd would pause before the next one
READ = [(verb, resource) for verb in ("list", "watch")
        for resource in ("services", "endpointslices", "nodes", "leases")]
CODES = {401: "Unauthorized", 403: "Forbidden", 410: "Expired", 429: "TooManyRequests",
         500: "InternalError", 504: "Timeout"}
GARBAGE = [
    "<html>502 Bad Gateway</html>\n", "{\"type\":\"ADDED\",\"object\":", "\x00\x01\x02\n", "[]\n",
    "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"}}}\n",
    "{\"type\":\"DELETED\",\"object\":{\"kind\":\"Service\"}}\n",
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"-1\"}}}\n",
    json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}})
    + "\n",
    json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 500}}) + "\n",
]


class Faults:
    """Draws a fault, plays it and remembers which kinds there were."""

    def __init__(self, seed, cluster, vipd):
        self.random = random.Random(seed)
        self.cluster = cluster
        self.vipd = vipd
        self.played = {}
        self.kills = KILLS
        self.kinds = [self.status, self.body, self.stream, self.garbage, self.version,
                      self.history, self.connections, self.away, self.kill]
        self.weights = [30, 20, 20, 15, 5, 4, 4, 1, 2]

    def play(self):
        kind, = self.random.choices(self.kinds, self.weights)
        self.played[kind.__name__] = self.played.get(kind.__name__, 0) + 1
        kind()

    def fault(self, action, **words):
        verb, resource = self.random.choice(READ)
        self.cluster.fault(action, times=self.random.randint(1, 3), user=kube.VIPD, verb=verb,
                           resource=resource, **words)

    def status(self):
        code = self.random.choice(list(CODES))
        self.fault("status", code=code, reason=CODES[code])

    def body(self):
        action = self.random.choice(["stall", "cut", "drip", "close"])
        if action == "drip":
            self.fault(action, bytes=self.random.randint(1, 64), interval=0.001)
        else:
            self.fault(action, after=self.random.choice([0, 1, 10, 100, 1000]))

    def stream(self):
        order = self.random.choice(["end", "cut", "stall"])
        self.cluster.streams(order, **self.random.choice([
            {}, {"resource": "services"},
            {"resource": "endpointslices", "group": "discovery.k8s.io"}]))

    def garbage(self):
        self.cluster.streams("raw", "services", self.random.choice(GARBAGE))

    def version(self):
        self.cluster.order("jump", by=self.random.choice([-50, -1, 1, 1000]))

    def history(self):
        self.cluster.compact()

    def connections(self):
        self.cluster.order("drop")

    def away(self):
        self.cluster.refuse()
        self.cluster.order("drop")

    def kill(self):
        if self.kills:
            self.kills -= 1
            self.vipd.kill_child("vipd-forward")

    def meet(self):
        """The watcher runs into what was drawn. One that is in its back-off is killed: the
        next one has none, and is met by the same server."""
        before = self.cluster.count()
        with contextlib.suppress(Failure):
            wait(lambda: self.cluster.count() > before + 2, 1.0 / PATIENCE, "requests")
        if self.cluster.count() <= before + 2:
            self.vipd.kill_child("vipd-watcher")
            with contextlib.suppress(Failure):
                wait(lambda: self.cluster.count() > before + 2, 0.3 / PATIENCE, "requests")

    def relent(self):
        """What stalls would only hold up the next faults."""
        self.cluster.accept()
        self.cluster.clear_faults()


def test_a_thousand_faults_change_nothing_that_is_served(lab):
    seed = int(os.environ.get("VIPD_FAULT_SEED") or random.randrange(2**32))
    topo = lab(nodes=1, endpoints=1, api=True)
    endpoints(topo)
    api = Api(topo)
    node = topo.nodes[0]
    conf = api.conf(node, 200, service_addresses=True).rstrip().removesuffix("}")
    vipd = Vipd(node, conf + block("address_pool public", {
        "addresses": ["192.168.185.40-192.168.185.49"]}, "    ") + "\n}\n")
    for obj in web():
        api.cluster.create(obj)
    for i in range(19, 31):
        api.cluster.create(kube.service(f"s{i}", [80], external_ips=[f"192.168.185.{i}"]))
    api.cluster.create(kube.service("lb", [80], type="LoadBalancer"))
    wait(lambda: len(held(node)) == 14, 20, f"14 addresses, are {held(node)}")
    wait(lambda: "192.168.185.40" in node.addresses(), 10, "one of them of the pool")
    before, table, made = held(node), settled(node), handles(node)
    changes = Process(node, "monitor", "ip", "-o", "monitor", "address")
    probe = Probe(topo.client, EXTERNAL, 22, interval_ms=10).wait_answer()

    faults = Faults(seed, api.cluster, vipd)
    for number in range(1, FAULTS + 1):
        faults.play()
        if number % ROUND == 0:
            faults.meet()
            faults.relent()
            assert held(node) == before, f"seed {seed}, after {number} faults"
    met = [r for r in api.cluster.requests() if int(r.get("code") or 0) in CODES]
    faults.relent()
    assert probe.outage_ms() < 1000 * PATIENCE, f"seed {seed}: {faults.played}"
    assert changes.log_text() == "", f"seed {seed}: {changes.log_text()}"
    wait(lambda: settled(node) == table, 10, f"seed {seed}: the rules as they were")
    assert handles(node) == made, "no table was made anew"
    assert vipd.log_text().count("edge: ") == 2, f"seed {seed}: no other election"
    assert len(met) > 15 and len(faults.played) == len(faults.kinds), \
        f"seed {seed}: {len(met)} requests met one of {faults.played}"

    # It has lived through all that and follows.
    api.cluster.create(kube.service("late", [80], type="LoadBalancer"))
    wait(lambda: "192.168.185.41" in node.addresses(), 90, "a change arrives")
    assert " ep1 " in try_connect(topo.client, EXTERNAL, 22)


def handles(node):
    """The numbers of the tables: one that is deleted and made again has another."""
    tables = json.loads(node.run("nft", "-j", "list", "tables"))["nftables"]
    return {(t["table"]["family"], t["table"]["name"]): t["table"]["handle"]
            for t in tables if "table" in t}


def held(node):
    """The service addresses on the node's interface."""
    return sorted(a for a, info in node.addresses().items()
                  if info["prefixlen"] == 32 and a != node.ip4)


def settled(node):
    """The tables without their counters, by line."""
    return sorted(line.strip() for line in rules(node).splitlines()
                  if "counter" not in line and "packets" not in line)
