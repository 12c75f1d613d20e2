# SPDX-License-Identifier: GPL-2.0-or-later
"""WATCH: a stream of events, as an iterator of what to put on the wire."""

import dataclasses
import json
import queue
import random
import threading
import time

from . import errors
from .events import from_storage
from .listing import object_filter, parse_version
from .store import Change

TICK = 0.5
LAST_BOOKMARK_BEFORE_END = 2.0
DEFAULT_TIMEOUT = 1800
_INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


class Cut(Exception):
    """The stream ends here, in the middle of what is being sent."""


@dataclasses.dataclass(frozen=True)
class Stall:
    """The stream sends nothing until it is released."""

    released: threading.Event


@dataclasses.dataclass(frozen=True)
class Order:
    """What a test wants of open streams: end, cut, raw (data), stall (released)."""

    name: str
    data: bytes = b""
    released: threading.Event = None


class Watch:
    """One watch; iterate over it for bytes, Stall, or b"" where nothing happens."""

    def __init__(self, store, settings, target, query, shape=None):
        self._store = store
        self._settings = settings
        self._resource = target.resource
        self._wanted = object_filter(target, query)
        self._shape = shape or (lambda obj: obj)
        self._bookmarks = query.get("allowWatchBookmarks") in ("1", "true")
        self._streamed_list = _check_options(settings, query)
        seconds = parse_version(query.get("timeoutSeconds", "0") or "0", "timeoutSeconds")
        seconds = seconds or random.uniform(DEFAULT_TIMEOUT, 2 * DEFAULT_TIMEOUT)
        self._end = time.monotonic() + seconds
        self._next_bookmark = 0.0
        self._initial = []
        self._subscription = self._subscribe(query.get("resourceVersion", ""))

    def _subscribe(self, text):
        """A watch of no version starts with the present state."""
        storage = self._resource.storage
        if self._streamed_list and text not in ("", "0"):
            version = parse_version(text)
            if not self._store.wait_for(version, self._settings.too_large_wait):
                raise errors.too_large(version, self._store.version)
        if text in ("", "0") or self._streamed_list:
            version, objects, subscription = self._store.subscribe_with_state(storage)
            self._initial = [self._event("ADDED", obj) for obj in objects if self._wanted(obj)]
            if self._streamed_list and self._bookmarks:
                self._initial.append(self._bookmark(version, _INITIAL_EVENTS_END))
            return subscription
        return self._store.subscribe(storage, parse_version(text))

    def __iter__(self):
        try:
            yield from self._initial
            self._plan_bookmark()
            yield from self._events()
        finally:
            self._store.unsubscribe(self._subscription)

    def _events(self):
        while time.monotonic() < self._end:
            try:
                item = self._subscription.inbox.get(timeout=self._patience())
            except queue.Empty:
                yield self._due_bookmark()
                continue
            if isinstance(item, Change):
                yield self._change(item)
            elif item.name == "end":
                return
            else:
                yield from self._obey(item)

    def _obey(self, order):
        if order.name == "stall":
            yield Stall(order.released)
        elif order.name == "raw":
            yield order.data
        elif order.name == "cut":
            event = self._bookmark(self._store.version, {"cut": "é" * 64})
            yield event[:len(event) // 2]
            raise Cut

    def _patience(self):
        now = time.monotonic()
        return max(0.0, min(TICK, self._next_bookmark - now, self._end - now))

    def _plan_bookmark(self):
        """The next one in about a minute, the last one shortly before the end."""
        now = time.monotonic()
        last = self._end - LAST_BOOKMARK_BEFORE_END
        regular = now + self._settings.bookmark_seconds
        self._next_bookmark = min(regular, last) if last > now else regular

    def _due_bookmark(self):
        if time.monotonic() < self._next_bookmark:
            return b""
        version = self._store.version_if_drained(self._subscription)
        if version is None:
            return b""
        self._plan_bookmark()
        if not self._bookmarks or not self._settings.bookmarks:
            return b""
        return self._bookmark(version)

    def _change(self, change):
        """The event of a change as the selectors see it: objects come into view and leave."""
        was = change.before is not None and self._wanted(change.before)
        if change.type == "DELETED":
            return self._event("DELETED", change.obj) if was else b""
        seen = self._wanted(change.obj)
        if seen:
            return self._event("MODIFIED" if was else "ADDED", change.obj)
        if not was:
            return b""
        meta = dict(change.before["metadata"],
                    resourceVersion=change.obj["metadata"]["resourceVersion"])
        return self._event("DELETED", dict(change.before, metadata=meta))

    def _event(self, kind, obj):
        return _line({"type": kind, "object": self._shape(from_storage(self._resource, obj))})

    def _bookmark(self, version, annotations=None):
        meta = {"resourceVersion": str(version), "creationTimestamp": None}
        if annotations:
            meta["annotations"] = annotations
        return _line({"type": "BOOKMARK",
                      "object": {"kind": self._resource.kind,
                                 "apiVersion": self._resource.api_version, "metadata": meta}})


def error_event(error):
    """The stream that tells of an error instead of events."""
    return [_line({"type": "ERROR", "object": error.status()})]


def _line(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _check_options(settings, query):
    """Whether the watch starts with a streamed list; 422 where that is not possible."""
    match = query.get("resourceVersionMatch", "")
    if "sendInitialEvents" not in query:
        if match:
            raise errors.invalid_list_options(
                "resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless "
                                        "sendInitialEvents is provided")
        return False
    if not settings.watch_list:
        raise errors.invalid_list_options(
            "sendInitialEvents", "sendInitialEvents is forbidden for watch unless the WatchList "
                                 "feature gate is enabled")
    if match != "NotOlderThan":
        raise errors.invalid_list_options(
            "resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to "
                                    "NotOlderThan")
    return query["sendInitialEvents"] in ("1", "true")
