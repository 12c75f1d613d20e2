# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: `lab` builds topologies and shows their logs when a test fails, `folder`
is a folder for a test's files."""

import pytest

import lab as lab_module
from lab import Topology

LOG_LINES = 60


def pytest_configure(config):
    if not config.option.collectonly:
        lab_module.setup()


@pytest.fixture
def lab(request):
    """lab(nodes=3, endpoints=0) -> Topology, gone when the test ends."""
    built = []

    def build(**shape):
        built.append(Topology(**shape).__enter__())
        return built[-1]

    yield build
    for topology in built:
        topology.__exit__()


@pytest.fixture
def folder():
    with lab_module.open_folder() as path:
        yield path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for topology in Topology.live:
            for title, text in topology.logs():
                tail = "\n".join(text.splitlines()[-LOG_LINES:])
                report.sections.append((title, tail))
