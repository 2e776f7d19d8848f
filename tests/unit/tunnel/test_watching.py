"""The tunnel's monitor: recovered peers, restarts and metrics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest


def test_restarts_back_off_and_keep_counting(program: ModuleType) -> None:
    memory, at, pauses = program.NO_MEMORY, 1000.0, []
    for _ in range(8):
        restart, memory = program.decide(memory, True, at)
        assert restart
        pauses.append(memory["not_before"] - at)
        assert program.decide(memory, True, memory["not_before"] - 1) == (False, memory)
        at = memory["not_before"]
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]
    restart, memory = program.decide(memory, False, at)
    assert not restart
    assert memory == {"restarts": 8, "pause": 30, "not_before": 0}


def test_peer_recovers_only_after_a_silence(program: ModuleType) -> None:
    heard: dict[str, tuple[int, float]] = {}
    assert program.recovered_peers(heard, {"a": 10}, 0, 12) == []
    assert program.recovered_peers(heard, {"a": 20}, 11, 12) == []
    assert program.recovered_peers(heard, {"a": 20}, 30, 12) == []
    assert program.recovered_peers(heard, {"a": 21}, 40, 12) == ["a"]
    assert program.recovered_peers(heard, {"a": 22}, 41, 12) == []
    # Its keys were dropped, and it returns with new ones.
    assert program.recovered_peers(heard, {"a": 0}, 60, 12) == []
    assert program.recovered_peers(heard, {"a": 1}, 70, 12) == ["a"]


def test_only_nfs_connections_of_clients_to_the_peer_are_reset(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(program, "run", lambda *command: commands.append(command))
    tenants = {
        "a": {"side": "client", "peer": "s1", "server": "10.99.128.1"},
        "b": {"side": "client", "peer": "s2", "server": "10.99.128.2"},
        "c": {"side": "server", "peer": "s1", "server": "10.99.128.3"},
    }
    program.reset_nfs_connections({"tenants": tenants}, ["s1"])
    assert commands == [("ss", "-H", "-K", "-t", "dst 10.99.128.1 and dport = :2049")]


def test_peers_traffic_is_summed_over_both_keys(program: ModuleType) -> None:
    facts = {"OLD": {"handshake": 5, "received": 10, "sent": 1}, "NEW": {"handshake": 9, "received": 2, "sent": 3}}
    peers = [{"name": "a", "public_key": "OLD", "next_key": "NEW"}, {"name": "b", "public_key": "ABSENT"}]
    assert program.by_peer({"peers": peers}, facts) == {
        "a": {"handshake": 9, "received": 12, "sent": 4},
        "b": {"handshake": 0, "received": 0, "sent": 0},
    }


def test_metrics_are_in_prometheus_format(program: ModuleType) -> None:
    state = {
        "a": {"handshake_age": 3, "latency": 0.004, "received": 10, "sent": 20},
        "b": {"handshake_age": None, "latency": None, "received": 0, "sent": 0},
    }
    text = program.metrics(state, {"restarts": 2}, 1)
    assert 'vdc_tunnel_handshake_age_seconds{peer="a"} 3\n' in text
    assert 'vdc_tunnel_handshake_age_seconds{peer="b"}' not in text
    assert 'vdc_tunnel_received_bytes_total{peer="b"} 0\n' in text
    assert "# TYPE vdc_tunnel_restarts_total counter\nvdc_tunnel_restarts_total 2\n" in text


def test_longest_gap_between_ping_answers_is_measured(program: ModuleType) -> None:
    output = "PING x\n[100.0] 64 bytes\n[100.1] 64 bytes\n[100.9] 64 bytes\n[101.0] 64 bytes\n\n4 packets\n"
    assert program.longest_gap(output) == 0.8
    assert program.longest_gap("PING x\n") is None


def test_key_is_generated_once_and_readable_by_root_only(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iter(["secret-1\n", "secret-2\n"])
    monkeypatch.setattr(program, "run", lambda *words: next(made))
    monkeypatch.setattr(program, "public_key", lambda path: f"public-of-{path.name}" if path.exists() else "")
    predicted = program.keys(False, True, "wireguard")
    assert predicted == {"changed": ["key"], "backend": "", "public": "", "next": ""}
    first = program.keys(False, False, "wireguard")
    again = program.keys(False, False, "wireguard")
    assert (first["changed"], again["changed"]) == (["key"], [])
    assert first["public"] == again["public"] == "public-of-key"
    assert program.keys(True, False)["next"] == "public-of-key.next"
    assert [(tmp_path / "home" / name).stat().st_mode & 0o777 for name in ("key", "key.next")] == [0o600, 0o600]
    assert "secret" not in json.dumps([first, again])


def test_failing_command_exits_with_its_message(state: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess(["wg"], 1, "", "Unable to modify interface: No such device\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit, match="wg set vdc0: Unable to modify interface: No such device"):
        state.run("wg", "set", "vdc0", "private-key", "/etc/vdc/tunnel/key")
