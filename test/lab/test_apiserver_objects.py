# SPDX-License-Identifier: GPL-2.0-or-later
"""The API server for tests refuses what a real one refuses."""

import itertools

import kube
import pytest

NUMBERS = itertools.count(1)
NOW = "2026-01-01T00:00:00.000000Z"


@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory):
    with kube.start(tmp_path_factory.mktemp("api")) as cluster:
        yield cluster


@pytest.fixture(name="namespace")
def fixture_namespace(cluster):
    name = f"test-{next(NUMBERS)}"
    cluster.create_namespace(name)
    yield name
    cluster.request("DELETE", f"/api/v1/namespaces/{name}")


def refused_fields(call, *arguments):
    """The fields that a 422 names."""
    with pytest.raises(kube.KubeError) as caught:
        call(*arguments)
    assert caught.value.code == 422, caught.value.status
    return [cause["field"] for cause in caught.value.status["details"]["causes"]]


@pytest.mark.parametrize("ports, spec, field", [
    ([], {}, "spec.ports"),
    ([{"port": 0, "targetPort": 80}], {}, "spec.ports[0].port"),
    ([{"port": 65536, "targetPort": 80}], {}, "spec.ports[0].port"),
    ([{"port": 80, "protocol": "ICMP"}], {}, "spec.ports[0].protocol"),
    ([{"port": 80, "targetPort": "Not A Name"}], {}, "spec.ports[0].targetPort"),
    ([{"port": 80}, {"port": 81, "name": "b"}], {}, "spec.ports[0].name"),
    ([{"port": 80, "name": "a"}, {"port": 81, "name": "a"}], {}, "spec.ports[1].name"),
    ([{"port": 80, "name": "a"}, {"port": 80, "name": "b"}], {}, "spec.ports[1]"),
    ([{"port": 80, "nodePort": 30080}], {}, "spec.ports[0].nodePort"),
    ([{"port": 80, "nodePort": 80}], {"type": "NodePort"}, "spec.ports[0].nodePort"),
    ([80], {"type": "Other"}, "spec.type"),
    ([80], {"sessionAffinity": "Cookie"}, "spec.sessionAffinity"),
    ([80], {"externalIPs": ["192.0.2.1", "host"]}, "spec.externalIPs[1]"),
    ([80], {"externalIPs": ["127.0.0.1"]}, "spec.externalIPs[0]"),
    ([80], {"externalIPs": ["169.254.1.1"]}, "spec.externalIPs[0]"),
    ([80], {"externalIPs": ["fe80::1"]}, "spec.externalIPs[0]"),
    ([80], {"externalIPs": ["0.0.0.0"]}, "spec.externalIPs[0]"),
    ([80], {"loadBalancerClass": "vipd.io/vip"}, "spec.loadBalancerClass"),
    ([80], {"type": "LoadBalancer", "loadBalancerClass": "a b"}, "spec.loadBalancerClass"),
    ([80], {"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0"]},
     "spec.loadBalancerSourceRanges[0]"),
    ([80], {"externalTrafficPolicy": "Local"}, "spec.externalTrafficPolicy"),
    ([80], {"clusterIP": "192.0.2.1"}, "spec.clusterIPs"),
    ([80], {"clusterIP": "10.96.0.1"}, "spec.clusterIPs"),
    ([80], {"type": "NodePort", "clusterIP": "None"}, "spec.clusterIPs[0]"),
    ([80], {"type": "ExternalName", "externalName": ""}, "spec.externalName"),
])
def test_services_that_are_refused(cluster, namespace, ports, spec, field):
    obj = kube.service("web", ports, namespace, **spec)
    assert refused_fields(cluster.create, obj) == [field]


@pytest.mark.parametrize("name", ["1web", "Web", "w" * 64, "we_b", ""])
def test_services_have_dns_names(cluster, namespace, name):
    assert refused_fields(cluster.create, kube.service(name, [80], namespace)) == ["metadata.name"]


@pytest.mark.parametrize("address", ["192.168.185.18", "012.0.1.2", "::ffff:192.0.2.1",
                                     "2001:db8::1"])
def test_external_ips_as_sloppy_as_a_real_server_takes_them(cluster, namespace, address):
    obj = cluster.create(kube.service("web", [80], namespace, external_ips=[address]))
    assert obj["spec"]["externalIPs"] == [address]


def test_defaults_and_allocations(cluster, namespace):
    obj = cluster.create(kube.service("web", [80], namespace, type="LoadBalancer",
                                      externalTrafficPolicy="Local",
                                      ipFamilyPolicy="PreferDualStack"))
    spec = obj["spec"]
    assert [address.partition(":")[0].partition(".")[0] for address in spec["clusterIPs"]] == [
        "10", "fd00"]
    assert spec["clusterIP"] == spec["clusterIPs"][0]
    assert spec["ipFamilies"] == ["IPv4", "IPv6"]
    assert spec["ports"][0]["targetPort"] == 80
    assert 30000 <= spec["ports"][0]["nodePort"] != spec["healthCheckNodePort"] >= 30000
    assert (spec["sessionAffinity"], spec["internalTrafficPolicy"]) == ("None", "Cluster")
    other = cluster.create(kube.service("other", [80], namespace, type="LoadBalancer",
                                        allocateLoadBalancerNodePorts=False))
    assert "nodePort" not in other["spec"]["ports"][0]
    assert other["spec"]["clusterIP"] != spec["clusterIP"]


def test_an_update_keeps_what_it_leaves_out(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace, type="NodePort"))
    replaced = cluster.replace(kube.service("web", [80], namespace, type="NodePort"))
    for field in ("clusterIP", "ports", "ipFamilies"):
        assert replaced["spec"][field] == created["spec"][field]
    narrowed = cluster.patch(created, {"spec": {"type": "ClusterIP"}})
    assert "nodePort" not in narrowed["spec"]["ports"][0]


def test_immutable_fields(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace, type="LoadBalancer",
                                          loadBalancerClass="vipd.io/vip"))
    assert refused_fields(cluster.patch, created, {"spec": {"loadBalancerClass": "other"}}) == [
        "spec.loadBalancerClass"]
    assert refused_fields(cluster.patch, created, {"spec": {
        "clusterIP": "10.96.9.9", "clusterIPs": ["10.96.9.9"]}}) == ["spec.clusterIPs[0]"]
    changed = cluster.patch(created, {"spec": {"type": "ClusterIP"}})
    assert "loadBalancerClass" not in changed["spec"]
    again = cluster.patch(created, {"spec": {"type": "LoadBalancer", "loadBalancerClass": "b"}})
    assert again["spec"]["loadBalancerClass"] == "b"


@pytest.mark.parametrize("kind, status, field", [
    ("ClusterIP", {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
     "status.loadBalancer.ingress"),
    ("LoadBalancer", {"loadBalancer": {"ingress": [{"ip": "host"}]}},
     "status.loadBalancer.ingress[0].ip"),
    ("LoadBalancer", {"loadBalancer": {"ingress": [{"hostname": "a", "ipMode": "VIP"}]}},
     "status.loadBalancer.ingress[0].ipMode"),
    ("LoadBalancer", {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "Vip"}]}},
     "status.loadBalancer.ingress[0].ipMode"),
    ("ClusterIP", {"conditions": [{"type": "vipd.io/A", "status": "Yes", "reason": "A",
                                   "message": "", "lastTransitionTime": NOW}]},
     "status.conditions[0].status"),
    ("ClusterIP", {"conditions": [{"type": "vipd.io/A", "status": "True", "message": "",
                                   "lastTransitionTime": NOW}]}, "status.conditions[0].reason"),
])
def test_statuses_that_are_refused(cluster, namespace, kind, status, field):
    created = cluster.create(kube.service("web", [80], namespace, type=kind))
    assert refused_fields(cluster.patch, created, {"status": status}, "status") == [field]


@pytest.mark.parametrize("change, field", [
    ({"addressType": "IPv5"}, "addressType"),
    ({"addressType": None}, "addressType"),
    ({"endpoints": [{"addresses": []}]}, "endpoints[0].addresses"),
    ({"endpoints": [{"addresses": ["10.0.0.300"]}]}, "endpoints[0].addresses[0]"),
    ({"endpoints": [{"addresses": ["127.0.0.1"]}]}, "endpoints[0].addresses[0]"),
    ({"endpoints": [{"addresses": ["2001:db8::1"]}]}, "endpoints[0].addresses[0]"),
    ({"endpoints": [{"addresses": [f"10.1.{n // 250}.{n % 250 + 1}"]} for n in range(1001)]},
     "endpoints"),
    ({"ports": [{"port": 80, "protocol": "ICMP"}]}, "ports[0].protocol"),
    ({"ports": [{"port": 80}, {"port": 81}]}, "ports[1].name"),
])
def test_slices_that_are_refused(cluster, namespace, change, field):
    obj = kube.endpoint_slice("web", ["10.0.0.7"], [8080], namespace)
    obj.update(change)
    found = refused_fields(cluster.create, obj)
    assert found[0] == field


def test_the_family_of_a_slice_is_immutable(cluster, namespace):
    obj = cluster.create(kube.endpoint_slice("web", [], [8080], namespace))
    obj["addressType"] = "IPv6"
    assert refused_fields(cluster.replace, obj) == ["addressType"]


def event(namespace, **fields):
    return {"apiVersion": "events.k8s.io/v1", "kind": "Event",
            "metadata": {"name": "web.1", "namespace": namespace}, "eventTime": NOW,
            "reportingController": "vipd.io/vipd", "reportingInstance": "worker-a",
            "action": "Allocate", "reason": "AddressAllocated", "type": "Normal", "note": "done",
            "regarding": {"apiVersion": "v1", "kind": "Service", "name": "web",
                          "namespace": namespace}, **fields}


@pytest.mark.parametrize("field, value", [
    ("eventTime", None), ("reportingController", None), ("reportingInstance", "x" * 129),
    ("action", ""), ("reason", None), ("type", "Error"), ("note", "é" * 513),
    ("deprecatedCount", 2), ("deprecatedLastTimestamp", "2026-01-01T00:00:00Z"),
    ("deprecatedSource", {"component": "vipd"})])
def test_events_that_are_refused(cluster, namespace, field, value):
    assert refused_fields(cluster.create, event(namespace, **{field: value})) == [field]


def test_an_event_tells_of_its_own_namespace(cluster, namespace):
    obj = event(namespace)
    obj["regarding"]["namespace"] = "default"
    assert refused_fields(cluster.create, obj) == ["regarding.namespace"]


def test_micro_times_have_six_digits(cluster, namespace):
    with pytest.raises(kube.KubeError) as caught:
        cluster.create(event(namespace, eventTime="2026-01-01T00:00:00Z"))
    assert caught.value.code == 400


@pytest.mark.parametrize("time", ["20260101T000000Z", "2026-01-01T00:00Z", "2026-01-01 00:00:00Z",
                                  "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", 7])
def test_times_are_those_of_rfc_3339(cluster, namespace, time):
    obj = cluster.create(kube.service("web", [80], namespace))
    condition = {"type": "a", "status": "True", "reason": "b", "lastTransitionTime": time}
    with pytest.raises(kube.KubeError) as caught:
        cluster.patch(obj, {"status": {"conditions": [condition]}}, "status")
    assert caught.value.code == 400


def test_an_event_has_two_forms_and_only_its_series_changes(cluster, namespace):
    created = cluster.create(event(namespace))
    core = cluster.list("v1", "Event", namespace, fieldSelector="involvedObject.name=web")
    assert [(e["message"], e["involvedObject"]["kind"]) for e in core] == [("done", "Service")]
    series = {"series": {"count": 2, "lastObservedTime": NOW}}
    assert cluster.patch(created, series)["series"]["count"] == 2
    assert refused_fields(cluster.patch, created, {"note": "other"}) == ["note"]


def test_a_node_is_created_with_its_status_and_then_only_by_the_subresource(cluster):
    status = {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}
    created = cluster.create({"apiVersion": "v1", "kind": "Node",
                              "metadata": {"name": "worker-a"}, "status": status})
    assert created["status"] == status
    assert cluster.patch(created, {"status": {"addresses": None}})["status"] == status
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    changed = cluster.patch(created, {"status": ready}, "status",
                            "application/strategic-merge-patch+json")
    assert changed["status"] == {**status, **ready}


def lease(**spec):
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": "vipd-allocator", "namespace": "vipd"},
            "spec": {"holderIdentity": "worker-a", "leaseDurationSeconds": 15,
                     "acquireTime": NOW, "renewTime": NOW, **spec}}


def test_a_lease_changes_by_version_only(cluster):
    created = cluster.create(lease())
    assert refused_fields(cluster.replace, lease()) == ["metadata.resourceVersion"]
    created["spec"]["holderIdentity"] = "worker-b"
    assert cluster.replace(created)["spec"]["holderIdentity"] == "worker-b"
    with pytest.raises(kube.KubeError) as caught:
        cluster.replace(created)
    assert caught.value.code == 409
    assert refused_fields(cluster.patch, created, {"spec": {"leaseDurationSeconds": 0}}) == [
        "spec.leaseDurationSeconds"]


def test_a_namespace_takes_its_objects_along(cluster):
    cluster.create_namespace("short-lived")
    obj = kube.service("web", [80], "short-lived")
    obj["metadata"]["finalizers"] = ["example.com/hold"]
    created = cluster.create(obj)
    cluster.create(kube.endpoint_slice("web", ["10.0.0.7"], [8080], "short-lived"))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "short-lived"}}
    assert cluster.delete(namespace)["status"]["phase"] == "Terminating"
    assert cluster.list("discovery.k8s.io/v1", "EndpointSlice", "short-lived") == []
    with pytest.raises(kube.KubeError) as caught:
        cluster.create(kube.service("late", [80], "short-lived"))
    assert caught.value.code == 403
    cluster.patch(created, {"metadata": {"finalizers": None}})
    with pytest.raises(kube.KubeError) as caught:
        cluster.get(namespace)
    assert caught.value.code == 404


def test_a_binding_keeps_its_role(cluster):
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/vipd-node"
    with pytest.raises(kube.KubeError) as caught:
        cluster.request("PATCH", path, {"roleRef": {"name": "cluster-admin"}}, kube.MERGE_PATCH)
    assert "cannot change roleRef" in caught.value.status["message"]


def test_raw_objects_are_not_checked_and_harm_no_others(cluster, namespace):
    cluster.store_raw(kube.service("Bad_Name", [{"port": "x"}], namespace))
    cluster.store_raw({"apiVersion": "v1", "kind": "Service", "spec": 7,
                       "metadata": {"name": "no-spec", "namespace": namespace, "labels": [1]}})
    cluster.create(kube.service("good", [80], namespace))
    items = cluster.list("v1", "Service", namespace, labelSelector="!a")
    assert [item["metadata"]["name"] for item in items] == ["Bad_Name", "good", "no-spec"]
    assert items[0]["spec"]["ports"] == [{"port": "x"}]


def test_a_type_change_takes_the_ingress_away_and_leaves_conditions(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace, type="LoadBalancer"))
    mine = {"type": "vipd.io/AddressAllocated", "status": "True", "reason": "Allocated",
            "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    cluster.patch(created, {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]},
                                       "conditions": [mine]}}, "status")
    changed = cluster.patch(created, {"spec": {"type": "ClusterIP"}})
    assert changed["status"] == {"loadBalancer": {}, "conditions": [mine]}
    assert refused_fields(cluster.patch, created, {"status": {"loadBalancer": {
        "ingress": [{"ip": "192.0.2.2"}]}}}, "status") == ["status.loadBalancer.ingress"]
