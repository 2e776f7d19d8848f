"""What the lab's Hetzner asks of its machines, and what it makes of their answers."""

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


class Watched(NoMachines):
    """Machines that keep what they are asked; ``broken`` deeds fail, ``held`` ones wait."""

    real = True

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Any, ...]] = []
        self.broken: set[str] = set()
        self.held: dict[str, Future] = {}

    def __getattribute__(self, name: str) -> Any:
        deed = object.__getattribute__(self, name)
        if name.startswith("_") or name == "running" or not callable(deed):
            return deed

        def watched(*arguments: Any, **named: Any) -> Future:
            self.asked.append((name, *arguments))
            if name in self.broken:
                future: Future = Future()
                future.set_exception(RuntimeError(f"{name} went wrong"))
                return future
            return self.held.get(name) or deed(*arguments, **named)

        return watched

    def of(self, deed: str) -> list[tuple[Any, ...]]:
        return [entry[1:] for entry in self.asked if entry[0] == deed]


class Api:
    """A cloud without sockets."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.machines = Watched()
        self.gateway = Gateway(self.lab, HetznerCloud(self.lab, self.machines, self.lab.settings))

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.lab.settings.hetzner_token}"}
        reply = self.gateway.handle(Call(method, path, {}, body, headers)).reply
        assert reply.status < 400, reply.body
        return reply.body

    def server(self, name: str = "one", **more: Any) -> int:
        wish = {"name": name, "server_type": "cx23", "image": "debian-13", "location": "nbg1", **more}
        return self("POST", "/servers", wish)["server"]["id"]

    def status(self, ident: int) -> str:
        return self("GET", f"/servers/{ident}")["server"]["status"]

    def act(self, ident: int, action: str, body: Any = None) -> dict[str, Any]:
        """The action as it stands after the next look."""
        begun = self("POST", f"/servers/{ident}/actions/{action}", body)["action"]["id"]
        return self("GET", f"/actions/{begun}")["action"]


@pytest.fixture
def api():
    api = Api()
    yield api
    assert api.lab.violations == []


def test_a_machine_is_what_the_request_says(api: Api) -> None:
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


def test_a_guest_that_powers_itself_down_is_noticed(api: Api) -> None:
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
    ("deed", "action", "body", "status"),
    [
        ("power_off", "poweroff", None, "running"),
        ("reset", "reset", None, "running"),
        ("save_image", "create_image", {}, "running"),
        ("delete", "rebuild", {"image": "debian-13"}, "off"),
    ],
)
def test_a_deed_that_fails_fails_its_action(api: Api, deed: str, action: str, body: Any, status: str) -> None:
    ident = api.server()
    api.machines.broken.add(deed)
    ended = api.act(ident, action, body)
    assert ended["error"] == {"code": "action_failed", "message": f"{deed} went wrong"}
    assert api.status(ident) == status


def test_a_machine_that_cannot_be_made_is_off(api: Api) -> None:
    api.machines.broken.add("create")
    ident = api.server()
    assert api.status(ident) == "off"
    actions = api("GET", f"/servers/{ident}/actions")["actions"]
    assert {action["status"] for action in actions} == {"error"}


def test_a_rescale_that_fails_leaves_the_type_and_its_stock(api: Api) -> None:
    ident = api.server()
    api.act(ident, "poweroff")
    api.gateway.cloud.configure({"stock": {"cx33": {"nbg1": 1}}})
    api.machines.broken.add("rescale")
    wish = {"server_type": "cx33", "upgrade_disk": False}
    assert api.act(ident, "change_type", wish)["status"] == "error"
    assert api("GET", f"/servers/{ident}")["server"]["server_type"]["name"] == "cx23"
    api.machines.broken.clear()
    assert api.act(ident, "change_type", wish)["status"] == "success"
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


def test_an_address_moves_between_machines_that_are_off(api: Api) -> None:
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
