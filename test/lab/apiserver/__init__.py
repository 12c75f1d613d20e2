# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kubernetes API server for tests.

It speaks the part of the API that vipd and kubectl need, is meant to be no laxer than
a real server, and can be told to misbehave (control.py).
"""

from .server import ApiServer, Settings

__all__ = ["ApiServer", "Settings"]
