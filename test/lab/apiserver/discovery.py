# SPDX-License-Identifier: GPL-2.0-or-later
"""What is served: /api, /apis and the lists of resources."""

from .resources import ALL_VERBS, RESOURCES


def _group_versions():
    """{group: version} of the named groups, in order."""
    return {r.group: r.version for r in RESOURCES if r.group}


def _group(name, version):
    entry = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [entry], "preferredVersion": entry}


def _resource_list(group, version):
    found = []
    for resource in RESOURCES:
        if (resource.group, resource.version) != (group, version):
            continue
        entry = {"name": resource.plural, "singularName": resource.kind.lower(),
                 "namespaced": resource.namespaced, "kind": resource.kind,
                 "verbs": list(ALL_VERBS), "shortNames": list(resource.short_names)}
        found.append(entry)
        if resource.has_status:
            found.append({"name": f"{resource.plural}/status", "singularName": "",
                          "namespaced": resource.namespaced, "kind": resource.kind,
                          "verbs": ["get", "patch", "update"]})
    return {"kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": f"{group}/{version}" if group else version, "resources": found}


def document(path, settings):
    """The document at a path that is no resource, or None."""
    parts = [part for part in path.split("/") if part]
    groups = _group_versions()
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if parts == ["api", "v1"]:
        return _resource_list("", "v1")
    if parts == ["apis"]:
        return {"kind": "APIGroupList", "apiVersion": "v1",
                "groups": [_group(name, version) for name, version in groups.items()]}
    if len(parts) == 2 and parts[0] == "apis" and parts[1] in groups:
        return dict(_group(parts[1], groups[parts[1]]), kind="APIGroup", apiVersion="v1")
    if len(parts) == 3 and parts[0] == "apis" and groups.get(parts[1]) == parts[2]:
        return _resource_list(parts[1], parts[2])
    if parts == ["version"]:
        minor = settings.kube_minor
        return {"major": "1", "minor": str(minor), "gitVersion": f"v1.{minor}.0",
                "platform": "linux/amd64"}
    return None
