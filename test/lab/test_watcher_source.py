# SPDX-License-Identifier: GPL-2.0-or-later
"""The watcher and its way to the API server: credentials, names, several servers, none."""

import contextlib
import os
import select
import shutil
import socket
import threading
import time

import pytest

import kube
from lab import PATIENCE, wait
from msgcodec import ENUM
from watchercluster import (KEY, VIP, cluster, follow, server, slice_of, token_of, watcher,
                            web)
from watcherlab import Watcher


# ---- one that refuses, or is not there ----

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
