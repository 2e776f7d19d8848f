"""What of the lab's machines needs no machine: cache, seed, DHCP, registry, processes."""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import time
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from vdclab.machines import containers, dhcp, process, seed
from vdclab.machines.base import MachineSpec, Nic
from vdclab.machines.cache import Cache, digest
from vdclab.machines.disks import Disks, file_name
from vdclab.machines.emulator import Emulator
from vdclab.machines.recipes import RECIPES
from vdclab.machines.registry import Registry

CARD = Nic("public", "52:54:00:AA:BB:CC", "203.0.113.9/24", "203.0.113.1")
SERVER = socket.inet_aton("203.0.113.1")


def spec(**changes: object) -> MachineSpec:
    return MachineSpec(**{"key": "k", "hostname": "web", "cores": 1, "memory_bytes": 1, "disk_bytes": 1, **changes})


def test_digest_changes_with_where_a_part_ends() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab", "c") == digest("ab", b"c")


def test_a_build_that_fails_leaves_no_entry_and_the_next_one_sweeps(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def dies(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        cache.ensure("image", "1", dies)
    assert not cache.path("image", "1").exists()
    entry = cache.ensure("image", "1", lambda folder: (folder / "whole").touch())
    assert [p.name for p in entry.iterdir()] == ["whole"]
    assert not list(tmp_path.glob("*.part"))
    assert cache.ensure("image", "1", dies) == entry


def test_the_seed_hands_user_data_on_as_it_came(tmp_path: Path) -> None:
    script = "#!/bin/sh\necho 'a, b'\n"
    words = seed.write(tmp_path / "seed,1", spec(user_data=script, ssh_keys=("key",), nics=(CARD,)), "uuid")
    assert (tmp_path / "seed,1/user-data").read_text() == script
    assert (tmp_path / "seed,1/user-data").stat().st_mode & 0o077 == 0
    told = json.loads((tmp_path / "seed,1/meta-data").read_text())
    assert told == {"instance-id": "uuid", "local-hostname": "web", "public-keys": ["key"]}
    assert f"name=opt/lab/user-data,file={tmp_path}/seed,,1/user-data" in words


def test_without_user_data_cloud_init_gets_an_empty_document(tmp_path: Path) -> None:
    seed.write(tmp_path / "seed", spec(), "uuid")
    assert (tmp_path / "seed/user-data").read_text().startswith("#cloud-config")


def test_only_the_card_with_a_gateway_has_the_default_route() -> None:
    cards = seed.network((CARD, Nic("net", "52:54:00:00:00:02", ""), Nic("n6", "52:54:00:00:00:03", "2001:db8::1/64")))
    nics = cards["ethernets"]
    assert nics["nic0"]["match"] == {"macaddress": "52:54:00:aa:bb:cc"}
    assert nics["nic0"]["routes"][0]["via"] == "203.0.113.1"
    assert "routes" not in nics["nic1"]
    assert nics["nic1"]["addresses"] == []


def question(kind: int, card: str = CARD.mac) -> bytes:
    hardware = bytes.fromhex(card.replace(":", ""))
    nothing = bytes(4)
    head = dhcp.HEADER.pack(1, 1, 6, 0, 7, 0, 0, *[nothing] * 4, hardware, b"", b"", dhcp.COOKIE)
    return head + bytes([0, 12, 1, 65, 53, 1, kind, 255])


@pytest.mark.parametrize(("asked", "answered"), [(dhcp.DISCOVER, dhcp.OFFER), (dhcp.REQUEST, dhcp.ACK)])
def test_dhcp_tells_a_known_card_its_address(asked: int, answered: int) -> None:
    known = {CARD.mac.lower(): IPv4Interface(CARD.address)}
    reply = dhcp.answer(question(asked), known, SERVER)
    assert reply is not None
    fields = dhcp.HEADER.unpack_from(reply)
    assert (fields[0], fields[4], fields[8]) == (2, 7, socket.inet_aton("203.0.113.9"))
    options = reply[dhcp.HEADER.size :]
    assert options[:3] == bytes([53, 1, answered])
    assert bytes([1, 4, 255, 255, 255, 0]) in options


def test_dhcp_is_silent_to_strangers_and_to_noise() -> None:
    known = {CARD.mac.lower(): IPv4Interface(CARD.address)}
    assert dhcp.answer(question(dhcp.DISCOVER, "52:54:00:00:00:99"), known, SERVER) is None
    assert dhcp.answer(b"noise", known, SERVER) is None
    assert dhcp.answer(question(7), known, SERVER) is None


def test_the_registry_serves_what_was_stored_the_same_each_time(tmp_path: Path) -> None:
    recipe = RECIPES[0]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        containers.store(tmp_path / name, recipe, b"layer")
    assert {p.name for p in (tmp_path / "one").iterdir()} == {p.name for p in (tmp_path / "two").iterdir()}
    listener = socket.create_server(("127.0.0.1", 0))
    registry = Registry({recipe.name: tmp_path / "one"}, listener)

    def get(path: str, method: str = "GET") -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection(*listener.getsockname())
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers.get("Docker-Content-Digest", "")

    try:
        assert get("/v2/")[0] == 200
        status, raw, head = get(f"/v2/{recipe.name}/manifests/{recipe.tags[0]}")
        assert status == 200
        for part in [json.loads(raw)["config"], *json.loads(raw)["layers"]]:
            status, blob, own = get(f"/v2/{recipe.name}/blobs/{part['digest']}")
            assert (status, len(blob), own) == (200, part["size"], part["digest"])
        assert get(f"/v2/{recipe.name}/manifests/{head}", "HEAD")[0] == 200
        assert get(f"/v2/{recipe.name}/manifests/latest")[0] == 404
        assert get("/v2/lab/other/manifests/1")[0] == 404
        assert get(f"/v2/{recipe.name}/blobs/index.json")[0] == 404
    finally:
        registry.stop()


def test_a_pid_counts_only_while_its_command_line_names_us(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    assert process.recorded(pidfile, "x") is None
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    pidfile.write_text(str(child.pid))
    limit = time.monotonic() + 10
    while not process.ours(child.pid, str(tmp_path)) and time.monotonic() < limit:
        time.sleep(0.01)  # its command line appears a moment after it started
    assert process.recorded(pidfile, str(tmp_path)) == child.pid
    assert process.recorded(pidfile, "/another/folder") is None
    process.end(child.pid)
    assert not process.alive(child.pid)
    assert process.recorded(pidfile, str(tmp_path)) is None
    pidfile.write_text(str(os.getpid()))
    assert process.recorded(pidfile, "/another/folder") is None


def test_volumes_grow_only_and_their_names_stay_in_the_folder(tmp_path: Path) -> None:
    disks = Disks(tmp_path, Emulator(None), tmp_path / "golden")
    disks.ensure("v", 4096)
    disks.ensure("v", 1024)
    assert disks.volume("v").stat().st_size == 4096
    disks.copy("v", "w")
    disks.delete("v")
    assert disks.volume("w").exists()
    assert not disks.volume("v").exists()
    with pytest.raises(ValueError, match="not a key"):
        file_name("../v")


def test_a_root_disk_that_is_big_enough_is_left_alone(tmp_path: Path) -> None:
    header = tmp_path / "root.qcow2"
    header.write_bytes(b"QFI\xfb" + bytes(20) + struct.pack(">Q", 10**9) + bytes(64))
    Disks(tmp_path, Emulator(None), tmp_path / "golden").grow_root(header, 10**8)
