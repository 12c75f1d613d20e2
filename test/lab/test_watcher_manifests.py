# SPDX-License-Identifier: GPL-2.0-or-later
"""The watcher with a directory of manifests."""

import os
import textwrap

import pytest

from lab import open_folder
from watcherlab import Watcher

SERVICE = textwrap.dedent("""\
    apiVersion: v1
    kind: Service
    metadata:
      name: {name}
    spec:
      externalIPs: [{vip}]
      ports:
      - port: 22
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: {name}-1
      labels: {{kubernetes.io/service-name: {name}}}
    addressType: IPv4
    ports:
    - port: 22
    endpoints:
    - addresses: [{endpoint}]
    """)


def manifest(name="ssh", vip="192.168.185.18", endpoint="10.129.2.11"):
    return SERVICE.format(name=name, vip=vip, endpoint=endpoint)


@pytest.fixture
def folder():
    with open_folder() as path:
        directory = path / "services.d"
        directory.mkdir()
        yield directory


@pytest.fixture
def watcher(folder):
    with Watcher(folder, manifests=str(folder)) as running:
        yield running


def test_what_is_there_is_told_and_changes_follow(folder, watcher):
    (folder / "ssh.yaml").write_text(manifest())
    watcher.configure().wait_synced()
    assert watcher.complete
    assert watcher.services["default/ssh"].backends() == ["10.129.2.11:22"]
    watcher.wait_health("OK")

    (folder / "web.yaml").write_text(manifest("web", "192.168.185.19"))
    watcher.wait_service("default/web")
    (folder / "ssh.yaml").write_text(manifest(endpoint="10.129.2.12"))
    watcher.wait_service("default/ssh", lambda s: s.backends() == ["10.129.2.12:22"])
    (folder / "ssh.yaml").unlink()
    watcher.wait_gone("default/ssh")
    assert "default/web" in watcher.services and watcher.synced == 1


def test_source_ranges_are_told_and_a_change_of_them_too(folder, watcher):
    text = manifest().replace("spec:\n", "spec:\n  type: LoadBalancer\n"
                              "  loadBalancerSourceRanges: [192.0.2.0/24]\n", 1)
    assert "192.0.2.0/24" in text
    (folder / "ssh.yaml").write_text(text)
    watcher.configure().wait_synced()
    assert watcher.services["default/ssh"].sources == [("192.0.2.0", "192.0.2.255")]
    (folder / "ssh.yaml").write_text(text.replace("192.0.2.0/24", "10.0.0.0/8"))
    watcher.wait_service("default/ssh",
                         lambda s: s.sources == [("10.0.0.0", "10.255.255.255")])


def test_a_file_counts_when_closed_or_renamed_into_place(folder, watcher):
    watcher.configure().wait_synced()
    watcher.wait_health("OK")
    with open(folder / "ssh.yaml", "w") as half:
        half.write(manifest()[:60])
        half.flush()
        watcher.stays(lambda: watcher.health() == "OK" and not watcher.services, 0.3)
        half.write(manifest()[60:])
    watcher.wait_service("default/ssh")
    (folder / ".new.yaml").write_text(manifest(endpoint="10.129.2.13"))
    (folder / "old.yaml~").write_text(manifest("old"))
    os.rename(folder / ".new.yaml", folder / "ssh.yaml")
    watcher.wait_service("default/ssh", lambda s: s.backends() == ["10.129.2.13:22"])
    assert "default/old" not in watcher.services
    os.rename(folder / "ssh.yaml", folder / "ssh.yaml.off")
    watcher.wait_gone("default/ssh")


def test_a_link_counts_as_soon_as_it_is_there(folder, watcher):
    watcher.configure().wait_synced()
    (folder.parent / "ssh").write_text(manifest())
    (folder / "ssh.yaml").symlink_to(folder.parent / "ssh")
    watcher.wait_service("default/ssh")


def test_a_broken_file_keeps_its_last_good_objects_and_is_named(folder, watcher):
    (folder / "ssh.yaml").write_text(manifest())
    watcher.configure().wait_synced()
    watcher.told.clear()
    (folder / "ssh.yaml").write_text(manifest().replace("ports:\n  - port: 22", "ports: [", 1))
    error = watcher.wait_health("TROUBLE", f"{folder}/ssh.yaml:")
    assert any(error in line for line in watcher.logs)
    (folder / "ssh.yaml").write_text(manifest().replace("port: 22", "port: '22'", 1))
    watcher.wait_health(
        "TROUBLE", f"{folder}/ssh.yaml:1: default/ssh: spec.ports[0].port: an integer")
    assert watcher.told == [] and "default/ssh" in watcher.services
    (folder / "ssh.yaml").write_text(manifest(endpoint="10.129.2.14"))
    watcher.wait_service("default/ssh", lambda s: s.backends() == ["10.129.2.14:22"])
    watcher.wait_health("OK")


def test_a_file_broken_from_the_start_makes_the_sync_incomplete(folder, watcher):
    (folder / "bad.yaml").write_text("a: [")
    (folder / "ssh.yaml").write_text(manifest())
    watcher.configure().wait_synced()
    assert watcher.complete is False and "default/ssh" in watcher.services
    (folder / "bad.yaml").write_text(manifest("web", "192.168.185.19"))
    watcher.wait_synced(2)
    assert watcher.complete and set(watcher.services) == {"default/ssh", "default/web"}


def test_a_malformed_service_of_a_new_file_is_shown(folder, watcher):
    (folder / "ssh.yaml").write_text(manifest().replace("port: 22", "port: 99999", 1))
    watcher.configure().wait_synced()
    assert watcher.services["default/ssh"].verdict == "invalid"


def test_an_object_belongs_to_the_file_that_brought_it_first(folder, watcher):
    (folder / "a.yaml").write_text(manifest())
    watcher.configure().wait_synced()
    (folder / "b.yaml").write_text(manifest(endpoint="10.129.2.15"))
    error = watcher.wait_health("TROUBLE", "is in a.yaml already")
    assert f"{folder}/b.yaml: Service default/ssh" in error
    assert watcher.services["default/ssh"].backends() == ["10.129.2.11:22"]
    (folder / "a.yaml").unlink()
    watcher.wait_service("default/ssh", lambda s: s.backends() == ["10.129.2.15:22"])
    watcher.wait_health("OK")


def test_a_missing_directory_is_waited_for(folder, watcher):
    folder.rmdir()
    watcher.configure()
    error = watcher.wait_health("TROUBLE", "No such file or directory")
    assert str(folder) in error and watcher.synced == 0
    folder.mkdir()
    (folder / "ssh.yaml").write_text(manifest())
    watcher.wait_synced()
    watcher.wait_service("default/ssh")
    watcher.wait_health("OK")


def test_a_directory_moved_away_keeps_what_is_served(folder, watcher):
    (folder / "ssh.yaml").write_text(manifest())
    watcher.configure().wait_synced()
    folder.rename(folder.with_name("elsewhere"))
    watcher.wait_health("TROUBLE", "No such file or directory")
    assert "default/ssh" in watcher.services
    folder.mkdir()
    watcher.wait_gone("default/ssh")
    watcher.wait_health("OK")
