# SPDX-License-Identifier: GPL-2.0-or-later
"""Events have two forms, core/v1 and events.k8s.io/v1, of the same stored objects."""

_CORE_NAMES = {"involvedObject": "regarding", "message": "note",
               "reportingComponent": "reportingController", "source": "deprecatedSource",
               "firstTimestamp": "deprecatedFirstTimestamp",
               "lastTimestamp": "deprecatedLastTimestamp", "count": "deprecatedCount"}
_STORED_NAMES = {stored: core for core, stored in _CORE_NAMES.items()}


def is_core_event(resource):
    return resource.kind == "Event" and resource.group == ""


def to_storage(resource, obj):
    """The stored form: that of events.k8s.io/v1."""
    if not is_core_event(resource):
        return obj
    return _renamed(obj, _CORE_NAMES, "events.k8s.io/v1")


def from_storage(resource, obj):
    """The form that a resource's clients see."""
    if not is_core_event(resource):
        return obj
    return _renamed(obj, _STORED_NAMES, "v1")


def _renamed(obj, names, api_version):
    renamed = {names.get(field, field): value for field, value in obj.items()}
    return dict(renamed, apiVersion=api_version)
