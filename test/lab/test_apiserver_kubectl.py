# SPDX-License-Identifier: GPL-2.0-or-later
"""kubectl works against the API server for tests, with no option newer than 1.20's."""

import json
import os
import pathlib
import shutil
import subprocess

import kube
import pytest
import yaml

CONF = pathlib.Path(kube.RBAC).parent
pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")

MANIFEST = """
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  externalIPs: [192.168.185.18]
  ports:
    - port: 22
"""


@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory):
    """An empty cluster: nothing of vipd is in it."""
    with kube.start(tmp_path_factory.mktemp("api"), rbac=()) as cluster:
        yield cluster


def run(cluster, *arguments, **options):
    """Runs kubectl, which must succeed; returns what it printed."""
    done = cluster.kubectl(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(name="service")
def fixture_service(cluster):
    run(cluster, "create", "--validate=false", "-f", "-", text=MANIFEST)
    yield "web"
    run(cluster, "delete", "service", "web", "--ignore-not-found")


def test_get_shows_what_a_user_looks_for(cluster, service):
    assert run(cluster, "get", "svc", service).split()[6:11] == [
        "web", "LoadBalancer", cluster.get(kube.service("web", [22]))["spec"]["clusterIP"],
        "192.168.185.18", "22:30000/TCP"]
    assert json.loads(run(cluster, "get", "svc", service, "-o", "json"))["kind"] == "Service"
    assert run(cluster, "get", "svc", "-A", "-o", "name").split() == ["service/kubernetes",
                                                                     "service/web"]
    assert "NotFound" in cluster.kubectl("get", "svc", "nosuch").stderr


def test_describe(cluster, service):
    cluster.create({
        "apiVersion": "v1", "kind": "Event", "reason": "AddressAllocated", "message": "seen",
        "metadata": {"name": "web.1", "namespace": "default"}, "type": "Normal",
        "source": {"component": "vipd"},
        "involvedObject": {"apiVersion": "v1", "kind": "Service", "name": "web",
                           "namespace": "default",
                           "uid": cluster.get(kube.service("web", [22]))["metadata"]["uid"]}})
    text = run(cluster, "describe", "svc", service)
    assert "192.168.185.18" in text
    assert "AddressAllocated" in text


def test_replace_patch_and_label(cluster, service):
    obj = json.loads(run(cluster, "get", "svc", service, "-o", "json"))
    obj["spec"]["externalIPs"] = ["192.168.185.19"]
    run(cluster, "replace", "--validate=false", "-f", "-", text=json.dumps(obj))
    stale = cluster.kubectl("replace", "--validate=false", "-f", "-", text=json.dumps(obj))
    assert "the object has been modified" in stale.stderr
    run(cluster, "patch", "svc", service, "--type=merge", "-p",
        '{"spec": {"externalIPs": ["192.168.185.20"]}}')
    run(cluster, "label", "svc", service, "a=b")
    after = cluster.get(kube.service("web", [22]))
    assert after["spec"]["externalIPs"] == ["192.168.185.20"]
    assert after["metadata"]["labels"] == {"a": "b"}


def test_apply_is_idempotent(cluster):
    apply = ("apply", "--validate=false", "-f", "-")
    assert run(cluster, *apply, text=MANIFEST) == "service/web created\n"
    assert run(cluster, *apply, text=MANIFEST) == "service/web unchanged\n"
    changed = MANIFEST.replace("[192.168.185.18]", "[192.168.185.21]")
    assert run(cluster, *apply, text=changed) == "service/web configured\n"
    assert run(cluster, "apply", "--server-side", "--force-conflicts", "--validate=false", "-f",
               "-", text=changed) == "service/web serverside-applied\n"
    assert run(cluster, "delete", "-f", "-", text=MANIFEST) == 'service "web" deleted\n'


def test_a_client_certificate_in_a_kubeconfig(cluster, tmp_path):
    certificate, key = cluster.certificate("master", "somebody", ["system:masters"])
    path = tmp_path / "kubeconfig"
    cluster.write_kubeconfig(path, {"client-certificate": str(certificate),
                                    "client-key": str(key)})
    assert "kubernetes" in run(cluster, "get", "svc", kubeconfig=path)


def test_get_watch_follows(cluster):
    process = subprocess.Popen(
        ["kubectl", "--kubeconfig", cluster.admin_kubeconfig, "get", "svc", "-w",
         "--no-headers"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("kubernetes")
        cluster.create(kube.service("watched", [80]))
        assert process.stdout.readline().startswith("watched")
        cluster.delete(kube.service("watched", [80]))
        assert process.stdout.readline().startswith("watched")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_create_commands_and_namespaces(cluster):
    run(cluster, "create", "namespace", "made")
    run(cluster, "-n", "made", "create", "service", "nodeport", "web", "--tcp=80:8080")
    run(cluster, "-n", "made", "create", "configmap", "settings", "--from-literal=a=b")
    port = json.loads(run(cluster, "-n", "made", "get", "svc", "web", "-o", "json"))
    assert port["spec"]["ports"][0]["targetPort"] == 8080
    run(cluster, "delete", "namespace", "made")
    assert "NotFound" in cluster.kubectl("get", "namespace", "made").stderr


def test_the_shipped_manifests_fit_an_empty_cluster(cluster):
    created = run(cluster, "apply", "--validate=false", "-R", "-f", str(CONF)).splitlines()
    documents = [document for path in sorted(CONF.rglob("*.yaml"))
                 for document in yaml.safe_load_all(path.read_text()) if document]
    assert len(created) == len(documents)
    assert all(line.endswith(" created") for line in created)
    assert created[0] == "namespace/vipd created"
    again = run(cluster, "apply", "--validate=false", "-R", "-f", str(CONF)).splitlines()
    assert all(line.endswith(" unchanged") for line in again)
    for verb, what, allowed in (
            ("watch", "services", True), ("patch", "services", False), ("get", "secrets", False),
            ("create", "events.events.k8s.io", True), ("watch", "nodes", True),
            ("watch", "endpointslices.discovery.k8s.io", True), ("delete", "leases", False)):
        done = cluster.kubectl("auth", "can-i", verb, what, "-A",
                               kubeconfig=cluster.vipd_kubeconfig)
        assert (done.stdout.strip() == "yes") == allowed, (verb, what)
    assert run(cluster, "auth", "can-i", "patch", "services", "--subresource=status",
               kubeconfig=cluster.vipd_kubeconfig) == "yes\n"
    assert run(cluster, "-n", "vipd", "auth", "can-i", "update",
               "leases.coordination.k8s.io", kubeconfig=cluster.vipd_kubeconfig) == "yes\n"


def test_the_kubeconfig_is_made_as_the_manifest_says(cluster, tmp_path):
    """The commands in its head, but for the one that needs the user vipd."""
    run(cluster, "apply", "--validate=false", "-R", "-f", str(CONF))
    lines = [line[4:] for line in pathlib.Path(kube.RBAC).read_text().splitlines()
             if line.startswith("#   ")]
    assert lines[-1].startswith("chown vipd ")
    script = "\n".join(["set -e", *lines[:-1]]).replace("/etc/vipd", str(tmp_path))
    subprocess.run(["sh", "-c", script], check=True, timeout=60, stdout=subprocess.DEVNULL,
                   env={**os.environ, "KUBECONFIG": str(cluster.admin_kubeconfig)})
    made = tmp_path / "kubeconfig"
    assert made.stat().st_mode & 0o077 == 0
    assert run(cluster, "auth", "can-i", "watch", "services", kubeconfig=made) == "yes\n"
    assert "kubernetes" in run(cluster, "get", "services", kubeconfig=made)
