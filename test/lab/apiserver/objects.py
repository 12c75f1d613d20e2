# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading and changing objects: create, update, patch, apply, delete."""

import copy
import dataclasses
import json
import random
import uuid

import yaml

from . import apply, errors, patch, protobuf, schema, services, validate
from .controllers import now
from .events import from_storage, is_core_event, to_storage

_SYSTEM_METADATA = ("uid", "creationTimestamp", "deletionTimestamp",
                    "deletionGracePeriodSeconds", "managedFields", "generation", "selfLink")
MAX_MANAGER = 128
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def decode_body(body, media_type):
    """The object in a request's body."""
    try:
        if media_type == protobuf.MEDIA_TYPE:
            return protobuf.decode_body(body)
        if "yaml" in media_type and not body.lstrip().startswith((b"{", b"[")):
            return yaml.safe_load(body)
        return json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        raise errors.bad_request("the object provided is unrecognized (must be of type object): "
                                 f"{error}") from error


@dataclasses.dataclass(frozen=True)
class Writer:
    """Who writes, and how: the options of a create, update or patch."""

    manager: str
    subresource: str = ""
    has_manager: bool = False
    force: bool = False
    has_force: bool = False
    dry_run: bool = False
    strict: bool = False

    @classmethod
    def of_request(cls, request, subresource):
        query = request.query
        _check_write_options(request.method, query)
        agent = request.headers.get("User-Agent", "") or "unknown"
        return cls(manager=query.get("fieldManager") or agent.partition("/")[0],
                   subresource=subresource,
                   has_manager=bool(query.get("fieldManager")),
                   force=query.get("force") in ("1", "true"),
                   has_force="force" in query,
                   dry_run=query.get("dryRun") == "All",
                   strict=query.get("fieldValidation") == "Strict")

    def key(self, operation):
        return self.manager, operation, self.subresource


def _check_write_options(method, query):
    kind = {"POST": "CreateOptions", "PUT": "UpdateOptions"}.get(method, "PatchOptions")
    for field, supported in (("dryRun", ("All",)),
                             ("fieldValidation", ("Ignore", "Strict", "Warn"))):
        if query.get(field, supported[0]) not in supported:
            raise errors.unsupported_option(kind, field, query[field], supported)
    manager = query.get("fieldManager", "")
    if len(manager.encode()) > MAX_MANAGER:
        raise errors.invalid(kind, "", [errors.FieldProblem(
            "TooLong", "fieldManager", detail=f"may not be more than {MAX_MANAGER} bytes")],
            "meta.k8s.io")
    if not manager.isprintable():
        raise errors.invalid(kind, "", [errors.FieldProblem(
            "Invalid", "fieldManager", manager, "should only contain printable characters")],
            "meta.k8s.io")


class Objects:
    """The objects of all resources, with the rules for changing them."""

    def __init__(self, store, settings, controllers):
        self._store = store
        self._settings = settings
        self._controllers = controllers

    def get(self, target):
        """The stored object, in the form of the target's resource."""
        return from_storage(target.resource, self._stored(target))

    def exists(self, target):
        return self._store.get(target.resource.storage, _namespace(target),
                               target.name) is not None

    def _stored(self, target):
        obj = self._store.get(target.resource.storage, _namespace(target), target.name)
        if obj is None:
            raise errors.not_found(target.resource, target.name)
        return obj

    def create(self, target, given, writer):
        resource = target.resource
        obj = self._decode(resource, given, writer)
        _check_place(target, obj)
        meta = obj["metadata"]
        if meta.pop("resourceVersion", ""):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        _start_metadata(resource, meta, target.namespace)
        if resource.has_status and not resource.created_with_status:
            obj.pop("status", None)
        with self._store.changed:
            self._check_namespace(resource, meta)
            name = meta.get("name", "")
            if self._store.get(resource.storage, meta.get("namespace", ""), name):
                raise errors.already_exists(resource, name)
            self._own_changes(resource, {}, obj, writer)
            return self._commit(resource, None, obj, writer)

    def update(self, target, given, writer):
        resource = target.resource
        obj = self._decode(resource, given, writer)
        _check_place(target, obj)
        with self._store.changed:
            old = self.get(target)
            self._check_version(resource, old, obj["metadata"])
            return self._replace(target, old, obj, writer)

    def patch(self, target, media_type, body, writer):
        """A merge, strategic or JSON patch."""
        resource = target.resource
        if writer.has_force:
            raise errors.invalid("PatchOptions", "", [errors.FieldProblem(
                "Forbidden", "force", detail="may not be specified for non-apply patch")],
                "meta.k8s.io")
        wish = decode_body(body, media_type)
        with self._store.changed:
            old = self.get(target)
            obj = self._decode(resource, self._patched(resource, old, media_type, wish), writer)
            _check_place(target, obj)
            if obj["metadata"].get("resourceVersion") != old["metadata"]["resourceVersion"]:
                raise errors.conflict(resource, target.name)
            return self._replace(target, old, obj, writer)

    def _patched(self, resource, old, media_type, wish):
        if media_type == patch.JSON:
            return patch.json_patch(old, wish)
        if not isinstance(wish, dict):
            raise errors.bad_request("json: cannot unmarshal into an object")
        if media_type == patch.MERGE:
            return patch.merge(old, wish)
        return patch.strategic(self._schema(resource), old, wish)

    def apply(self, target, body, writer):
        """Server-side apply; returns (object, whether it was created)."""
        resource = target.resource
        wish = self._applied(target, decode_body(body, patch.APPLY), writer)
        with self._store.changed:
            stored = self._store.get(resource.storage, target.namespace, target.name)
            if stored is None:
                return self._apply_new(target, wish, writer), True
            self._check_identity(resource, stored, wish["metadata"])
            managers = apply.Managers(stored, resource.api_version)
            obj = apply.apply(self._schema(resource), stored, wish, managers,
                              writer.key("Apply"), writer.force, now())
            obj = dict(obj, metadata=dict(obj["metadata"], managedFields=managers.entries()))
            return self._commit(resource, stored, copy.deepcopy(obj), writer), False

    def _apply_new(self, target, wish, writer):
        resource = target.resource
        if writer.subresource:
            raise errors.not_found(resource, target.name)
        if wish["metadata"].get("uid"):
            raise errors.conflict(
                resource, target.name, f"uid mismatch: the provided object specified uid "
                f"{wish['metadata']['uid']}, and no existing object was found")
        wish["metadata"].pop("resourceVersion", None)
        obj = copy.deepcopy(wish)
        _start_metadata(resource, obj["metadata"], target.namespace)
        self._check_namespace(resource, obj["metadata"])
        managers = apply.Managers({}, resource.api_version)
        managers.own(writer.key("Apply"), apply.fields_of(self._schema(resource), wish), now())
        obj["metadata"]["managedFields"] = managers.entries()
        return self._commit(resource, None, obj, writer)

    def _applied(self, target, wish, writer):
        """The applied configuration, checked, without what this endpoint ignores."""
        resource = target.resource
        if is_core_event(resource):
            raise errors.unsupported_media_type(patch.APPLY, patch.TYPES[:-1])
        if not writer.has_manager:
            raise errors.invalid("PatchOptions", "", [errors.FieldProblem(
                "Required", "fieldManager", detail="is required for apply patch")], "meta.k8s.io")
        unknown = []
        wish = self._typed(resource, wish, unknown)
        if unknown:
            raise errors.ApiError(500, "", f"failed to create typed patch object ("
                                  f"{target.namespace}/{target.name}; {resource.api_version}, "
                                  f"Kind={resource.kind}): {unknown[0]}: field not declared in "
                                  "schema")
        _check_place(target, wish)
        if wish["metadata"].get("managedFields"):
            raise errors.bad_request("metadata.managedFields must be nil")
        if writer.subresource:
            kept = {name: wish["metadata"][name] for name in
                    ("name", "namespace", "uid", "resourceVersion") if name in wish["metadata"]}
            wish = dict(wish, metadata=kept)
            return {field: value for field, value in wish.items()
                    if field in ("apiVersion", "kind", "metadata", writer.subresource)}
        if resource.has_status:
            wish.pop("status", None)
        return wish

    def delete(self, target, options, dry_run=False):
        """Deletes, or marks what has finalizers; returns (object, whether it is gone)."""
        resource = target.resource
        with self._store.changed:
            old = self._stored(target)
            self._check_preconditions(resource, old, options.get("preconditions", {}))
            self._controllers.check_deletion(resource, old)
            if dry_run:
                return old, True
            waits = bool(old["metadata"].get("finalizers")) or resource.kind == "Namespace"
            if waits and "deletionTimestamp" not in old["metadata"]:
                meta = dict(old["metadata"], deletionTimestamp=now(),
                            deletionGracePeriodSeconds=0)
                old = self._store.put(resource.storage,
                                      _terminating(resource, dict(old, metadata=meta)))
            if not waits:
                old = self._remove(resource, old)
            self._controllers.deleted(resource, old)
            return from_storage(resource, old), not waits

    def _remove(self, resource, obj):
        meta = obj["metadata"]
        return self._store.delete(resource.storage, meta.get("namespace", ""), meta["name"])

    def store_raw(self, resource, obj):
        """Stores what a test gives, unchecked: objects as no server would let them in."""
        meta = obj.setdefault("metadata", {})
        meta.setdefault("uid", str(uuid.uuid4()))
        meta.setdefault("creationTimestamp", now())
        return self._store.put(resource.storage, to_storage(resource, obj))

    def _schema(self, resource):
        if resource.kind == "Service" and not self._settings.has_ip_mode:
            return schema.SERVICE_BEFORE_IP_MODE
        return resource.schema

    def _typed(self, resource, given, unknown):
        """given as the kind it must be; wrong kinds and types are 400."""
        if not isinstance(given, dict):
            raise errors.bad_request("the object provided is unrecognized (must be of type "
                                     "object)")
        version, kind = given.get("apiVersion", ""), given.get("kind", "")
        if kind != resource.kind or version != resource.api_version:
            raise errors.bad_request(
                f"{kind or 'object'} in version \"{version}\" cannot be handled as a "
                f"{resource.kind}: the API version in the data ({version}) and kind ({kind}) do "
                f"not match the expected {resource.api_version} {resource.kind}")
        try:
            obj = schema.decode(self._schema(resource), given, unknown)
        except schema.TypeMismatch as error:
            raise errors.bad_request(f"{kind} in version \"{version}\" cannot be handled as a "
                                     f"{kind}: {error}") from error
        obj.setdefault("metadata", {})
        return obj

    def _decode(self, resource, given, writer):
        """given without unknown fields; a strict writer is told of them."""
        if isinstance(given, dict):
            given = dict({"apiVersion": resource.api_version, "kind": resource.kind}, **given)
        unknown = []
        obj = self._typed(resource, given, unknown)
        if unknown and writer.strict:
            words = ", ".join(f'unknown field "{path.lstrip(".")}"' for path in unknown)
            raise errors.bad_request(f"{resource.kind} in version \"{resource.version}\" cannot "
                                     f"be handled as a {resource.kind}: strict decoding error: "
                                     f"{words}")
        return obj

    def _check_namespace(self, resource, meta):
        if not resource.namespaced:
            return
        name = meta["namespace"]
        namespace = self._store.get("namespaces", "", name)
        if namespace is None:
            raise errors.ApiError(404, "NotFound", f'namespaces "{name}" not found',
                                  {"name": name, "kind": "namespaces"})
        if "deletionTimestamp" in namespace["metadata"]:
            error = errors.forbidden(resource, meta.get("name", ""), "unable to create new content "
                                     f"in namespace {name} because it is being terminated")
            error.details["causes"] = [{"reason": "NamespaceTerminating", "field":
                                        "metadata.namespace", "message": f"namespace {name} is "
                                        "being terminated"}]
            raise error

    def _check_version(self, resource, old, meta):
        """An update without a resourceVersion overwrites, where the resource allows that."""
        if not meta.get("resourceVersion"):
            if not resource.unconditional_update:
                raise errors.invalid(resource.kind, meta["name"], [errors.FieldProblem(
                    "Invalid", "metadata.resourceVersion", "0x0",
                    "must be specified for an update")], resource.group)
            meta = dict(meta, resourceVersion=old["metadata"]["resourceVersion"])
        self._check_identity(resource, old, meta)

    @staticmethod
    def _check_identity(resource, old, meta):
        if meta.get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            raise errors.conflict(resource, old["metadata"]["name"],
                                  f"Precondition failed: UID in precondition: {meta['uid']}, UID "
                                  f"in object meta: {old['metadata']['uid']}")
        version = old["metadata"]["resourceVersion"]
        if meta.get("resourceVersion", version) != version:
            raise errors.conflict(resource, old["metadata"]["name"])

    @staticmethod
    def _check_preconditions(resource, old, wanted):
        for field, words in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if wanted.get(field, old["metadata"][field]) != old["metadata"][field]:
                raise errors.conflict(
                    resource, old["metadata"]["name"], f"Precondition failed: {words} in "
                    f"precondition: {wanted[field]}, {words} in object meta: "
                    f"{old['metadata'][field]}")

    def _replace(self, target, old, obj, writer):
        """The part of obj that the endpoint may change takes the place of old's."""
        resource = target.resource
        if writer.subresource:
            obj = dict(copy.deepcopy(old), status=obj.get("status", {}))
        else:
            if resource.has_status:
                obj["status"] = copy.deepcopy(old.get("status", {}))
            meta = obj["metadata"]
            for field in _SYSTEM_METADATA:
                meta.pop(field, None)
                if field in old["metadata"]:
                    meta[field] = old["metadata"][field]
            if resource.namespaced:
                meta["namespace"] = old["metadata"]["namespace"]
        self._own_changes(resource, old, obj, writer)
        return self._commit(resource, to_storage(resource, old), obj, writer)

    def _own_changes(self, resource, old, obj, writer):
        if is_core_event(resource):
            return
        managers = apply.Managers(old, resource.api_version)
        apply.track_update(self._schema(resource), old, obj, managers, writer.key("Update"), now())
        obj["metadata"]["managedFields"] = managers.entries()

    def _commit(self, resource, old, obj, writer):
        """Defaults, checks, allocations; then the object is stored unless nothing changed."""
        obj = to_storage(resource, obj)
        validate.set_defaults(resource, obj, old, self._settings)
        if resource.kind == "Service" and old is not None and not writer.subresource:
            services.clear_status(obj)
        validate.check(resource, obj, old, self._settings)
        if resource.kind == "Service":
            taken = services.Allocator(self._store.items("services")[1], obj)
            validate.refuse(resource, obj, taken.complete(obj["spec"]))
        if not writer.dry_run and (old is None or _differs(old, obj)):
            obj = self._save(resource, old, obj)
        elif old is not None and not writer.dry_run:
            obj = old
        return from_storage(resource, obj)

    def _save(self, resource, old, obj):
        meta = obj["metadata"]
        if "deletionTimestamp" in meta and not meta.get("finalizers") \
                and resource.kind != "Namespace":
            gone = self._remove(resource, obj)
            self._controllers.deleted(resource, gone)
            return gone
        if old is None:
            self._controllers.creating(resource, obj)
        stored = self._store.put(resource.storage, obj)
        if old is None:
            self._controllers.created(resource, stored)
        return stored


def _namespace(target):
    """Namespaces themselves live outside of namespaces."""
    return target.namespace if target.resource.namespaced else ""


def _check_place(target, obj):
    """Name and namespace in the body must not contradict the path."""
    meta = obj["metadata"]
    if target.name:
        given = meta.setdefault("name", target.name)
        if given != target.name:
            raise errors.bad_request(f"the name of the object ({given}) does not match the name "
                                     f"on the URL ({target.name})")
    if target.resource.namespaced:
        given = meta.setdefault("namespace", target.namespace)
        if given != target.namespace:
            raise errors.bad_request("the namespace of the provided object does not match the "
                                     "namespace sent on the request")
    else:
        meta.pop("namespace", None)


def _start_metadata(resource, meta, namespace):
    for field in _SYSTEM_METADATA:
        meta.pop(field, None)
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"] + "".join(random.choices(_NAME_LETTERS, k=5))
    if resource.namespaced:
        meta["namespace"] = namespace
    meta["uid"] = str(uuid.uuid4())
    meta["creationTimestamp"] = now()


def _terminating(resource, obj):
    """The object as it looks while its deletion waits."""
    if resource.kind == "Namespace":
        return dict(obj, status=dict(obj.get("status", {}), phase="Terminating"))
    return obj


def _differs(old, new):
    """Whether anything but the times of the managers changed."""
    return _without_times(old) != _without_times(new)


def _without_times(obj):
    fields = [{key: value for key, value in entry.items() if key != "time"}
              for entry in obj["metadata"].get("managedFields", [])]
    meta = dict(obj["metadata"], managedFields=fields, resourceVersion="")
    return dict(obj, metadata=meta)
