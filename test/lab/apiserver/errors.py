# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors of the API, worded as the real server words them."""


class ApiError(Exception):
    """A refusal; status() is its metav1 Status object."""

    def __init__(self, code, reason, message, details=None, metadata=None):
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.metadata = metadata or {}

    def status(self):
        """The metav1 Status that travels to the client."""
        body = {"kind": "Status", "apiVersion": "v1", "metadata": self.metadata,
                "status": "Failure", "message": self.message, "code": self.code}
        if self.reason:
            body["reason"] = self.reason
        if self.details:
            body["details"] = self.details
        return body


def details_of(resource, name=""):
    """The details that name an object of a resource."""
    details = {"kind": resource.plural}
    if name:
        details["name"] = name
    if resource.group:
        details["group"] = resource.group
    return details


def bad_request(message):
    return ApiError(400, "BadRequest", message)


def unauthorized():
    return ApiError(401, "Unauthorized", "Unauthorized")


def not_found(resource, name):
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found',
                    details_of(resource, name))


def no_such_path():
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def internal(error):
    return ApiError(500, "InternalError", f"Internal error occurred: {error}",
                    {"causes": [{"message": str(error)}]})


def method_not_allowed():
    return ApiError(405, "MethodNotAllowed",
                    "the server does not allow this method on the requested resource")


def unsupported_media_type(given, supported):
    return ApiError(415, "UnsupportedMediaType",
                    f"the body of the request was in an unknown format ({given}) - "
                    f"accepted media types include: {', '.join(supported)}")


def too_large_body(limit):
    return ApiError(413, "RequestEntityTooLarge",
                    f"Request entity too large: limit is {limit}")


def already_exists(resource, name):
    return ApiError(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists',
                    details_of(resource, name))


def conflict(resource, name, why="the object has been modified; please apply your changes "
                                 "to the latest version and try again"):
    return ApiError(409, "Conflict",
                    f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}',
                    details_of(resource, name))


def field_conflicts(conflicts):
    """Server-side apply met fields of other managers: [(manager words, field)]."""
    causes = [{"reason": "FieldManagerConflict", "message": f"conflict with {manager}",
               "field": field} for manager, field in conflicts]
    words = [f"conflict with {manager}: {field}" for manager, field in conflicts]
    plural = "" if len(words) == 1 else "s"
    return ApiError(409, "Conflict",
                    f"Apply failed with {len(words)} conflict{plural}: " + ", ".join(words),
                    {"causes": causes})


def forbidden(resource, name, why):
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}",
                    details_of(resource, name))


def invalid(kind, name, problems, group=""):
    """problems: a list of FieldProblem."""
    words = [str(problem) for problem in problems]
    text = words[0] if len(words) == 1 else "[" + ", ".join(words) + "]"
    qualified = f"{kind}.{group}" if group else kind
    details = {"name": name, "kind": kind,
               "causes": [problem.cause() for problem in problems]}
    if group:
        details["group"] = group
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def invalid_list_options(field, why):
    return invalid("ListOptions", "", [FieldProblem("Forbidden", field, detail=why)],
                   "meta.k8s.io")


def unsupported_option(kind, field, value, supported):
    words = ", ".join(f'"{word}"' for word in supported)
    return invalid(kind, "", [FieldProblem("Unsupported", field, value,
                                           f"supported values: {words}")], "meta.k8s.io")


def expired(message, metadata=None):
    return ApiError(410, "Expired", message, metadata=metadata)


def too_old(wanted, oldest):
    return expired(f"too old resource version: {wanted} ({oldest})")


def too_large(wanted, current):
    return ApiError(504, "Timeout",
                    f"Too large resource version: {wanted}, current: {current}",
                    {"retryAfterSeconds": 1,
                     "causes": [{"reason": "ResourceVersionTooLarge",
                                 "message": "Too large resource version"}]})


class FieldProblem:
    """One refused field, worded as k8s.io/apimachinery/field.Error."""

    WORDS = {"Required": ("FieldValueRequired", "Required value"),
             "Invalid": ("FieldValueInvalid", "Invalid value"),
             "Unsupported": ("FieldValueNotSupported", "Unsupported value"),
             "Duplicate": ("FieldValueDuplicate", "Duplicate value"),
             "Forbidden": ("FieldValueForbidden", "Forbidden"),
             "TooLong": ("FieldValueTooLong", "Too long"),
             "TooMany": ("FieldValueTooMany", "Too many")}

    def __init__(self, kind, field, value=None, detail=""):
        self.reason, self.title = self.WORDS[kind]
        self.field = field
        self.value = value
        self.detail = detail

    def text(self):
        """The problem without the field's name."""
        parts = [self.title]
        if self.value is not None:
            parts.append(_quoted(self.value))
        if self.detail:
            parts.append(self.detail)
        return ": ".join(parts)

    def cause(self):
        return {"reason": self.reason, "message": self.text(), "field": self.field}

    def __str__(self):
        return f"{self.field}: {self.text()}"


def _quoted(value):
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)
