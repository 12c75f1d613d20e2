# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures for the watcher alone against the API server for tests, over TLS."""

import os

import pytest

import kube
from lab import open_folder
from watcherlab import Watcher

VIP = "192.168.185.18"
KEY = "default/web"


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
