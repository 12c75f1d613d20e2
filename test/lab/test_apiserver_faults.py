# SPDX-License-Identifier: GPL-2.0-or-later
"""The API server for tests misbehaves as it is told to."""

import http.client
import socket
import ssl

import kube
import pytest
from apiserver_client import Client

SERVICES = "/api/v1/services"
NODES = "/api/v1/nodes"


@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory):
    with kube.start(tmp_path_factory.mktemp("api"), bookmark_seconds=0.1) as cluster:
        yield cluster


@pytest.fixture(name="vipd")
def fixture_vipd(cluster):
    cluster.forget_requests()
    yield Client.vipd(cluster)
    cluster.clear_faults()


def open_watch(cluster, vipd, query=""):
    """A watch that is known to be open: its first event was read."""
    stream = vipd.watch(f"{SERVICES}?watch=1&{query}")
    assert stream.next()["type"] == "ADDED"
    return stream


def test_requests_are_counted(cluster, vipd):
    vipd.get(SERVICES)
    vipd.get(SERVICES + "?limit=1")
    vipd.get(NODES)
    assert cluster.count(verb="list", resource="services") == 2
    assert cluster.count(verb="list") == 3
    assert cluster.count(verb="watch") == 0
    assert cluster.requests(resource="services")[1]["query"] == "limit=1"


@pytest.mark.parametrize("code", [401, 403, 410, 429, 500])
def test_an_error_as_often_as_wanted(cluster, vipd, code):
    cluster.fault("status", times=2, code=code, verb="list", resource="services", retry_after=3)
    for expected in (code, code, 200):
        assert vipd.get(NODES).code == 200
        answer = vipd.get(SERVICES)
        assert answer.code == expected
        assert answer.headers["Retry-After"] == ("3" if expected == code else None)


def test_faults_spare_other_users(cluster, vipd):
    cluster.fault("status", code=500, user=kube.VIPD)
    assert vipd.get(SERVICES).code == 500
    assert Client.admin(cluster).get(SERVICES).code == 200


def test_a_stalled_request_gets_not_a_byte(cluster, vipd):
    cluster.fault("stall", verb="list")
    impatient = Client(cluster, (cluster.directory / "vipd.token").read_text(), timeout=0.3)
    with pytest.raises(TimeoutError):
        impatient.get(SERVICES)
    cluster.clear_faults()
    assert vipd.get(SERVICES).code == 200


def test_a_body_stops_half_way(cluster, vipd):
    cluster.fault("stall", verb="list", after=10)
    connection = Client(cluster, (cluster.directory / "vipd.token").read_text(), timeout=0.3)
    raw = connection.connect()
    response = connection.send(raw, "GET", SERVICES)
    assert response.read(10) == b'{"kind":"S'
    with pytest.raises(TimeoutError):
        response.read(1)
    raw.close()
    assert vipd.get(NODES + "/nosuch").code == 404


def test_a_body_is_cut(cluster, vipd):
    cluster.fault("cut", times=1, verb="list", after=10)
    with pytest.raises(http.client.IncompleteRead) as caught:
        vipd.get(SERVICES)
    assert caught.value.partial == b'{"kind":"S'
    assert vipd.get(SERVICES).code == 200


def test_a_connection_is_cut_before_any_answer(cluster, vipd):
    cluster.fault("cut", times=1)
    with pytest.raises((http.client.RemoteDisconnected, ssl.SSLError, ConnectionError)):
        vipd.get(SERVICES)


def test_a_dripping_body_is_whole(cluster, vipd):
    cluster.fault("drip", times=1, bytes=7, interval=0.0005)
    assert vipd.get(SERVICES).body["kind"] == "ServiceList"


def test_connections_live_on_unless_they_are_to_close(cluster, vipd):
    connection = vipd.connect()
    vipd.send(connection, "GET", SERVICES).read()
    first = connection.sock
    cluster.fault("close", times=1)
    response = vipd.send(connection, "GET", SERVICES)
    assert connection.sock is first or connection.sock is None
    assert response.headers["Connection"] == "close"
    response.read()
    connection.close()


def test_streams_end_and_are_cut(cluster, vipd):
    stream = open_watch(cluster, vipd)
    assert cluster.streams("end", "services") == 1
    stream.rest()
    stream = open_watch(cluster, vipd)
    assert cluster.streams("cut") == 1
    rest = stream.rest()
    assert rest.startswith(b'{"type":"BOOKMARK"') and not rest.endswith(b"}\n")


def test_a_stalled_stream_goes_on_when_released(cluster, vipd):
    stream = open_watch(cluster, vipd)
    cluster.streams("stall", "services")
    created = cluster.create(kube.service("while-stalled", [80]))
    stream.settimeout(0.3)
    with pytest.raises(TimeoutError):
        stream.next()
    stream.close()
    stream = open_watch(cluster, vipd)
    cluster.streams("stall", "services")
    cluster.delete(created)
    cluster.clear_faults()
    stream.until(lambda event: event["type"] == "DELETED")
    stream.close()


def test_garbage_on_a_stream(cluster, vipd):
    stream = open_watch(cluster, vipd)
    cluster.streams("raw", "services", data='{"type":"MODIFIED","object":{"kind":1}}\n')
    assert stream.until(lambda event: event["type"] == "MODIFIED")[-1]["object"] == {"kind": 1}
    stream.close()


def test_bookmarks_can_be_held_back(cluster, vipd):
    cluster.settings(bookmarks=False)
    stream = open_watch(cluster, vipd, "allowWatchBookmarks=true")
    stream.settimeout(0.4)
    with pytest.raises(TimeoutError):
        stream.until(lambda event: event["type"] == "BOOKMARK")
    stream.close()
    cluster.settings(bookmarks=True)
    stream = open_watch(cluster, vipd, "allowWatchBookmarks=true")
    stream.until(lambda event: event["type"] == "BOOKMARK")
    stream.close()


def test_versions_jump_both_ways(cluster, vipd):
    version = int(vipd.get(SERVICES).body["metadata"]["resourceVersion"])
    cluster.order("jump", by=5000)
    assert int(vipd.get(SERVICES).body["metadata"]["resourceVersion"]) == version + 5000
    cluster.settings(too_large_wait=0.05)
    cluster.order("jump", by=-5000)
    assert vipd.get(f"{SERVICES}?resourceVersion={version + 5000}").code == 504
    assert vipd.get(SERVICES).body["metadata"]["resourceVersion"] == str(version)


def test_connections_are_refused_and_accepted_again(cluster, vipd):
    stream = open_watch(cluster, vipd)
    cluster.refuse()
    with pytest.raises(ConnectionRefusedError):
        vipd.get(SERVICES)
    stream.rest()
    assert len(cluster.list("v1", "Service")) >= 1
    cluster.accept()
    assert vipd.get(SERVICES).code == 200


def test_connections_are_dropped(cluster, vipd):
    stream = open_watch(cluster, vipd)
    assert cluster.order("drop")["connections"] >= 1
    stream.rest()
    assert vipd.get(SERVICES).code == 200


def test_a_connection_without_a_handshake(cluster, vipd):
    cluster.settings(stall_handshake=True)
    with socket.create_connection(("127.0.0.1", cluster.port)) as plain:
        with pytest.raises(TimeoutError):
            ssl.create_default_context(cafile=cluster.directory / "ca.crt").wrap_socket(
                _impatient(plain), server_hostname="127.0.0.1")
    cluster.settings(stall_handshake=False)
    assert vipd.get(SERVICES).code == 200


def _impatient(connection):
    connection.settimeout(0.3)
    return connection


def test_tokens_come_and_go(cluster, vipd):
    assert cluster.order("revoke", user=kube.VIPD)["tokens"] >= 1
    assert vipd.get(SERVICES).code == 401
    token = (cluster.directory / "vipd.token").read_text()
    cluster.order("token", user=kube.VIPD, token=token)
    assert vipd.get(SERVICES).code == 200


def test_the_control_channel_is_the_admins(vipd):
    assert vipd.request("POST", "/_test/compact").code == 404


def test_a_restart_keeps_objects_and_loses_history(tmp_path):
    with kube.start(tmp_path) as cluster:
        created = cluster.create(kube.service("web", [80]))
        url = cluster.url
        cluster.stop()
        cluster.restart()
        assert cluster.url == url
        assert cluster.get(created) == created
        vipd = Client.vipd(cluster)
        version = created["metadata"]["resourceVersion"]
        event = vipd.watch(f"{SERVICES}?watch=1&resourceVersion={version}").next()
        assert event["object"]["code"] == 410
