# SPDX-License-Identifier: GPL-2.0-or-later
"""Label and field selectors."""

import re

from .errors import bad_request

_SET_BASED = re.compile(r"^(\S+)\s+(in|notin)\s*\(([^)]*)\)$")
_EQUALITY = re.compile(r"^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$")
_EXISTS = re.compile(r"^(!?)\s*([^\s=!(),]+)$")

_FIELDS = {
    "Event": ("regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid",
              "regarding.apiVersion", "reason", "type", "reportingController"),
    "Node": ("spec.unschedulable",),
    "Secret": ("type",),
    "Namespace": ("status.phase",),
    "Service": ("spec.clusterIP", "spec.type"),
}
_CORE_EVENT_FIELDS = {"involvedObject.": "regarding.",
                      "reportingComponent": "reportingController"}


def label_selector(text):
    """A predicate over labels."""
    tests = [_label_test(term.strip()) for term in _split_terms(text)]
    return lambda labels: all(test(labels) for test in tests)


def _split_terms(text):
    """Terms are separated by commas outside of parentheses."""
    return [term for term in re.split(r",(?![^(]*\))", text) if term.strip()]


def _label_test(term):
    match = _SET_BASED.match(term)
    if match:
        key, operator, values = match.group(1), match.group(2), match.group(3)
        wanted = {value.strip() for value in values.split(",")}
        return lambda labels: (labels.get(key) in wanted) == (operator == "in")
    match = _EQUALITY.match(term)
    if match:
        key, operator, value = match.groups()
        return lambda labels: (labels.get(key) == value) == (operator != "!=")
    match = _EXISTS.match(term)
    if match:
        absent, key = match.group(1) == "!", match.group(2)
        return lambda labels: (key in labels) != absent
    raise bad_request(f"unable to parse requirement: found '{term}'")


def field_selector(text, resource):
    """A predicate over stored objects."""
    tests = [_field_test(term.strip(), resource) for term in text.split(",") if term.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _field_test(term, resource):
    match = _EQUALITY.match(term)
    if not match:
        raise bad_request(f"invalid field selector: '{term}'; can't understand '{term}'")
    field, operator, value = match.groups()
    known = ("metadata.name", "metadata.namespace") + _FIELDS.get(resource.kind, ())
    for core_name, name in _CORE_EVENT_FIELDS.items():
        field = field.replace(core_name, name)
    if field not in known:
        raise bad_request(f"field label not supported: {field}")
    return lambda obj: (_field_text(obj, field) == value) == (operator != "!=")


def _field_text(obj, field):
    for part in field.split("."):
        obj = obj.get(part, {}) if isinstance(obj, dict) else {}
    if isinstance(obj, bool):
        return "true" if obj else "false"
    return obj if isinstance(obj, str) else ""
