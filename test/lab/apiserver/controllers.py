# SPDX-License-Identifier: GPL-2.0-or-later
"""What a cluster's own controllers do around objects: namespaces and tokens."""

import base64
import datetime
import uuid

from . import errors
from .auth import service_account
from .resources import RESOURCES

TOKEN_SECRET = "kubernetes.io/service-account-token"
_ACCOUNT_NAME = "kubernetes.io/service-account.name"
_ACCOUNT_UID = "kubernetes.io/service-account.uid"
_KEPT_NAMESPACES = ("default", "kube-public", "kube-system")


def now():
    """metav1.Time."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Controllers:
    """Called by Objects with the store's lock held."""

    def __init__(self, store, authenticator, ca_certificate):
        self._store = store
        self._authenticator = authenticator
        self._ca_certificate = ca_certificate

    def creating(self, resource, obj):
        """Completes an object that is about to be stored for the first time."""
        if resource.kind == "Secret" and obj["type"] == TOKEN_SECRET:
            account = self._account_of(obj)
            if account:
                self._fill_token(obj, account)

    def created(self, resource, obj):
        """A namespace gets its standard content; a token of nobody does not stay."""
        meta = obj["metadata"]
        if resource.kind == "Namespace":
            self._populate(meta["name"])
        elif resource.kind == "Secret" and obj["type"] == TOKEN_SECRET \
                and not self._account_of(obj):
            self._store.delete("secrets", meta["namespace"], meta["name"])

    @staticmethod
    def check_deletion(resource, obj):
        name = obj["metadata"]["name"]
        if resource.kind == "Namespace" and name in _KEPT_NAMESPACES:
            raise errors.forbidden(resource, name, "this namespace may not be deleted")

    def deleted(self, resource, obj):
        """After an object went, or was marked as going."""
        meta = obj["metadata"]
        if resource.kind == "Namespace":
            self._empty(meta["name"])
        elif resource.kind == "ServiceAccount":
            self._authenticator.revoke(service_account(meta["namespace"], meta["name"]))
        elif resource.namespaced:
            self._finish(meta["namespace"])

    def _account_of(self, secret):
        meta = secret["metadata"]
        name = meta.get("annotations", {}).get(_ACCOUNT_NAME, "")
        return self._store.get("serviceaccounts", meta["namespace"], name)

    def _fill_token(self, secret, account):
        meta = account["metadata"]
        user = service_account(meta["namespace"], meta["name"])
        secret["metadata"]["annotations"][_ACCOUNT_UID] = meta["uid"]
        content = {"token": self._authenticator.add_token(user),
                   "namespace": meta["namespace"],
                   "ca.crt": self._ca_certificate.read_text()}
        secret["data"] = {name: base64.b64encode(text.encode()).decode()
                          for name, text in content.items()}

    def _populate(self, namespace):
        self._put("serviceaccounts", "ServiceAccount", namespace, "default")
        self._put("configmaps", "ConfigMap", namespace, "kube-root-ca.crt",
                  data={"ca.crt": self._ca_certificate.read_text()})

    def _put(self, storage, kind, namespace, name, **content):
        meta = {"name": name, "namespace": namespace, "uid": str(uuid.uuid4()),
                "creationTimestamp": now()}
        self._store.put(storage, {"apiVersion": "v1", "kind": kind, "metadata": meta, **content})

    def _contents(self, namespace):
        storages = sorted({resource.storage for resource in RESOURCES if resource.namespaced})
        return [(storage, obj) for storage in storages for obj in self._store.items(storage)[1]
                if obj["metadata"]["namespace"] == namespace]

    def _empty(self, namespace):
        """Deletes what is in a namespace; what has finalizers is only marked."""
        for storage, obj in self._contents(namespace):
            meta = obj["metadata"]
            if not meta.get("finalizers"):
                self._store.delete(storage, namespace, meta["name"])
            elif "deletionTimestamp" not in meta:
                marked = dict(meta, deletionTimestamp=now(), deletionGracePeriodSeconds=0)
                self._store.put(storage, dict(obj, metadata=marked))
        self._finish(namespace)

    def _finish(self, name):
        """Removes a namespace that waited for its content to go."""
        namespace = self._store.get("namespaces", "", name)
        if namespace and "deletionTimestamp" in namespace["metadata"] \
                and not self._contents(name):
            self._store.delete("namespaces", "", name)
