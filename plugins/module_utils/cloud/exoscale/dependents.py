# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find what uses a resource, so that nothing in use is deleted."""

from __future__ import annotations

from typing import Any


def dependents(cloud: Any, key: str, wanted: str) -> list[str]:
    """Instances and instance pools that have the id ``wanted`` under ``key`` (``security-groups``).

    Each as ``instance 'web1'``, in order of name; costs two calls.
    """
    return _having("instance", cloud.list("list-instances", "instances"), key, wanted) + pools(cloud, key, wanted)


def pools(cloud: Any, key: str, wanted: str) -> list[str]:
    """Instance pools that have the id ``wanted`` under ``key``, for their present and future members."""
    return _having("instance pool", cloud.list("list-instance-pools", "instance-pools"), key, wanted)


def group_members(cloud: Any, group_id: str) -> list[str]:
    """As ``dependents``, for an anti-affinity group, whose instances only the group itself lists."""
    inside = {i["id"] for i in cloud.read("get-anti-affinity-group", id=group_id).get("instances") or []}
    instances = [i for i in cloud.list("list-instances", "instances") if i["id"] in inside] if inside else []
    unknown = sorted(f"instance {i}" for i in inside - {i["id"] for i in instances})
    return _named("instance", instances) + unknown + pools(cloud, "anti-affinity-groups", group_id)


def _having(word: str, items: list[dict[str, Any]], key: str, wanted: str) -> list[str]:
    return _named(word, [item for item in items if any(part.get("id") == wanted for part in item.get(key) or [])])


def _named(word: str, items: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{word} {item.get('name')!r}" for item in items)
