# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches: JSON merge patch, strategic merge patch, JSON patch."""

import copy

from . import errors
from .schema import List, Map, Obj

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TYPES = (JSON, MERGE, STRATEGIC, APPLY)


def merge(value, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), item)
    return result


def strategic(node, value, patch):
    """A strategic merge patch: keyed lists are merged, $patch and $deleteFromPrimitiveList
    obeyed."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        return {key: item for key, item in patch.items() if key != "$patch"}
    result = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            result[field] = [entry for entry in result.get(field, []) if entry not in item]
        elif key.startswith("$"):
            continue
        elif item is None:
            result.pop(key, None)
        else:
            result[key] = _strategic_field(_child(node, key), result.get(key), item)
    return result


def _child(node, key):
    if isinstance(node, Obj):
        return node.fields.get(key)
    return node.value if isinstance(node, Map) else None


def _strategic_field(node, value, patch):
    if isinstance(node, List) and isinstance(patch, list):
        if node.merge_key:
            return _strategic_list(node, value or [], patch)
        if node.is_set:
            return list(value or []) + [item for item in patch if item not in (value or [])]
    return strategic(node, value, patch)


def _strategic_list(node, value, patch):
    if {"$patch": "replace"} in patch:
        return [item for item in patch if "$patch" not in item]
    result = list(value)
    for item in patch:
        key = item.get(node.merge_key)
        if key is None:
            raise errors.bad_request(f"map: {item} does not contain declared merge key: "
                                     f"{node.merge_key}")
        place = next((index for index, old in enumerate(result)
                      if old.get(node.merge_key) == key), None)
        if item.get("$patch") == "delete":
            result = [old for old in result if old.get(node.merge_key) != key]
        elif place is None:
            result.append(strategic(node.item, {}, item))
        else:
            result[place] = strategic(node.item, result[place], item)
    return result


def json_patch(value, operations):
    """RFC 6902."""
    result = copy.deepcopy(value)
    for operation in operations:
        try:
            result = _json_operation(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise errors.ApiError(422, "Invalid", "the server rejected our request due to an "
                                  f"error in our request: {error}") from error
    return result


def _json_operation(value, operation):
    name, path = operation["op"], _pointer(operation["path"])
    if name in ("move", "copy"):
        source = _pointer(operation["from"])
        item = copy.deepcopy(_look_up(value, source))
        if name == "move":
            _remove(value, source)
        _add(value, path, item)
    elif name == "test":
        if _look_up(value, path) != operation["value"]:
            raise ValueError(f"testing value {operation['path']} failed")
    elif name == "remove":
        _remove(value, path)
    elif name in ("add", "replace"):
        if name == "replace":
            _remove(value, path)
        _add(value, path, operation["value"])
    else:
        raise ValueError(f"unknown operation {name}")
    return value


def _pointer(path):
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _look_up(value, path):
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _remove(value, path):
    parent = _look_up(value, path[:-1])
    del parent[int(path[-1]) if isinstance(parent, list) else path[-1]]


def _add(value, path, item):
    parent = _look_up(value, path[:-1])
    if not isinstance(parent, list):
        parent[path[-1]] = item
    elif path[-1] == "-":
        parent.append(item)
    else:
        parent.insert(int(path[-1]), item)
