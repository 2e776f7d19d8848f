"""(a) and (c): fleets that are created, requested again and deleted by ansible-playbook."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

from lab_process import ACTION_SECONDS, CALL_SECONDS, RATE_LIMIT, Lab
from report import Report, Row

PLAYS = Path(__file__).with_name("plays")
OURS = "one hetzner_servers task"
PEER = "loop of hetzner.hcloud.server"
PHASES = {"create": "present", "again": "present", "delete": "absent"}
PAGE = 50  # servers in one answer


def compare(lab: Lab, report: Report, directory: Path, servers: int, peers: int) -> None:
    """(a): our module and the peer's, each with an empty project and a full rate bucket at the start.

    The peer's loop runs for ``peers`` servers; if those are fewer, its time and calls are
    extrapolated from those of one server.
    """
    bare = _play(lab, directory, "nothing.yml", 0, "present")
    report.add(Row("a", "ansible-playbook", "a task that does nothing", servers, bare, note="part of all times below"))
    ours, peer, floor = {}, {}, {}
    lab.reset()
    for phase, state in PHASES.items():
        before = lab.calls()
        seconds = _play(lab, directory, "ours.yml", servers, state)
        ours[phase] = report.add(Row("a", OURS, phase, servers, seconds, lab.calls() - before))
        _check(lab, phase, servers)
    lab.reset()
    for phase, state in PHASES.items():
        before = lab.calls()
        seconds = _play(lab, directory, "peer.yml", peers, state)
        _check(lab, phase, peers)
        calls, note = lab.calls() - before, ""
        if peers < servers:
            note = f"extrapolated from {peers} servers: {seconds:.1f} s, {calls} calls"
            seconds, calls = bare + (seconds - bare) / peers * servers, round(calls / peers * servers)
        peer[phase] = report.add(Row("a", PEER, phase, servers, seconds, calls, note))
    for phase in PHASES:
        least = math.ceil(servers / PAGE) if phase == "again" else servers
        work = CALL_SECONDS if phase == "again" else max(ACTION_SECONDS, _paced(least)) + CALL_SECONDS
        floor[phase] = report.add(
            Row(
                "a",
                "floor",
                phase,
                servers,
                bare + work,
                least,
                "ansible-playbook, one call, the action, the rate limit",
            )
        )
    for phase in PHASES:
        mine, theirs, least = ours[phase], peer[phase], floor[phase]
        work = max(mine.seconds - bare, 0.01)
        report.verdicts.append(
            f"(a) {phase}: {theirs.seconds / mine.seconds:.0f} times as fast as the peer, "
            f"{(mine.calls or 0) / servers:.2f} calls a server (peer {(theirs.calls or 0) / servers:.1f}), "
            f"{mine.seconds / least.seconds:.2f} times the floor. Without Ansible's own start: "
            f"{(theirs.seconds - bare) / work:.0f} times the peer, {work / (least.seconds - bare):.2f} times the floor."
        )


def within_an_hours_budget(lab: Lab, report: Report, directory: Path, servers: int) -> None:
    """(c): measure the time of ``servers`` under the real rate limit, and its use."""
    lab.reset()
    seconds = _play(lab, directory, "ours.yml", servers, "present")
    row = report.add(Row("c", OURS, "create", servers, seconds, lab.calls()))
    _check(lab, "create", servers)
    share = (row.calls or 0) / RATE_LIMIT
    report.verdicts.append(
        f"(c) {servers} servers take {seconds:.1f} s and {share:.0%} of an hour's {RATE_LIMIT} calls."
    )


def _paced(calls: int) -> float:
    """Return the seconds until a full bucket has admitted ``calls``."""
    return max(0.0, (calls - RATE_LIMIT) * 3600 / RATE_LIMIT)


def _check(lab: Lab, phase: str, servers: int) -> None:
    found = lab.servers()
    if found != (0 if phase == "delete" else servers):
        sys.exit(f"bench: after {phase} there are {found} servers, not {servers}; a figure would mean nothing")


def _play(lab: Lab, directory: Path, play: str, servers: int, state: str) -> float:
    """Return the wall seconds of ansible-playbook; end the benchmark if it fails."""
    names = [f"bench-{number:04}" for number in range(servers)]
    extra = {"names": names, "servers": [{"name": name} for name in names], "wanted": state}
    variables = directory / "bench-vars.json"
    variables.write_text(json.dumps(extra))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    started = time.perf_counter()
    done = subprocess.run(
        [program, "-e", f"@{variables}", str(PLAYS / play)],
        env={**os.environ, **lab.env, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"bench: {play} failed\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    return seconds
