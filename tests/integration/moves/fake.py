"""Stands in for what works on nodes: the volumes of one tenant at two storage nodes, on a picture in a file.

Each deed is counted. Before deed number ``dies`` the node is lost to the run, or with ``fails`` the deed fails.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

OPTIONS = """what tenant number size_gib client uid pool mount_root directories snapshots snapshot_percent shrink state confirm
operation first_uid repository password access_key secret_key region keep max_age_hours safety wait source backup"""


class Picture:
    """What ``node`` and the tenant's stack are like; ``data`` is kept."""

    def __init__(self, data, node):
        self.data, self.node, self.volumes = data, node, data["volumes"]

    def serving(self):
        """The volumes that the tenant can write to."""
        return [name for name, volume in self.volumes.items() if volume["open"] and name in self.data["ways"]]

    def write(self):
        """The stack writes a record, which is acknowledged."""
        (serving,) = self.serving()
        self.volumes[serving]["records"] += 1
        self.data["records"] += 1

    def take(self, _params):
        self.data["backups"].append(self.volumes[self.node]["records"])

    def restore(self, params):
        assert not self.volumes.get(self.node, {}).get("open"), "restored over what is open"
        self.volumes[self.node] = {
            "open": False,
            "closed": False,
            "records": self.data["backups"][int(params["backup"])],
        }

    def closed(self, _params):
        self.volumes[self.node].update(open=False, closed=True)

    def present(self, _params):
        assert not self.volumes[self.node]["closed"], "opened what was closed"
        self.volumes[self.node]["open"] = True

    def absent(self, _params):
        self.volumes.pop(self.node, None)

    def way(self, _params):
        self.data["ways"] = sorted({*self.data["ways"], self.node})

    def no_way(self, _params):
        self.data["ways"] = [name for name in self.data["ways"] if name != self.node]

    def start(self, _params):
        self.data["runs"] = True
        self.write()

    def leave(self, _params):
        if self.data["runs"]:
            self.write()
        self.data["runs"] = False


def main():
    module = AnsibleModule(argument_spec={name: {"type": "raw"} for name in OPTIONS.split()}, supports_check_mode=True)
    params = module.params
    what = params["what"] or ("restore" if params["backup"] else params["operation"] or params["state"] or "present")
    kept = Path(os.environ["PICTURES"], params["tenant"])
    picture = Picture(json.loads(kept.read_text()), os.environ["NODE"])
    if not module.check_mode and what != "list":
        picture.data["deeds"] += 1
        if picture.data["deeds"] == picture.data["dies"]:
            kept.write_text(json.dumps(picture.data))
            module.exit_json(unreachable=True, msg="lost")
        if picture.data["deeds"] == picture.data["fails"]:
            kept.write_text(json.dumps(picture.data))
            module.fail_json(msg="failed on purpose")
        getattr(picture, what)(params)
        assert len(picture.serving()) <= 1, "two can be written to"
        kept.write_text(json.dumps(picture.data))
    volume = picture.volumes.get(picture.node)
    seen = {"size_gib": 1.0 if volume else None, **({"closed": volume["closed"]} if volume else {})}
    backup = {"name": params["backup"] or str(len(picture.data["backups"]) - 1), "taken": "now"}
    changed = what != "closed" or bool(volume and not volume["closed"])
    module.exit_json(changed=changed, volume=seen, backup=backup, backups=[], age="0", entries=1, bytes=1)


if __name__ == "__main__":
    main()
