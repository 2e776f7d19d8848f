"""Try to reach from containers what they must not reach; print a JSON object with what was tried and what answered.

    probe.py [HOST:PORT …]

Tried are each TCP port on which the node listens at each of its addresses, the clouds' metadata service, and the arguments. The
connections start in the network namespace of one running container of each network, and of a temporary one at Docker's default
bridge, with the node's own Python, so that no image has to have a client. Needs root.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import subprocess
import sys
from collections.abc import Iterator

METADATA = ("169.254.169.254", 80)
NAME, LINK = "vdc-probe", "vdcprobe0"
INSPECT = "{{.State.Pid}} {{.HostConfig.NetworkMode}}"
# Runs in a namespace: prints the targets that accept a connection. A filtered port costs the whole time limit, in seconds.
CONNECT = """
import concurrent.futures, json, socket, sys
def reached(target):
    try:
        socket.create_connection(tuple(target), 3).close()
    except OSError:
        return False
    return True
targets = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(json.dumps([target for target, hit in zip(targets, pool.map(reached, targets)) if hit]))
"""


def run(*command: str) -> str:
    """Return the command's output; an error of it is fatal."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def addresses() -> dict[str, list[str]]:
    """Return the node's addresses by interface, without its loopback's and link-local ones."""
    links = json.loads(run("ip", "-j", "address"))
    found = {
        link["ifname"]: [f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["scope"] == "global"]
        for link in links
        if link
    }
    return {name: known for name, known in found.items() if known}


def listening() -> Iterator[tuple[str, int]]:
    """Yield the address and port of each listening TCP socket; an empty address means any."""
    for line in run("ss", "-Hltn").splitlines():
        address, _colon, port = line.split()[3].rpartition(":")
        bound = ipaddress.ip_address(address.strip("[]").partition("%")[0].replace("*", "::"))
        if not bound.is_loopback:
            yield "" if bound.is_unspecified else str(bound), int(port)


def targets(extra: list[str]) -> list[tuple[str, int]]:
    """Return all (host, port) to try."""
    own = [known.partition("/")[0] for each in addresses().values() for known in each]
    services = {(host, port) for address, port in listening() for host in ([address] if address else own)}
    given = {(host.strip("[]"), int(port)) for host, _colon, port in (word.rpartition(":") for word in extra)}
    return sorted(services | given | {METADATA})


def containers() -> dict[str, str]:
    """Return a running container's network namespace by network."""
    names = run("docker", "ps", "--quiet").split()
    shown = run("docker", "inspect", "--format", INSPECT, *names).splitlines() if names else []
    pids = {network: pid for pid, network in (line.split() for line in shown)}
    own = {network: pid for network, pid in pids.items() if network not in ("host", "none")}
    return {network: f"/proc/{pid}/ns/net" for network, pid in own.items() if not network.startswith("container:")}


@contextlib.contextmanager
def visitor() -> Iterator[str]:
    """The network namespace of a temporary guest at Docker's default bridge."""
    bridge = ipaddress.ip_interface(addresses()["docker0"][0])
    address = f"{bridge.network.broadcast_address - 1}/{bridge.network.prefixlen}"
    run("ip", "netns", "add", NAME)
    try:
        run("ip", "link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", NAME)
        run("ip", "link", "set", LINK, "master", "docker0", "up")
        for words in (
            ("address", "add", address, "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("route", "add", "default", "via", str(bridge.ip)),
        ):
            run("ip", "-n", NAME, *words)
        yield f"/run/netns/{NAME}"
    finally:
        run("ip", "netns", "del", NAME)


def main() -> None:
    """Try all targets from all namespaces."""
    tried = targets(sys.argv[1:])
    with contextlib.ExitStack() as stack:
        namespaces = containers()
        if "docker0" in addresses():
            namespaces["docker0"] = stack.enter_context(visitor())
        reached = []
        for network, path in sorted(namespaces.items()):
            answer = run("nsenter", f"--net={path}", sys.executable, "-c", CONNECT, json.dumps(tried))
            reached += [f"{network}: {host} port {port}" for host, port in json.loads(answer)]
    print(json.dumps({"networks": sorted(namespaces), "tried": len(tried), "reached": reached}))


if __name__ == "__main__":
    main()
