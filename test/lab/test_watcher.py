# SPDX-License-Identifier: GPL-2.0-or-later
"""The watcher alone against the API server for tests, over TLS."""

import contextlib
import os
import select
import shutil
import socket
import threading
import time
import urllib.parse

import pytest

import kube
from lab import PATIENCE, open_folder, wait
from msgcodec import ENUM
from watcherlab import Watcher

VIP = "192.168.185.18"
KEY = "default/web"


@pytest.fixture
def folder():
    with open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def server():
    with open_folder() as path, kube.start(path / "api") as running:
        yield running


@pytest.fixture
def cluster(server, folder):
    """The server of this file, as new: starting one takes a second."""
    os.chmod(server.directory, 0o755)
    credentials = server.vipd_kubeconfig.read_text()
    yield server
    server.clear_faults()
    server.accept()
    server.vipd_kubeconfig.write_text(credentials)
    server.order("token", user=kube.VIPD, token=token_of(credentials))
    server.settings(page_cached_lists=False, too_large_wait=3.0)
    for api, kind in (("v1", "Service"), ("discovery.k8s.io/v1", "EndpointSlice")):
        for obj in (o for o in server.list(api, kind)
                    if o["metadata"]["name"] != "kubernetes"):
            server.delete({"apiVersion": api, "kind": kind, **obj})
    server.forget_requests()


@pytest.fixture
def watcher(cluster, folder):
    with Watcher(folder, kubeconfig=str(cluster.vipd_kubeconfig)) as running:
        yield running


def token_of(kubeconfig):
    return next(line for line in kubeconfig.splitlines() if "token:" in line).split()[-1]


def web(name="web", vip=VIP, ports=(80,), **spec):
    return kube.service(name, ports=list(ports), external_ips=[vip], **spec)


def follow(cluster, watcher):
    """Both resources are listed and watched."""
    watcher.configure().wait_synced()
    watcher.wait(lambda: all(cluster.count(verb="watch", resource=kind)
                             for kind in ("services", "endpointslices")), 5, "two watches")
    watcher.wait_health("OK")


def slice_of(name="web", addresses=("10.0.0.7",), **more):
    return kube.endpoint_slice(name, list(addresses), ports=[8080], **more)


def serve(cluster, count):
    """`count` Services web-0... with consecutive addresses of the allow-list."""
    for i in range(count):
        cluster.create(web(f"web-{i}", f"192.168.185.{18 + i}"))


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
    assert time.monotonic() - begun < 0.1


def test_requests_are_those_of_a_reflector(cluster, watcher):
    follow(cluster, watcher)
    selector = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name"
    for resource in ("services", "endpointslices"):
        listed, watched = (
            [dict(urllib.parse.parse_qsl(request["query"]))
             for request in cluster.requests(verb=verb, resource=resource)]
            for verb in ("list", "watch"))
        assert listed == [{"labelSelector": selector, "limit": "500",
                           "resourceVersion": "0"}]
        assert len(watched) == 1
        assert 300 <= int(watched[0].pop("timeoutSeconds")) < 600
        assert int(watched[0].pop("resourceVersion")) > 0
        assert watched[0] == {"labelSelector": selector, "watch": "1",
                              "allowWatchBookmarks": "true"}


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
    assert 1 <= time.monotonic() - begun < 2
    assert cluster.count(verb="list", resource="services") == 2


def test_a_certificate_for_another_name_is_named_as_that(cluster, watcher):
    good = cluster.vipd_kubeconfig.read_text()
    cluster.vipd_kubeconfig.write_text(good.replace(
        " server: ", " tls-server-name: api.example\n    server: "))
    watcher.configure()
    error = watcher.wait_health("TROUBLE", "its certificate does not name it")
    assert "'api.example'" in error
    assert "set tls-server-name to a name that it has" in error
    assert str(cluster.vipd_kubeconfig) in error and "authority" not in error
    cluster.vipd_kubeconfig.write_text(good)
    watcher.wait_health("OK", within=10)


def test_losing_the_server_changes_nothing_but_the_state(cluster, watcher):
    cluster.create(web())
    follow(cluster, watcher)
    watcher.told.clear()
    url = cluster.url
    cluster.stop()
    error = watcher.wait_health("TROUBLE", "connection refused")
    assert url in error and str(cluster.vipd_kubeconfig) in error
    assert watcher.told == [] and KEY in watcher.services
    cluster.restart()
    cluster.create(web("new", "192.168.185.19"))
    watcher.wait_health("OK", within=10)
    watcher.wait_service("default/new", within=40)
    assert ("MSG_SERVICE_GONE", KEY) not in watcher.told
    assert sum("connection refused" in line for line in watcher.logs) == 1


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


def test_expired_credentials_are_read_again_at_once(cluster, watcher, folder):
    follow(cluster, watcher)
    cluster.order("revoke", user=kube.VIPD)
    token = cluster.order("token", user=kube.VIPD)["token"]
    text = cluster.vipd_kubeconfig.read_text()
    old = token_of(text)
    cluster.streams("end")
    error = watcher.wait_health("TROUBLE", "401 Unauthorized")
    assert str(cluster.vipd_kubeconfig) in error and old not in error
    cluster.vipd_kubeconfig.write_text(text.replace(old, token))
    watcher.wait_health("OK", within=10)
    assert not any(token in line or old in line for line in watcher.logs)


def test_forbidden_names_verb_resource_and_remedy(cluster, watcher):
    cluster.fault("status", code=403, reason="Forbidden", times=1, verb="list",
                  resource="endpointslices")
    watcher.configure()
    error = watcher.wait_health("TROUBLE", "403")
    assert "may not list endpointslices" in error and "conf/kubernetes/vipd.yaml" in error
    watcher.wait_synced()


def test_a_wrong_ca_is_named(cluster, folder):
    other = folder / "other"
    with kube.start(other):
        pass
    config = folder / "kubeconfig"
    config.write_text(
        "apiVersion: v1\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n"
        f"clusters: [{{name: c, cluster: {{server: '{cluster.url}', "
        "certificate-authority: other/ca.crt}}]\n")
    with Watcher(folder, kubeconfig=str(config)) as watcher:
        watcher.configure()
        error = watcher.wait_health("TROUBLE", "not signed by our certificate-authority")
        assert cluster.url in error and str(config) in error
        # The right one is taken as soon as it is there.
        shutil.copy(cluster.directory / "ca.crt", folder / "other/ca.crt")
        watcher.wait_health("TROUBLE", "40", within=10)


def test_an_unreadable_kubeconfig_is_named_and_read_when_it_can_be(cluster, folder):
    config = folder / "kubeconfig"
    shutil.copy(cluster.vipd_kubeconfig, config)
    os.chown(config, 0, 0)
    config.chmod(0o600)
    with Watcher(folder, kubeconfig=str(config)) as watcher:
        watcher.configure()
        error = watcher.wait_health("TROUBLE", "user nobody may not read it")
        assert str(config) in error and "chown nobody" in error
        shutil.chown(config, "nobody")
        watcher.wait_synced()
        watcher.wait_health("OK")


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


@contextlib.contextmanager
def silent_name_server(folder):
    """A command in front of a program whose name server never answers."""
    address = f"127.53.{os.getpid() >> 8 & 255}.{os.getpid() & 255 | 1}"
    (folder / "resolv.conf").write_text(f"nameserver {address}\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        yield server, ["unshare", "--mount", "sh", "-c",
                       f"mount --bind {folder}/resolv.conf /etc/resolv.conf && exec \"$@\"",
                       "sh"]


@pytest.mark.skipif(not os.path.exists("/etc/resolv.conf"), reason="nothing to mount over")
def test_it_stops_while_name_servers_are_silent(folder, cluster):
    """The look-up is given up, not waited for."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(cluster.vipd_kubeconfig.read_text().replace(
        "//127.0.0.1:", "//api.nowhere.test:"))
    kubeconfig.chmod(0o644)
    with silent_name_server(folder) as (server, wrapper), \
            Watcher(folder, wrapper, kubeconfig=str(kubeconfig)) as watcher:
        watcher.configure()
        assert select.select([server], [], [], 10 * PATIENCE)[0], "it looks the name up"
        began = time.monotonic()
        watcher.send("MSG_STOP")
        assert watcher.popen.wait(20) == 0
        assert time.monotonic() - began < 2 * PATIENCE


def test_it_stops_on_vipds_word(watcher):
    watcher.configure().wait_synced()
    watcher.send("MSG_STOP")
    assert watcher.popen.wait(5) == 0


# ---- several API servers of one cluster ----

class Relay:
    """Another address of the server."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self.listener.accept()
                theirs = socket.create_connection(("127.0.0.1", self.target))
                self.open += [ours, theirs]
                for pair in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def stop(self):
        for sock in [self.listener, *self.open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def test_servers_are_tried_in_turn_and_the_one_that_answers_is_kept(cluster, watcher):
    first, second = Relay(cluster.port), Relay(cluster.port)
    text = cluster.vipd_kubeconfig.read_text()
    cluster.vipd_kubeconfig.write_text(text.replace(cluster.url, "https://127.0.0.1:1"))
    watcher.configure(api_servers=f"{first.url} {second.url}").wait_synced()
    watcher.wait(lambda: bytes(watcher.state.server).split(b"\0")[0].decode()
                 == first.url, 5, "the first that answers is named")
    cluster.create(web())
    watcher.wait_service(KEY)

    first.stop()
    cluster.create(web("late", "192.168.185.19"))
    watcher.wait_service("default/late", within=10)
    watcher.wait_health("OK")
    assert bytes(watcher.state.server).split(b"\0")[0].decode() == second.url
    assert watcher.synced == 1, "the watch goes on from where it was"
    second.stop()
    watcher.wait_health("TROUBLE", "refused")


# ---- the last known state on disk (I4) ----

@pytest.fixture
def state(folder):
    """A state directory as vipd makes it."""
    path = folder / "state"
    path.mkdir()
    shutil.chown(path, "nobody")
    return path


def on_disk(state, resource, text):
    path = state / f"{resource}.snapshot"
    wait(lambda: path.exists() and text in path.read_bytes(), 5, f"{text} in {path}")


def remember(cluster, state):
    """A watcher that has seen one Service, and is gone."""
    cluster.create(web())
    cluster.create(slice_of(node="worker-a"))
    with Watcher(state, kubeconfig=str(cluster.vipd_kubeconfig)) as first:
        follow(cluster, first)
        cluster.create(web("late", "192.168.185.19"))
        first.wait_service("default/late")
        cluster.delete(web("late", "192.168.185.19"))
        first.wait_gone("default/late")
        on_disk(state, "endpointslices", b"10.0.0.7")


def test_a_start_without_the_server_serves_the_last_known_state(cluster, state):
    remember(cluster, state)
    cluster.refuse()
    with Watcher(state, kubeconfig=str(cluster.vipd_kubeconfig)) as second:
        second.configure().wait_synced()
        assert second.complete is False, "a snapshot only adds"
        assert set(second.services) == {KEY}
        assert second.services[KEY].endpoints == [(80, "10.0.0.7", 8080, 1)]
        second.wait_health("TROUBLE", "refused")
        assert second.state.source == ENUM["SOURCE_SNAPSHOT"]
        age = time.time() - second.state.snapshot_wall_us / 1e6
        assert 0 <= age < 60
        cluster.delete(web())
        cluster.accept()
        second.wait(lambda: second.complete, 40, "a list of the server")
        assert second.services == {}
        second.wait(lambda: second.state.source == ENUM["SOURCE_API"], 5, "the source")


def test_the_rules_of_today_judge_the_state_of_yesterday(cluster, state):
    remember(cluster, state)
    cluster.refuse()
    with Watcher(state, kubeconfig=str(cluster.vipd_kubeconfig)) as second:
        second.configure(external_ips=["192.168.185.30-192.168.185.40"],
                         instances={"other": (9, None)}).wait_synced()
        verdict, instance, _ = second.services[KEY].addresses[VIP]
        assert (verdict, instance) == ("refused", "")


@pytest.mark.parametrize("resource", ["services", "endpointslices"])
def test_a_damaged_snapshot_is_set_aside_and_named(cluster, state, resource):
    remember(cluster, state)
    path = state / f"{resource}.snapshot"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    cluster.refuse()
    with Watcher(state, kubeconfig=str(cluster.vipd_kubeconfig)) as second:
        second.configure()
        second.wait(lambda: any(f"{resource}.snapshot is not used" in line
                                for line in second.logs), 5, "it is named")
        second.wait_health("TROUBLE", "refused")
        assert second.synced == 0 and not second.services
    assert (state / f"{resource}.snapshot.set-aside").exists()


def test_the_snapshot_of_another_cluster_is_set_aside(cluster, state):
    remember(cluster, state)
    text = cluster.vipd_kubeconfig.read_text()
    other = state / "other.kubeconfig"
    authority = next(line for line in text.splitlines()
                     if "certificate-authority" in line)
    other.write_text(text.replace(authority, "    insecure-skip-tls-verify: true"))
    other.chmod(0o644)
    cluster.refuse()
    with Watcher(state, kubeconfig=str(other)) as second:
        second.configure()
        second.wait(lambda: any("of another cluster" in line for line in second.logs), 5,
                    "it is named")
        second.wait_health("TROUBLE", "refused")
        assert not second.services


def test_a_state_directory_that_cannot_be_written_is_named_once(cluster, folder):
    with Watcher(folder / "missing", kubeconfig=str(cluster.vipd_kubeconfig)) as one:
        follow(cluster, one)
        cluster.create(web())
        one.wait_service(KEY)
        cluster.delete(web())
        one.wait(lambda: any("cannot be written to disk" in line for line in one.logs), 5,
                 "the trouble is named")
        assert one.health() == "OK"
