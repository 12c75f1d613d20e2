# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test can set about the server's behaviour."""

import dataclasses


@dataclasses.dataclass
class Settings:
    """Knobs; each may be changed while the server runs."""

    kube_minor: int = 32                # imitates Kubernetes 1.N
    bookmarks: bool = True
    bookmark_seconds: float = 60.0
    watch_list: bool = True             # sendInitialEvents
    page_cached_lists: bool = False     # obey limit although resourceVersion=0
    gone_in_stream: bool = True         # 410 of a watch: an ERROR event, or the HTTP status
    too_large_wait: float = 3.0         # how long a list waits for a future resourceVersion
    stall_handshake: bool = False       # accept connections, send not even TLS

    @property
    def has_ip_mode(self):
        """ipMode, and the check that status.loadBalancer fits the type, came with 1.29."""
        return self.kube_minor >= 29

    def update(self, values):
        for name, value in values.items():
            if not hasattr(self, name):
                raise ValueError(f"no setting {name}")
            setattr(self, name, value)
