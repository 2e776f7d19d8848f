"""The lab's Exoscale and its machines: calls to them, and their state in answers."""

from __future__ import annotations

import base64
from concurrent.futures import Future
from typing import Any

import pytest
from support.exoscale import PUBLIC_KEY
from vdclab.core.gateway import Gateway, Lab
from vdclab.core.routing import Call
from vdclab.exoscale.account import Account
from vdclab.exoscale.catalog import GIB, instance_types
from vdclab.exoscale.cloud import ExoscaleCloud
from vdclab.machines.base import Disk, MachineSpec
from vdclab.machines.none import NoMachines


class RecordedMachines(NoMachines):
    """Machines that record what is created and plugged; they can ignore shutdowns and fail."""

    real = True

    def __init__(self) -> None:
        super().__init__()
        self.specs: dict[str, MachineSpec] = {}
        self.disks: list[Disk] = []
        self.ignore_shutdown = False
        self.failing: set[str] = set()

    def create(self, spec: MachineSpec, start: bool = True) -> Future:
        self.specs[spec.key] = spec
        return self._answer("create", super().create(spec, start))

    def shutdown(self, key: str) -> Future:
        if self.ignore_shutdown:
            return self._answer("shutdown", super().reboot(key))
        return super().shutdown(key)

    def plug(self, key: str, disk: Disk) -> Future:
        self.disks.append(disk)
        return self._answer("plug", super().plug(key, disk))

    def unplug(self, key: str, disk_key: str) -> Future:
        return self._answer("unplug", super().unplug(key, disk_key))

    def _answer(self, name: str, done: Future) -> Future:
        if name not in self.failing:
            return done
        failed: Future = Future()
        failed.set_exception(RuntimeError(f"{name} failed"))
        return failed


class Zone:
    """One zone on recorded machines, called without HTTP and signatures."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.machines = RecordedMachines()
        cloud = ExoscaleCloud(self.lab, self.machines, self.lab.settings, "ch-dk-2", Account(self.lab.settings))
        cloud.authenticate = lambda call: None
        self._gateway = Gateway(self.lab, cloud)
        self.small = next(t for t in instance_types().values() if t.name == "standard.small")
        self.template = self.call("GET", "/template")["templates"][0]["id"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The body of the answer, which must be a success."""
        reply = self._gateway.handle(Call(method, path, {}, body, {})).reply
        assert reply.status == 200, reply.body
        return reply.body

    def do(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Run a change; returns its operation as the next call shows it."""
        return self.call("GET", f"/operation/{self.call(method, path, body)['id']}")

    def instance(self, **more: Any) -> str:
        """Create an instance; returns its id."""
        spec = {"instance-type": {"id": self.small.id}, "template": {"id": self.template}, "disk-size": 20}
        return self.do("POST", "/instance", {"name": "Web 1", **spec, **more})["reference"]["id"]

    def state(self, instance: str) -> str:
        """The instance's state now."""
        return self.call("GET", f"/instance/{instance}")["state"]


@pytest.fixture
def zone() -> Zone:
    zone = Zone()
    yield zone
    assert zone.lab.violations == []


def test_a_machine_has_what_the_request_specifies(zone: Zone) -> None:
    zone.do("POST", "/ssh-key", {"name": "ops", "public-key": PUBLIC_KEY})
    document = "#cloud-config\npackages: [xfsprogs]\n"
    one = zone.instance(**{"ssh-keys": [{"name": "ops"}], "user-data": base64.b64encode(document.encode()).decode()})
    spec = zone.machines.specs[f"exoscale-{one}"]
    assert (spec.hostname, spec.cores, spec.memory_bytes, spec.disk_bytes) == ("web-1", 2, 2 * GIB, 20 * GIB)
    assert (spec.user_data, spec.ssh_keys, spec.image) == (document, (PUBLIC_KEY,), None)
    [nic] = spec.nics
    assert (nic.segment, nic.address, nic.gateway) == ("public", "198.51.100.10/24", "198.51.100.1")


def test_a_volume_is_named_by_the_start_of_its_id(zone: Zone) -> None:
    one = zone.instance()
    volume = zone.do("POST", "/block-storage", {"name": "data", "size": 10})["reference"]["id"]
    zone.do("PUT", f"/block-storage/{volume}:attach", {"instance": {"id": one}})
    [disk] = zone.machines.disks
    assert (disk.vendor, disk.product, disk.serial, disk.size_bytes) == ("virtio", "", volume[:20], 10 * GIB)


def test_a_guest_that_ignores_the_shutdown_is_powered_off(zone: Zone) -> None:
    one = zone.instance()
    zone.machines.ignore_shutdown = True
    operation = zone.call("PUT", f"/instance/{one}:stop")["id"]
    assert zone.call("GET", f"/operation/{operation}")["state"] == "pending"
    assert zone.state(one) == "stopping"
    zone.lab.clock.advance(61)
    zone.state(one)  # polls, and powers the guest off
    assert zone.call("GET", f"/operation/{operation}")["state"] == "success"
    assert zone.state(one) == "stopped"
    assert not zone.machines.running(f"exoscale-{one}")


def test_a_guest_that_shuts_itself_down_is_shown_as_stopped(zone: Zone) -> None:
    one = zone.instance()
    zone.machines.power_off(f"exoscale-{one}")
    assert zone.state(one) == "stopped"


def test_an_instance_whose_machine_cannot_be_created_is_in_error(zone: Zone) -> None:
    zone.machines.failing = {"create"}
    spec = {"instance-type": {"id": zone.small.id}, "template": {"id": zone.template}, "disk-size": 20}
    ended = zone.do("POST", "/instance", spec)
    assert (ended["state"], ended["reason"], ended["message"]) == ("failure", "fault", "create failed")
    one = ended["reference"]["id"]
    assert zone.state(one) == "error"
    zone.do("DELETE", f"/instance/{one}")
    assert zone.call("GET", "/instance")["instances"] == []


def test_a_failed_attach_or_detach_leaves_the_volume_where_it_was(zone: Zone) -> None:
    one = zone.instance()
    volume = zone.do("POST", "/block-storage", {"name": "data", "size": 10})["reference"]["id"]
    attach = ("PUT", f"/block-storage/{volume}:attach", {"instance": {"id": one}})
    zone.machines.failing = {"plug"}
    assert zone.do(*attach)["state"] == "failure"
    assert zone.call("GET", f"/block-storage/{volume}")["state"] == "detached"
    zone.machines.failing = {"unplug"}
    assert zone.do(*attach)["state"] == "success"
    assert zone.do("PUT", f"/block-storage/{volume}:detach")["state"] == "failure"
    assert zone.call("GET", f"/block-storage/{volume}")["instance"] == {"id": one}


def test_a_revert_recreates_the_machine_from_the_snapshot(zone: Zone) -> None:
    one = zone.instance()
    snapshot = zone.do("POST", f"/instance/{one}:create-snapshot")["reference"]["id"]
    zone.do("PUT", f"/instance/{one}:stop")
    zone.do("POST", f"/instance/{one}:revert-snapshot", {"id": snapshot})
    assert zone.machines.specs[f"exoscale-{one}"].image == f"exoscale-{snapshot}"
    assert zone.state(one) == "stopped"
