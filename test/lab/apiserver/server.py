# SPDX-License-Identifier: GPL-2.0-or-later
"""The server as a whole: its directory, its listeners, its first objects."""

import base64
import ipaddress
import json
import pathlib
import socket
import threading
import time

import yaml

from . import control, errors, rbac, resources
from .api import HEALTH_PATHS, Api, attributes
from .auth import ADMIN, ANONYMOUS, Authenticator, service_account
from .controllers import Controllers
from .faults import FaultBook, RequestLog
from .objects import Objects, Writer
from .pki import Authority
from .settings import Settings
from .store import Store
from .web import Listener, tls_context

VIPD = service_account("vipd", "vipd")
FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
STALL_POLL = 0.1


class ApiServer:
    """An API server in a directory.

    The directory holds admin.kubeconfig and vipd.kubeconfig, ca.crt, ready.json once the
    server listens, server.log, and admin.sock: the same API and the control channel without
    TLS, for an admin, reachable from any network namespace. A server that is started again
    in its directory keeps its objects and credentials.
    """

    def __init__(self, directory, bind="127.0.0.1", port=0, manifests=(), settings=None,
                 names=()):
        self.directory = pathlib.Path(directory)
        self.bind = bind
        self.port = port
        self.settings = settings or Settings()
        self.store = Store()
        self.faults = FaultBook()
        self.requests = RequestLog()
        self.authenticator = Authenticator()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(self.directory)
        self.objects = Objects(self.store, self.settings, Controllers(
            self.store, self.authenticator, self.authority.certificate))
        self._authorizer = rbac.Authorizer(self.store)
        self._api = Api(self.store, self.settings, self.objects, self._authorizer)
        self._control = control.Control(self)
        self._manifests = manifests
        self._names = (bind, "127.0.0.1", "::1", "localhost", "kubernetes.default", *names)
        self._stopping = threading.Event()
        self._log_lock = threading.Lock()
        self._log_file = None
        self._tls = None
        self._listener = None
        self._admin_listener = None

    def start(self):
        """Listens; everything is in place when it returns."""
        self._log_file = open(self.directory / "server.log", "a", encoding="utf-8")
        certificate, key = self.authority.issue_server(self._names)
        self._tls = tls_context(certificate, key, self.authority.certificate)
        self._load_objects()
        self._admin_listener = self._listen_for_admin()
        self.accept()
        self._write_kubeconfig("admin", ADMIN)
        self._write_kubeconfig("vipd", VIPD)
        ready = self.directory / "ready.tmp"
        ready.write_text(json.dumps({"port": self.port, "url": self.url}))
        ready.rename(self.directory / "ready.json")

    def stop(self):
        """Ends every connection and writes the objects down for the next start."""
        self._stopping.set()
        self.faults.clear()
        self.refuse()
        _close(self._admin_listener)
        (self.directory / "ready.json").unlink(missing_ok=True)
        (self.directory / "state.json").write_text(json.dumps(self.store.dump()))
        with self._log_lock:
            self._log_file.close()

    @property
    def url(self):
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        return f"https://{host}:{self.port}"

    def accept(self):
        """Opens the listening socket, again on the same port."""
        if self._listener is None:
            family = (socket.AF_INET6 if ipaddress.ip_address(self.bind).version == 6
                      else socket.AF_INET)
            self._listener = Listener((self.bind, self.port), self, self._tls, family)
            self.port = self._listener.server_address[1]
            _run(self._listener)

    def refuse(self):
        """Closes the listening socket and every connection."""
        if self._listener is not None:
            _close(self._listener)
            self._listener = None

    def drop_connections(self):
        return self._listener.drop_connections() if self._listener else 0

    def before_handshake(self):
        """Keeps a new connection waiting while a test wants that."""
        while self.settings.stall_handshake and not self._stopping.wait(STALL_POLL):
            pass

    def authenticate(self, headers, certificate, path):
        if path in HEALTH_PATHS and not certificate and "Authorization" not in headers:
            return ANONYMOUS
        user = self.authenticator.authenticate(headers.get("Authorization"), certificate)
        return self._api.effective_user(user, headers)

    def admit(self, request, user, entry):
        """Notes a request; returns the fault that it meets, or None."""
        if request.path.startswith(control.PREFIX):
            return None
        entry["user"] = user.name
        self.requests.add(entry)
        _, wanted = attributes(request)
        entry.update(verb=wanted.verb, resource=wanted.resource_path, group=wanted.group,
                     namespace=wanted.namespace, name=wanted.name)
        return self.faults.take(entry)

    def answer(self, request, user):
        if not request.path.startswith(control.PREFIX):
            return self._api.answer(request, user)
        if not user.is_master:
            raise errors.no_such_path()
        return self._control.answer(request)

    def log(self, line):
        with self._log_lock:
            if not self._log_file.closed:
                self._log_file.write(f"{time.time():.6f} {line}\n")
                self._log_file.flush()

    def _listen_for_admin(self):
        path = self.directory / "admin.sock"
        path.unlink(missing_ok=True)
        listener = Listener(str(path), self, family=socket.AF_UNIX)
        _run(listener)
        return listener

    def _load_objects(self):
        state = self.directory / "state.json"
        if state.exists():
            self.store.load(json.loads(state.read_text()))
        for obj in self._first_objects():
            self._create_once(obj)

    def _first_objects(self):
        for name in FIRST_NAMESPACES:
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        yield from rbac.default_objects()
        yield from _kubernetes_service()
        for path in self._manifests:
            for obj in yaml.safe_load_all(pathlib.Path(path).read_text()):
                if obj:
                    yield obj

    def _create_once(self, obj):
        resource = resources.by_kind(obj["apiVersion"], obj["kind"])
        namespace = ""
        if resource.namespaced:
            namespace = obj["metadata"].get("namespace", "default")
        target = resources.Target(resource, namespace)
        try:
            self.objects.create(target, obj, Writer("kube-apiserver", strict=True))
        except errors.ApiError as error:
            if error.reason != "AlreadyExists":
                raise

    def _write_kubeconfig(self, name, user):
        token_file = self.directory / f"{name}.token"
        if not token_file.exists():
            token_file.write_text(self.authenticator.add_token(user))
        token = self.authenticator.add_token(user, token_file.read_text())
        authority = base64.b64encode(self.authority.certificate.read_bytes()).decode()
        text = yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": "test", "cluster": {
                "server": self.url, "certificate-authority-data": authority}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": "test", "user": name}}]})
        (self.directory / f"{name}.kubeconfig").write_text(text)


def _run(listener):
    threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()


def _close(listener):
    listener.shutdown()
    listener.server_close()
    listener.end()


def _kubernetes_service():
    """The Service of the API server itself, as every cluster has it."""
    meta = {"name": "kubernetes", "namespace": "default"}
    port = {"name": "https", "port": 443, "protocol": "TCP"}
    yield {"apiVersion": "v1", "kind": "Service",
           "metadata": dict(meta, labels={"component": "apiserver", "provider": "kubernetes"}),
           "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.1",
                    "ports": [dict(port, targetPort=6443)]}}
    yield {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
           "metadata": dict(meta, labels={"kubernetes.io/service-name": "kubernetes"}),
           "addressType": "IPv4", "endpoints": [{"addresses": ["192.0.2.1"]}],
           "ports": [dict(port, port=6443)]}
