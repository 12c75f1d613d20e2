# SPDX-License-Identifier: GPL-2.0-or-later
"""Authorisation by the Roles and bindings that are stored at the moment."""

import dataclasses

from . import errors
from .auth import AUTHENTICATED, MASTERS, UNAUTHENTICATED

GROUP = "rbac.authorization.k8s.io"
_PUBLIC = ["/version", "/version/", "/healthz", "/livez", "/readyz"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_PUBLIC]

DEFAULT_ROLES = {
    "cluster-admin": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
                      {"nonResourceURLs": ["*"], "verbs": ["*"]}],
    "system:discovery": [{"nonResourceURLs": _DISCOVERY, "verbs": ["get"]}],
    "system:public-info-viewer": [{"nonResourceURLs": _PUBLIC, "verbs": ["get"]}],
    "system:basic-user": [{"apiGroups": ["authorization.k8s.io"],
                           "resources": ["selfsubjectaccessreviews"], "verbs": ["create"]}],
}
DEFAULT_BINDINGS = {"cluster-admin": MASTERS, "system:discovery": AUTHENTICATED,
                    "system:public-info-viewer": UNAUTHENTICATED,
                    "system:basic-user": AUTHENTICATED}


def default_objects():
    """The roles and bindings that every cluster has."""
    for name, rules in DEFAULT_ROLES.items():
        yield {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole",
               "metadata": {"name": name}, "rules": rules}
    for role, group in DEFAULT_BINDINGS.items():
        yield {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRoleBinding",
               "metadata": {"name": role},
               "subjects": [{"kind": "Group", "apiGroup": GROUP, "name": group}],
               "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}}


@dataclasses.dataclass(frozen=True)
class Attributes:
    """What a request wants to do: a resource, or a path."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def resource_path(self):
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


class Authorizer:
    """Answers from the roles in the store, so that a change of them counts at once."""

    def __init__(self, store):
        self._store = store

    def allows(self, user, wanted):
        return any(_rule_allows(rule, wanted) for rule in self._rules(user, wanted.namespace))

    def check(self, user, wanted, resource=None):
        """Raises 403 in the real server's words unless the user may do it."""
        if self.allows(user, wanted):
            return
        if wanted.path:
            raise errors.ApiError(403, "Forbidden", f'forbidden: User "{user.name}" cannot '
                                  f'{wanted.verb} path "{wanted.path}"')
        scope = (f'in the namespace "{wanted.namespace}"' if wanted.namespace
                 else "at the cluster scope")
        raise errors.forbidden(
            resource, wanted.name,
            f'User "{user.name}" cannot {wanted.verb} resource "{wanted.resource_path}" '
            f'in API group "{wanted.group}" {scope}')

    def _rules(self, user, namespace):
        bindings = self._objects("clusterrolebindings")
        if namespace:
            bindings += [binding for binding in self._objects("rolebindings")
                         if binding["metadata"]["namespace"] == namespace]
        for binding in bindings:
            if any(_is_subject(subject, user) for subject in binding.get("subjects", [])):
                yield from self._role_rules(binding)

    def _role_rules(self, binding):
        reference = binding["roleRef"]
        namespace = ""
        plural = "clusterroles"
        if reference["kind"] == "Role":
            plural, namespace = "roles", binding["metadata"].get("namespace", "")
        role = self._store.get(f"{plural}.{GROUP}", namespace, reference["name"])
        return role.get("rules", []) if role else []

    def _objects(self, plural):
        return self._store.items(f"{plural}.{GROUP}")[1]


def _is_subject(subject, user):
    if subject["kind"] == "ServiceAccount":
        name = f"system:serviceaccount:{subject.get('namespace')}:{subject['name']}"
        return user.name == name
    if subject["kind"] == "Group":
        return subject["name"] in user.groups
    return subject["kind"] == "User" and subject["name"] == user.name


def _rule_allows(rule, wanted):
    if not _contains(rule.get("verbs", []), wanted.verb):
        return False
    if wanted.path:
        return any(_path_matches(pattern, wanted.path)
                   for pattern in rule.get("nonResourceURLs", []))
    names = rule.get("resourceNames", [])
    return (_contains(rule.get("apiGroups", []), wanted.group)
            and _resource_matches(rule.get("resources", []), wanted)
            and (not names or wanted.name in names))


def _contains(values, wanted):
    return "*" in values or wanted in values


def _resource_matches(resources, wanted):
    return (_contains(resources, wanted.resource_path)
            or (wanted.subresource != "" and f"*/{wanted.subresource}" in resources))


def _path_matches(pattern, path):
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return path == pattern
