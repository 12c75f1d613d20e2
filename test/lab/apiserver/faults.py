# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests that were seen, and what should go wrong with which of them."""

import collections
import dataclasses
import threading

REMEMBERED_REQUESTS = 50000
ACTIONS = ("status", "stall", "cut", "drip", "close")


@dataclasses.dataclass
class Fault:
    """One wish of a test.

    match   fields of a request that must be equal: user, verb, resource, namespace, name
    action  status: answer with code (reason, message, retry_after)
            stall:  send nothing more after so many bytes of the body; without after, nothing
            cut:    the same, then close the connection
            drip:   send the body in pieces of so many bytes, one an interval
            close:  answer with Connection: close
    times   how many requests meet it; None for all until it is cleared
    """

    match: dict
    action: str
    times: int = None
    code: int = 500
    reason: str = ""
    message: str = "a test asked for this error"
    retry_after: int = None
    after: int = None
    bytes: int = 1
    interval: float = 0.01
    released: threading.Event = dataclasses.field(default_factory=threading.Event)

    def __post_init__(self):
        if self.action not in ACTIONS:
            raise ValueError(f"no action {self.action}")

    def fits(self, entry):
        return all(entry.get(field) == value for field, value in self.match.items())


class FaultBook:
    """The faults that wait for their requests."""

    def __init__(self):
        self._lock = threading.Lock()
        self._faults = []
        self._spent = []

    def add(self, **wish):
        fault = Fault(**wish)
        with self._lock:
            self._faults.append(fault)

    def take(self, entry):
        """The first fault that a request meets, or None."""
        with self._lock:
            fault = next((fault for fault in self._faults if fault.fits(entry)), None)
            if fault and fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                    self._spent.append(fault)
            return fault

    def clear(self):
        """Forgets every fault and lets go of what they hold."""
        with self._lock:
            for fault in self._faults + self._spent:
                fault.released.set()
            self._faults.clear()
            self._spent.clear()


class RequestLog:
    """The requests since the start, oldest first, in a bounded list of dicts."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = collections.deque(maxlen=REMEMBERED_REQUESTS)

    def add(self, entry):
        with self._lock:
            self._entries.append(entry)

    def find(self, match):
        with self._lock:
            return [dict(entry) for entry in self._entries
                    if all(str(entry.get(field)) == value for field, value in match.items())]

    def clear(self):
        with self._lock:
            self._entries.clear()
