"""Configuration and current state of the node's tunnel, and the steps from one to the other.

Part of vdc-tunnel. Functions that do not call ``run`` are pure, except those that read or write the configuration.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import vdc_tunnel_ipsec as ipsec
from vdc_tunnel_base import HOME, NFS, RUN, exclusive, run, write

# The interface type of each backend.
KINDS = {"wireguard": ["wireguard"], "ipsec": ["xfrm", "if_id", str(ipsec.IF_ID)]}
OTHER_SIDE = {"client": "server", "server": "client"}


# --- configuration ------------------------------------------------------------------------


def read_config() -> dict[str, Any]:
    """Read the configuration: ``node`` (None if the node was never configured) and ``tenants`` by name."""
    path = HOME / "node.json"
    tenants = [json.loads(found.read_text()) for found in sorted((HOME / "tenants").glob("*.json"))]
    return {
        "node": {"backend": "wireguard", **json.loads(path.read_text())} if path.exists() else None,
        "tenants": {tenant["tenant"]: tenant for tenant in tenants},
    }


def updated_config(config: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with one change: ``{"node": …}``, ``{"tenant": …}`` or ``{"remove_tenant": <name>}``."""
    if "node" in new:
        desired, before = new["node"], config["node"]
        same = before is not None and before["backend"] == desired["backend"]
        return {**config, "node": {**desired, "peers": merged_peers(desired["peers"], before if same else None)}}
    tenants = dict(config["tenants"])
    if "remove_tenant" in new:
        tenants.pop(new["remove_tenant"], None)
    else:
        tenant = new["tenant"]
        known = [peer["name"] for peer in (config["node"] or {"peers": []})["peers"]]
        if tenant["peer"] not in known:
            sys.exit(f"{tenant['peer']} is no peer of this node; run the role tunnel on all nodes first")
        tenants[tenant["tenant"]] = tenant
    return {**config, "tenants": tenants}


def merged_peers(peers: list[dict[str, Any]], before: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the desired peers with their keys (IPsec: certificates). A peer without keys in ``peers``
    keeps the keys that the configuration has; a peer without any known key is left out."""
    known = {peer["name"]: peer for peer in (before or {"peers": []})["peers"]}
    found = []
    for peer in peers:
        source = peer if peer["public_key"] else known.get(peer["name"], {})
        keys = {name: source[name] for name in ("public_key", "next_key") if source.get(name)}
        if keys:
            found.append({"name": peer["name"], "address": peer["address"], "endpoint": peer["endpoint"], **keys})
    return found


def files(config: dict[str, Any]) -> dict[Path, str]:
    """Return the configuration's files by path."""
    texts = {HOME / "tenants" / f"{name}.json": tenant for name, tenant in config["tenants"].items()}
    if config["node"]:
        texts[HOME / "node.json"] = config["node"]
    return {path: json.dumps(part, indent=2, sort_keys=True) + "\n" for path, part in texts.items()}


def save(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Write the files that differ."""
    (HOME / "tenants").mkdir(mode=0o700, parents=True, exist_ok=True)
    old, new = files(before), files(after)
    for path in old.keys() - new.keys():
        path.unlink()
    for path, text in new.items():
        if old.get(path) != text:
            write(path, text)


def allowed_ips(peer: dict[str, Any], tenants: dict[str, Any]) -> tuple[str, ...]:
    """Return the addresses that a peer may use: its own, and those of the tenants on its side."""
    theirs = [t[OTHER_SIDE[t["side"]]] for t in tenants.values() if t["peer"] == peer["name"]]
    return tuple(sorted(f"{address}/32" for address in [peer["address"], *theirs]))


def desired_addresses(node: dict[str, Any], tenants: dict[str, Any]) -> set[str]:
    """Return the interface's addresses: the node's with the network's prefix length, each tenant's as /32."""
    own = f"{node['address']}/{ipaddress.ip_network(node['network']).prefixlen}"
    return {own} | {f"{tenant[tenant['side']]}/32" for tenant in tenants.values()}


def desired_routes(tenants: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (server, client) routes: a tenant's server is reached from the tenant's client address, its NFS identity."""
    return {(tenant["server"], tenant["client"]) for tenant in tenants.values() if tenant["side"] == "client"}


def desired_peers(node: dict[str, Any], tenants: dict[str, Any], current: dict[str, Any]) -> dict[str, tuple]:
    """Return public key → (endpoint, allowed addresses, keepalive). A next key has no addresses until
    ``current`` shows its first handshake; then it gets the addresses of the old key."""
    peers = {}
    for peer in node["peers"]:
        used, other = peer["public_key"], peer.get("next_key")
        if other and current.get(other, {}).get("handshake"):
            used, other = other, used
        peers[used] = (peer["endpoint"], allowed_ips(peer, tenants), node["keepalive"])
        if other:
            peers[other] = (peer["endpoint"], (), 0)
    return peers


def firewall(node: dict[str, Any]) -> str:
    """Return the nftables rules. Nothing is forwarded into the tunnel or out of it, so containers cannot
    use its addresses. NFS is accepted only from the tunnel, and in the tunnel only ``ports`` are open."""
    name = node["interface"]
    others = "".join(f" tcp dport != {{ {', '.join(map(str, sorted(ports)))} }}" for ports in [node["ports"]] if ports)
    return f"""table inet vdc {{
    chain forward {{
        type filter hook forward priority -10; policy accept;
        oifname "{name}" drop
        iifname "{name}" drop
    }}
    chain input {{
        type filter hook input priority -10; policy accept;
        iifname != {{ "{name}", "lo" }} meta l4proto {{ tcp, udp }} th dport {{ {NFS}, 111, 20048 }} drop
        iifname != {{ "{name}", "lo" }} ip daddr {node["network"]} drop
        iifname "{name}" meta l4proto != {{ tcp, icmp }} drop
        iifname "{name}" tcp flags & (fin | syn | rst | ack) == syn{others} drop
    }}
}}
"""


# --- current state ------------------------------------------------------------------------


def read_state(node: dict[str, Any]) -> dict[str, Any]:
    """Read the interface's state; ``addresses`` is None if there is no interface."""
    name = node["interface"]
    current = {"kind": "", "addresses": None, "routes": set(), "peers": {}, "port": 0, "public": "", "mtu": 0}
    current["firewall"] = loaded_firewall()
    current["ipsec"] = ipsec.read_state(node) if node["backend"] == "ipsec" else ipsec.CONFIG.exists()
    asked = ["ip", "-j", "-d", "address", "show", "dev", name]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    if shown.returncode:
        return current
    [link] = [link for link in json.loads(shown.stdout) if link]
    current["kind"] = link.get("linkinfo", {}).get("info_kind", "")
    # An interface that is down counts as one with a wrong MTU, because the same command sets it up.
    current["mtu"] = link["mtu"] if "UP" in link["flags"] else 0
    current["addresses"] = {f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["family"] == "inet"}
    routes = json.loads(run("ip", "-j", "-4", "route", "show", "dev", name) or "[]")
    tenants = [r for r in routes if "/" not in r["dst"] and r.get("prefsrc") and r.get("protocol") != "kernel"]
    current["routes"] = {(r["dst"], r["prefsrc"]) for r in tenants}
    if current["kind"] != "xfrm":
        first, *peers = run("wg", "show", name, "dump").splitlines()
        current["public"], port = first.split("\t")[1:3]
        current["port"] = int(port)
        current["peers"] = parse_peers(peers)
    return current


def parse_peers(lines: list[str]) -> dict[str, dict[str, Any]]:
    """Parse the peers' lines of ``wg show dump``: public key → state."""
    peers = {}
    for line in lines:
        key, _psk, endpoint, allowed, handshake, received, sent, keepalive = line.split("\t")
        peers[key] = {
            "endpoint": endpoint,
            "allowed": tuple(sorted(a for a in allowed.split(",") if a and a != "(none)")),
            "handshake": int(handshake),
            "received": int(received),
            "sent": int(sent),
            "keepalive": 0 if keepalive == "off" else int(keepalive),
        }
    return peers


def loaded_firewall() -> str:
    """Return the loaded rules; empty if they were changed or removed by others."""
    listed = subprocess.run(["nft", "list", "table", "inet", "vdc"], capture_output=True, text=True, check=False)
    kept = RUN / "firewall.json"
    if listed.returncode or not kept.exists():
        return ""
    loaded = json.loads(kept.read_text())
    return loaded["text"] if loaded["listed"] == listed.stdout else ""


# --- changes ------------------------------------------------------------------------------


def key_files(backend: str) -> tuple[Path, Path]:
    """Return the paths of the current and the next private key."""
    return (ipsec.KEY, ipsec.NEXT) if backend == "ipsec" else (HOME / "key", HOME / "key.next")


def public_key(path: Path) -> str:
    """Return WireGuard's public key of the private key in a file; empty if there is none."""
    return run("wg", "pubkey", stdin=path.read_text()).strip() if path.exists() else ""


def plan(config: dict[str, Any], current: dict[str, Any], public: str) -> list[tuple[str, list[list[str]]]]:
    """Return the steps as (description, commands). The command ``nft`` without arguments loads the
    firewall, ``ipsec`` without arguments converges strongSwan."""
    node, tenants = config["node"], config["tenants"]
    name, steps = node["interface"], []
    if current["firewall"] != firewall(node):
        steps.append(("firewall", [["nft"]]))
    sealed = node["backend"] == "ipsec"
    # WireGuard in user space has an interface of another kind, so only xfrm is distinguished.
    if current["addresses"] is not None and (current["kind"] == "xfrm") != sealed:
        steps.append((f"{current['kind']} interface removed", [["ip", "link", "del", name]]))
        current = {**current, "addresses": None, "routes": set(), "peers": {}, "mtu": 0, "public": ""}
    if current["addresses"] is None:
        steps.append(("interface", [["ip", "link", "add", name, "type", *KINDS[node["backend"]]]]))
    if current["mtu"] != node["mtu"]:
        steps.append(("mtu", [["ip", "link", "set", name, "mtu", str(node["mtu"]), "up"]]))
    if not sealed:
        steps += [("ipsec ended", ipsec.END)] if current["ipsec"] else []
        if (current["port"], current["public"]) != (node["port"], public):
            key = ["private-key", str(HOME / "key")]
            steps.append(("key", [["wg", "set", name, "listen-port", str(node["port"]), *key]]))
        steps += plan_peers(name, desired_peers(node, tenants, current["peers"]), current["peers"])
    have, desired = current["addresses"] or set(), desired_addresses(node, tenants)
    # Add before removing, so that routes and connections find their addresses.
    for address in sorted(desired - have):
        steps.append((f"address {address}", [["ip", "address", "add", address, "dev", name]]))
    for server, client in sorted(desired_routes(tenants) - current["routes"]):
        steps.append((f"route {server}", [["ip", "route", "replace", f"{server}/32", "dev", name, "src", client]]))
    differ = ipsec.differences(node, tenants, current["ipsec"]) if sealed else []
    steps += [(", ".join(differ), [["ipsec"]])] if differ else []
    kept = {route[0] for route in desired_routes(tenants)}
    for server in sorted({route[0] for route in current["routes"]} - kept):
        steps.append((f"route {server} removed", [["ip", "route", "del", f"{server}/32", "dev", name]]))
    for address in sorted(have - desired):
        steps.append((f"address {address} removed", [["ip", "address", "del", address, "dev", name]]))
    return steps


def plan_peers(name: str, desired: dict[str, tuple], current: dict[str, Any]) -> list[tuple[str, list[list[str]]]]:
    """Return one command for all peers. Peers with addresses come first, so that an address moves from
    one key to another without an interruption."""
    changes, words = [], []
    for key, (endpoint, allowed, keepalive) in sorted(desired.items(), key=lambda item: (not item[1][1], item[0])):
        have = current.get(key)
        if not have or (have["endpoint"], have["allowed"], have["keepalive"]) != (endpoint, allowed, keepalive):
            changes.append(f"peer {key[:8]}")
            words += ["peer", key, "endpoint", endpoint, "persistent-keepalive", str(keepalive)]
            words += ["allowed-ips", ",".join(allowed)]
    for key in sorted(set(current) - set(desired)):
        changes.append(f"peer {key[:8]} removed")
        words += ["peer", key, "remove"]
    return [(", ".join(changes), [["wg", "set", name, *words]])] if changes else []


def load_firewall(node: dict[str, Any]) -> None:
    """Replace the firewall table in one transaction, and save how nft lists it."""
    text = firewall(node)
    run("nft", "-f", "-", stdin=f"table inet vdc\ndelete table inet vdc\n{text}")
    listed = run("nft", "list", "table", "inet", "vdc")
    (RUN / "firewall.json").write_text(json.dumps({"text": text, "listed": listed}))


def converge(config: dict[str, Any], check: bool) -> list[str]:
    """Apply the configuration to the node; return the changes made, or with ``check`` those that would be made."""
    node = config["node"]
    if node is None:
        sys.exit(f"{HOME}/node.json does not exist; run the role tunnel")
    public = public_key(HOME / "key") if node["backend"] == "wireguard" else ""
    actions = {"nft": lambda: load_firewall(node), "ipsec": lambda: ipsec.apply(node, config["tenants"])}
    steps = plan(config, read_state(node), public)
    for _description, commands in steps if not check else []:
        for command in commands:
            actions[command[0]]() if len(command) == 1 else run(*command)
    return [step[0] for step in steps]


def apply(check: bool = False, new: dict[str, Any] | None = None) -> dict[str, Any]:
    """Store the change ``new`` of the configuration, if given, and apply the configuration."""
    with exclusive():
        before = read_config()
        after = updated_config(before, new) if new else before
        changed = ["configuration"] if after != before else []
        if changed and not check:
            save(before, after)
        return {"changed": changed + converge(after, check)}
