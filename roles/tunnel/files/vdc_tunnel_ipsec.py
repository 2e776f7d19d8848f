"""The IPsec backend of vdc-tunnel: strongSwan negotiates keys, the kernel encrypts with ESP.

A peer is identified by its certificate, which the authority signed for its name and the controller
sent to this node. A peer may use only the addresses of its own connection. Compute nodes start
connections and storage nodes answer, so that two connections never collide. All traffic uses the
tunnel's one UDP port, like WireGuard's.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from vdc_tunnel_base import HOME, RUN, run, write

# Connects the interface with the connections: packets routed into it leave encrypted or are dropped.
IF_ID = 0x7664
SWAN = Path("/etc/swanctl")
CONFIG, SETTINGS = SWAN / "conf.d/vdc.conf", Path("/etc/strongswan.d/vdc.conf")
CERTIFICATES, AUTHORITY = SWAN / "x509", SWAN / "x509ca/vdc.pem"
KEY, NEXT = SWAN / "private/vdc.pem", HOME / "ipsec.next"
# Fingerprint of the daemon and the files that it has loaded.
LOADED = RUN / "ipsec.loaded"
# When each peer was last heard, or first expected: the kernel has no counters for a peer whose keys have expired.
HEARD = RUN / "ipsec.heard"
UNIT = "strongswan.service"
LOAD = ["swanctl", "--load-all", "--noprompt", "--clear"]
# Removes the backend from a node that no longer uses it.
END = [["systemctl", "disable", "--now", "--quiet", UNIT], ["rm", "-f", str(CONFIG), str(SETTINGS)]]
# Seconds after which strongSwan drops a peer that does not answer and deletes its keys: five tries of two seconds.
GIVEN_UP = 10


# --- desired state ------------------------------------------------------------------------


def settings(node: dict[str, Any]) -> str:
    """Return the daemon's settings: one port, no routes, short timeouts for silent peers."""
    return f"""charon {{
  port = 0
  port_nat_t = {node["port"]}
  install_routes = no
  install_virtual_ip = no
  make_before_break = yes
  retransmit_base = 1
  retransmit_timeout = 2
  retransmit_tries = 4
  plugins {{
    kernel-netlink {{
      # Seconds until the kernel requests keys again after a refusal.
      xfrm_acq_expires = 15
    }}
  }}
}}
"""


def connection(peer: str) -> str:
    """Return the name of the connection with a peer."""
    return f"vdc-{peer}"


def children(node: dict[str, Any], peer: dict[str, Any], tenants: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the traffic between the node and a peer: name → (own address, peer's address)."""
    found = {"node": (node["address"], peer["address"])}
    for name, tenant in sorted(tenants.items()):
        if tenant["peer"] == peer["name"]:
            ours, theirs = ("client", "server") if tenant["side"] == "client" else ("server", "client")
            found[f"t-{name}"] = (tenant[ours], tenant[theirs])
    return found


def desired_pairs(node: dict[str, Any], tenants: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (connection, child) of all traffic that is allowed."""
    return {(connection(peer["name"]), child) for peer in node["peers"] for child in children(node, peer, tenants)}


def peer_certificates(peer: dict[str, Any]) -> dict[str, str]:
    """Return the certificates that a peer may present, by file name: the current one and the next one."""
    kinds = {f"vdc-{peer['name']}.pem": "public_key", f"vdc-{peer['name']}.next.pem": "next_key"}
    return {file: peer[kind] for file, kind in kinds.items() if peer.get(kind)}


def config(node: dict[str, Any], tenants: dict[str, Any]) -> str:
    """Return swanctl's configuration: a connection per peer, with the nodes' addresses and each tenant's pair of addresses."""
    return "connections {\n" + "".join(_connection(node, peer, tenants) for peer in node["peers"]) + "}\n"


def _connection(node: dict[str, Any], peer: dict[str, Any], tenants: dict[str, Any]) -> str:
    host, port = peer["endpoint"].rsplit(":", 1)
    text = f"""  {connection(peer["name"])} {{
    version = 2
    remote_addrs = {host}
    local_port = {node["port"]}
    remote_port = {port}
    encap = yes
    mobike = no
    proposals = aes256gcm16-prfsha384-ecp384
    dpd_delay = {node["keepalive"] if node["starts"] else 0}s
    keyingtries = 0
    unique = replace
    if_id_in = {IF_ID}
    if_id_out = {IF_ID}
    local {{
      auth = pubkey
      certs = vdc.pem
      id = {node["name"]}
    }}
    remote {{
      auth = pubkey
      certs = {", ".join(peer_certificates(peer))}
      cacerts = {AUTHORITY.name}
      id = {peer["name"]}
    }}
    children {{
"""
    for name, (ours, theirs) in children(node, peer, tenants).items():
        text += f"""      {name} {{
        local_ts = {ours}/32
        remote_ts = {theirs}/32
        esp_proposals = aes256gcm16-ecp384
        start_action = {"trap" if node["starts"] else "none"}
      }}
"""
    return text + "    }\n  }\n"


def files(node: dict[str, Any], tenants: dict[str, Any], own: str) -> dict[Path, str]:
    """Return the files that strongSwan reads besides the key, by path; ``own`` is the certificate of the current key."""
    others = {CERTIFICATES / file: text for peer in node["peers"] for file, text in peer_certificates(peer).items()}
    return {
        SETTINGS: settings(node),
        CERTIFICATES / "vdc.pem": own,
        **others,
        AUTHORITY: node["authority"],
        CONFIG: config(node, tenants),
    }


# --- current state ------------------------------------------------------------------------


def read_state(node: dict[str, Any]) -> dict[str, Any]:
    """Read the backend's files, the running daemon (empty if none), what it has loaded and its established traffic."""
    active = daemon()
    return {
        "own": certificate_of(KEY, node),
        "files": {
            path: path.read_text()
            for path in (SETTINGS, AUTHORITY, CONFIG, *CERTIFICATES.glob("vdc*.pem"))
            if path.exists()
        },
        "daemon": active,
        "loaded": LOADED.read_text() if LOADED.exists() else "",
        "established": set(established(run("swanctl", "--list-sas", "--raw"))) if active else set(),
    }


def daemon() -> str:
    """Return the id of the daemon's current run; empty if it does not run."""
    shown = run("systemctl", "show", "--property", "ActiveState,InvocationID", UNIT)
    properties = dict(line.split("=", 1) for line in shown.splitlines())
    return properties["InvocationID"] if properties["ActiveState"] == "active" else ""


def fingerprint(active: str, desired: dict[Path, str]) -> str:
    """Return a text that identifies a daemon's run and the files that it loaded."""
    texts = json.dumps({str(path): text for path, text in sorted(desired.items())})
    return f"{active} {hashlib.sha256(texts.encode()).hexdigest()}"


def established(listed: str) -> dict[tuple[str, str], dict[str, int]]:
    """Parse ``swanctl --list-sas --raw``: (connection, child) → bytes in and out, and seconds since the last packet."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for event in listed.split("list-sa event ")[1:]:
        name = re.match(r"\{(\S+) \{", event)
        inside = event.partition(" child-sas {")[2]
        for child in re.split(r"(?:^|\} )[\w-]+-\d+ \{(?=name=)", inside)[1:] if name else []:
            values = dict(re.findall(r"([\w-]+)=([^\s}]+)", child))
            facts = found.setdefault((name[1], values["name"]), {"in": 0, "out": 0})
            facts["in"] += int(values.get("bytes-in", 0))
            facts["out"] += int(values.get("bytes-out", 0))
            if "use-in" in values:
                facts["heard"] = min(int(values["use-in"]), facts.get("heard", int(values["use-in"])))
    return found


def by_peer(node: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return for each peer when it was last heard, or first expected (seconds since 1970), and its traffic in bytes."""
    current, now, state = established(run("swanctl", "--list-sas", "--raw")) if daemon() else {}, int(time.time()), {}
    before = json.loads(HEARD.read_text()) if HEARD.exists() else {}
    for peer in node["peers"]:
        facts = [fact for (name, _child), fact in current.items() if name == connection(peer["name"])]
        heard = [now - fact["heard"] for fact in facts if "heard" in fact]
        state[peer["name"]] = {
            "handshake": max([*heard, before.get(peer["name"], 0)]) or now,
            "received": sum(fact["in"] for fact in facts),
            "sent": sum(fact["out"] for fact in facts),
        }
    RUN.mkdir(parents=True, exist_ok=True)
    write(HEARD, json.dumps({name: facts["handshake"] for name, facts in state.items()}))
    return state


# --- changes ------------------------------------------------------------------------------


def differences(node: dict[str, Any], tenants: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Return the changes that ``apply`` would make."""
    desired = files(node, tenants, current["own"])
    paths = sorted(desired.keys() | current["files"].keys())
    changes = [f"file {path.name}" for path in paths if desired.get(path) != current["files"].get(path)]
    if not changes and current["loaded"] != fingerprint(current["daemon"], desired):
        changes.append("connections")
    return changes + [f"{child} of {name} ended" for name, child in ended(node, tenants, current["established"])]


def ended(node: dict[str, Any], tenants: dict[str, Any], current: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the established traffic that is not allowed."""
    return sorted(pair for pair in current - desired_pairs(node, tenants) if pair[0].startswith(connection("")))


def apply(node: dict[str, Any], tenants: dict[str, Any]) -> None:
    """Converge strongSwan. When this returns, no traffic is established that is not allowed, whether its peer answers or not."""
    current = read_state(node)
    desired = files(node, tenants, current["own"])
    for path in current["files"].keys() - desired.keys():
        path.unlink()
    for path, text in desired.items():
        if current["files"].get(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, text)
    as_before = current["daemon"] and current["files"].get(SETTINGS) == desired[SETTINGS]
    run(*(LOAD if as_before else ["systemctl", "restart", UNIT]))
    for name, child in ended(node, tenants, current["established"]):
        whole = name not in {pair[0] for pair in desired_pairs(node, tenants)}
        which = ["--ike", name] if whole else ["--ike", name, "--child", child]
        subprocess.run(
            ["swanctl", "--terminate", *which, "--timeout", str(GIVEN_UP + 5)], capture_output=True, check=False
        )
    left = ended(node, tenants, set(established(run("swanctl", "--list-sas", "--raw"))))
    if left:
        sys.exit(
            f"{left[0][1]} of {left[0][0]} is still established although strongSwan was asked to end it; restart {UNIT}"
        )
    RUN.mkdir(parents=True, exist_ok=True)
    write(LOADED, fingerprint(daemon(), desired))


def reauthenticate(node: dict[str, Any]) -> None:
    """Replace every connection without interruption, using the current key and certificate."""
    current = {name for name, _child in established(run("swanctl", "--list-sas", "--raw"))}
    for name in sorted(current & {connection(peer["name"]) for peer in node["peers"]}):
        run("swanctl", "--rekey", "--ike", name, "--reauth")


# --- keys ---------------------------------------------------------------------------------


def new_key() -> str:
    """Generate a private key."""
    return run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")


def request(key: Path) -> str:
    """Return the certificate request for the key in a file; empty if there is none. The authority sets the name."""
    return run("openssl", "req", "-new", "-key", str(key), "-subj", "/CN=vdc") if key.exists() else ""


def certificate_of(key: Path, node: dict[str, Any]) -> str:
    """Return the node's certificate for the key in a file; empty if there is none."""
    public = run("openssl", "pkey", "-in", str(key), "-pubout") if key.exists() else None
    certificates = [text for text in node["certificates"] if text]
    return next(
        (text for text in certificates if run("openssl", "x509", "-noout", "-pubkey", stdin=text) == public), ""
    )
