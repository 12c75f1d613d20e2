# SPDX-License-Identifier: GPL-2.0-or-later
"""One node at a time hands out addresses: the Lease vipd-allocator, and what its holder
writes to Services. The watchers are real, this file plays vipd."""

import contextlib
import os
import signal
import time

import pytest

import kube
from lab import open_folder, wait
from msgcodec import ENUM, ipaddr
from watcherlab import Watcher

VIP = "192.168.185.18"
LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
         "metadata": {"namespace": "vipd", "name": "vipd-allocator"}}
LEADS = "this node is the allocator now"
LED = "this node is not the allocator any longer"
DURATION = 15


@pytest.fixture
def cluster():
    with open_folder() as path, kube.start(path / "api") as running:
        os.chmod(running.directory, 0o755)
        yield running


@contextlib.contextmanager
def allocator(cluster, node, **conf):
    with open_folder() as folder, Watcher(folder, kubeconfig=str(cluster.vipd_kubeconfig),
                                          node_name=node, allocator=1, **conf) as running:
        yield running.configure()


def holder(cluster):
    """The node that holds the Lease, "" if nobody, None where there is none."""
    try:
        return cluster.get(LEASE)["spec"]["holderIdentity"].rpartition("_")[0]
    except kube.KubeError:
        return None


def said(watcher, words):
    return [line for line in watcher.logs if words in line]


def leads(watcher):
    return len(said(watcher, LEADS)) > len(said(watcher, LED))


def stop(watcher):
    """A clean stop, as vipd asks for it."""
    watcher.send("MSG_STOP")
    watcher.popen.wait(5)


def events(cluster, **fields):
    return [e for e in cluster.list("events.k8s.io/v1", "Event")
            if all(e.get(key) == value for key, value in fields.items())]


def applied(name="web", kind="LoadBalancer", ip=VIP, **spec):
    """A Service whose status vipd has written earlier."""
    return kube.service(name, ports=[80], type=kind, **spec), {
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "status": {"loadBalancer": {"ingress": [{"ip": ip}]}, "conditions": [
            {"type": "vipd.io/AddressAllocated", "status": "True", "reason": "Allocated",
             "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}


def apply_status(cluster, patch, manager="vipd"):
    cluster.request("PATCH", kube.object_path(patch, "status"), patch,
                    "application/apply-patch+yaml", fieldManager=manager, force="true")


def test_one_node_takes_the_lease_and_sets_it_free(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        spec = cluster.get(LEASE)["spec"]
        assert (spec["leaseDurationSeconds"], spec["leaseTransitions"]) == (DURATION, 0)
        with allocator(cluster, "worker-b") as b:
            b.wait(lambda: cluster.count(resource="leases", verb="get") >= 3,
                   what="worker-b looks at the Lease")
            assert not leads(b) and holder(cluster) == "worker-a"
            stop(a)
            b.wait(lambda: leads(b), within=10, what="worker-b leads")
            assert holder(cluster) == "worker-b"
            assert cluster.get(LEASE)["spec"]["leaseTransitions"] == 1


def test_a_new_leader_first_lists_everything_from_the_newest_state(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        a.wait(lambda: len([r for r in cluster.requests(resource="services", verb="list")
                            if "resourceVersion" not in r["query"]]) == 1,
               what="a list from the newest state")
        acquired = cluster.requests(resource="leases", verb="create")[0]["time"]
        for kind in ("services", "endpointslices"):
            newest = [r for r in cluster.requests(resource=kind, verb="list")
                      if "resourceVersion" not in r["query"]]
            assert [r["time"] > acquired for r in newest] == [True]


def test_a_leader_that_hangs_is_replaced_and_comes_back_as_a_stranger(cluster):
    with allocator(cluster, "worker-a") as a, allocator(cluster, "worker-b") as b:
        wait(lambda: holder(cluster), 5, "a holder")
        first, second = (a, b) if holder(cluster) == "worker-a" else (b, a)
        first.wait(lambda: leads(first), what="it knows that it leads")
        os.kill(first.popen.pid, signal.SIGSTOP)
        try:
            second.wait(lambda: leads(second), within=2 * DURATION, what="the other leads")
            assert cluster.get(LEASE)["spec"]["leaseTransitions"] == 1
        finally:
            os.kill(first.popen.pid, signal.SIGCONT)
        first.wait(lambda: not leads(first) and said(first, LED), what="the first stands back")
        assert holder(cluster) == second.conf["node_name"]


def test_without_the_api_server_a_leader_ceases_before_its_lease_ends(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        cluster.refuse()
        a.wait(lambda: not leads(a), within=DURATION, what="worker-a stands back")
        cluster.accept()
        a.wait(lambda: leads(a), within=10, what="worker-a leads again")
        assert cluster.get(LEASE)["spec"]["leaseTransitions"] == 0


def test_who_may_not_write_says_it_once_and_serves(cluster):
    cluster.fault("status", resource="leases", code=403, reason="Forbidden")
    cluster.create(kube.service("web", ports=[80], external_ips=[VIP]))
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        a.wait(lambda: cluster.count(resource="leases", code=403) >= 3, within=20,
               what="three refusals")
        refused = lambda: said(a, "may not get leases; apply conf/kubernetes/vipd.yaml")
        a.wait(refused, what="a line that says so")
        a.stays(lambda: len(refused()) == 1, 0.5)
        a.wait_health("OK")
        cluster.clear_faults()
        a.wait(lambda: leads(a), within=10, what="worker-a leads")


def test_a_namespace_that_is_not_there_is_named_once(cluster):
    """With an administrator's kubeconfig, say, and nothing of conf/kubernetes applied."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vipd"}}
    cluster.kubectl("create", "clusterrolebinding", "all", "--clusterrole=cluster-admin",
                    "--serviceaccount=vipd:vipd")
    cluster.delete(namespace)
    with allocator(cluster, "worker-a") as a:
        missing = lambda: said(a, 'namespaces "vipd" not found; create it with')
        a.wait(missing, what="a line that says so")
        a.wait(lambda: cluster.count(resource="leases", code=404, verb="create") >= 3,
               within=20, what="three attempts")
        assert len(missing()) == 1
        cluster.create(namespace)
        a.wait(lambda: leads(a), within=10, what="worker-a leads")


def test_what_admission_denies_for_one_object_stops_no_other(cluster):
    """A namespace that is being terminated takes no Event; a policy no status."""
    denied = {"code": 403, "reason": "Forbidden",
              "message": 'admission webhook "policy.example.com" denied the request: no'}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaves"}}
    cluster.create(namespace)
    cluster.fault("status", resource="services/status", name="first", **denied)
    with allocator(cluster, "worker-a", claim_unclassed=1) as a:
        a.configure(pools=["192.168.185.40-192.168.185.50"])
        a.wait(lambda: leads(a), what="worker-a leads")
        cluster.create(kube.service("first", ports=[80], type="LoadBalancer"))
        a.wait(lambda: said(a, "patch services/status: 403 admission webhook"),
               what="the refusal")
        cluster.create(kube.service("second", ports=[80], type="LoadBalancer"))
        a.wait_service("default/second", lambda s: s.addresses)
        thief = kube.service("thief", ports=[80], external_ips=[VIP], namespace="leaves")
        thief["metadata"]["finalizers"] = ["example.com/wait"]
        cluster.create(thief)
        a.wait_service("leaves/thief")
        cluster.delete(namespace)
        cluster.patch(thief, {"spec": {"externalIPs": ["8.8.4.4"]}})
        a.wait(lambda: cluster.count(resource="events", verb="create", code=403),
               what="an Event that is refused")
        a.stays(lambda: not said(a, "events"), 0.5)


@pytest.mark.parametrize("change", [{"type": "ClusterIP"},
                                    {"loadBalancerClass": "example.com/other"}])
def test_a_status_is_cleaned_once_when_the_service_is_given_up(cluster, change):
    service, status = applied(kind="ClusterIP" if "type" not in change else "LoadBalancer")
    cluster.create(service)
    if "type" in change:
        apply_status(cluster, status)
        cluster.patch(service, {"spec": change})
    else:
        cluster.patch(service, {"spec": {"type": "LoadBalancer", **change}})
        apply_status(cluster, status)
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: cluster.count(resource="services/status", verb="patch"),
               what="a write of the status")
        a.wait(lambda: not cluster.get(service)["status"].get("conditions"),
               what="the status is clean")
        assert not cluster.get(service)["status"]["loadBalancer"]
        a.stays(lambda: cluster.count(resource="services/status", verb="patch") == 1, 0.5)


def test_what_somebody_else_wrote_stays(cluster):
    service, status = applied(loadBalancerClass="example.com/other")
    status["status"].pop("conditions")
    cluster.create(service)
    apply_status(cluster, status, manager="other")
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        a.stays(lambda: cluster.count(resource="services/status", verb="patch") == 0, 0.5)
        assert cluster.get(service)["status"]["loadBalancer"]["ingress"][0]["ip"] == VIP


def test_a_refusal_becomes_one_event(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        thief = kube.service("thief", ports=[80], external_ips=["8.8.8.8"])
        cluster.create(thief)
        wait(lambda: events(cluster, reason="ExternalIPRefused"), 5, "an Event")
        (event,) = events(cluster)
        assert event["type"] == "Warning" and "external_ips" in event["note"]
        assert event["regarding"]["name"] == "thief"
        assert event["reportingInstance"] == "worker-a"
        words = cluster.kubectl("describe", "service", "thief").stdout
        assert "ExternalIPRefused" in words and "vipd" in words
        cluster.patch(thief, {"metadata": {"labels": {"a": "b"}}})
        a.stays(lambda: len(events(cluster)) == 1, 0.5)
        cluster.patch(thief, {"spec": {"externalIPs": ["8.8.4.4"]}})
        wait(lambda: any("8.8.4.4" in e["note"] for e in events(cluster)), 5,
             "an Event for another reason")


def test_a_headless_service_is_told_that_its_external_ips_are_in_vain(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        cluster.create(kube.service("web", ports=[80], external_ips=[VIP], clusterIP="None"))
        wait(lambda: events(cluster, reason="ExternalIPRefused"), 5, "an Event")
        assert "headless" in events(cluster)[0]["note"]
        told = a.wait_service("default/web")
        assert (told.verdict, told.addresses) == ("refused", {})


def test_a_service_of_too_many_ports_is_told(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        cluster.create(kube.service("web", ports=list(range(1, 514)), type="LoadBalancer",
                                    allocateLoadBalancerNodePorts=False))
        wait(lambda: events(cluster, reason="AllocationFailed"), 5, "an Event")
        assert events(cluster)[0]["note"] == "spec.ports: more than 512"


def test_an_event_that_repeats_becomes_a_series(cluster):
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: leads(a), what="worker-a leads")
        thief = kube.service("thief", ports=[80], external_ips=["8.8.8.8"])
        cluster.create(thief)
        wait(lambda: events(cluster), 5, "an Event")
        for ips in ([VIP], ["8.8.8.8"]):
            cluster.patch(thief, {"spec": {"externalIPs": ips}})
            a.wait_service("default/thief", lambda s, ips=ips: ips[0] in s.addresses)
        wait(lambda: events(cluster)[0].get("series"), 5, "a series")
        (event,) = events(cluster)
        assert event["series"]["count"] == 2


def test_no_endpoint_for_a_while_becomes_an_event(cluster):
    cluster.create(kube.service("web", ports=[80], external_ips=[VIP]))
    with allocator(cluster, "worker-a") as a:
        a.wait(lambda: events(cluster, reason="NoEndpoints"), within=25, what="an Event")


def test_an_event_is_posted_though_nobody_led_when_it_happened(cluster):
    cluster.fault("status", resource="leases", code=503)
    cluster.create(kube.service("thief", ports=[80], external_ips=["8.8.8.8"]))
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/thief")
        assert not leads(a)
        cluster.clear_faults()
        a.wait(lambda: events(cluster, reason="ExternalIPRefused"), within=20,
               what="an Event")


def ready(cluster, service):
    """The condition VIPReady: (status, reason, message), or None."""
    for condition in cluster.get(service)["status"].get("conditions", []):
        if condition["type"] == "vipd.io/VIPReady":
            return condition["status"], condition["reason"], condition["message"]
    return None


def hold(watcher, address, held=1):
    watcher.send("MSG_HERE", instance="edge", state="VRRP_MASTER", since_us=1)
    watcher.send("MSG_HELD_HERE", [ipaddr(address)], instance="edge", held=held)


def writes(cluster):
    """When a holder wrote a status."""
    return [r["time"] for r in cluster.requests(resource="services/status", verb="patch")
            if "fieldManager=vipd-holder" in r["query"]]


def serve(cluster, **words):
    service = kube.service("web", ports=[80], external_ips=[VIP], **words)
    cluster.create(service)
    cluster.create(kube.endpoint_slice("web", ["10.0.0.7"], ports=[8080]))
    return service


def test_the_holder_says_that_it_is_reachable_and_the_next_one_that_it_moved(cluster):
    service = serve(cluster)
    here = "192.168.185.18 is on node {} (instance edge)"
    with allocator(cluster, "worker-a") as a, allocator(cluster, "worker-b") as b:
        for watcher in (a, b):
            watcher.wait_service("default/web")
        hold(a, VIP)
        a.wait(lambda: ready(cluster, service) == ("True", "Held", here.format("worker-a")),
               what="VIPReady names worker-a")
        wait(lambda: events(cluster, reason="VIPActive"), 5, "VIPActive")
        hold(a, VIP, held=0)
        hold(b, VIP)
        b.wait(lambda: ready(cluster, service) == ("True", "Held", here.format("worker-b")),
               what="VIPReady names worker-b")
        wait(lambda: events(cluster, reason="VIPMoved"), 5, "VIPMoved")
        (moved,) = events(cluster, reason="VIPMoved")
        assert moved["note"].startswith(here.format("worker-b"))
        assert moved["note"].endswith("before: worker-a")
        # S16: a Service of another type has no ingress. Nothing is written twice.
        assert not cluster.get(service)["status"]["loadBalancer"]
        assert len(writes(cluster)) == 2


def test_the_holder_takes_its_word_back_when_no_address_is_left(cluster):
    service = serve(cluster)
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        hold(a, VIP)
        wait(lambda: (ready(cluster, service) or ("",))[0] == "True", 5, "VIPReady")
        cluster.patch(service, {"spec": {"externalIPs": ["8.8.8.8"]}})
        wait(lambda: ready(cluster, service)[:2] == ("False", "NotServed"), 5, "its end")
        assert "8.8.8.8" in ready(cluster, service)[2]


def test_a_holder_that_may_not_write_still_says_so_in_an_event(cluster):
    serve(cluster)
    with open_folder() as folder, Watcher(
            folder, kubeconfig=str(cluster.vipd_kubeconfig), allocator=0) as a:
        a.configure()
        a.wait_service("default/web")
        hold(a, VIP)
        wait(lambda: events(cluster, reason="VIPActive"), 5, "VIPActive")
        assert cluster.count(resource="services/status") == 0
        assert holder(cluster) is None


def test_a_watcher_that_is_started_again_says_nothing_again(cluster):
    service = serve(cluster)
    for _ in range(2):
        with allocator(cluster, "worker-a") as a:
            a.wait_service("default/web")
            hold(a, VIP)
            a.wait(lambda: ready(cluster, service), what="VIPReady")
            a.stays(lambda: len(events(cluster, reason="VIPActive")) < 2, 0.5)
    assert len(writes(cluster)) == 1


@pytest.mark.parametrize("fault", [{"code": 500}, {"code": 429, "retry_after": 1},
                                   {"code": 409, "reason": "Conflict"}])
def test_a_status_is_written_after_a_fault(cluster, fault):
    service = serve(cluster)
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        cluster.fault("status", resource="services/status", verb="patch", times=1, **fault)
        hold(a, VIP)
        a.wait(lambda: writes(cluster), what="the first attempt")
        if fault["code"] == 409:
            # The next version of the Service decides again.
            cluster.patch(service, {"metadata": {"labels": {"a": "b"}}})
        a.wait(lambda: ready(cluster, service), within=10, what="VIPReady")


def test_a_cut_answer_is_no_second_write(cluster):
    service = serve(cluster)
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        cluster.fault("cut", resource="services/status", verb="patch", times=1, after=20)
        hold(a, VIP)
        a.wait(lambda: ready(cluster, service), what="VIPReady")
        a.stays(lambda: len(writes(cluster)) == 1, 3)


def test_rules_that_fail_become_an_event(cluster):
    serve(cluster)
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        key = {"ns": b"default", "name": b"web"}
        a.send("MSG_FAILED", key=key, error=28, text="No space left on device")
        wait(lambda: events(cluster, reason="RulesFailed"), 5, "an Event")
        (event,) = events(cluster, reason="RulesFailed")
        assert "worker-a" in event["note"] and "No space left" in event["note"]


def undo(cluster, service):
    """Another controller that has other ideas of our condition."""
    cluster.request("PATCH", kube.object_path(service, "status"), {"status": {"conditions": [
        {"type": "vipd.io/VIPReady", "status": "False", "reason": "Rival", "message": "",
         "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}, kube.MERGE_PATCH,
        fieldManager="rival")


def test_who_undoes_a_status_is_not_answered_at_once_and_named(cluster):
    service = serve(cluster)
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        hold(a, VIP)
        for _ in range(3):
            wait(lambda: (ready(cluster, service) or ("",))[0] == "True", 20, "VIPReady")
            undo(cluster, service)
        a.wait(lambda: said(a, "default/web: its status was undone 3 times in a row, "
                               "last written by rival"), what="a line that names both")
        times = writes(cluster)
        assert len(times) == 3
        assert min(b - a for a, b in zip(times, times[1:])) > 0.9


def test_who_undoes_a_status_while_it_is_answered_waits_too(cluster):
    """The watch is faster than the answer; that is no first write of its own."""
    service = serve(cluster)
    with allocator(cluster, "worker-a") as a:
        a.wait_service("default/web")
        cluster.fault("drip", resource="services/status", verb="patch", times=1, interval=60)
        hold(a, VIP)
        wait(lambda: ready(cluster, service), 5, "VIPReady")
        cluster.patch(service, {"status": {"conditions": None}}, subresource="status")
        cluster.patch(service, {"spec": {"sessionAffinity": "ClientIP"}})
        a.wait_service("default/web", lambda s: s.flags & ENUM["SERVICE_AFFINITY_CLIENT"])
        cluster.clear_faults()
        released = time.time()
        wait(lambda: ready(cluster, service), 20, "VIPReady again")
        first, second = writes(cluster)[:2]
        assert second - first > 0.9 and second - released < 9
