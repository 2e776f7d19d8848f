# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate the options of exoscale_instance_pool: the desired state of one pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.user_data import encode
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

Item = dict[str, Any]
REFERENCES = ("security_groups", "anti_affinity_groups", "private_networks", "elastic_ips")
PLAIN = ("description", "instance_prefix", "min_available", "disk_size", "public_ip_assignment")


@dataclass(frozen=True)
class Spec:
    """The desired state of the pool. ``fields`` are the attributes that the task sets, with the API's
    names and in the API's form (lists of references sorted); ``evict`` are names or ids of members."""

    name: str
    state: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    evict: tuple[str, ...] = ()


def read_spec(params: Mapping[str, Any], catalog: Catalog) -> Spec:
    """The spec of a task; raises ``ValidationError``."""
    if params["state"] == "absent":
        return Spec(params["name"], "absent")
    if params["size"] is not None and params["size"] < 0:
        raise ValidationError(f"size: {params['size']} must be 0 or more")
    if params["instance_prefix"] == "":
        raise ValidationError("instance_prefix: it cannot be empty; omit it, or give the prefix of its members' names")
    fields: Item = {name.replace("_", "-"): params[name] for name in PLAIN if params[name] is not None}
    if params["instance_type"]:
        fields["instance-type"] = {"id": catalog.instance_type(params["instance_type"])["id"]}
    if params["template"]:
        fields["template"] = {"id": catalog.template(params["template"])["id"]}
    for kind in REFERENCES:
        if params[kind] is not None:
            find = catalog.elastic_ip if kind == "elastic_ips" else lambda wanted, k=kind: catalog.one(k, wanted)
            fields[kind.replace("_", "-")] = [{"id": key} for key in sorted({find(w)["id"] for w in params[kind]})]
    if params["ssh_keys"] is not None:
        names = sorted({catalog.one("ssh_keys", key)["name"] for key in params["ssh_keys"]})
        fields["ssh-keys"] = [{"name": name} for name in names]
    if params["user_data"] is not None:
        fields["user-data"] = encode(params["user_data"], params["name"])
    if params["labels"] is not None:
        fields["labels"] = with_ownership(params["labels"])
    return Spec(params["name"], "present", fields, params["size"], tuple(params["evict"] or ()))
