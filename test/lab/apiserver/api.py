# SPDX-License-Identifier: GPL-2.0-or-later
"""From a request to its answer: who, what, may they, and then the verb."""

import dataclasses

from . import discovery, errors, patch, protobuf, resources, table
from .auth import impersonated
from .listing import list_objects
from .objects import Writer, decode_body
from .rbac import Attributes
from .watch import Watch, error_event

MAX_BODY = 3 * 1024 * 1024
HEALTH_PATHS = ("/healthz", "/livez", "/readyz")
_ACCESS_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_BODY_TYPES = ("application/json", "application/yaml", protobuf.MEDIA_TYPE)


@dataclasses.dataclass
class Request:
    """A request as it came; query holds the first value of each parameter."""

    method: str
    path: str
    query: dict
    headers: object
    body: bytes = b""

    @property
    def media_type(self):
        return self.headers.get("Content-Type", "application/json").partition(";")[0].strip()


@dataclasses.dataclass
class Response:
    """An answer: a body (a JSON value or text), or a stream of bytes."""

    code: int
    body: object = None
    stream: object = None


def is_watch(request, target):
    return request.query.get("watch") in ("1", "true") and not target.subresource


def attributes(request):
    """(target or None, what is to be authorised)."""
    target = resources.parse_path(request.path)
    if target is None:
        return None, Attributes(request.method.lower(), path=request.path)
    verb = _verb(request, target)
    name = target.name
    if verb in ("list", "watch") and not name:
        name = _selected_name(request.query.get("fieldSelector", ""))
    namespace = target.name if target.resource.kind == "Namespace" else target.namespace
    return target, Attributes(verb, target.resource.group, target.resource.plural,
                              target.subresource, namespace, name)


def _verb(request, target):
    if request.method == "GET" and is_watch(request, target):
        return "watch"
    verbs = {("GET", True): "get", ("GET", False): "list", ("POST", False): "create",
             ("PUT", True): "update", ("PATCH", True): "patch", ("DELETE", True): "delete",
             ("DELETE", False): "deletecollection"}
    verb = verbs.get((request.method, bool(target.name)))
    if verb is None:
        raise errors.method_not_allowed()
    if target.resource.namespaced and not target.namespace and verb not in ("list", "watch"):
        raise errors.no_such_path()
    return verb


def _selected_name(selector):
    """A field selector on the name counts as a name for RBAC's resourceNames."""
    terms = dict(term.partition("=")[::2] for term in selector.split(",") if "=" in term)
    return terms.get("metadata.name", "").lstrip("=")


def restrict_node(user, wanted, target):
    """The part of admission plugin NodeRestriction that concerns what is served here."""
    if "system:nodes" not in user.groups or wanted.verb in ("get", "list", "watch"):
        return
    if target.resource.kind == "Lease" and target.namespace != "kube-node-lease":
        raise errors.forbidden(target.resource, target.name, "can only access leases in the "
                               '"kube-node-lease" system namespace')


class Api:
    """Answers requests of users that are already known."""

    def __init__(self, store, settings, objects, authorizer):
        self._store = store
        self._settings = settings
        self._objects = objects
        self._authorizer = authorizer

    def effective_user(self, user, headers):
        """The user, or whom the user may impersonate."""
        other = impersonated(headers)
        if other is None:
            return user
        self._authorizer.check(user, Attributes("impersonate", resource="users", name=other.name),
                               resources.USERS)
        return other

    def answer(self, request, user):
        if len(request.body) > MAX_BODY:
            raise errors.too_large_body(MAX_BODY)
        target, wanted = attributes(request)
        if target is None:
            return self._answer_path(request, user, wanted)
        self._authorizer.check(user, wanted, target.resource)
        restrict_node(user, wanted, target)
        handler = getattr(self, f"_{wanted.verb}")
        return handler(request, user, target)

    def _answer_path(self, request, user, wanted):
        if request.path == _ACCESS_REVIEW and request.method == "POST":
            return self._review(request, user)
        self._authorizer.check(user, wanted)
        if request.path in HEALTH_PATHS:
            return Response(200, "ok")
        document = discovery.document(request.path, self._settings)
        if document is None or request.method != "GET":
            return Response(404, "404 page not found\n")
        return Response(200, document)

    def _review(self, request, user):
        """kubectl auth can-i."""
        review = decode_body(request.body, request.media_type)
        spec = review.get("spec", {})
        path = spec.get("nonResourceAttributes", {})
        words = spec.get("resourceAttributes", {})
        wanted = Attributes(path.get("verb") or words.get("verb", ""), words.get("group", ""),
                            words.get("resource", ""), words.get("subresource", ""),
                            words.get("namespace", ""), words.get("name", ""),
                            path.get("path", ""))
        return Response(201, dict(review, status={
            "allowed": self._authorizer.allows(user, wanted)}))

    def _shaped(self, request, target, body):
        if table.wants_table(request.headers.get("Accept")):
            return table.table(target.resource, body, request.query.get("includeObject", ""))
        return body

    def _get(self, request, _user, target):
        return Response(200, self._shaped(request, target, self._objects.get(target)))

    def _list(self, request, _user, target):
        body = list_objects(self._store, self._settings, target, request.query)
        return Response(200, self._shaped(request, target, body))

    def _watch(self, request, _user, target):
        try:
            return Response(200, stream=Watch(
                self._store, self._settings, target, request.query,
                lambda obj: self._shaped(request, target, obj)))
        except errors.ApiError as error:
            if error.code == 410 and self._settings.gone_in_stream:
                return Response(200, stream=error_event(error))
            raise

    def _given(self, request):
        if request.media_type not in _BODY_TYPES:
            raise errors.unsupported_media_type(request.media_type, _BODY_TYPES)
        return decode_body(request.body, request.media_type)

    def _create(self, request, _user, target):
        obj = self._objects.create(target, self._given(request), Writer.of_request(request, ""))
        return Response(201, self._shaped(request, target, obj))

    def _update(self, request, user, target):
        writer = Writer.of_request(request, target.subresource)
        given = self._given(request)
        try:
            return Response(200, self._objects.update(target, given, writer))
        except errors.ApiError as error:
            if error.code != 404 or not target.resource.create_on_update or target.subresource:
                raise
        self._check_create(user, target)
        return Response(201, self._objects.create(target, given, writer))

    def _check_create(self, user, target):
        """Writing an object that does not exist takes the right to create it."""
        self._authorizer.check(user, Attributes(
            "create", target.resource.group, target.resource.plural, "", target.namespace,
            target.name), target.resource)

    def _patch(self, request, user, target):
        if request.media_type not in patch.TYPES:
            raise errors.unsupported_media_type(request.media_type, patch.TYPES)
        writer = Writer.of_request(request, target.subresource)
        if request.media_type != patch.APPLY:
            return Response(200, self._objects.patch(target, request.media_type, request.body,
                                                     writer))
        if not target.subresource and not self._objects.exists(target):
            self._check_create(user, target)
        obj, created = self._objects.apply(target, request.body, writer)
        return Response(201 if created else 200, obj)

    def _delete(self, request, _user, target):
        options = decode_body(request.body, request.media_type) if request.body.strip() else {}
        dry_run = request.query.get("dryRun") == "All" or options.get("dryRun") == ["All"]
        obj, gone = self._objects.delete(target, options, dry_run)
        if not gone:
            return Response(200, obj)
        details = dict(errors.details_of(target.resource, target.name),
                       uid=obj["metadata"]["uid"])
        return Response(200, {"kind": "Status", "apiVersion": "v1", "metadata": {},
                              "status": "Success", "details": details})

    def _deletecollection(self, request, _user, target):
        query = {name: request.query[name] for name in ("labelSelector", "fieldSelector")
                 if name in request.query}
        found = list_objects(self._store, self._settings, target, query)
        for obj in found["items"]:
            meta = obj["metadata"]
            self._objects.delete(dataclasses.replace(
                target, namespace=meta.get("namespace", ""), name=meta["name"]), {})
        return Response(200, found)
