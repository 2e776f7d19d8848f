"""What the lab's Exoscale asks of real machines, and what it makes of their answers."""

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


class Recorder(NoMachines):
    """Machines that remember what was asked, are deaf to the power button if told so, and fail if told so."""

    real = True

    def __init__(self) -> None:
        super().__init__()
        self.specs: dict[str, MachineSpec] = {}
        self.disks: list[Disk] = []
        self.deaf = False
        self.failing: set[str] = set()

    def create(self, spec: MachineSpec, start: bool = True) -> Future:
        self.specs[spec.key] = spec
        return self._answer("create", super().create(spec, start))

    def shutdown(self, key: str) -> Future:
        if self.deaf:
            return self._answer("shutdown", super().reboot(key))
        return super().shutdown(key)

    def plug(self, key: str, disk: Disk) -> Future:
        self.disks.append(disk)
        return self._answer("plug", super().plug(key, disk))

    def unplug(self, key: str, disk_key: str) -> Future:
        return self._answer("unplug", super().unplug(key, disk_key))

    def _answer(self, deed: str, done: Future) -> Future:
        if deed not in self.failing:
            return done
        failed: Future = Future()
        failed.set_exception(RuntimeError(f"{deed} failed"))
        return failed


class Bench:
    """One zone on recorded machines, called without HTTP and signatures."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.machines = Recorder()
        cloud = ExoscaleCloud(self.lab, self.machines, self.lab.settings, "ch-dk-2", Account(self.lab.settings))
        cloud.authenticate = lambda call: None
        self._gateway = Gateway(self.lab, cloud)
        self.small = next(t for t in instance_types().values() if t.name == "standard.small")
        self.template = self.call("GET", "/template")["templates"][0]["id"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer that must be a success."""
        reply = self._gateway.handle(Call(method, path, {}, body, {})).reply
        assert reply.status == 200, reply.body
        return reply.body

    def do(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The ended operation of a change."""
        return self.call("GET", f"/operation/{self.call(method, path, body)['id']}")

    def instance(self, **more: Any) -> str:
        """The id of a new instance."""
        wish = {"instance-type": {"id": self.small.id}, "template": {"id": self.template}, "disk-size": 20}
        return self.do("POST", "/instance", {"name": "Web 1", **wish, **more})["reference"]["id"]

    def state(self, instance: str) -> str:
        """The instance's state now."""
        return self.call("GET", f"/instance/{instance}")["state"]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    yield bench
    assert bench.lab.violations == []


def test_the_machine_is_what_was_asked_for(bench: Bench) -> None:
    bench.do("POST", "/ssh-key", {"name": "ops", "public-key": PUBLIC_KEY})
    document = "#cloud-config\npackages: [xfsprogs]\n"
    one = bench.instance(**{"ssh-keys": [{"name": "ops"}], "user-data": base64.b64encode(document.encode()).decode()})
    spec = bench.machines.specs[f"exoscale-{one}"]
    assert (spec.hostname, spec.cores, spec.memory_bytes, spec.disk_bytes) == ("web-1", 2, 2 * GIB, 20 * GIB)
    assert (spec.user_data, spec.ssh_keys, spec.image) == (document, (PUBLIC_KEY,), None)
    [nic] = spec.nics
    assert (nic.segment, nic.address, nic.gateway) == ("public", "198.51.100.10/24", "198.51.100.1")


def test_a_volume_is_found_by_the_start_of_its_id(bench: Bench) -> None:
    one = bench.instance()
    volume = bench.do("POST", "/block-storage", {"name": "brick", "size": 10})["reference"]["id"]
    bench.do("PUT", f"/block-storage/{volume}:attach", {"instance": {"id": one}})
    [disk] = bench.machines.disks
    assert (disk.vendor, disk.product, disk.serial, disk.size_bytes) == ("virtio", "", volume[:20], 10 * GIB)


def test_a_deaf_guest_is_switched_off(bench: Bench) -> None:
    one = bench.instance()
    bench.machines.deaf = True
    operation = bench.call("PUT", f"/instance/{one}:stop")["id"]
    assert bench.call("GET", f"/operation/{operation}")["state"] == "pending"
    assert bench.state(one) == "stopping"
    bench.lab.clock.advance(61)
    bench.state(one)  # looks, and pulls the plug
    assert bench.call("GET", f"/operation/{operation}")["state"] == "success"
    assert bench.state(one) == "stopped"
    assert not bench.machines.running(f"exoscale-{one}")


def test_a_guest_that_powers_itself_down_is_stopped(bench: Bench) -> None:
    one = bench.instance()
    bench.machines.power_off(f"exoscale-{one}")
    assert bench.state(one) == "stopped"


def test_a_machine_that_cannot_be_made(bench: Bench) -> None:
    bench.machines.failing = {"create"}
    wish = {"instance-type": {"id": bench.small.id}, "template": {"id": bench.template}, "disk-size": 20}
    ended = bench.do("POST", "/instance", wish)
    assert (ended["state"], ended["reason"], ended["message"]) == ("failure", "fault", "create failed")
    one = ended["reference"]["id"]
    assert bench.state(one) == "error"
    bench.do("DELETE", f"/instance/{one}")
    assert bench.call("GET", "/instance")["instances"] == []


def test_a_volume_that_cannot_be_moved_stays_where_it_was(bench: Bench) -> None:
    one = bench.instance()
    volume = bench.do("POST", "/block-storage", {"name": "brick", "size": 10})["reference"]["id"]
    attach = ("PUT", f"/block-storage/{volume}:attach", {"instance": {"id": one}})
    bench.machines.failing = {"plug"}
    assert bench.do(*attach)["state"] == "failure"
    assert bench.call("GET", f"/block-storage/{volume}")["state"] == "detached"
    bench.machines.failing = {"unplug"}
    assert bench.do(*attach)["state"] == "success"
    assert bench.do("PUT", f"/block-storage/{volume}:detach")["state"] == "failure"
    assert bench.call("GET", f"/block-storage/{volume}")["instance"] == {"id": one}


def test_reinstalling_boots_the_snapshot(bench: Bench) -> None:
    one = bench.instance()
    snapshot = bench.do("POST", f"/instance/{one}:create-snapshot")["reference"]["id"]
    bench.do("PUT", f"/instance/{one}:stop")
    bench.do("POST", f"/instance/{one}:revert-snapshot", {"id": snapshot})
    assert bench.machines.specs[f"exoscale-{one}"].image == f"exoscale-{snapshot}"
    assert bench.state(one) == "stopped"
