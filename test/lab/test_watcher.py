# SPDX-License-Identifier: GPL-2.0-or-later
"""The watcher alone against the API server for tests, over TLS."""

import time
import urllib.parse

import kube
from lab import PATIENCE
from watchercluster import (KEY, VIP, cluster, follow, serve, server, slice_of, watcher,
                            web)


# ---- the ordinary ----

def test_it_tells_what_is_there_and_then_what_changes(cluster, watcher):
    cluster.create(web())
    cluster.create(slice_of(node="worker-a"))
    cluster.create(kube.service("quiet", ports=[80]))
    watcher.configure().wait_synced()
    assert watcher.complete
    assert set(watcher.services) == {KEY}
    service = watcher.services[KEY]
    assert service.verdict == "ok"
    assert service.addresses == {VIP: ("ok", "edge", "")}
    assert service.endpoints == [(80, "10.0.0.7", 8080, 1)]
    watcher.wait_health("OK")
    assert bytes(watcher.state.server).split(b"\0")[0].decode() == cluster.url

    cluster.create(slice_of(addresses=["10.0.0.8"], suffix="2"))
    watcher.wait_service(KEY, lambda s: len(s.endpoints) == 2)
    cluster.delete(slice_of())
    watcher.wait_service(KEY, lambda s: s.backends() == ["10.0.0.8:8080"])
    cluster.create(web("other", "192.168.185.19"))
    watcher.wait_service("default/other")
    cluster.delete(web())
    watcher.wait_gone(KEY)
    assert watcher.synced == 1


def test_a_change_is_told_within_a_few_milliseconds(cluster, watcher):
    follow(cluster, watcher)
    cluster.create(web())
    begun = time.monotonic()
    watcher.wait_service(KEY)
    assert time.monotonic() - begun < 0.2 * PATIENCE


def test_requests_are_those_of_a_reflector(cluster, watcher):
    follow(cluster, watcher)
    slices = {"labelSelector": "!service.kubernetes.io/headless,"
                               "!service.kubernetes.io/service-proxy-name"}
    for resource, selector in (("services", {}), ("endpointslices", slices)):
        listed, watched = (
            [dict(urllib.parse.parse_qsl(request["query"]))
             for request in cluster.requests(verb=verb, resource=resource)]
            for verb in ("list", "watch"))
        assert listed == [{**selector, "limit": "500", "resourceVersion": "0"}]
        assert len(watched) == 1
        assert 300 <= int(watched[0].pop("timeoutSeconds")) < 600
        assert int(watched[0].pop("resourceVersion")) > 0
        assert watched[0] == {**selector, "watch": "1", "allowWatchBookmarks": "true"}


def test_pages_are_followed(cluster, watcher):
    cluster.settings(page_cached_lists=True)
    for i in range(1100):
        cluster.store_raw({**kube.service(f"s{i:04}", [80], clusterIP="10.96.77.1",
                                          **({"external_ips": [VIP]} if i == 1099 else {})),
                           "apiVersion": "v1"})
    watcher.configure().wait_synced(within=10)
    assert cluster.count(verb="list", resource="services") == 3
    assert "default/s1099" in watcher.services


def test_a_page_token_that_expires_is_listed_again_in_one_piece(cluster, watcher):
    cluster.settings(page_cached_lists=True)
    for i in range(600):
        cluster.store_raw(kube.service(f"s{i:04}", [80], clusterIP="10.96.77.1",
                                       **({"external_ips": [VIP]} if i == 599 else {})))
    cluster.fault("drip", times=1, verb="list", resource="services", bytes=20000,
                  interval=0.05)
    watcher.configure()
    watcher.wait(lambda: cluster.count(verb="list", resource="services"), 5, "a list")
    cluster.create(web("late", "192.168.185.19"))
    cluster.compact()
    watcher.wait_synced(within=15)
    assert {"default/s0599", "default/late"} <= set(watcher.services)


# ---- verdicts ----

def test_addresses_outside_the_allow_list_are_refused_and_shown(cluster, watcher):
    cluster.create(web(vip="8.8.8.8"))
    cluster.create(kube.service("lb", [80], type="LoadBalancer",
                                loadBalancerClass="vipd.io/vip"))
    watcher.configure().wait_synced()
    assert watcher.services[KEY].verdict == "refused"
    assert "8.8.8.8 is not in external_ips" in watcher.services[KEY].reason
    assert watcher.services["default/lb"].verdict == "pending"


def test_the_older_service_keeps_the_port_and_the_loser_is_told_first(cluster, watcher):
    cluster.create(web("b-old"))
    watcher.configure().wait_synced()
    cluster.create(web("c-new"))
    late = watcher.wait_service("default/c-new")
    assert late.verdict == "conflict" and "default/b-old" in late.reason
    cluster.delete(web("b-old"))
    watcher.wait_service("default/c-new", lambda s: s.verdict == "ok")
    names = [told for told in watcher.told if told[0] == "MSG_SERVICE_GONE"
             or told[1] == "default/c-new"]
    assert names[-2:] == [("MSG_SERVICE_GONE", "default/b-old"),
                          ("MSG_SERVICE", "default/c-new")]


def test_a_malformed_object_is_skipped_and_named(cluster, watcher):
    watcher.configure().wait_synced()
    cluster.store_raw({"apiVersion": "v1", "kind": "Service",
                       "metadata": {"name": "bad", "namespace": "default"},
                       "spec": {"clusterIP": "10.96.0.8", "externalIPs": [VIP],
                                "ports": [{"port": "eighty"}]}})
    cluster.create(web(vip="192.168.185.19"))
    bad = watcher.wait_service("default/bad")
    assert bad.verdict == "invalid"
    assert bad.reason == "spec.ports[0].port: an integer from 1 to 65535 expected"
    assert any("default/bad: malformed Service skipped" in line for line in watcher.logs)
    watcher.wait_service(KEY)


# ---- what goes wrong ----

def test_what_a_tenant_writes_into_an_annotation_stops_nobody(cluster, watcher):
    """The API takes any text there, a zero byte included: in a list and in a stream."""
    odd = {"note": "a\0b", "other": "\x01\u2028\U0001f600\x7f" + "x" * 200000}
    for kind in (web, slice_of):
        obj = kind("first") if kind is web else kind("first")
        obj["metadata"]["annotations"] = odd
        cluster.create(obj)
    follow(cluster, watcher)
    watcher.wait_service("default/first", lambda s: s.backends() == ["10.0.0.7:8080"])
    obj = web("second", vip="192.168.185.19")
    obj["metadata"]["annotations"] = odd
    cluster.create(obj)
    watcher.wait_service("default/second")
    assert watcher.health() == "OK" and cluster.count(verb="list", resource="services") == 1


def test_a_stream_cut_inside_an_object_is_taken_up_where_it_was(cluster, watcher):
    follow(cluster, watcher)
    time.sleep(1)  # a watch that lived a second is taken up at once
    lists = cluster.count(verb="list")
    assert cluster.streams("cut") >= 2
    cluster.create(web())
    watcher.wait_service(KEY)
    watcher.wait_health("OK")
    assert cluster.count(verb="list") == lists


def test_a_lost_history_is_listed_and_diffed(cluster, watcher):
    cluster.create(web())
    cluster.create(web("gone", "192.168.185.19"))
    follow(cluster, watcher)
    cluster.refuse()
    cluster.order("drop")
    cluster.delete(web("gone", "192.168.185.19"))
    cluster.create(web("new", "192.168.185.20"))
    cluster.compact()
    watcher.told.clear()
    cluster.accept()
    watcher.wait_service("default/new", within=10)
    watcher.wait_gone("default/gone")
    assert ("MSG_SERVICE", KEY) not in watcher.told, "what did not change is not told"
    assert watcher.synced == 1


def test_until_a_lost_history_is_listed_the_state_says_so(cluster, watcher):
    """L9's pause may be long by then: it is no time to look connected."""
    cluster.create(web())
    follow(cluster, watcher)
    cluster.refuse()
    cluster.order("drop")
    watcher.wait_health("TROUBLE", "connection refused")
    cluster.delete(web())
    cluster.create(web("new", "192.168.185.20"))
    cluster.compact()
    cluster.accept()
    watcher.wait_service("default/new", within=40)
    watcher.wait_health("OK")
    due = [error for health, error in watcher.said
           if health == "TROUBLE" and "a new list of" in error]
    assert due, watcher.said
    assert cluster.url in due[0] and "wait for it" in due[0]


def test_a_server_restored_from_a_backup_is_listed_anew(cluster, watcher):
    cluster.create(web())
    follow(cluster, watcher)
    cluster.settings(too_large_wait=0.2)
    cluster.order("jump", by=-1)
    for kind in ("services", "endpointslices"):
        cluster.fault("status", code=410, reason="Expired", times=1, verb="watch",
                      resource=kind)
    cluster.streams("end")
    cluster.create(web("new", "192.168.185.20"))
    watcher.wait_service("default/new", within=10)
    assert KEY in watcher.services


def test_retry_after_is_obeyed(cluster, watcher):
    cluster.fault("status", code=429, retry_after=1, times=1, verb="list",
                  resource="services")
    begun = time.monotonic()
    watcher.configure().wait_synced()
    assert 1 <= time.monotonic() - begun < 2 * PATIENCE
    assert cluster.count(verb="list", resource="services") == 2


def test_a_list_that_misses_most_counts_only_when_a_second_agrees(cluster, watcher):
    serve(cluster, 12)
    follow(cluster, watcher)
    cluster.streams("stall")
    for i in range(12):
        cluster.delete(web(f"web-{i}"))
    cluster.compact()
    cluster.order("drop")
    watcher.wait(lambda: not watcher.services, 15, "all are gone")
    assert any("it counts when a second one agrees" in line for line in watcher.logs)
    lists = cluster.requests(verb="list", resource="services")
    assert len([r for r in lists if str(r["code"]) == "200"]) >= 3


def test_a_stalled_server_changes_nothing_and_the_other_resource_goes_on(cluster, watcher):
    cluster.create(web())
    follow(cluster, watcher)
    assert cluster.streams("stall", resource="services") >= 1
    cluster.create(slice_of())
    watcher.wait_service(KEY, lambda s: s.backends() == ["10.0.0.7:8080"])
    cluster.clear_faults()
    cluster.create(web("new", "192.168.185.19"))
    watcher.wait_service("default/new")


def test_garbage_in_a_stream_costs_only_the_stream(cluster, watcher):
    cluster.create(web())
    follow(cluster, watcher)
    watcher.told.clear()
    cluster.streams("raw", resource="services", data="<html>502</html>\n")
    cluster.create(web("new", "192.168.185.19"))
    watcher.wait_service("default/new")
    watcher.wait_health("OK")
    assert ("MSG_SERVICE_GONE", KEY) not in watcher.told


# ---- reload ----

def test_changed_ranges_only_judge_again(cluster, watcher):
    cluster.create(web())
    cluster.create(web("other", "192.168.185.19"))
    follow(cluster, watcher)
    lists = cluster.count(verb="list")
    watcher.told.clear()
    watcher.configure(external_ips=["192.168.185.19"])
    watcher.wait_service(KEY, lambda s: s.verdict == "refused")
    assert watcher.told == [("MSG_SERVICE", KEY)]
    watcher.configure(external_ips=["192.168.185.18", "192.168.185.19"],
                      instances={"core": (9, ["192.168.185.18"]), "edge": (87, None)})
    watcher.wait_service(KEY, lambda s: s.addresses[VIP][1] == "core")
    assert cluster.count(verb="list") == lists and watcher.synced == 1


def test_a_changed_source_is_synced_anew(cluster, watcher, folder):
    cluster.create(web())
    cluster.create(web("other", "192.168.185.19"))
    watcher.configure().wait_synced()
    with kube.start(folder / "second") as second:
        second.create(web())
        watcher.configure(kubeconfig=str(second.vipd_kubeconfig))
        watcher.wait_synced(2)
        assert set(watcher.services) == {KEY}
        second.create(web("new", "192.168.185.20"))
        watcher.wait_service("default/new")


def test_a_hundred_changes_at_once_arrive_complete(cluster, watcher):
    watcher.configure(external_ips=["10.1.0.0-10.1.255.255"]).wait_synced()
    for i in range(100):
        cluster.create(web(f"web-{i}", f"10.1.0.{i + 1}"))
        cluster.create(slice_of(f"web-{i}"))
    watcher.wait(lambda: sum(len(s.endpoints) for s in watcher.services.values()) == 100,
                 10, "100 Services with their endpoints")


def test_it_stops_on_vipds_word(watcher):
    watcher.configure().wait_synced()
    watcher.send("MSG_STOP")
    assert watcher.popen.wait(5) == 0
