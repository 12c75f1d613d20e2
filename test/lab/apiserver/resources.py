# SPDX-License-Identifier: GPL-2.0-or-later
"""The resources that are served, and how a path names them."""

import dataclasses

from . import schema

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclasses.dataclass(frozen=True)
class Resource:
    """One resource of one API version."""

    group: str
    version: str
    plural: str
    kind: str
    schema: object
    namespaced: bool = True
    short_names: tuple = ()
    has_status: bool = False
    created_with_status: bool = False
    create_on_update: bool = False
    unconditional_update: bool = True
    subdomain_names: bool = True

    @property
    def qualified(self):
        """The name with its group, as messages have it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self):
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def storage(self):
        """Where the objects live: both kinds of Event are the same objects."""
        return "events" if self.kind == "Event" else self.qualified


_RBAC = "rbac.authorization.k8s.io"

RESOURCES = (
    Resource("", "v1", "services", "Service", schema.SERVICE, short_names=("svc",),
             has_status=True, create_on_update=True, subdomain_names=False),
    Resource("", "v1", "endpoints", "Endpoints", schema.ENDPOINTS, short_names=("ep",),
             create_on_update=True),
    Resource("", "v1", "nodes", "Node", schema.NODE, namespaced=False, short_names=("no",),
             has_status=True, created_with_status=True),
    Resource("", "v1", "namespaces", "Namespace", schema.NAMESPACE, namespaced=False,
             short_names=("ns",), has_status=True, subdomain_names=False),
    Resource("", "v1", "events", "Event", schema.CORE_EVENT, short_names=("ev",),
             create_on_update=True),
    Resource("", "v1", "configmaps", "ConfigMap", schema.CONFIG_MAP, short_names=("cm",)),
    Resource("", "v1", "secrets", "Secret", schema.SECRET),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", schema.SERVICE_ACCOUNT,
             short_names=("sa",), unconditional_update=False),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice",
             schema.ENDPOINT_SLICE, create_on_update=True),
    Resource("events.k8s.io", "v1", "events", "Event", schema.EVENT, short_names=("ev",),
             create_on_update=True),
    Resource("coordination.k8s.io", "v1", "leases", "Lease", schema.LEASE,
             create_on_update=True, unconditional_update=False),
    Resource(_RBAC, "v1", "roles", "Role", schema.ROLE, create_on_update=True),
    Resource(_RBAC, "v1", "clusterroles", "ClusterRole", schema.CLUSTER_ROLE,
             namespaced=False, create_on_update=True),
    Resource(_RBAC, "v1", "rolebindings", "RoleBinding", schema.BINDING, create_on_update=True),
    Resource(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", schema.BINDING,
             namespaced=False, create_on_update=True),
)

# Not served: what impersonation is authorised against.
USERS = Resource("", "v1", "users", "User", None, namespaced=False)

_BY_PATH = {(r.group, r.version, r.plural): r for r in RESOURCES}
_BY_KIND = {(r.api_version, r.kind): r for r in RESOURCES}
_NAMESPACE_SUBRESOURCES = ("status", "finalize")


@dataclasses.dataclass(frozen=True)
class Target:
    """What a request's path means."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def resource_path(self):
        """The resource as RBAC rules name it."""
        plural = self.resource.plural
        return f"{plural}/{self.subresource}" if self.subresource else plural


def by_kind(api_version, kind):
    """The resource of a manifest, or None."""
    return _BY_KIND.get((api_version, kind))


def by_plural(plural, group=""):
    """The resource of a group by its plural."""
    return next(r for r in RESOURCES if (r.group, r.plural) == (group, plural))


def parse_path(path):
    """The Target of a path, or None if it names no resource."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES:
            rest = rest[2:]
    return _target(_BY_PATH.get((group, version, rest[0])), namespace, rest[1:])


def _target(resource, namespace, rest):
    if resource is None or len(rest) > 2 or (namespace and not resource.namespaced
                                             and resource.kind != "Namespace"):
        return None
    name = rest[0] if rest else ""
    subresource = rest[1] if len(rest) > 1 else ""
    if subresource and not (subresource == "status" and resource.has_status):
        return None
    return Target(resource, namespace if resource.namespaced else "", name, subresource)
