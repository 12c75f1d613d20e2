# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kubernetes API server for tests.

It speaks the part of the API that vipd and kubectl need, is meant to be no laxer than
a real server, and can be told to misbehave (control.py). kube.py starts it for tests; by hand:

    cd test/lab && python3 -m apiserver --dir DIR --port 6443 --rbac ../../conf/kubernetes/vipd.yaml
    kubectl --kubeconfig DIR/admin.kubeconfig get services

Where it differs: anonymously it answers for its health only, a write to /status changes no
metadata, and it knows no HTTP/2, OpenAPI, admission webhooks, token expiry or checks against RBAC
escalation.
"""

from .server import ApiServer, Settings

__all__ = ["ApiServer", "Settings"]
