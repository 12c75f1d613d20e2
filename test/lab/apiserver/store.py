# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects, their history, and who watches them.

Stored objects are never changed in place: a new version replaces the old one, so lists,
snapshots and streams may share them without copying.
"""

import collections
import dataclasses
import queue
import threading

from . import errors

HISTORY_LENGTH = 20000
FIRST_RESOURCE_VERSION = 1000


@dataclasses.dataclass(frozen=True)
class Change:
    """One write: obj is the new state (of a deletion: the last), before the old one."""

    version: int
    type: str
    key: tuple
    obj: dict
    before: dict = None


class Subscription:
    """A watch's inbox: Changes of one storage after a version, and orders for the stream."""

    def __init__(self, storage, after):
        self.storage = storage
        self.after = after
        self.inbox = queue.SimpleQueue()

    def offer(self, change):
        """Takes a change that belongs to this watch."""
        if change.key[0] == self.storage and change.version > self.after:
            self.inbox.put(change)


class Store:
    """All objects by (storage, namespace, name), under one resourceVersion counter."""

    def __init__(self):
        self.changed = threading.Condition(threading.RLock())
        self.version = FIRST_RESOURCE_VERSION
        self.compacted = FIRST_RESOURCE_VERSION
        self._objects = {}
        self._history = collections.deque()
        self._subscriptions = []

    def get(self, storage, namespace, name):
        with self.changed:
            return self._objects.get((storage, namespace, name))

    def put(self, storage, obj):
        """Stores a new version; sets its resourceVersion. Returns what is stored."""
        meta = obj["metadata"]
        key = (storage, meta.get("namespace", ""), meta["name"])
        with self.changed:
            before = self._objects.get(key)
            stored = self._next_version(obj)
            self._objects[key] = stored
            self._record("MODIFIED" if before else "ADDED", key, stored, before)
            return stored

    def delete(self, storage, namespace, name):
        """Removes an object; returns its last state with the deletion's version."""
        key = (storage, namespace, name)
        with self.changed:
            before = self._objects.pop(key)
            last = self._next_version(before)
            self._record("DELETED", key, last, before)
            return last

    def _next_version(self, obj):
        self.version += 1
        meta = dict(obj["metadata"], resourceVersion=str(self.version))
        return dict(obj, metadata=meta)

    def _record(self, kind, key, obj, before):
        change = Change(self.version, kind, key, obj, before)
        self._history.append(change)
        if len(self._history) > HISTORY_LENGTH:
            self.compacted = self._history.popleft().version
        for subscription in self._subscriptions:
            subscription.offer(change)
        self.changed.notify_all()

    def items(self, storage, version=None):
        """(version, objects in the order of their keys), now or as of a version."""
        with self.changed:
            if version is None:
                version, state = self.version, self._objects
            else:
                state = self._state_at(version)
            keys = sorted(key for key in state if key[0] == storage)
            return version, [state[key] for key in keys]

    def _state_at(self, version):
        if version < self.compacted:
            raise errors.too_old(version, self.compacted)
        state = dict(self._objects)
        for change in reversed(self._history):
            if change.version <= version:
                break
            if change.before is None:
                state.pop(change.key, None)
            else:
                state[change.key] = change.before
        return state

    def wait_for(self, version, seconds):
        """Waits until the store has reached a version; False if it does not."""
        with self.changed:
            return self.changed.wait_for(lambda: self.version >= version, seconds)

    def subscribe(self, storage, version):
        """A Subscription whose inbox starts with what happened after version."""
        with self.changed:
            if version < self.compacted:
                raise errors.too_old(version, self.compacted)
            subscription = Subscription(storage, version)
            for change in self._history:
                subscription.offer(change)
            self._subscriptions.append(subscription)
            return subscription

    def subscribe_with_state(self, storage):
        """(version, objects, Subscription for everything after them)."""
        with self.changed:
            version, objects = self.items(storage)
            subscription = Subscription(storage, version)
            self._subscriptions.append(subscription)
            return version, objects, subscription

    def unsubscribe(self, subscription):
        with self.changed:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def version_if_drained(self, subscription):
        """The current version, or None while the inbox holds unsent changes."""
        with self.changed:
            return self.version if subscription.inbox.empty() else None

    def order(self, storage, order):
        """Puts an order for the stream into every inbox of a storage ("" for all)."""
        with self.changed:
            chosen = [s for s in self._subscriptions if storage in ("", s.storage)]
            for subscription in chosen:
                subscription.inbox.put(order)
            return len(chosen)

    def compact(self):
        """Forgets the history: older versions can be neither watched nor listed."""
        with self.changed:
            self._history.clear()
            self.version += 1
            self.compacted = self.version
            self.changed.notify_all()

    def jump(self, by):
        """Moves the counter; backwards it acts like a restored backup."""
        with self.changed:
            self.version += by
            if by < 0:
                self._history.clear()
                self.compacted = self.version
            self.changed.notify_all()

    def dump(self):
        """Everything a restart needs; the history is not part of it."""
        with self.changed:
            objects = [[key[0], obj] for key, obj in self._objects.items()]
            return {"version": self.version, "objects": objects}

    def load(self, dump):
        with self.changed:
            for storage, obj in dump["objects"]:
                meta = obj["metadata"]
                self._objects[(storage, meta.get("namespace", ""), meta["name"])] = obj
            self.version = self.compacted = dump["version"] + 1
