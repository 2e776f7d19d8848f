"""Templates: filters and order."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import templates
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

TEMPLATES = [
    {"id": "1", "name": "Linux Debian 12", "family": "Linux Debian", "created-at": "2025", "default-user": "debian"},
    {"id": "2", "name": "Linux Debian 13", "family": "Linux Debian", "created-at": "2026", "default-user": "debian"},
    {"id": "3", "name": "Linux Ubuntu 24.04", "family": "Linux Ubuntu", "created-at": "2026", "default-user": "ubuntu"},
]


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, ["3", "2", "1"]),
        ({"name": "linux debian *"}, ["2", "1"]),
        ({"name": "Linux Debian 12"}, ["1"]),
        ({"name": "3"}, ["3"]),
        ({"family": "linux debian", "default_user": "debian"}, ["2", "1"]),
        ({"default_user": "root"}, []),
    ],
)
def test_templates_are_filtered_and_sorted_newest_first(asked: dict[str, str], ids: list[str]) -> None:
    assert [template["id"] for template in templates.newest_templates(TEMPLATES, **asked)] == ids


def test_a_missing_required_template_is_rejected() -> None:
    with pytest.raises(
        ValidationError, match=r"no template has name 'Plan 9'; there is Linux Debian 12, Linux Debian 13, L"
    ):
        templates.newest_templates(TEMPLATES, "Plan 9", required=True)
