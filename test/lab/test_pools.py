# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses from pools: the watcher against the API server for tests, seen with kubectl."""

import json
import os

import pytest

import kube
from lab import open_folder
from lab import wait as wait_for
from watcherlab import Watcher

POOL = "address_pool public { addresses { 192.168.185.40-192.168.185.42 } }\n"
SIX = "address_pool six { addresses { 2001:db8::10-2001:db8::1f } }\n"


@pytest.fixture(scope="module")
def server():
    with open_folder() as path, kube.start(path / "api") as running:
        yield running


@pytest.fixture
def cluster(server):
    os.chmod(server.directory, 0o755)
    yield server
    server.clear_faults()
    for lease in server.list("coordination.k8s.io/v1", "Lease", "vipd"):
        server.delete({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **lease})
    for api, kind in (("v1", "Service"), ("discovery.k8s.io/v1", "EndpointSlice"),
                      ("v1", "ConfigMap")):
        for obj in (o for o in server.list(api, kind)
                    if o["metadata"]["name"] != "kubernetes"):
            named = {"apiVersion": api, "kind": kind, **obj}
            server.patch(named, {"metadata": {"finalizers": None}})
            server.delete(named)


@pytest.fixture
def watcher(cluster, folder):
    with Watcher(folder, kubeconfig=str(cluster.vipd_kubeconfig), allocator=1,
                 claim_unclassed=1) as running:
        yield running


def balancer(name="web", ports=(80,), annotations=None, **spec):
    made = kube.service(name, ports=list(ports), type="LoadBalancer", **spec)
    made["metadata"]["annotations"] = annotations or {}
    return made


def status(cluster, name="web", ns="default"):
    made = cluster.get(kube.service(name, ports=[80], namespace=ns))
    return made.get("status", {})


def ingress(cluster, name="web", ns="default"):
    return [i["ip"] for i in
            status(cluster, name, ns).get("loadBalancer", {}).get("ingress", [])]


def condition(cluster, kind, name="web"):
    for c in status(cluster, name).get("conditions", []):
        if c["type"] == f"vipd.io/{kind}":
            return c["status"], c["reason"], c["message"]
    return None


def notes(cluster, reason, name="web"):
    return [e.get("note", "") for e in cluster.list("events.k8s.io/v1", "Event")
            if e["reason"] == reason and e["regarding"]["name"] == name]


def wait(condition_holds, seconds, seen=lambda: ""):
    """As lab.wait, and says what is there instead."""
    try:
        wait_for(condition_holds, seconds, "what this test waits for")
    except Exception as failure:
        raise AssertionError(seen()) from failure


def wait_ingress(cluster, expected, name="web"):
    wait(lambda: ingress(cluster, name) == expected, 15,
         lambda: f"{name}: {ingress(cluster, name)}, not {expected}")


def wait_ignored(watcher, key, why):
    """vipd is told of it, so that vipctl can say why it is not served."""
    watcher.wait_service(key, lambda s: s.verdict == "ignored" and why in s.reason
                         and not s.addresses)


def test_a_load_balancer_leaves_pending_and_is_served(cluster, watcher):
    watcher.configure(pools=POOL)
    cluster.create(balancer())
    wait_ingress(cluster, ["192.168.185.40"])
    assert status(cluster)["loadBalancer"]["ingress"][0]["ipMode"] == "VIP"
    assert condition(cluster, "AddressAllocated") == (
        "True", "Allocated", "192.168.185.40 of address_pool public")
    assert condition(cluster, "Placed") == ("True", "Placed", "192.168.185.40=87")
    watcher.wait_service("default/web", lambda s: s.verdict == "ok" and s.addresses == {
        "192.168.185.40": ("ok", "edge", "")})
    shown = cluster.kubectl("get", "service", "web", "--no-headers").stdout
    assert "192.168.185.40" in shown and "<pending>" not in shown
    wait(lambda: notes(cluster, "AddressAllocated"), 15, "the Event")
    cluster.delete(balancer())
    watcher.wait_gone("default/web")


def test_a_full_pool_is_told_and_a_freed_address_is_given_on(cluster, watcher):
    watcher.configure(pools=POOL)
    for i in range(4):
        cluster.create(balancer(f"web-{i}"))
        if i < 3:
            wait_ingress(cluster, [f"192.168.185.{40 + i}"], f"web-{i}")
    full = ("address_pool public has no free IPv4 address: 0 of 3 are free; add some to it, "
            "or delete a Service")
    wait(lambda: condition(cluster, "AddressAllocated", "web-3") == (
        "False", "Exhausted", full), 15)
    wait(lambda: notes(cluster, "AllocationFailed", "web-3") == [full], 15)
    watcher.wait_service("default/web-3",
                         lambda s: (s.verdict, s.reason) == ("pending", full))
    described = cluster.kubectl("describe", "service", "web-3").stdout
    assert full in described
    cluster.delete(balancer("web-1"))
    wait_ingress(cluster, ["192.168.185.41"], "web-3")


def test_two_that_want_one_address_and_the_first_has_it(cluster, watcher):
    watcher.configure(pools=POOL)
    wish = {"metallb.io/loadBalancerIPs": "192.168.185.42"}
    cluster.create(balancer("first", annotations=wish))
    wait_ingress(cluster, ["192.168.185.42"], "first")
    cluster.create(balancer("second", loadBalancerIP="192.168.185.42"))
    wait(lambda: condition(cluster, "AddressAllocated", "second") == (
        "False", "AddressConflict", "192.168.185.42 is default/first's"), 15)
    wait(lambda: notes(cluster, "AddressConflict", "second"), 15)
    cluster.patch(balancer("first"), {"metadata": {"annotations": {
        "metallb.io/loadBalancerIPs": "192.168.185.41"}}})
    wait_ingress(cluster, ["192.168.185.41"], "first")
    wait_ingress(cluster, ["192.168.185.42"], "second")


def test_services_of_one_key_share_an_address(cluster, watcher):
    watcher.configure(pools=POOL)
    key = {"vipd.io/allow-shared-ip": "team"}
    cluster.create(balancer("dns", ports=[53], annotations=key))
    wait_ingress(cluster, ["192.168.185.40"], "dns")
    cluster.create(balancer("web", annotations={"metallb.universe.tf/allow-shared-ip": "team"}))
    cluster.create(balancer("alone", ports=[81]))
    wait_ingress(cluster, ["192.168.185.40"], "web")
    wait_ingress(cluster, ["192.168.185.41"], "alone")
    for name in ("dns", "web"):
        watcher.wait_service(f"default/{name}", lambda s: s.verdict == "ok")


def test_both_families_and_one_is_enough_where_two_are_only_preferred(cluster, watcher):
    watcher.configure(pools=POOL)
    cluster.create(balancer("both", ipFamilies=["IPv6", "IPv4"],
                            ipFamilyPolicy="RequireDualStack"))
    cluster.create(balancer("prefer", ipFamilies=["IPv4", "IPv6"],
                            ipFamilyPolicy="PreferDualStack"))
    wait_ingress(cluster, ["192.168.185.40"], "prefer")
    wait(lambda: condition(cluster, "AddressAllocated", "both") == (
        "False", "Refused", "address_pool public has no IPv6 addresses; "
        "add some to it, or change ipFamilyPolicy"), 15,
         lambda: status(cluster, "both"))
    watcher.configure(pools=POOL + SIX)
    wait_ingress(cluster, ["192.168.185.40", "2001:db8::11"], "prefer")
    wait_ingress(cluster, ["2001:db8::10", "192.168.185.41"], "both")


ANOTHER_PROXY = {"metadata": {"labels": {"service.kubernetes.io/service-proxy-name": "x"}}}


@pytest.mark.parametrize("change, ignored", [
    ({"metadata": {"annotations": {"vipd.io/ignore": "true"}}},
     "the annotation vipd.io/ignore keeps vipd away; remove it"),
    ({"spec": {"type": "ClusterIP"}}, ""),
    ({"spec": {"type": "ExternalName", "externalName": "www.example.com"}}, ""),
    (ANOTHER_PROXY, ""),
])
def test_what_is_given_up_is_cleaned(cluster, watcher, change, ignored):
    watcher.configure(pools=POOL)
    cluster.create(balancer())
    wait_ingress(cluster, ["192.168.185.40"])
    watcher.wait_service("default/web", lambda s: s.addresses)
    cluster.patch(balancer(), change)
    wait(lambda: not ingress(cluster) and not condition(cluster, "AddressAllocated")
         and not condition(cluster, "Placed"), 15, lambda: status(cluster))
    managers = cluster.get(balancer())["metadata"]["managedFields"]
    assert "vipd" not in {m["manager"] for m in managers}
    if ignored:
        wait_ignored(watcher, "default/web", ignored)
    else:
        watcher.wait_gone("default/web")


def test_what_was_given_up_while_nobody_led_is_cleaned_by_the_next(cluster, watcher, folder):
    watcher.configure(pools=POOL)
    cluster.create(balancer())
    wait_ingress(cluster, ["192.168.185.40"])
    watcher.send("MSG_STOP")
    watcher.popen.wait(15)
    cluster.patch(balancer(), ANOTHER_PROXY)
    with Watcher(folder / "next", kubeconfig=str(cluster.vipd_kubeconfig), allocator=1,
                 claim_unclassed=1, node_name="worker-b") as other:
        other.configure(pools=POOL).wait_synced()
        wait(lambda: not ingress(cluster) and not condition(cluster, "AddressAllocated"), 15,
             lambda: status(cluster))
        assert "default/web" not in other.services


@pytest.mark.parametrize("mark", [
    {"annotations": {"metallb.io/ip-allocated-from-pool": "lan"}},
    {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]},
])
def test_a_service_of_another_controller_is_left_alone(cluster, watcher, mark):
    watcher.configure(pools=POOL)
    made = balancer()
    made["metadata"].update(mark)
    cluster.create(made)
    wait(lambda: notes(cluster, "AllocationFailed"), 15)
    assert "another controller's" in notes(cluster, "AllocationFailed")[0]
    wait_ignored(watcher, "default/web", "another controller's")
    assert not ingress(cluster) and not condition(cluster, "AddressAllocated")
    # Said once, however often it is looked at.
    for number in range(3):
        cluster.patch(made, {"metadata": {"labels": {"a": str(number)}}})
        cluster.create(balancer(f"ours-{number}"))
        wait(lambda n=number: notes(cluster, "AddressAllocated", f"ours-{n}"), 15)
    assert not [e for e in cluster.list("events.k8s.io/v1", "Event") if e.get("series")]


def test_an_ingress_that_somebody_else_wrote_stays(cluster, watcher):
    watcher.configure(pools=POOL)
    with_ingress = balancer()
    cluster.create(with_ingress | {"spec": with_ingress["spec"] | {
        "loadBalancerClass": "example.com/other"}})
    cluster.create(balancer("theirs"))
    wait_ingress(cluster, ["192.168.185.40"], "theirs")
    cluster.patch(balancer("theirs"), {"status": {"loadBalancer": {"ingress": [
        {"ip": "192.168.185.99"}]}}}, subresource="status")
    wait_ignored(watcher, "default/theirs", "vipd leaves it alone: status.loadBalancer.ingress")
    assert ingress(cluster, "theirs") == ["192.168.185.99"]
    assert not ingress(cluster)


def test_the_next_leader_keeps_what_is_and_goes_on(cluster, watcher, folder):
    watcher.configure(pools=POOL)
    for name in ("a", "b"):
        cluster.create(balancer(name))
    wait_ingress(cluster, ["192.168.185.40"], "a")
    wait_ingress(cluster, ["192.168.185.41"], "b")
    cluster.delete(balancer("b"))
    with Watcher(folder / "next", kubeconfig=str(cluster.vipd_kubeconfig), allocator=1,
                 claim_unclassed=1, node_name="worker-b") as other:
        other.configure(pools=POOL).wait_synced()
        watcher.send("MSG_STOP")
        watcher.popen.wait(15)
        cluster.create(balancer("c"))
        # .41 is as free as .42, but was in use more recently.
        wait_ingress(cluster, ["192.168.185.41"], "c")
        assert ingress(cluster, "a") == ["192.168.185.40"]
        other.wait_service("default/c", lambda s: s.verdict == "ok")


def test_an_endpoint_and_an_external_ip_are_never_handed_out(cluster, watcher):
    cluster.create(kube.endpoint_slice("vm", ["192.168.185.40"], ports=[22]))
    cluster.create(kube.service("ext", ports=[80], external_ips=["192.168.185.41"]))
    watcher.configure(pools=POOL, external_ips=["192.168.185.18-192.168.185.41"])
    cluster.create(balancer())
    wait(lambda: ingress(cluster) == ["192.168.185.42"], 15, lambda: status(cluster))


def test_what_is_somebodys_own_is_never_handed_out(cluster, watcher):
    watcher.configure(pools=POOL)
    watcher.send("MSG_TAKEN", [{"addr": "192.168.185.40",
                                "whose": "a default gateway of this host"}], more=1)
    watcher.send("MSG_TAKEN", [{"addr": "192.168.185.41", "whose": ""}])
    cluster.create(balancer())
    wait_ingress(cluster, ["192.168.185.42"])
    watcher.wait(lambda: any(
        "address_pool public: 192.168.185.40 is a default gateway of this host, so it is "
        "not handed out; list it in exclude" in line for line in watcher.logs), 15)
    cluster.create(balancer("asks", annotations={"vipd.io/addresses": "192.168.185.40"}))
    wait(lambda: condition(cluster, "AddressAllocated", "asks") == (
        "False", "AddressConflict", "192.168.185.40 is a node's, a router's or an endpoint's "
        "address, or an external IP"), 15)
    watcher.send("MSG_TAKEN")
    wait_ingress(cluster, ["192.168.185.40"], "asks")


def test_with_manifests_an_address_is_asked_for(folder):
    manifests = folder / "services.d"
    manifests.mkdir()
    made = [balancer("asks", annotations={"vipd.io/addresses": "192.168.185.41"}),
            balancer("waits")]
    (manifests / "web.json").write_text(json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": made}))
    with Watcher(folder, manifests=str(manifests), claim_unclassed=1) as watcher:
        watcher.configure(pools=POOL)
        watcher.wait_service("default/asks", lambda s: s.addresses == {
            "192.168.185.41": ("ok", "edge", "")})
        watcher.wait_service("default/waits", lambda s: s.verdict == "pending"
                             and "vipd.io/addresses" in s.reason)


def configmap(text, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "vipd-pools", "namespace": "vipd"},
            "data": {"pools.conf": text, **data}}


def test_pools_of_a_configmap_grow_and_a_bad_text_changes_nothing(cluster, watcher):
    one = "address_pool lan { addresses { 192.168.185.40 } }"
    watcher.configure(instances={"edge": (87, ["192.168.185.0-192.168.185.255"])},
                      configmap_ns="vipd", configmap_name="vipd-pools")
    cluster.create(configmap(one))
    for name in ("a", "b"):
        cluster.create(balancer(name))
        if name == "a":
            wait_ingress(cluster, ["192.168.185.40"], "a")
    wait(lambda: (condition(cluster, "AddressAllocated", "b") or "  ")[1] == "Exhausted", 15)

    cluster.replace(configmap("address_pool lan { adresses { 192.168.185.41 } }"))
    wait(lambda: notes(cluster, "PoolsRefused", "vipd-pools"), 15)
    note = notes(cluster, "PoolsRefused", "vipd-pools")[0]
    assert note.startswith("pools.conf:1:20: error: unknown keyword \"adresses\"")
    watcher.wait(lambda: watcher.pools_error == note, 5, "vipctl knows it")
    assert ingress(cluster, "a") == ["192.168.185.40"] and not ingress(cluster, "b")

    cluster.replace(configmap("address_pool lan { addresses { 192.168.185.41 } }"))
    wait_ingress(cluster, ["192.168.185.41"], "b")
    assert ingress(cluster, "a") == ["192.168.185.40"]
    watcher.wait(lambda: not watcher.pools_error
                 and watcher.pools == {"lan": ([1, 0], [1, 0])}, 5, "the pools")
    # What has gone altogether leaves the last good pools, too.
    cluster.delete(configmap(one))
    watcher.wait(lambda: "not there" in watcher.pools_error, 5, "the loss")
    assert ingress(cluster, "b") == ["192.168.185.41"]


def lease_of(node, **states):
    """What the Lease of a node says of its instances."""
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": f"vipd-{node}", "namespace": "vipd",
                         "annotations": {"vipd.io/node": json.dumps({
                             "version": "0.1.0", "config": "", "instances": [
                                 {"name": name, "state": state, "priority": 100,
                                  "source": "192.168.185.1"}
                                 for name, state in states.items()]})}},
            "spec": {"holderIdentity": node, "leaseDurationSeconds": 180}}


def record(cluster, name="web"):
    placed = condition(cluster, "Placed", name)
    return placed and (placed[1], placed[2].split("=")[-1])


def test_with_local_an_address_goes_where_a_master_has_an_endpoint(cluster, watcher):
    everywhere = ["192.168.185.0-192.168.185.255"]
    watcher.configure(pools=POOL, instances={"red": (87, everywhere),
                                             "blue": (88, everywhere)})
    cluster.create(lease_of("w1", red="MASTER", blue="BACKUP"))
    cluster.create(lease_of("w2", red="BACKUP", blue="MASTER"))
    for node in ("w1", "w2"):
        cluster.create(balancer(node, externalTrafficPolicy="Local"))
        cluster.create(kube.endpoint_slice(node, ["10.0.0.7"], ports=[8080], node=node))
    wait(lambda: record(cluster, "w1") == ("Placed", "87"), 15,
         lambda: status(cluster, "w1"))
    wait(lambda: record(cluster, "w2") == ("Placed", "88"), 15,
         lambda: status(cluster, "w2"))
    # The endpoint moves, and the address with it.
    cluster.replace(kube.endpoint_slice("w1", ["10.0.0.8"], ports=[8080], node="w2"))
    wait(lambda: record(cluster, "w1") == ("Placed", "88"), 15,
         lambda: status(cluster, "w1"))
    # Where no master has one it stays, and the reason says so.
    cluster.replace(kube.endpoint_slice("w1", ["10.0.0.8"], ports=[8080], node="w3"))
    wait(lambda: record(cluster, "w1") == ("NoMasterWithEndpoint", "88"), 15,
         lambda: status(cluster, "w1"))
