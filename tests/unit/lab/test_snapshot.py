"""A lab's snapshot and its restore."""

from __future__ import annotations

from vdclab.service import LabService
from vdclab.snapshot import Snapshot


def test_a_restored_lab_holds_what_it_held_and_counts_on_from_there():
    service = LabService()
    project = service.clouds["hetzner"].project
    project.quota["servers"] = 3
    service.lab.clock.advance(60)
    before = service.dump()
    saved = Snapshot(service)
    numbers = []
    for _time in range(2):
        numbers.append(project.new_id())
        project.quota.clear()
        service.lab.trace.add("hetzner", "GET", "/servers", "get_servers", 200, "")
        service.reset()
        saved.restore()
        assert service.clouds["hetzner"].project is project
        assert service.dump() == before
        assert service.lab.trace.dump()["calls"] == []
    assert numbers[0] == numbers[1]
