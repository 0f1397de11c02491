"""What all tests share: hypothesis profiles, database servers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import Server, database_on

# The processes that tests start, a hundred and more, load our modules compiled, as those of an operator do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("default", deadline=None, suppress_health_check=SLOW, max_examples=100, derandomize=True)
settings.register_profile("fuzz", deadline=None, suppress_health_check=SLOW, max_examples=3200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(params=["postgresql", "mariadb"])
def database_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A database of the test's own on each kind of server."""
    with database_on(request.param) as found:
        yield found
