# SPDX-License-Identifier: GPL-2.0-or-later
"""Statuses of LoadBalancer Services: many at once, under faults, with leaders that change,
and on servers that do not know every field. The watchers are real."""

import collections
import contextlib
import os
import signal

import pytest

import kube
from lab import open_folder, wait
from watcherlab import Watcher

POOL = "address_pool public { addresses { 10.20.0.1-10.20.15.254 } }\n"
INSTANCES = {"edge": (87, None)}


def start(path, **settings):
    running = kube.start(path / "api", **settings)
    os.chmod(running.directory, 0o755)
    return running


@pytest.fixture
def cluster():
    with open_folder() as path, start(path) as running:
        yield running


@contextlib.contextmanager
def allocator(cluster, node="worker-a"):
    with open_folder() as folder, Watcher(folder, kubeconfig=str(cluster.vipd_kubeconfig),
                                          node_name=node, allocator=1,
                                          claim_unclassed=1) as running:
        yield running.configure(pools=POOL, instances=INSTANCES)


def create(cluster, count, first=0):
    for number in range(first, first + count):
        cluster.create(kube.service(f"web-{number}", ports=[80], type="LoadBalancer"))


def given(cluster):
    """{Service: [address]} of those that have one."""
    return {s["metadata"]["name"]: [i["ip"] for i in s["status"]["loadBalancer"]["ingress"]]
            for s in cluster.list("v1", "Service")
            if s["status"].get("loadBalancer", {}).get("ingress")}


def served(watcher, count, within=60):
    """Its watch has shown it the statuses of so many: asking the server each
    time would take it away from those who write."""
    watcher.wait(lambda: sum(s.verdict == "ok" for s in watcher.services.values())
                 == count, within, f"{count} addresses")


def nobody_shares(cluster):
    addresses = [a for some in given(cluster).values() for a in some]
    return len(addresses) == len(set(addresses))


def patches(cluster, **match):
    return [r for r in cluster.requests(resource="services/status", verb="patch", **match)
            if "fieldManager=vipd&" in r["query"] + "&"]


def busiest(cluster, seconds):
    """Requests in the busiest time of that length, as they arrive: what a loaded
    machine holds up for a moment comes together, so one second would tell of that."""
    times = sorted(r["time"] for r in cluster.requests(user=kube.VIPD)
                   if r["verb"] in ("patch", "create", "update"))
    most, first = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_a_thousand_at_once_are_written_once_each_and_at_a_measured_pace(cluster):
    create(cluster, 1000)
    with allocator(cluster) as a:
        served(a, 1000)
        assert len(given(cluster)) == 1000 and nobody_shares(cluster)
        written = collections.Counter(r["name"] for r in patches(cluster))
        assert set(written.values()) == {1} and len(written) == 1000
        assert busiest(cluster, 5) <= 5 * 50


def test_faults_in_the_midst_cost_nobody_an_address(cluster):
    with allocator(cluster) as a:
        a.wait(lambda: [line for line in a.logs if "allocator now" in line], what="it leads")
        for fault in ({"code": 500}, {"code": 429, "retry_after": 1},
                      {"code": 409, "reason": "Conflict"}):
                cluster.fault("status", resource="services/status", verb="patch", times=2, **fault)
        cluster.fault("cut", resource="services/status", verb="patch", times=3, after=30)
        create(cluster, 40)
        a.wait(lambda: len(given(cluster)) == 40, within=60, what="40 addresses")
        assert nobody_shares(cluster)


def test_a_leader_that_hangs_in_the_midst_hands_nothing_out_twice(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: [line for line in a.logs if "allocator now" in line], what="it leads")
        with allocator(cluster, "worker-b") as b:
            create(cluster, 200)
            wait(lambda: len(given(cluster)) > 20, 20, "some addresses")
            os.kill(a.popen.pid, signal.SIGSTOP)
            try:
                b.wait(lambda: len(given(cluster)) == 200, within=60, what="200 addresses")
            finally:
                os.kill(a.popen.pid, signal.SIGCONT)
            create(cluster, 20, first=200)
            b.wait(lambda: len(given(cluster)) == 220, within=20, what="20 more")
            assert nobody_shares(cluster)


def test_a_server_before_129_is_written_to_without_ip_mode():
    with open_folder() as path, start(path, kube_minor=28) as cluster:
        create(cluster, 3)
        with allocator(cluster) as a:
            a.wait(lambda: len(given(cluster)) == 3, within=20, what="three addresses")
            # Asked once with the field, remembered, and no fault.
            refused = patches(cluster, code=500)
            assert 1 <= len(refused) <= 3
            create(cluster, 1, first=3)
            a.wait(lambda: len(given(cluster)) == 4, within=20, what="one more")
            assert len(patches(cluster, code=500)) == len(refused)
            assert not [line for line in a.logs if "500" in line]


def test_kubectl_tells_the_tenant_the_address_and_what_happened(cluster):
    with allocator(cluster) as a:
        create(cluster, 1)
        a.wait(lambda: given(cluster), within=20, what="an address")
        (address,) = given(cluster)["web-0"]
        wait(lambda: cluster.list("events.k8s.io/v1", "Event"), 10, "an Event")
        assert address in cluster.kubectl("get", "service", "web-0").stdout
        words = cluster.kubectl("describe", "service", "web-0").stdout
        assert "AddressAllocated" in words and address in words
        ingress = cluster.get(kube.service("web-0", ports=[80]))["status"]["loadBalancer"]
        assert ingress["ingress"] == [{"ip": address, "ipMode": "VIP"}]
