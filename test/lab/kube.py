# SPDX-License-Identifier: GPL-2.0-or-later
"""The API server for tests, as a process, and what tests do with it.

    with kube.start(directory, bind="10.0.0.1", port=6443, netns="lab-api") as cluster:
        cluster.create(kube.service("web", ports=[80], external_ips=["192.168.185.18"]))
        cluster.create(kube.endpoint_slice("web", ["10.0.0.7"], ports=[8080]))

Objects and faults travel through the server's unix socket, so that they need no route to
its network namespace and meet none of the faults themselves.
"""

import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse

from apiserver.pki import Authority

LAB = pathlib.Path(__file__).resolve().parent
RBAC = LAB.parent.parent / "conf/kubernetes/vipd.yaml"
START_TIMEOUT = 20.0
STOP_TIMEOUT = 10.0
REQUEST_TIMEOUT = 30.0
VIPD = "system:serviceaccount:vipd:vipd"
MERGE_PATCH = "application/merge-patch+json"

_PLURALS = {"EndpointSlice": "endpointslices", "Endpoints": "endpoints"}


class KubeError(Exception):
    """The server's refusal; status is its Status object."""

    def __init__(self, status):
        super().__init__(status.get("message", ""))
        self.status = status
        self.code = status.get("code")
        self.reason = status.get("reason", "")


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=REQUEST_TIMEOUT)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def wait_until(condition, seconds=10.0, what="condition"):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def path_of(api_version, kind, namespace="", name="", subresource=""):
    """The path of an object, or of a collection without a name."""
    plural = _PLURALS.get(kind, kind.lower() + "s")
    parts = ["apis" if "/" in api_version else "api", api_version]
    if namespace:
        parts += ["namespaces", namespace]
    return "/" + "/".join(part for part in parts + [plural, name, subresource] if part)


def object_path(obj, subresource=""):
    meta = obj["metadata"]
    return path_of(obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"],
                   subresource)


class Cluster:
    """A server that runs, or ran, in a directory."""

    def __init__(self, directory, netns=None):
        self.directory = pathlib.Path(directory)
        self.netns = netns
        self.admin_kubeconfig = self.directory / "admin.kubeconfig"
        self.vipd_kubeconfig = self.directory / "vipd.kubeconfig"
        self._process = None
        self._command = None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    # The process

    def run(self, bind, port, settings, rbac, names=()):
        """Starts the server with a command line that restart() repeats, on the same port."""
        command = ["ip", "netns", "exec", self.netns] if self.netns else []
        command += [sys.executable, "-m", "apiserver", "--dir", str(self.directory),
                    "--bind", bind]
        for name, value in settings.items():
            command += ["--set", f"{name}={json.dumps(value)}"]
        for path in rbac:
            command += ["--rbac", str(path)]
        for name in names:
            command += ["--name", name]
        self._command = command + ["--port", str(port)]
        self.restart()
        self._command[-1] = str(self.port)

    def restart(self):
        """Starts the server again where it ended; its objects and tokens are kept."""
        ready = self.directory / "ready.json"
        ready.unlink(missing_ok=True)
        with open(self.directory / "stderr.log", "ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": str(LAB)})
        wait_until(lambda: ready.exists() or self._process.poll() is not None, START_TIMEOUT,
                   "API server ready")
        if not ready.exists():
            raise RuntimeError((self.directory / "stderr.log").read_text())

    @property
    def port(self):
        return json.loads((self.directory / "ready.json").read_text())["port"]

    @property
    def url(self):
        return json.loads((self.directory / "ready.json").read_text())["url"]

    def stop(self):
        """Ends the process: SIGTERM, then SIGKILL."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kubectl(self, *arguments, kubeconfig=None, text=None, timeout=30):
        """Runs kubectl where the server is reachable; returns the CompletedProcess."""
        command = ["ip", "netns", "exec", self.netns] if self.netns else []
        command += ["kubectl", "--kubeconfig", str(kubeconfig or self.admin_kubeconfig),
                    *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True,
                              timeout=timeout, check=False,
                              env={**os.environ, "HOME": str(self.directory)})

    # Credentials

    def certificate(self, name, user, groups=()):
        """(certificate, key) of a client, as files in the server's directory."""
        return Authority(self.directory).issue_client(name, user, groups)

    def write_kubeconfig(self, path, user, **cluster):
        """A kubeconfig for this server; user and cluster are fields as kubectl knows them."""
        cluster = {"server": self.url, "certificate-authority": str(self.directory / "ca.crt"),
                   **cluster}
        pathlib.Path(path).write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))

    # Objects

    def request(self, method, path, body=None, media_type="application/json", **query):
        """One request as an admin; returns the decoded answer or raises KubeError."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        with contextlib.closing(_SocketConnection(self.directory / "admin.sock")) as connection:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": media_type,
                                                    "User-Agent": "test"})
            response = connection.getresponse()
            answer = response.read()
        value = json.loads(answer) if answer[:1] in (b"{", b"[") else answer.decode()
        if response.status >= 400:
            raise KubeError(value if isinstance(value, dict) else {"code": response.status,
                                                                   "message": value})
        return value

    def create(self, obj):
        meta = obj["metadata"]
        path = path_of(obj["apiVersion"], obj["kind"], meta.get("namespace", ""))
        return self.request("POST", path, obj)

    def create_namespace(self, name):
        return self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def get(self, obj):
        return self.request("GET", object_path(obj))

    def replace(self, obj):
        return self.request("PUT", object_path(obj), obj)

    def patch(self, obj, change, subresource="", media_type=MERGE_PATCH):
        return self.request("PATCH", object_path(obj, subresource), change, media_type)

    def delete(self, obj):
        return self.request("DELETE", object_path(obj))

    def list(self, api_version, kind, namespace="", **query):
        """The items of a list; they carry neither kind nor apiVersion."""
        return self.request("GET", path_of(api_version, kind, namespace), **query)["items"]

    def store_raw(self, obj):
        """Stores an object without any check, however malformed."""
        return self.order("raw", object=obj)

    # Misbehaviour

    def order(self, command, **words):
        """A command of the control channel: see apiserver/control.py."""
        return self.request("POST", f"/_test/{command}", words)

    def fault(self, action, times=None, code=None, **words):
        """Makes matching requests fail.

        words: user, verb, resource, namespace, name select the requests; after, bytes,
        interval, retry_after, reason, message say how: see apiserver/faults.py.
        """
        fields = ("user", "verb", "resource", "namespace", "name", "path")
        match = {field: words.pop(field) for field in fields if field in words}
        if code is not None:
            words["code"] = code
        return self.order("fault", match=match, action=action, times=times, **words)

    def clear_faults(self):
        return self.order("clear")

    def streams(self, order, resource="", data="", group=""):
        """end, cut, stall or feed (raw) the open watches of a resource, or all of them."""
        return self.order("streams", order=order, resource=resource, data=data,
                          group=group)["streams"]

    def settings(self, **values):
        return self.order("settings", **values)

    def compact(self):
        return self.order("compact")

    def refuse(self):
        """Connections are refused until accept()."""
        return self.order("refuse")

    def accept(self):
        return self.order("accept")

    # What the server saw

    def requests(self, user=VIPD, **match):
        """The requests of a user that match: verb, resource, namespace, name, code..."""
        wanted = {"user": user, **match} if user else match
        return self.order("requests", match={field: str(value)
                                             for field, value in wanted.items()})

    def count(self, user=VIPD, **match):
        return len(self.requests(user, **match))

    def forget_requests(self):
        return self.order("forget")


def start(directory, bind="127.0.0.1", port=0, netns=None, rbac=(RBAC,), names=(), **settings):
    """Starts a server; it is ready when this returns. Use it with `with`, or stop() it."""
    cluster = Cluster(directory, netns)
    cluster.directory.mkdir(parents=True, exist_ok=True)
    cluster.run(bind, port, settings, rbac, names)
    return cluster


def service(name, ports, namespace="default", external_ips=(), **spec):
    """A Service; ports are numbers or port objects."""
    if external_ips:
        spec["externalIPs"] = list(external_ips)
    ports = _port_objects(ports)
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": namespace}, "spec": {**spec, "ports": ports}}


def endpoint_slice(service_name, addresses, ports, namespace="default", suffix="1",
                   family="IPv4", node=None, conditions=None):
    """An EndpointSlice of a Service; ports as for service(), in the same order."""
    endpoints = []
    for address in addresses:
        endpoint = {"addresses": [address], "conditions": conditions or {"ready": True}}
        if node:
            endpoint["nodeName"] = node
        endpoints.append(endpoint)
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"{service_name}-{suffix}", "namespace": namespace,
                         "labels": {"kubernetes.io/service-name": service_name}},
            "addressType": family, "endpoints": endpoints,
            "ports": _port_objects(ports)}


def _port_objects(ports):
    """Port objects of numbers; several get names by their order, so that both sides agree."""
    if len(ports) == 1:
        return [{"port": port} if isinstance(port, int) else port for port in ports]
    return [{"name": f"port-{index}", "port": port} if isinstance(port, int) else port
            for index, port in enumerate(ports, 1)]
