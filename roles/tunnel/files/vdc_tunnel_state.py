"""What the node's tunnel should be, what it is, and the steps from here to there.

Part of vdc-tunnel, which says what it is for. Everything but what calls ``run`` is pure.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import vdc_tunnel_ipsec as ipsec
from vdc_tunnel_base import HOME, NFS, RUN, alone, run, write

# The interface of each backend.
KINDS = {"wireguard": ["wireguard"], "ipsec": ["xfrm", "if_id", str(ipsec.IF_ID)]}
WHAT_SIDES_CALL = {"client": "server", "server": "client"}


# --- wishes -------------------------------------------------------------------------------


def read_wishes() -> dict[str, Any]:
    """``node`` (none on a node that was never set up) and ``tenants`` by name."""
    path = HOME / "node.json"
    tenants = [json.loads(found.read_text()) for found in sorted((HOME / "tenants").glob("*.json"))]
    return {
        "node": {"backend": "wireguard", **json.loads(path.read_text())} if path.exists() else None,
        "tenants": {tenant["tenant"]: tenant for tenant in tenants},
    }


def with_wish(wishes: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The wishes with a new one: ``{"node": …}``, ``{"tenant": …}`` or ``{"forget": <tenant>}``."""
    if "node" in new:
        wished, before = new["node"], wishes["node"]
        same = before is not None and before["backend"] == wished["backend"]
        return {**wishes, "node": {**wished, "peers": with_keys(wished["peers"], before if same else None)}}
    tenants = dict(wishes["tenants"])
    if "forget" in new:
        tenants.pop(new["forget"], None)
    else:
        tenant = new["tenant"]
        known = [peer["name"] for peer in (wishes["node"] or {"peers": []})["peers"]]
        if tenant["peer"] not in known:
            sys.exit(f"{tenant['peer']} is no peer of this node: run the role tunnel on all nodes first")
        tenants[tenant["tenant"]] = tenant
    return {**wishes, "tenants": tenants}


def with_keys(peers: list[dict[str, Any]], before: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The wished peers with their keys (with IPsec: certificates): a peer that could not be asked
    keeps those that are known of it, and is left out as long as none is."""
    known = {peer["name"]: peer for peer in (before or {"peers": []})["peers"]}
    found = []
    for peer in peers:
        source = peer if peer["public_key"] else known.get(peer["name"], {})
        told = {name: source[name] for name in ("public_key", "next_key") if source.get(name)}
        if told:
            found.append({"name": peer["name"], "address": peer["address"], "endpoint": peer["endpoint"], **told})
    return found


def files(wishes: dict[str, Any]) -> dict[Path, str]:
    """What the wishes look like on disk."""
    texts = {HOME / "tenants" / f"{name}.json": tenant for name, tenant in wishes["tenants"].items()}
    if wishes["node"]:
        texts[HOME / "node.json"] = wishes["node"]
    return {path: json.dumps(wish, indent=2, sort_keys=True) + "\n" for path, wish in texts.items()}


def keep(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Write what differs."""
    (HOME / "tenants").mkdir(mode=0o700, parents=True, exist_ok=True)
    old, new = files(before), files(after)
    for path in old.keys() - new.keys():
        path.unlink()
    for path, text in new.items():
        if old.get(path) != text:
            write(path, text)


def allowed_ips(peer: dict[str, Any], tenants: dict[str, Any]) -> tuple[str, ...]:
    """The addresses that peer may use: its own, and those of the tenants on its side."""
    theirs = [t[WHAT_SIDES_CALL[t["side"]]] for t in tenants.values() if t["peer"] == peer["name"]]
    return tuple(sorted(f"{address}/32" for address in [peer["address"], *theirs]))


def wished_addresses(node: dict[str, Any], tenants: dict[str, Any]) -> set[str]:
    """The interface's addresses: the node's with the network's prefix, each tenant's alone."""
    own = f"{node['address']}/{ipaddress.ip_network(node['network']).prefixlen}"
    return {own} | {f"{tenant[tenant['side']]}/32" for tenant in tenants.values()}


def wished_routes(tenants: dict[str, Any]) -> set[tuple[str, str]]:
    """A tenant's server is reached from the tenant's own client address: its identity for NFS."""
    return {(tenant["server"], tenant["client"]) for tenant in tenants.values() if tenant["side"] == "client"}


def wished_peers(node: dict[str, Any], tenants: dict[str, Any], seen: dict[str, Any]) -> dict[str, tuple]:
    """Public key → (endpoint, allowed addresses, keepalive). A next key may knock, no more; once
    it has shaken hands (``seen``), the addresses are its own and no longer the old key's."""
    peers = {}
    for peer in node["peers"]:
        used, other = peer["public_key"], peer.get("next_key")
        if other and seen.get(other, {}).get("handshake"):
            used, other = other, used
        peers[used] = (peer["endpoint"], allowed_ips(peer, tenants), node["keepalive"])
        if other:
            peers[other] = (peer["endpoint"], (), 0)
    return peers


def firewall(node: dict[str, Any]) -> str:
    """Nothing is forwarded into the tunnel, so containers cannot use its addresses, nor reach this
    node by them; NFS is answered in the tunnel alone, and in it nothing else but ``ports``."""
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


# --- what is there ------------------------------------------------------------------------


def see(node: dict[str, Any]) -> dict[str, Any]:
    """The interface as it is; ``addresses`` is none where there is no interface."""
    name = node["interface"]
    seen = {"kind": "", "addresses": None, "routes": set(), "peers": {}, "port": 0, "public": "", "mtu": 0}
    seen["firewall"] = seen_firewall()
    seen["ipsec"] = ipsec.see(node) if node["backend"] == "ipsec" else ipsec.CONFIG.exists()
    asked = ["ip", "-j", "-d", "address", "show", "dev", name]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    if shown.returncode:
        return seen
    [link] = [link for link in json.loads(shown.stdout) if link]
    seen["kind"] = link.get("linkinfo", {}).get("info_kind", "")
    # An interface that is down lets no packet through, of whatever size.
    seen["mtu"] = link["mtu"] if "UP" in link["flags"] else 0
    seen["addresses"] = {f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["family"] == "inet"}
    routes = json.loads(run("ip", "-j", "-4", "route", "show", "dev", name) or "[]")
    ours = [r for r in routes if "/" not in r["dst"] and r.get("prefsrc") and r.get("protocol") != "kernel"]
    seen["routes"] = {(r["dst"], r["prefsrc"]) for r in ours}
    if seen["kind"] != "xfrm":
        first, *peers = run("wg", "show", name, "dump").splitlines()
        seen["public"], port = first.split("\t")[1:3]
        seen["port"] = int(port)
        seen["peers"] = seen_peers(peers)
    return seen


def seen_peers(lines: list[str]) -> dict[str, dict[str, Any]]:
    """Public key → facts, from the peers' lines of ``wg show dump``."""
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


def seen_firewall() -> str:
    """The rules that were loaded, empty when somebody has changed or removed them since."""
    listed = subprocess.run(["nft", "list", "table", "inet", "vdc"], capture_output=True, text=True, check=False)
    kept = RUN / "firewall.json"
    if listed.returncode or not kept.exists():
        return ""
    loaded = json.loads(kept.read_text())
    return loaded["text"] if loaded["listed"] == listed.stdout else ""


# --- changes ------------------------------------------------------------------------------


def key_files(backend: str) -> tuple[Path, Path]:
    """Where the private key is, and where the next."""
    return (ipsec.KEY, ipsec.NEXT) if backend == "ipsec" else (HOME / "key", HOME / "key.next")


def public_key(path: Path) -> str:
    """WireGuard's public key of a private one; empty if there is none."""
    return run("wg", "pubkey", given=path.read_text()).strip() if path.exists() else ""


def plan(wishes: dict[str, Any], seen: dict[str, Any], public: str) -> list[tuple[str, list[list[str]]]]:
    """What to do, as (what it is called, commands); ``nft`` alone means: load our rules, ``ipsec``
    alone: have strongSwan be as wished."""
    node, tenants = wishes["node"], wishes["tenants"]
    name, steps = node["interface"], []
    if seen["firewall"] != firewall(node):
        steps.append(("firewall", [["nft"]]))
    sealed = node["backend"] == "ipsec"
    # WireGuard may also be a program's, behind an interface of another kind.
    if seen["addresses"] is not None and (seen["kind"] == "xfrm") != sealed:
        steps.append((f"{seen['kind']} interface removed", [["ip", "link", "del", name]]))
        seen = {**seen, "addresses": None, "routes": set(), "peers": {}, "mtu": 0, "public": ""}
    if seen["addresses"] is None:
        steps.append(("interface", [["ip", "link", "add", name, "type", *KINDS[node["backend"]]]]))
    if seen["mtu"] != node["mtu"]:
        steps.append(("mtu", [["ip", "link", "set", name, "mtu", str(node["mtu"]), "up"]]))
    if not sealed:
        steps += [("ipsec ended", ipsec.END)] if seen["ipsec"] else []
        if (seen["port"], seen["public"]) != (node["port"], public):
            key = ["private-key", str(HOME / "key")]
            steps.append(("key", [["wg", "set", name, "listen-port", str(node["port"]), *key]]))
        steps += plan_peers(name, wished_peers(node, tenants, seen["peers"]), seen["peers"])
    have, wished = seen["addresses"] or set(), wished_addresses(node, tenants)
    # New ones first: what a route or a connection needs is there before the old goes.
    for address in sorted(wished - have):
        steps.append((f"address {address}", [["ip", "address", "add", address, "dev", name]]))
    for server, client in sorted(wished_routes(tenants) - seen["routes"]):
        steps.append((f"route {server}", [["ip", "route", "replace", f"{server}/32", "dev", name, "src", client]]))
    differ = ipsec.differences(node, tenants, seen["ipsec"]) if sealed else []
    steps += [(", ".join(differ), [["ipsec"]])] if differ else []
    kept = {route[0] for route in wished_routes(tenants)}
    for server in sorted({route[0] for route in seen["routes"]} - kept):
        steps.append((f"route {server} removed", [["ip", "route", "del", f"{server}/32", "dev", name]]))
    for address in sorted(have - wished):
        steps.append((f"address {address} removed", [["ip", "address", "del", address, "dev", name]]))
    return steps


def plan_peers(name: str, wished: dict[str, tuple], seen: dict[str, Any]) -> list[tuple[str, list[list[str]]]]:
    """One command for all peers. Those with addresses come first, so that an address moves from
    key to key without a moment in which it belongs to none."""
    whats, words = [], []
    for key, (endpoint, allowed, keepalive) in sorted(wished.items(), key=lambda item: (not item[1][1], item[0])):
        have = seen.get(key)
        if not have or (have["endpoint"], have["allowed"], have["keepalive"]) != (endpoint, allowed, keepalive):
            whats.append(f"peer {key[:8]}")
            words += ["peer", key, "endpoint", endpoint, "persistent-keepalive", str(keepalive)]
            words += ["allowed-ips", ",".join(allowed)]
    for key in sorted(set(seen) - set(wished)):
        whats.append(f"peer {key[:8]} removed")
        words += ["peer", key, "remove"]
    return [(", ".join(whats), [["wg", "set", name, *words]])] if whats else []


def load_firewall(node: dict[str, Any]) -> None:
    """Replace our table in one transaction, and remember how it is listed."""
    text = firewall(node)
    run("nft", "-f", "-", given=f"table inet vdc\ndelete table inet vdc\n{text}")
    listed = run("nft", "list", "table", "inet", "vdc")
    (RUN / "firewall.json").write_text(json.dumps({"text": text, "listed": listed}))


def converge(wishes: dict[str, Any], check: bool) -> list[str]:
    """Bring the node to its wishes; what was done, or with ``check`` would be."""
    node = wishes["node"]
    if node is None:
        sys.exit(f"{HOME}/node.json is not there: run the role tunnel")
    public = public_key(HOME / "key") if node["backend"] == "wireguard" else ""
    ours = {"nft": lambda: load_firewall(node), "ipsec": lambda: ipsec.bring(node, wishes["tenants"])}
    steps = plan(wishes, see(node), public)
    for _what, commands in steps if not check else []:
        for command in commands:
            ours[command[0]]() if len(command) == 1 else run(*command)
    return [step[0] for step in steps]


def apply(check: bool = False, new: dict[str, Any] | None = None) -> dict[str, Any]:
    """Take the ``new`` wish, if there is one, and converge."""
    with alone():
        before = read_wishes()
        after = with_wish(before, new) if new else before
        changed = ["wishes"] if after != before else []
        if changed and not check:
            keep(before, after)
        return {"changed": changed + converge(after, check)}
