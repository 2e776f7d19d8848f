# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predict the state of instances after their plans, for check mode. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.plan import desired_labels
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.state import Item, State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership

NEW = "new "  # prefix of the placeholder for the id of a predicted instance


def predict(specs: Iterable[Spec], current: State) -> State:
    """The state after the whole plan, as the API would show it."""
    end = State({}, dict(current.leases))
    for spec in specs:
        item = end.instances[spec.key] = _predicted(spec, current.instances[spec.key])
        if item:
            end.leases |= {(network, item["id"]): ip for network, ip in spec.static_ips.items()}
    return end


def _predicted(spec: Spec, item: Item | None) -> Item | None:
    if spec.state == "absent":
        return None
    end: Item = (
        dict(item) if item else {"id": NEW + spec.key, "name": spec.name, "labels": {}, "public-ip-assignment": "inet4"}
    )
    end["state"] = "running" if spec.state == "started" else "stopped"
    plain = {
        "name": spec.name,
        "instance-type": spec.type_id and {"id": spec.type_id},
        "disk-size": spec.disk_size,
        "user-data": spec.user_data,
        "public-ip-assignment": spec.public_ip_assignment,
        "tpm-enabled": spec.tpm,
    }
    if not item:
        plain |= {
            "template": {"id": spec.template_id, "name": spec.template_name},
            "ssh-keys": [{"name": name} for name in spec.ssh_keys or ()],
            "anti-affinity-groups": [{"id": key} for key in spec.anti_affinity_groups or ()],
            "secureboot-enabled": spec.secureboot,
        }
    end |= {key: value for key, value in plain.items() if value is not None}
    for kind in ("security_groups", "private_networks", "elastic_ips"):
        if getattr(spec, kind) is not None:
            end[kind.replace("_", "-")] = [{"id": key} for key in getattr(spec, kind)]
    if item is None and spec.labels is None:
        spec = replace(spec, labels=with_ownership(None))
    return {**end, "labels": desired_labels(spec, end)}
