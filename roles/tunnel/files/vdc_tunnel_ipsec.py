"""The tunnel as IPsec: strongSwan agrees on keys, the kernel's ESP carries.

Part of vdc-tunnel, which says what it is for. A peer is known by its certificate: one that the
authority signed in its name, and that the controller told. It may use the addresses of its own
connection alone. Compute nodes start connections and storage nodes answer, so that two never cross
on their way. All of it passes the tunnel's one UDP port, as WireGuard's packets would.
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

# Ties the interface to the connections: what is routed into it leaves encrypted or not at all.
IF_ID = 0x7664
SWAN = Path("/etc/swanctl")
CONFIG, SETTINGS = SWAN / "conf.d/vdc.conf", Path("/etc/strongswan.d/vdc.conf")
CERTIFICATES, AUTHORITY = SWAN / "x509", SWAN / "x509ca/vdc.pem"
KEY, NEXT = SWAN / "private/vdc.pem", HOME / "ipsec.next"
# Which daemon has loaded which files.
LOADED = RUN / "ipsec.loaded"
# When each peer was last heard, or first waited for: a peer that was given up has no keys to tell it.
HEARD = RUN / "ipsec.heard"
UNIT = "strongswan.service"
LOAD = ["swanctl", "--load-all", "--noprompt", "--clear"]
# Away with it where the tunnel is no longer IPsec.
END = [["systemctl", "disable", "--now", "--quiet", UNIT], ["rm", "-f", str(CONFIG), str(SETTINGS)]]
# Seconds within which a peer that does not answer is given up, and its keys are gone: five tries of two seconds.
GIVEN_UP = 10


# --- what should be -----------------------------------------------------------------------


def settings(node: dict[str, Any]) -> str:
    """The daemon's: one port, no routes of its own, and no long waits for a peer."""
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
      # As long as the kernel waits before it asks again for keys that were refused.
      xfrm_acq_expires = 15
    }}
  }}
}}
"""


def connection(peer: str) -> str:
    """The name of the connection with that peer."""
    return f"vdc-{peer}"


def children(node: dict[str, Any], peer: dict[str, Any], tenants: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What passes between the node and that peer: name → (our address, theirs)."""
    found = {"node": (node["address"], peer["address"])}
    for name, tenant in sorted(tenants.items()):
        if tenant["peer"] == peer["name"]:
            ours, theirs = ("client", "server") if tenant["side"] == "client" else ("server", "client")
            found[f"t-{name}"] = (tenant[ours], tenant[theirs])
    return found


def wished_pairs(node: dict[str, Any], tenants: dict[str, Any]) -> set[tuple[str, str]]:
    """(connection, child) of all that may pass."""
    return {(connection(peer["name"]), child) for peer in node["peers"] for child in children(node, peer, tenants)}


def peer_certificates(peer: dict[str, Any]) -> dict[str, str]:
    """The certificates that a peer may show, by file: the one in use, and the next."""
    kinds = {f"vdc-{peer['name']}.pem": "public_key", f"vdc-{peer['name']}.next.pem": "next_key"}
    return {file: peer[kind] for file, kind in kinds.items() if peer.get(kind)}


def config(node: dict[str, Any], tenants: dict[str, Any]) -> str:
    """A connection with each peer; in it the nodes' own addresses, and each tenant's pair, which nobody else gets."""
    return "connections {\n" + "".join(_connection(node, peer, tenants) for peer in node["peers"]) + "}\n"


def _connection(node: dict[str, Any], peer: dict[str, Any], tenants: dict[str, Any]) -> str:
    host, port = peer["endpoint"].rsplit(":", 1)
    said = f"""  {connection(peer["name"])} {{
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
        said += f"""      {name} {{
        local_ts = {ours}/32
        remote_ts = {theirs}/32
        esp_proposals = aes256gcm16-ecp384
        start_action = {"trap" if node["starts"] else "none"}
      }}
"""
    return said + "    }\n  }\n"


def files(node: dict[str, Any], tenants: dict[str, Any], own: str) -> dict[Path, str]:
    """What strongSwan reads, besides the key, by path; ``own`` is the certificate of the key in use."""
    others = {CERTIFICATES / file: text for peer in node["peers"] for file, text in peer_certificates(peer).items()}
    return {
        SETTINGS: settings(node),
        CERTIFICATES / "vdc.pem": own,
        **others,
        AUTHORITY: node["authority"],
        CONFIG: config(node, tenants),
    }


# --- what is there ------------------------------------------------------------------------


def see(node: dict[str, Any]) -> dict[str, Any]:
    """Our files, the daemon that runs (empty: none), what was loaded and what passes."""
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
        "passing": set(passing(run("swanctl", "--list-sas", "--raw"))) if active else set(),
    }


def daemon() -> str:
    """Which run of the daemon this is; empty if it does not run."""
    said = run("systemctl", "show", "--property", "ActiveState,InvocationID", UNIT)
    told = dict(line.split("=", 1) for line in said.splitlines())
    return told["InvocationID"] if told["ActiveState"] == "active" else ""


def mark(active: str, wished: dict[Path, str]) -> str:
    """That daemon with those files."""
    texts = json.dumps({str(path): text for path, text in sorted(wished.items())})
    return f"{active} {hashlib.sha256(texts.encode()).hexdigest()}"


def passing(said: str) -> dict[tuple[str, str], dict[str, int]]:
    """(connection, child) → bytes in and out, and seconds since something came in, from ``swanctl --list-sas --raw``."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for event in said.split("list-sa event ")[1:]:
        name = re.match(r"\{(\S+) \{", event)
        inside = event.partition(" child-sas {")[2]
        for child in re.split(r"(?:^|\} )[\w-]+-\d+ \{(?=name=)", inside)[1:] if name else []:
            told = dict(re.findall(r"([\w-]+)=([^\s}]+)", child))
            facts = found.setdefault((name[1], told["name"]), {"in": 0, "out": 0})
            facts["in"] += int(told.get("bytes-in", 0))
            facts["out"] += int(told.get("bytes-out", 0))
            if "use-in" in told:
                facts["heard"] = min(int(told["use-in"]), facts.get("heard", int(told["use-in"])))
    return found


def by_peer(node: dict[str, Any]) -> dict[str, dict[str, int]]:
    """When each peer was last heard, or first waited for (seconds since 1970), and its traffic."""
    seen, now, state = passing(run("swanctl", "--list-sas", "--raw")) if daemon() else {}, int(time.time()), {}
    before = json.loads(HEARD.read_text()) if HEARD.exists() else {}
    for peer in node["peers"]:
        facts = [fact for (name, _child), fact in seen.items() if name == connection(peer["name"])]
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


def differences(node: dict[str, Any], tenants: dict[str, Any], seen: dict[str, Any]) -> list[str]:
    """What ``bring`` would do."""
    wished = files(node, tenants, seen["own"])
    paths = sorted(wished.keys() | seen["files"].keys())
    whats = [f"file {path.name}" for path in paths if wished.get(path) != seen["files"].get(path)]
    if not whats and seen["loaded"] != mark(seen["daemon"], wished):
        whats.append("connections")
    return whats + [f"{child} of {name} ended" for name, child in ended(node, tenants, seen["passing"])]


def ended(node: dict[str, Any], tenants: dict[str, Any], seen: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """What passes and may not, or no longer."""
    return sorted(pair for pair in seen - wished_pairs(node, tenants) if pair[0].startswith(connection("")))


def bring(node: dict[str, Any], tenants: dict[str, Any]) -> None:
    """Have strongSwan be as wished. What may no longer pass does not when this returns, whether its peer answers or not."""
    seen = see(node)
    wished = files(node, tenants, seen["own"])
    for path in seen["files"].keys() - wished.keys():
        path.unlink()
    for path, text in wished.items():
        if seen["files"].get(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, text)
    as_before = seen["daemon"] and seen["files"].get(SETTINGS) == wished[SETTINGS]
    run(*(LOAD if as_before else ["systemctl", "restart", UNIT]))
    for name, child in ended(node, tenants, seen["passing"]):
        whole = name not in {pair[0] for pair in wished_pairs(node, tenants)}
        which = ["--ike", name] if whole else ["--ike", name, "--child", child]
        subprocess.run(
            ["swanctl", "--terminate", *which, "--timeout", str(GIVEN_UP + 5)], capture_output=True, check=False
        )
    left = ended(node, tenants, set(passing(run("swanctl", "--list-sas", "--raw"))))
    if left:
        sys.exit(f"{left[0][1]} of {left[0][0]} still passes, although strongSwan was told to end it: restart {UNIT}")
    RUN.mkdir(parents=True, exist_ok=True)
    write(LOADED, mark(daemon(), wished))


def reauthenticate(node: dict[str, Any]) -> None:
    """Have every connection made anew beside the old one, with the key and the certificate of now."""
    standing = {name for name, _child in passing(run("swanctl", "--list-sas", "--raw"))}
    for name in sorted(standing & {connection(peer["name"]) for peer in node["peers"]}):
        run("swanctl", "--rekey", "--ike", name, "--reauth")


# --- keys ---------------------------------------------------------------------------------


def new_key() -> str:
    """A private key."""
    return run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")


def request(key: Path) -> str:
    """What the authority signs, for the key in that file; empty if there is none. It sets the name itself."""
    return run("openssl", "req", "-new", "-key", str(key), "-subj", "/CN=vdc") if key.exists() else ""


def certificate_of(key: Path, node: dict[str, Any]) -> str:
    """The node's certificate for the key in that file; empty if there is none."""
    public = run("openssl", "pkey", "-in", str(key), "-pubout") if key.exists() else None
    told = [text for text in node["certificates"] if text]
    return next((text for text in told if run("openssl", "x509", "-noout", "-pubkey", given=text) == public), "")
