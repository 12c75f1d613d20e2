# SPDX-License-Identifier: GPL-2.0-or-later
"""LIST: which version is read, pages, selectors."""

import base64
import json

from . import errors, selector
from .events import from_storage

_CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this "
    "response to retrieve the remainder of the results. Continuing with the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted between "
    "the time the first chunk was returned and now may show up in the list.")
_INCONSISTENT = -1


def object_filter(target, query):
    """A predicate for the namespace, the name and the selectors of a request."""
    labels = selector.label_selector(query.get("labelSelector", ""))
    fields = selector.field_selector(query.get("fieldSelector", ""), target.resource)

    def wanted(obj):
        meta = obj["metadata"]
        given = meta.get("labels")
        return (target.namespace in ("", meta.get("namespace", ""))
                and target.name in ("", meta["name"])
                and labels(given if isinstance(given, dict) else {}) and fields(obj))
    return wanted


def parse_version(text, field="resourceVersion"):
    if not text.isdigit():
        raise errors.bad_request(f'{field}: Invalid value: "{text}": strconv.ParseUint: parsing '
                                 f'"{text}": invalid syntax')
    return int(text)


def list_objects(store, settings, target, query):
    """The list object that answers a LIST."""
    _check_options(query)
    wanted = object_filter(target, query)
    limit = _limit(query, settings)
    token = query.get("continue", "")
    if token:
        version, start = _read_token(store, token, query)
        version, objects = store.items(target.resource.storage, version)
        objects = [obj for obj in objects if _key(obj) > start]
    else:
        version = _version_to_read(store, settings, query)
        version, objects = store.items(target.resource.storage, version)
    return _page(target.resource, version, [obj for obj in objects if wanted(obj)], limit,
                 has_selector="labelSelector" in query or "fieldSelector" in query)


def _check_options(query):
    """422 for options that contradict each other."""
    match, text = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if "sendInitialEvents" in query:
        raise errors.invalid_list_options("sendInitialEvents",
                                          "sendInitialEvents is forbidden for list")
    if not match:
        return
    for refused, words in (
            (not text, "forbidden unless resourceVersion is provided"),
            (query.get("continue"), "forbidden when continue is provided")):
        if refused:
            raise errors.invalid_list_options("resourceVersionMatch",
                                              f"resourceVersionMatch is {words}")
    check_match(match, ("Exact", "NotOlderThan"))
    if match == "Exact" and text == "0":
        raise errors.invalid_list_options("resourceVersionMatch", 'resourceVersionMatch "exact" '
                                          'is forbidden for resourceVersion "0"')


def check_match(match, supported):
    if match not in supported:
        raise errors.unsupported_option("ListOptions", "resourceVersionMatch", match, supported)


def _limit(query, settings):
    limit = parse_version(query.get("limit", "0") or "0", "limit")
    from_cache = query.get("resourceVersion") == "0" and "continue" not in query
    return 0 if from_cache and not settings.page_cached_lists else limit


def _version_to_read(store, settings, query):
    """None for the newest state, or the version that must be shown exactly."""
    text = query.get("resourceVersion", "")
    match = query.get("resourceVersionMatch", "")
    if text in ("", "0"):
        return None
    version = parse_version(text)
    exact = match == "Exact" or (not match and query.get("limit", "0") != "0")
    if not store.wait_for(version, settings.too_large_wait):
        raise errors.too_large(version, store.version)
    return version if exact else None


def _key(obj):
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _write_token(version, key):
    words = {"v": "meta.k8s.io/v1", "rv": version, "start": "/".join(key) + "\0"}
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode().rstrip("=")


def _read_token(store, token, query):
    """(version or None, last key sent)."""
    if query.get("resourceVersion", "") not in ("", "0"):
        raise errors.bad_request("specifying resource version is not allowed when using continue")
    try:
        words = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version = int(words["rv"])
        namespace, name = words["start"].rstrip("\0").split("/")
    except (ValueError, KeyError, TypeError) as error:
        raise errors.bad_request(f"continue key is not valid: {error}") from error
    if version == _INCONSISTENT:
        return None, (namespace, name)
    if version < store.compacted:
        fresh = _write_token(_INCONSISTENT, (namespace, name))
        raise errors.expired(_CONTINUE_EXPIRED, {"continue": fresh})
    return version, (namespace, name)


def _page(resource, version, objects, limit, has_selector):
    meta = {"resourceVersion": str(version)}
    if limit and len(objects) > limit:
        meta["continue"] = _write_token(version, _key(objects[limit - 1]))
        if not has_selector:
            meta["remainingItemCount"] = len(objects) - limit
        objects = objects[:limit]
    return {"kind": f"{resource.kind}List", "apiVersion": resource.api_version,
            "metadata": meta, "items": [_item(resource, obj) for obj in objects]}


def _item(resource, obj):
    """Items of a typed list carry neither kind nor apiVersion."""
    return {field: value for field, value in from_storage(resource, obj).items()
            if field not in ("kind", "apiVersion")}
