# SPDX-License-Identifier: GPL-2.0-or-later
"""healthCheckNodePort: who asks a node learns whether a ready endpoint is there,
and whoever asks badly harms nobody."""

import contextlib
import json
import os
import socket
from pathlib import Path

import pytest

import kube
from lab import PATIENCE, open_folder
from watcherlab import Watcher

HERE = "worker-a"
EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
GET = b"GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n"


def free_port():
    with socket.create_server(("::", 0), family=socket.AF_INET6) as sock:
        return sock.getsockname()[1]


def objects(port, nodes, policy="Local", **conditions):
    """A Service of vipd's class, and an endpoint on each of the nodes."""
    service = kube.service("web", [{"name": "p", "port": 80}])
    service["spec"].update(
        type="LoadBalancer", externalTrafficPolicy=policy, healthCheckNodePort=port,
        loadBalancerClass="vipd.io/vip")
    slices = [kube.endpoint_slice("web", [f"10.0.0.{i}"], [{"name": "p", "port": 80}],
                                  suffix=str(i), node=node,
                                  conditions=conditions or None)
              for i, node in enumerate(nodes, 1)]
    return [service, *slices]


@pytest.fixture
def site():
    with open_folder() as path:
        folder = path / "services.d"
        folder.mkdir()
        with Watcher(folder, manifests=str(folder)) as watcher:
            def put(items):
                new = folder / ".new"
                new.write_text("".join(f"---\n{json.dumps(i)}\n" for i in items))
                new.rename(folder / "web.yaml")
                if not watcher.synced:
                    watcher.configure(pools=["192.168.185.40-192.168.185.50"])
                    watcher.wait_synced()
                return watcher
            yield put


def exchange(request, port, address="127.0.0.1"):
    """The answer to the bytes of a request, or why there is none."""
    try:
        with socket.create_connection((address, port), PATIENCE) as sock:
            sock.sendall(request)
            answer = b""
            while data := sock.recv(4096):
                answer += data
            return answer.decode()
    except OSError as error:
        return type(error).__name__


def ask(watcher, port, wanted, **kwargs):
    """Until the answer begins so; the watcher's socket is read meanwhile."""
    return watcher.wait(lambda: (answer := exchange(GET, port, **kwargs)).startswith(
        wanted) and answer, 10, f"{wanted} on {port}")


def test_an_endpoint_here_is_told_and_its_end_too(site):
    port = free_port()
    watcher = site(objects(port, [HERE, HERE, "worker-b"]))
    for address in ("127.0.0.1", "::1"):
        answer = ask(watcher, port, "HTTP/1.1 200 OK", address=address)
    head, body = answer.split("\r\n\r\n")
    assert json.loads(body) == {"service": {"namespace": "default", "name": "web"},
                                "localEndpoints": 2}
    assert f"Content-Length: {len(body)}" in head
    site(objects(port, ["worker-b"]))
    assert '"localEndpoints": 0' in ask(watcher, port, "HTTP/1.1 503")
    site(objects(port, [HERE]))
    ask(watcher, port, "HTTP/1.1 200")
    site(objects(port, [HERE], ready=False, serving=True, terminating=True))
    ask(watcher, port, "HTTP/1.1 503")
    other = free_port()
    site(objects(other, [HERE]))
    ask(watcher, other, "HTTP/1.1 200")
    assert exchange(GET, port) == "ConnectionRefusedError"
    site(objects(other, [HERE], policy="Cluster"))
    ask(watcher, other, "ConnectionRefusedError")
    site(objects(other, [HERE]))
    ask(watcher, other, "HTTP/1.1 200")
    site([])
    ask(watcher, other, "ConnectionRefusedError")


def test_a_port_that_somebody_else_has_is_his(site):
    """kube-proxy's, until it goes."""
    with socket.create_server(("::", 0), family=socket.AF_INET6,
                              dualstack_ipv6=True) as proxy:
        port = proxy.getsockname()[1]
        watcher = site(objects(port, [HERE]))
        watcher.wait_service("default/web")
        assert watcher.health() != "TROUBLE"
        assert not any("healthCheckNodePort" in line for line in watcher.logs)
    ask(watcher, port, "HTTP/1.1 200")


def test_a_node_that_is_not_to_serve_says_so():
    """The API server has given the port out; a Node that is deleted goes, too."""
    with open_folder() as folder, kube.start(folder / "api") as cluster:
        os.chmod(cluster.directory, 0o755)
        node = cluster.create({"apiVersion": "v1", "kind": "Node",
                               "metadata": {"name": HERE}})
        service, slice_ = objects(None, [HERE])
        del service["spec"]["healthCheckNodePort"]
        port = cluster.create(service)["spec"]["healthCheckNodePort"]
        cluster.create(slice_)
        with Watcher(folder, kubeconfig=str(cluster.vipd_kubeconfig)) as watcher:
            watcher.configure(pools=["192.168.185.40-192.168.185.50"])
            ask(watcher, port, "HTTP/1.1 200")
            for value, status in (("true", "503"), (None, "200")):
                cluster.patch(node, {"metadata": {"labels": {EXCLUDE: value}}})
                answer = ask(watcher, port, f"HTTP/1.1 {status}")
                assert '"localEndpoints": 1' in answer
            cluster.delete(node)
            ask(watcher, port, "HTTP/1.1 503")


@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/1.0\r\n\r\n", "200"),
    (b"HEAD / HTTP/1.1\r\n\r\n", "200"),
    (b"DELETE / HTTP/1.1\r\n\r\n", "405"),
    (b"\x16\x03\x01\x02\r\n", "400"),
    (b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 4077, "431"),
])
def test_every_request_has_its_status(site, request_, status):
    port = free_port()
    watcher = site(objects(port, [HERE]))
    ask(watcher, port, "HTTP/1.1 200")
    answer = exchange(request_, port)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert answer.endswith("\r\n\r\n") == (not request_.startswith(b"GET / HTTP/1.0"))


def test_clients_that_say_nothing_are_few_and_harm_nobody(site):
    port = free_port()
    watcher = site(objects(port, [HERE]))
    ask(watcher, port, "HTTP/1.1 200")
    descriptors = Path(f"/proc/{watcher.popen.pid}/fd")
    before = len(os.listdir(descriptors))
    with contextlib.ExitStack() as stack:
        silent = []
        for i in range(300):
            sock = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), PATIENCE))
            if i % 2:
                sock.sendall(b"GET / HT")
            silent.append(sock)
            assert len(os.listdir(descriptors)) <= before + 65
        ask(watcher, port, "HTTP/1.1 200")
        # The newest of them waits in vain, too.
        silent[-1].settimeout(20 * PATIENCE)
        assert silent[-1].recv(1) == b""
    watcher.wait(lambda: len(os.listdir(descriptors)) <= before, 5, "all are closed")
