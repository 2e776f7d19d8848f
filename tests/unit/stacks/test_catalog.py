"""Every stack of the role tenant_stack, rendered without a node."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/tenant_stack"
STACKS = sorted(path.stem for path in (ROLE / "vars").glob("*.yml") if path.stem != "main")
VARIANTS = [(stack, {}) for stack in STACKS] + [
    ("knowledge", {"tenant_stack_object_store": "rustfs"}),
    ("web", {"tenant_stack_timescaledb": True}),
]
SECRET = "S3cret"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """``rendered(stack, options)``: the files and data directories of a stack. One run renders all variants, because a
    run takes seconds."""
    directory = tmp_path_factory.mktemp("render")
    (directory / "templates").symlink_to(ROLE / "templates")  # templates are looked up beside the playbook
    plays = [_play(directory / str(number), stack, more) for number, (stack, more) in enumerate(VARIANTS)]
    (directory / "play.yml").write_text(yaml.safe_dump(plays))
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, "-i", "localhost,", "-c", "local", directory / "play.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    def read(stack: str, more: dict) -> tuple[list[dict], list[dict]]:
        out = json.loads((directory / str(VARIANTS.index((stack, more))) / "out.json").read_text())
        read.limits = {Path(one["path"]).name: one["content"] for one in out["limits"]}
        return out["files"], out["data"]

    return read


def _play(directory: Path, stack: str, more: dict) -> dict:
    """A play that writes the files and directories of a stack to ``directory``."""
    directory.mkdir()
    definition = yaml.safe_load((ROLE / f"vars/{stack}.yml").read_text())["tenant_stack_definition"]
    secrets = {name: f"{SECRET}-{name}" for name in [*definition["credentials"], "tls.crt", "tls.key"]}
    copy = {
        "content": "{{ {'files': tenant_stack_files, 'data': tenant_stack_data_directories, 'limits': tenant_stack_limits} | to_json }}",
        "dest": str(directory / "out.json"),
        "mode": "0600",
    }
    given = {"tenant_stack_name": stack, "tenant_stack_number": 7, "tenant_stack_memory_mib": 1024, **more}
    # vars_files override a play's vars, so that the order of precedence is that of role defaults and role vars.
    defaults = {**yaml.safe_load((ROLE / "defaults/main.yml").read_text()), **given}
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            **defaults,
            "ansible_python_interpreter": sys.executable,
            "role_path": str(ROLE),
            "tenant_stack_tenant": "acme",
            "tenant_stack_secrets": secrets,
        },
        "vars_files": [str(ROLE / f"vars/{part}.yml") for part in ("main", stack)],
        "tasks": [{"ansible.builtin.copy": copy}],
    }


def compose(files: list[dict]) -> dict:
    return yaml.safe_load(next(f["content"] for f in files if f["path"] == "compose.yaml"))


def test_the_two_stacks_of_the_catalog_exist():
    assert STACKS == ["knowledge", "web"]


@pytest.mark.parametrize(("stack", "more"), VARIANTS)
def test_containers_are_isolated_and_limited(rendered, stack, more):
    files, data = rendered(stack, more)
    project = compose(files)
    assert project["networks"]["tenant"]["driver_opts"] == {"com.docker.network.bridge.name": "vdct7"}
    services = project["services"]
    uids = set()
    for service in services.values():
        uid = int(service["user"].partition(":")[0])
        uids.add(uid)
        assert service["user"] == f"{uid}:{uid}"
        assert 107_001 <= uid < 108_000
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges"]
        assert service["read_only"] is True
        assert service["tmpfs"]
        assert all(re.fullmatch(r"/[a-z/]+:size=64m", mount) for mount in service["tmpfs"])
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
        assert service["networks"] == ["tenant"]
        assert service["mem_limit"] == service["memswap_limit"]
        assert service["cgroup_parent"] == "vdc-7.slice"
        assert service["cpu_shares"] > 0
        assert service["pids_limit"] <= 512
        assert service["healthcheck"]["test"][0] == "CMD"
        assert all(port.startswith("127.0.0.1:200") for port in service.get("ports", []))
        for volume in service["volumes"]:
            source, _, rest = volume.partition(":")
            if not rest.endswith(":ro"):
                [directory] = [directory for directory in data if directory["path"] == source]
                assert (directory["owner"], directory["mode"]) == (uid, "0700")
                assert source.startswith("/srv/vdc/acme/")
    assert len(uids) == len(services)
    assert sum(int(service["mem_limit"][:-1]) for service in services.values()) <= 1024
    assert sum(service["cpu_shares"] for service in services.values()) <= 1024


@pytest.mark.parametrize(("stack", "more"), VARIANTS)
def test_a_tenant_is_limited_as_a_whole(rendered, stack, more):
    files, _ = rendered(stack, more)
    services = compose(files)["services"].values()
    slice_lines = rendered.limits["vdc-7.slice"].splitlines()
    assert {"CPUQuota=50%", "MemoryMax=1024M", f"TasksMax={sum(s['pids_limit'] for s in services)}"} <= set(slice_lines)
    assert "IOWriteBandwidthMax=/var/lib/docker 100M" in slice_lines
    rules = [line.strip() for line in rendered.limits["7.nft"].splitlines()]
    limit = "limit rate over 12500 kbytes/second burst 3200 kbytes drop"
    assert f'iifname "vdct7" oifname != "vdct7" {limit}' in rules
    assert f'oifname "vdct7" iifname != "vdct7" {limit}' in rules
    assert rules[1:3] == ["table inet vdc_tenant_7", "delete table inet vdc_tenant_7"]


@pytest.mark.parametrize(("stack", "more"), VARIANTS)
def test_secrets_are_only_in_files_of_their_containers_user(rendered, stack, more):
    files, _ = rendered(stack, more)
    project = compose(files)
    assert SECRET not in json.dumps(project)
    owners = {}
    for name, service in project["services"].items():
        for volume in service["volumes"]:
            if volume.startswith("./"):
                owners[volume.partition(":")[0][2:]] = int(service["user"].partition(":")[0])
        assert not re.search(
            r"pass|secret|key", json.dumps(service.get("command", [])) + json.dumps(service.get("entrypoint", []))
        ), name
    secret = [f for f in files if SECRET in f["content"]]
    assert secret
    for file in secret:
        assert file.get("mode", "0400") == "0400"
        assert file["owner"] == file["group"] == owners[file["path"]]
    assert owners.keys() >= {f["path"] for f in files if "/" not in f["path"]} - {"compose.yaml", "tenant.json"}


@pytest.mark.parametrize(("stack", "more"), VARIANTS)
def test_images_are_pinned(rendered, stack, more):
    for service in compose(rendered(stack, more)[0])["services"].values():
        tag = service["image"].rpartition(":")[2]
        assert "/" not in tag
        assert tag != "latest"


def test_ports_of_a_tenant_do_not_collide(rendered):
    for stack, more in VARIANTS:
        services = compose(rendered(stack, more)[0])["services"].values()
        ports = [port.split(":")[1] for service in services for port in service.get("ports", [])]
        assert len(ports) == len(set(ports))
        assert all(20070 <= int(port) < 20080 for port in ports)


def test_agent_is_configured_with_the_stores_addresses(rendered):
    for more, port in (({}, 8333), ({"tenant_stack_object_store": "rustfs"}, 9000)):
        files, _ = rendered("knowledge", more)
        config = json.loads(next(f["content"] for f in files if f["path"] == "agent.json"))
        assert config["endpoint"] == f"http://objectstore:{port}"
        assert config["neo4j"]["password"] == f"{SECRET}-neo4j_password"
        assert {"objectstore", "vectors", "graph"} <= compose(files)["services"].keys()
        assert any(f["path"] == "agent/vdcagent/__main__.py" for f in files)
