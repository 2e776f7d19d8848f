"""The lab's Hetzner and its machines: calls to them, and their state in answers."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from support.hetzner import public_key
from vdclab.core.gateway import Gateway, Lab
from vdclab.core.routing import Call
from vdclab.hetzner.cloud import HetznerCloud
from vdclab.machines.base import MachineSpec
from vdclab.machines.none import NoMachines


class RecordedMachines(NoMachines):
    """Machines that record their calls; those named in ``failing`` fail, those in ``held`` wait."""

    real = True

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []
        self.failing: set[str] = set()
        self.held: dict[str, Future] = {}

    def __getattribute__(self, name: str) -> Any:
        method = object.__getattribute__(self, name)
        if name.startswith("_") or name == "running" or not callable(method):
            return method

        def recorded(*arguments: Any, **named: Any) -> Future:
            self.calls.append((name, *arguments))
            if name in self.failing:
                future: Future = Future()
                future.set_exception(RuntimeError(f"{name} went wrong"))
                return future
            return self.held.get(name) or method(*arguments, **named)

        return recorded

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [entry[1:] for entry in self.calls if entry[0] == name]


class Api:
    """A cloud without sockets."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.machines = RecordedMachines()
        self.gateway = Gateway(self.lab, HetznerCloud(self.lab, self.machines, self.lab.settings))

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.lab.settings.hetzner_token}"}
        reply = self.gateway.handle(Call(method, path, {}, body, headers)).reply
        assert reply.status < 400, reply.body
        return reply.body

    def server(self, name: str = "one", **more: Any) -> int:
        spec = {"name": name, "server_type": "cx23", "image": "debian-13", "location": "nbg1", **more}
        return self("POST", "/servers", spec)["server"]["id"]

    def status(self, ident: int) -> str:
        return self("GET", f"/servers/{ident}")["server"]["status"]

    def act(self, ident: int, action: str, body: Any = None) -> dict[str, Any]:
        """Start an action; returns it as the next call shows it."""
        action_id = self("POST", f"/servers/{ident}/actions/{action}", body)["action"]["id"]
        return self("GET", f"/actions/{action_id}")["action"]


@pytest.fixture
def api():
    api = Api()
    yield api
    assert api.lab.violations == []


def test_a_machine_has_what_the_request_specifies(api: Api) -> None:
    key = api("POST", "/ssh_keys", {"name": "k", "public_key": public_key("k")})["ssh_key"]
    subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.1.0/24"}
    network = api("POST", "/networks", {"name": "n", "ip_range": "10.0.0.0/16", "subnets": [subnet]})["network"]
    volume = api("POST", "/volumes", {"name": "v", "size": 10, "location": "nbg1"})["volume"]
    ident = api.server(
        networks=[network["id"]], volumes=[volume["id"]], ssh_keys=["k"], user_data="#cloud-config\npackages: []\n"
    )
    (spec,) = api.machines.of("create")[0]
    assert isinstance(spec, MachineSpec)
    assert (spec.key, spec.hostname, spec.image) == (f"hetzner-{ident}", "one", None)
    assert (spec.cores, spec.memory_bytes, spec.disk_bytes) == (2, 4 * 2**30, 40 * 2**30)
    assert spec.ssh_keys == (key["public_key"],)
    assert spec.user_data == "#cloud-config\npackages: []\n"
    public, private = spec.nics
    assert (public.segment, public.address, public.gateway) == ("public", "203.0.113.10/24", "203.0.113.1")
    assert (private.segment, private.address) == (f"hetzner-net-{network['id']}", "10.0.1.1/16")
    assert public.mac != private.mac
    (disk,) = spec.disks
    assert f"scsi-0{disk.vendor}_{disk.product}_{disk.serial}" == volume["linux_device"].rpartition("/")[2]
    assert disk.size_bytes == 10 * 2**30


def test_a_server_is_off_when_its_guest_is(api: Api) -> None:
    ident = api.server()
    assert api.status(ident) == "running"
    api.machines.held["shutdown"] = Future()
    assert api.act(ident, "shutdown")["status"] == "success"
    assert api.status(ident) == "running"
    api.machines._running[f"hetzner-{ident}"] = False
    assert api.status(ident) == "off"


def test_a_guest_that_shuts_itself_down_is_shown_as_off(api: Api) -> None:
    ident = api.server()
    assert api.status(ident) == "running"
    api.machines._running[f"hetzner-{ident}"] = False
    assert api.status(ident) == "off"
    assert api.act(ident, "poweron")["status"] == "success"
    assert api.status(ident) == "running"


def test_an_action_waits_for_its_machine(api: Api) -> None:
    held = api.machines.held["create"] = Future()
    ident = api.server()
    assert api.status(ident) == "initializing"
    held.set_result(None)
    api.machines._running[f"hetzner-{ident}"] = True
    assert api.status(ident) == "running"


@pytest.mark.parametrize(
    ("change", "action", "body", "status"),
    [
        ("power_off", "poweroff", None, "running"),
        ("reset", "reset", None, "running"),
        ("save_image", "create_image", {}, "running"),
        ("delete", "rebuild", {"image": "debian-13"}, "off"),
    ],
)
def test_a_failing_machine_fails_the_action(api: Api, change: str, action: str, body: Any, status: str) -> None:
    ident = api.server()
    api.machines.failing.add(change)
    ended = api.act(ident, action, body)
    assert ended["error"] == {"code": "action_failed", "message": f"{change} went wrong"}
    assert api.status(ident) == status


def test_a_machine_that_cannot_be_created_is_off(api: Api) -> None:
    api.machines.failing.add("create")
    ident = api.server()
    assert api.status(ident) == "off"
    actions = api("GET", f"/servers/{ident}/actions")["actions"]
    assert {action["status"] for action in actions} == {"error"}


def test_a_failed_rescale_keeps_type_and_stock(api: Api) -> None:
    ident = api.server()
    api.act(ident, "poweroff")
    api.gateway.cloud.configure({"stock": {"cx33": {"nbg1": 1}}})
    api.machines.failing.add("rescale")
    spec = {"server_type": "cx33", "upgrade_disk": False}
    assert api.act(ident, "change_type", spec)["status"] == "error"
    assert api("GET", f"/servers/{ident}")["server"]["server_type"]["name"] == "cx23"
    api.machines.failing.clear()
    assert api.act(ident, "change_type", spec)["status"] == "success"
    assert api.machines.of("rescale")[1] == (f"hetzner-{ident}", 4, 8 * 2**30, 40 * 2**30)


def test_volumes_and_networks_are_plugged_and_unplugged(api: Api) -> None:
    ident = api.server()
    volume = api("POST", "/volumes", {"name": "v", "size": 10, "server": ident})["volume"]["id"]
    assert api.machines.of("plug")[0][1].serial == str(volume)
    api("POST", f"/volumes/{volume}/actions/resize", {"size": 20})
    api("POST", f"/volumes/{volume}/actions/detach")
    assert api.machines.of("unplug") == [(f"hetzner-{ident}", f"hetzner-volume-{volume}")]
    api("DELETE", f"/volumes/{volume}")
    assert api.machines.of("grow_disk") == [(f"hetzner-volume-{volume}", 20 * 2**30)]
    assert api.machines.of("delete_disk") == [(f"hetzner-volume-{volume}",)]
    subnet = {"type": "cloud", "network_zone": "eu-central"}
    network = api("POST", "/networks", {"name": "n", "ip_range": "10.0.0.0/16", "subnets": [subnet]})["network"]["id"]
    api.act(ident, "attach_to_network", {"network": network})
    assert api.machines.of("plug_nic")[0][1].address == "10.0.0.2/16"
    api("DELETE", f"/networks/{network}")
    assert api.machines.of("unplug_nic") == [(f"hetzner-{ident}", f"hetzner-net-{network}")]


def test_a_stopped_machine_gets_the_card_of_its_new_address(api: Api) -> None:
    ident = api.server(start_after_create=False, public_net={"enable_ipv4": False})
    address = api("POST", "/primary_ips", {"name": "a", "type": "ipv4", "location": "nbg1"})["primary_ip"]
    api("POST", f"/primary_ips/{address['id']}/actions/assign", {"assignee_id": ident, "assignee_type": "server"})
    assert api.status(ident) == "off"
    assert api.machines.of("unplug_nic") == [(f"hetzner-{ident}", "public")]
    assert api.machines.of("plug_nic")[0][1].address == f"{address['ip']}/24"
    api("POST", f"/primary_ips/{address['id']}/actions/unassign")
    assert api.status(ident) == "off"
    assert api.machines.of("plug_nic")[1][1].address.startswith("2001:db8:")


def test_a_snapshot_boots_from_its_saved_disk(api: Api) -> None:
    ident = api.server()
    image = api("POST", f"/servers/{ident}/actions/create_image", {})["image"]["id"]
    assert api.status(ident) == "running"
    api.server("clone", image=str(image))
    key = f"hetzner-image-{image}"
    assert api.machines.of("save_image") == [(f"hetzner-{ident}", key)]
    assert api.machines.of("create")[1][0].image == key
    api("DELETE", f"/images/{image}")
    assert api.machines.of("delete_image") == [(key,)]
