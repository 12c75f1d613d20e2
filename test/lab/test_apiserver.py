# SPDX-License-Identifier: GPL-2.0-or-later
"""The API server for tests: objects, lists, watches, rights."""

import base64
import itertools

import kube
import pytest
from apiserver_client import Client

SERVICES = "/api/v1/services"
SLICES = "/apis/discovery.k8s.io/v1/endpointslices"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/vipd/leases"
NUMBERS = itertools.count(1)


@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory):
    with kube.start(tmp_path_factory.mktemp("api"), too_large_wait=0.1,
                    bookmark_seconds=0.2) as cluster:
        yield cluster


@pytest.fixture(name="vipd")
def fixture_vipd(cluster):
    return Client.vipd(cluster)


@pytest.fixture(name="admin")
def fixture_admin(cluster):
    return Client.admin(cluster)


@pytest.fixture(name="namespace")
def fixture_namespace(cluster):
    """A namespace of the test's own."""
    name = f"test-{next(NUMBERS)}"
    cluster.create_namespace(name)
    yield name
    cluster.request("DELETE", f"/api/v1/namespaces/{name}")


def services_path(namespace, name="", subresource=""):
    return kube.path_of("v1", "Service", namespace, name, subresource)


def names(body):
    return [item["metadata"]["name"] for item in body["items"]]


def create_services(cluster, namespace, count):
    for index in range(count):
        cluster.create(kube.service(f"s{index}", [80], namespace))


# Who may do what

def test_no_token_and_a_wrong_one_are_401(cluster):
    for client in (Client(cluster), Client(cluster, "wrong")):
        answer = client.get(SERVICES)
        assert answer.code == 401
        assert answer.body["reason"] == "Unauthorized"


def test_its_health_is_told_to_anybody_and_nothing_else_is(cluster):
    anybody = Client(cluster)
    assert anybody.get("/readyz").code == 200
    assert anybody.get("/api").code == 401
    assert Client(cluster, "wrong").get("/readyz").code == 401


def test_what_the_shipped_roles_do_not_grant_is_403(vipd):
    answer = vipd.get("/api/v1/namespaces/default/secrets")
    assert answer.code == 403
    assert answer.body["message"] == (
        'secrets is forbidden: User "system:serviceaccount:vipd:vipd" cannot list resource '
        '"secrets" in API group "" in the namespace "default"')
    assert vipd.get("/api/v1/configmaps").code == 403
    assert vipd.request("PATCH", services_path("default", "kubernetes"), {},
                        kube.MERGE_PATCH).code == 403
    assert vipd.get("/api/v1/namespaces/vipd/configmaps").code == 200


@pytest.mark.parametrize("path", [SERVICES, SLICES, "/api/v1/nodes", LEASES])
def test_what_the_shipped_roles_grant_is_answered(vipd, path):
    assert vipd.get(path).code == 200


def test_a_role_counts_as_soon_as_it_exists(cluster, vipd, namespace):
    path = f"/api/v1/namespaces/{namespace}/configmaps/kube-root-ca.crt"
    assert vipd.get(path).code == 403
    group = "rbac.authorization.k8s.io"
    meta = {"name": "one", "namespace": namespace}
    cluster.create({"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta,
                    "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"],
                               "resourceNames": ["kube-root-ca.crt"]}]})
    cluster.create({"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": meta,
                    "roleRef": {"apiGroup": group, "kind": "Role", "name": "one"},
                    "subjects": [{"kind": "ServiceAccount", "name": "vipd",
                                  "namespace": "vipd"}]})
    assert vipd.get(path).code == 200
    assert vipd.get(path.replace("kube-root-ca.crt", "other")).code == 403


def test_a_client_certificate_names_user_and_groups(cluster):
    certificate = cluster.certificate("node", "system:node:worker-a", ["system:nodes"])
    answer = Client(cluster, certificate=certificate).get(SERVICES)
    assert answer.code == 403
    assert 'User "system:node:worker-a"' in answer.body["message"]


def test_the_token_secret_of_the_service_account_works(cluster):
    secret = cluster.request("GET", "/api/v1/namespaces/vipd/secrets/vipd-token")
    token = base64.b64decode(secret["data"]["token"]).decode()
    assert Client(cluster, token).get(SERVICES).code == 200


def test_a_master_may_act_as_another(cluster, admin):
    answer = admin.get("/api/v1/secrets", **{"Impersonate-User": kube.VIPD})
    assert answer.code == 403
    assert kube.VIPD in answer.body["message"]
    answer = Client.vipd(cluster).get(SERVICES, **{"Impersonate-User": "kubernetes-admin"})
    assert answer.body["message"].startswith('users "kubernetes-admin" is forbidden')


# Lists

def test_pages_show_one_version(cluster, vipd, namespace):
    create_services(cluster, namespace, 5)
    first = vipd.get(services_path(namespace) + "?limit=2").body
    cluster.create(kube.service("a-later-one", [80], namespace))
    assert first["metadata"]["remainingItemCount"] == 3
    token = first["metadata"]["continue"]
    second = vipd.get(services_path(namespace) + f"?limit=2&continue={token}").body
    token = second["metadata"]["continue"]
    third = vipd.get(services_path(namespace) + f"?limit=2&continue={token}").body
    assert names(first) + names(second) + names(third) == ["s0", "s1", "s2", "s3", "s4"]
    assert "continue" not in third["metadata"]
    assert len({page["metadata"]["resourceVersion"] for page in (first, second, third)}) == 1


def test_a_page_of_a_lost_version_is_410_with_a_token_to_go_on(cluster, vipd, namespace):
    create_services(cluster, namespace, 3)
    token = vipd.get(services_path(namespace) + "?limit=2").body["metadata"]["continue"]
    cluster.compact()
    answer = vipd.get(services_path(namespace) + f"?limit=2&continue={token}")
    assert (answer.code, answer.body["reason"]) == (410, "Expired")
    token = answer.body["metadata"]["continue"]
    assert names(vipd.get(services_path(namespace) + f"?continue={token}").body) == ["s2"]


def test_a_cached_list_has_one_page_unless_told_otherwise(cluster, vipd, namespace):
    create_services(cluster, namespace, 3)
    path = services_path(namespace) + "?limit=2&resourceVersion=0"
    assert len(vipd.get(path).body["items"]) == 3
    cluster.settings(page_cached_lists=True)
    assert len(vipd.get(path).body["items"]) == 2
    cluster.settings(page_cached_lists=False)


def test_a_version_of_the_future_is_504(cluster, vipd):
    version = int(vipd.get(SERVICES).body["metadata"]["resourceVersion"]) + 1000
    answer = vipd.get(f"{SERVICES}?resourceVersion={version}")
    assert answer.code == 504
    assert answer.headers["Retry-After"] == "1"
    assert answer.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert cluster.count(verb="list", resource="services", code=504) == 1


def test_an_exact_version_is_shown_as_it_was(cluster, vipd, namespace):
    create_services(cluster, namespace, 1)
    version = vipd.get(services_path(namespace)).body["metadata"]["resourceVersion"]
    cluster.create(kube.service("s1", [80], namespace))
    path = services_path(namespace) + f"?resourceVersion={version}"
    assert names(vipd.get(path + "&resourceVersionMatch=Exact").body) == ["s0"]
    assert names(vipd.get(path + "&resourceVersionMatch=NotOlderThan").body) == ["s0", "s1"]
    cluster.compact()
    assert vipd.get(path + "&resourceVersionMatch=Exact").code == 410


@pytest.mark.parametrize("query", [
    {"resourceVersionMatch": "Exact"},
    {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
    {"resourceVersionMatch": "Newest", "resourceVersion": "1"},
    {"resourceVersionMatch": "NotOlderThan", "resourceVersion": "0", "continue": "x"},
    {"sendInitialEvents": "true"},
    {"watch": "1", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "0"},
    {"watch": "1", "resourceVersionMatch": "Exact", "sendInitialEvents": "true"},
])
def test_options_that_contradict_each_other_are_422(cluster, query):
    with pytest.raises(kube.KubeError) as caught:
        cluster.request("GET", SERVICES, **query)
    assert (caught.value.code, caught.value.status["reason"]) == (422, "Invalid")


@pytest.mark.parametrize("query", [
    {"dryRun": "Some"}, {"fieldValidation": "strict"}, {"fieldManager": "x" * 129},
    {"fieldManager": "a\nb"}])
def test_options_of_a_write_are_checked(cluster, namespace, query):
    obj = kube.service("web", [80], namespace)
    with pytest.raises(kube.KubeError) as caught:
        cluster.request("POST", kube.path_of("v1", "Service", namespace), obj, **query)
    assert caught.value.status["details"]["causes"][0]["field"] == next(iter(query))


def test_a_body_of_more_than_3_mib_is_413(cluster, namespace):
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x" * (3 << 20)},
           "metadata": {"name": "large", "namespace": namespace}}
    with pytest.raises(kube.KubeError) as caught:
        cluster.create(obj)
    assert (caught.value.code, caught.value.status["reason"]) == (413, "RequestEntityTooLarge")


def test_items_of_a_list_have_no_kind(vipd):
    body = vipd.get(SERVICES).body
    assert body["kind"] == "ServiceList"
    assert "kind" not in body["items"][0]


@pytest.mark.parametrize("selector, expected", [
    ("app=web", ["s0"]), ("app%21%3Dweb", ["s1", "s2"]), ("app+in+(web,db)", ["s0", "s1"]),
    ("app+notin+(web)", ["s1", "s2"]), ("app", ["s0", "s1"]), ("!app", ["s2"]),
    ("app,app%21%3Ddb", ["s0"])])
def test_label_selectors(cluster, vipd, namespace, selector, expected):
    for index, labels in enumerate(({"app": "web"}, {"app": "db"}, {})):
        obj = kube.service(f"s{index}", [80], namespace)
        obj["metadata"]["labels"] = labels
        cluster.create(obj)
    path = services_path(namespace) + f"?labelSelector={selector}"
    assert names(vipd.get(path).body) == expected


def test_field_selectors(cluster, vipd, namespace):
    create_services(cluster, namespace, 2)
    assert names(vipd.get(services_path(namespace)
                          + "?fieldSelector=metadata.name%3Ds1").body) == ["s1"]
    assert vipd.get(SERVICES + "?fieldSelector=spec.nosuch%3D1").code == 400


def test_a_long_list_is_compressed_for_who_wants_it(cluster, vipd, namespace):
    obj = kube.service("big", [80], namespace)
    obj["metadata"]["annotations"] = {"text": "x" * 200000}
    cluster.create(obj)
    path = services_path(namespace)
    assert vipd.get(path, **{"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert vipd.get(path).headers["Content-Encoding"] is None


# Watches

def test_a_watch_follows_a_list(cluster, vipd, namespace):
    version = vipd.get(SERVICES).body["metadata"]["resourceVersion"]
    created = cluster.create(kube.service("web", [80], namespace))
    stream = vipd.watch(f"{SERVICES}?watch=1&resourceVersion={version}")
    event = stream.next()
    assert (event["type"], event["object"]) == ("ADDED", created)
    cluster.patch(created, {"metadata": {"labels": {"a": "b"}}})
    assert stream.next()["type"] == "MODIFIED"
    cluster.delete(created)
    event = stream.next()
    assert event["type"] == "DELETED"
    assert int(event["object"]["metadata"]["resourceVersion"]) > int(version) + 2
    stream.close()


def test_bookmarks_carry_the_newest_version(cluster, vipd, namespace):
    stream = vipd.watch(f"{SLICES}?watch=1&allowWatchBookmarks=true")
    created = cluster.create(kube.service("other-kind", [80], namespace))
    version = created["metadata"]["resourceVersion"]
    bookmark = stream.until(lambda e: e["type"] == "BOOKMARK" and int(
        e["object"]["metadata"]["resourceVersion"]) >= int(version))[-1]
    assert bookmark["object"]["kind"] == "EndpointSlice"
    assert "endpoints" not in bookmark["object"]
    stream.close()


def test_a_watch_ends_at_its_timeout(vipd):
    stream = vipd.watch(f"{LEASES}?watch=1&timeoutSeconds=1")
    assert stream.rest() == b""


def test_a_watch_of_a_lost_version_is_410_in_the_stream_or_as_status(cluster, vipd):
    version = vipd.get(SERVICES).body["metadata"]["resourceVersion"]
    cluster.compact()
    path = f"{SERVICES}?watch=1&resourceVersion={version}"
    stream = vipd.watch(path)
    event = stream.next()
    assert (stream.code, event["type"], event["object"]["code"]) == (200, "ERROR", 410)
    assert stream.next() is None
    cluster.settings(gone_in_stream=False)
    assert vipd.watch(path).code == 410
    cluster.settings(gone_in_stream=True)


def test_a_streamed_list_ends_with_its_bookmark(cluster, vipd, namespace):
    create_services(cluster, namespace, 2)
    query = ("?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
             "&resourceVersion=&allowWatchBookmarks=true")
    stream = vipd.watch(services_path(namespace) + query)
    events = stream.until(lambda event: event["type"] == "BOOKMARK")
    assert [event["type"] for event in events] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[-1]["object"]["metadata"]["annotations"] == {
        "k8s.io/initial-events-end": "true"}
    stream.close()
    silent = vipd.watch(services_path(namespace) + query.replace(
        "allowWatchBookmarks=true", "timeoutSeconds=1"))
    assert b"BOOKMARK" not in silent.rest()
    cluster.settings(watch_list=False)
    assert vipd.watch(services_path(namespace) + query).code == 422
    cluster.settings(watch_list=True)


def test_objects_enter_and_leave_a_selector(cluster, vipd, namespace):
    created = cluster.create(kube.service("web", [80], namespace))
    version = created["metadata"]["resourceVersion"]
    stream = vipd.watch(f"{SERVICES}?watch=1&resourceVersion={version}&labelSelector=app%3Dweb")
    cluster.patch(created, {"metadata": {"labels": {"app": "web"}}})
    assert stream.next()["type"] == "ADDED"
    last = cluster.patch(created, {"metadata": {"labels": {"app": None}}})
    event = stream.next()
    assert event["type"] == "DELETED"
    assert event["object"]["metadata"]["labels"] == {"app": "web"}
    assert event["object"]["metadata"]["resourceVersion"] == last["metadata"]["resourceVersion"]
    stream.close()


# Writing

def test_a_stale_version_is_409(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace))
    cluster.patch(created, {"metadata": {"labels": {"a": "b"}}})
    with pytest.raises(kube.KubeError) as caught:
        cluster.replace(created)
    assert (caught.value.code, caught.value.reason) == (409, "Conflict")
    with pytest.raises(kube.KubeError) as caught:
        cluster.patch(created, {"metadata": {"uid": created["metadata"]["uid"],
                                             "resourceVersion": "1"}})
    assert caught.value.code == 409


def test_a_write_that_changes_nothing_makes_no_version(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace))
    assert cluster.replace(created)["metadata"] == created["metadata"]


def test_a_finalizer_holds_a_deletion_back(cluster, namespace):
    obj = kube.service("web", [80], namespace)
    obj["metadata"]["finalizers"] = ["example.com/hold"]
    created = cluster.create(obj)
    assert "deletionTimestamp" in cluster.delete(created)["metadata"]
    assert cluster.get(created)["metadata"]["finalizers"] == ["example.com/hold"]
    cluster.patch(created, {"metadata": {"finalizers": None}})
    with pytest.raises(kube.KubeError) as caught:
        cluster.get(created)
    assert caught.value.code == 404


def test_nothing_is_created_in_no_namespace(cluster):
    with pytest.raises(kube.KubeError) as caught:
        cluster.create(kube.service("web", [80], "nosuch"))
    assert caught.value.code == 404


def test_an_object_exists_once(cluster, namespace):
    cluster.create(kube.service("web", [80], namespace))
    with pytest.raises(kube.KubeError) as caught:
        cluster.create(kube.service("web", [80], namespace))
    assert caught.value.reason == "AlreadyExists"


def test_status_changes_only_through_its_subresource(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace, type="LoadBalancer"))
    wish = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
            "spec": {"externalIPs": ["192.0.2.9"]}}
    changed = cluster.patch(created, wish)
    assert changed["status"] == {"loadBalancer": {}}
    assert changed["spec"]["externalIPs"] == ["192.0.2.9"]
    cluster.patch(created, {"spec": {"externalIPs": None}})
    changed = cluster.patch(created, wish, "status")
    assert changed["status"]["loadBalancer"]["ingress"] == [{"ip": "192.0.2.1", "ipMode": "VIP"}]
    assert "externalIPs" not in changed["spec"]


def test_unknown_fields_are_dropped_or_refused(cluster, admin, namespace):
    obj = kube.service("web", [80], namespace, nosuch=1)
    answer = admin.request("POST", services_path(namespace) + "?fieldValidation=Strict", obj)
    assert answer.code == 400
    assert 'unknown field "spec.nosuch"' in answer.body["message"]
    assert "nosuch" not in cluster.create(obj)["spec"]


def test_wrong_types_are_400(cluster, namespace):
    with pytest.raises(kube.KubeError) as caught:
        cluster.create(kube.service("web", [{"port": "80"}], namespace))
    assert (caught.value.code, caught.value.reason) == (400, "BadRequest")
    assert "json: cannot unmarshal string" in caught.value.status["message"]


CONDITION = {"type": "vipd.io/VIPReady", "status": "True", "reason": "Installed", "message": "",
             "lastTransitionTime": "2026-01-01T00:00:00Z"}


def test_a_strategic_patch_merges_conditions_by_type(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace))
    other = dict(CONDITION, type="example.com/Other")
    for condition in (CONDITION, other):
        changed = cluster.patch(created, {"status": {"conditions": [condition]}}, "status",
                                "application/strategic-merge-patch+json")
    assert changed["status"]["conditions"] == [CONDITION, other]
    changed = cluster.patch(created, {"status": {"conditions": [other]}}, "status")
    assert changed["status"]["conditions"] == [other]


def test_a_json_patch_obeys_its_tests(cluster, namespace):
    created = cluster.create(kube.service("web", [80], namespace))
    path = "/spec/ports/0/port"
    change = [{"op": "test", "path": path, "value": 80}, {"op": "replace", "path": path,
                                                          "value": 81}]
    media_type = "application/json-patch+json"
    assert cluster.patch(created, change, media_type=media_type)["spec"]["ports"][0]["port"] == 81
    with pytest.raises(kube.KubeError) as caught:
        cluster.patch(created, change, media_type=media_type)
    assert caught.value.code == 422


# Server-side apply

def applied(namespace, name="web", **status):
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": namespace}, "status": status}


def test_apply_owns_its_fields_and_leaves_the_others(cluster, vipd, namespace):
    created = cluster.create(kube.service("web", [80], namespace, type="LoadBalancer"))
    other = dict(CONDITION, type="example.com/Other")
    cluster.patch(created, {"status": {"conditions": [other]}}, "status")
    path = services_path(namespace, "web", "status")
    ingress = {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}
    body = vipd.apply(path, applied(namespace, loadBalancer=ingress, conditions=[CONDITION])).body
    assert body["status"]["conditions"] == [other, CONDITION]
    assert body["status"]["loadBalancer"] == ingress
    entry = next(e for e in body["metadata"]["managedFields"] if e["manager"] == "vipd")
    assert (entry["operation"], entry["subresource"]) == ("Apply", "status")
    assert 'k:{"type":"vipd.io/VIPReady"}' in entry["fieldsV1"]["f:status"]["f:conditions"]
    body = vipd.apply(path, applied(namespace)).body
    assert body["status"] == {"loadBalancer": {}, "conditions": [other]}


def test_apply_conflicts_until_forced(cluster, vipd, namespace):
    cluster.create(kube.service("web", [80], namespace, type="LoadBalancer"))
    path = services_path(namespace, "web", "status")
    first, second = (applied(namespace, loadBalancer={"ingress": [{"ip": f"192.0.2.{n}"}]})
                     for n in (1, 2))
    assert vipd.apply(path, first, "one").code == 200
    answer = vipd.apply(path, second, "two")
    assert answer.code == 409
    assert answer.body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "field": ".status.loadBalancer.ingress",
         "message": 'conflict with "one" with subresource "status"'}]
    assert vipd.apply(path, second, "two", force=True).code == 200
    managers = [e["manager"] for e in cluster.get(first)["metadata"]["managedFields"]]
    assert "one" not in managers


def test_apply_obeys_uid_and_version(cluster, vipd, namespace):
    created = cluster.create(kube.service("web", [80], namespace))
    path = services_path(namespace, "web", "status")
    wish = applied(namespace, conditions=[CONDITION])
    wish["metadata"]["resourceVersion"] = "1"
    assert vipd.apply(path, wish).code == 409
    wish["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"]
    wish["metadata"]["uid"] = "another"
    assert vipd.apply(path, wish).code == 409
    wish["metadata"]["uid"] = created["metadata"]["uid"]
    assert vipd.apply(path, wish).code == 200
    assert vipd.apply(services_path(namespace, "nosuch", "status"),
                      applied(namespace, "nosuch")).code == 404


def test_apply_needs_a_manager_and_known_fields(vipd, cluster, namespace):
    cluster.create(kube.service("web", [80], namespace))
    path = services_path(namespace, "web", "status")
    answer = vipd.request("PATCH", path, applied(namespace), "application/apply-patch+yaml")
    assert answer.code == 422
    answer = vipd.apply(path, applied(namespace, nosuch=1))
    assert (answer.code, "reason" in answer.body) == (500, False)
    assert answer.body["message"].endswith(".status.nosuch: field not declared in schema")


def test_old_servers_know_no_ip_mode(cluster, vipd, namespace):
    cluster.settings(kube_minor=28)
    cluster.create(kube.service("web", [80], namespace, type="LoadBalancer"))
    path = services_path(namespace, "web", "status")
    ingress = {"ip": "192.0.2.1", "ipMode": "VIP"}
    answer = vipd.apply(path, applied(namespace, loadBalancer={"ingress": [ingress]}))
    assert answer.code == 500
    assert ".ipMode: field not declared in schema" in answer.body["message"]
    del ingress["ipMode"]
    body = vipd.apply(path, applied(namespace, loadBalancer={"ingress": [ingress]})).body
    assert body["status"]["loadBalancer"]["ingress"] == [{"ip": "192.0.2.1"}]
    cluster.settings(kube_minor=32)
