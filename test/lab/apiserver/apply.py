# SPDX-License-Identifier: GPL-2.0-or-later
"""Server-side apply: which manager owns which field.

A field is a path of words as fieldsV1 has them: f:NAME, k:{keys of a list item}, v:VALUE.
"""

import copy
import json

from . import errors
from .schema import List, Map, Obj

_NEVER_OWNED = {("f:apiVersion",), ("f:kind",)}
_OWNED_METADATA = ("f:labels", "f:annotations", "f:finalizers", "f:ownerReferences")


def fields_of(schema, obj):
    """The paths that an object's content sets."""
    paths = set()
    _collect(schema, obj, (), paths)
    return {path for path in paths if _may_be_owned(path)}


def _may_be_owned(path):
    if not path:
        return False
    if path[0] == "f:metadata":
        return len(path) > 1 and path[1] in _OWNED_METADATA
    return path not in _NEVER_OWNED


def _collect(node, value, prefix, paths):
    if isinstance(node, (Obj, Map)) and not node.atomic and value:
        for key, item in value.items():
            _collect(_child(node, key), item, prefix + (f"f:{key}",), paths)
    elif isinstance(node, List) and node.keys:
        for item in value:
            path = prefix + (_key_word(node, item),)
            paths.add(path)
            _collect(node.item, item, path, paths)
    elif isinstance(node, List) and node.is_set:
        paths.update(prefix + (f"v:{json.dumps(item)}",) for item in value)
    else:
        paths.add(prefix)


def _child(node, key):
    return node.fields[key] if isinstance(node, Obj) else node.value


def _key_word(node, item):
    return "k:" + json.dumps(node.key_of(item), separators=(",", ":"))


def value_at(node, value, path):
    """The value that a path leads to, or None."""
    for word in path:
        if value is None:
            return None
        kind, _, rest = word.partition(":")
        if kind == "f":
            value, node = value.get(rest), _child(node, rest)
        elif kind == "k":
            value, node = _item(node, value, word), node.item
        else:
            value = json.loads(rest) if json.loads(rest) in value else None
    return value


def _item(node, items, word):
    return next((item for item in items if _key_word(node, item) == word), None)


def _merge(node, live, applied):
    """live with everything that applied sets."""
    if isinstance(node, (Obj, Map)) and not node.atomic and isinstance(live, dict):
        result = dict(live)
        for key, item in applied.items():
            result[key] = _merge(_child(node, key), live.get(key), item)
        return result
    if isinstance(node, List) and node.keys and live:
        return _merge_items(node, live, applied)
    if isinstance(node, List) and node.is_set and live:
        return live + [item for item in applied if item not in live]
    return copy.deepcopy(applied)


def _merge_items(node, live, applied):
    new = {_key_word(node, item): item for item in applied}
    result = [_merge(node.item, item, new.pop(_key_word(node, item), {})) for item in live]
    return result + list(new.values())


def _without(node, value, path):
    """value without the field at a path; emptied parents stay."""
    word, rest = path[0], path[1:]
    kind, _, name = word.partition(":")
    if kind == "f":
        result = dict(value)
        if not rest:
            result.pop(name, None)
        elif result.get(name) is not None:
            result[name] = _without(_child(node, name), result[name], rest)
        return result
    if kind == "v":
        return [item for item in value if item != json.loads(name)]
    if not rest:
        return [item for item in value if _key_word(node, item) != word]
    return [_without(node.item, item, rest) if _key_word(node, item) == word else item
            for item in value]


class Managers:
    """The managedFields of an object as {(manager, operation, subresource): paths}."""

    def __init__(self, obj, api_version):
        self._api_version = api_version
        self._times = {}
        self.paths = {}
        for entry in obj.get("metadata", {}).get("managedFields", []):
            key = (entry["manager"], entry["operation"], entry.get("subresource", ""))
            self.paths[key] = _read_fields(entry.get("fieldsV1", {}))
            self._times[key] = entry.get("time")

    def own(self, key, paths, now):
        """Makes a manager the owner of exactly these paths."""
        if paths != self.paths.get(key):
            self.paths[key] = paths
            self._times[key] = now

    def release(self, paths, keep=None):
        """Takes paths away from every manager but one."""
        for key in self.paths:
            if key != keep:
                self.paths[key] = self.paths[key] - paths

    def entries(self):
        """The managedFields list; managers that own nothing are left out."""
        return [self._entry(key) for key in sorted(self.paths) if self.paths[key]]

    def _entry(self, key):
        manager, operation, subresource = key
        entry = {"manager": manager, "operation": operation, "apiVersion": self._api_version,
                 "time": self._times[key], "fieldsType": "FieldsV1",
                 "fieldsV1": _write_fields(self.paths[key])}
        if subresource:
            entry["subresource"] = subresource
        return entry


def _read_fields(tree, prefix=()):
    paths = set()
    for word, below in tree.items():
        if word == ".":
            paths.add(prefix)
            continue
        path = prefix + (word,)
        if not below:
            paths.add(path)
        paths |= _read_fields(below, path)
    return paths


def _write_fields(paths):
    tree = {}
    for path in sorted(paths):
        node = tree
        for word in path:
            node = node.setdefault(word, {})
    for path in paths:
        node = tree
        for word in path:
            node = node[word]
        if node:
            node["."] = {}
    return tree


def track_update(schema, before, after, managers, key, now):
    """Ownership after an ordinary write: who changes a field owns it."""
    old, new = fields_of(schema, before), fields_of(schema, after)
    changed = {path for path in new if path not in old
               or value_at(schema, before, path) != value_at(schema, after, path)}
    managers.release(changed | (old - new))
    if changed:
        managers.own(key, managers.paths.get(key, set()) | changed, now)


def apply(schema, live, applied, managers, key, force, now):
    """live with applied merged into it; raises 409 where others own a differing field."""
    wanted = fields_of(schema, applied)
    _check_conflicts(schema, live, applied, managers, key, wanted, force)
    mine = managers.paths.get(key, set())
    managers.own(key, wanted, now)
    others = set().union(*(paths for owner, paths in managers.paths.items() if owner != key))
    result = live
    for path in sorted(mine - wanted - others):
        if not any(kept[:len(path)] == path for kept in wanted | others):
            result = _without(schema, result, path)
    return _merge(schema, result, applied)


def _check_conflicts(schema, live, applied, managers, key, wanted, force):
    taken = set()
    conflicts = []
    for owner in sorted(managers.paths):
        if owner == key:
            continue
        for path in sorted(managers.paths[owner] & wanted):
            if value_at(schema, live, path) != value_at(schema, applied, path) \
                    and not path[-1].startswith("k:"):
                taken.add(path)
                conflicts.append((_words(owner), _dotted(path)))
    if conflicts and not force:
        raise errors.field_conflicts(conflicts)
    managers.release(taken, keep=key)


def _words(owner):
    manager, operation, subresource = owner
    words = f'"{manager}"'
    if subresource:
        words += f' with subresource "{subresource}"'
    return words + (" using v1" if operation == "Update" else "")


def _dotted(path):
    words = ""
    for word in path:
        kind, _, rest = word.partition(":")
        if kind == "f":
            words += f".{rest}"
        else:
            words += f"[{rest if kind == 'v' else _key_text(rest)}]"
    return words


def _key_text(keys):
    return ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(keys).items())
