"""The conftest.py beside mutants: quick tests first, and few examples for each property, since every mutant runs them anew."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, Phase, settings

sys.setrecursionlimit(10_000)  # between a function and its mutants stands one more
settings.register_profile(
    "mutants",
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")
SLOW = {"test_locales": 2, "test_variants": 1, "test_properties": 1, "test_robots": 1}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_cost)


def _cost(item: pytest.Item) -> tuple[int, bool]:
    test = getattr(item, "obj", None)
    is_property = getattr(test, "is_hypothesis_test", False)
    if is_property:  # where a test asks for more examples than the profile gives
        vars(test)["_hypothesis_internal_use_settings"] = settings.get_profile("mutants")
    return SLOW.get(item.path.stem, 0), is_property
