"""One site for all modules of this folder."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.guests import within
from support.site import PLAYS, Site
from vdclab.machines import qemu

COMPUTE, STORAGE = "lab-compute-1", "lab-storage-1"
TENANTS = {
    "acme": {"number": 1, "node": COMPUTE, "gib": 1},
    "beta": {"number": 2, "node": COMPUTE, "gib": 1},
}

IMAGE = "203.0.113.1:5000/lab/python:trixie"
START = f"""set -e
mkdir -p /root/told && chown 101000 /root/told && cat > /root/writer.py
docker network inspect acme > /dev/null 2>&1 || docker network create acme > /dev/null
docker run --quiet --detach --name writer --label com.docker.compose.project=vdc-acme --user 101000:101000 --network acme \
  --read-only --cap-drop ALL --volume /srv/vdc/acme:/data --volume /root/told:/told --volume /root/writer.py:/writer.py:ro \
  {IMAGE} python3 /writer.py
"""


class DataPath(Site):
    """The site with its tenants."""

    def lay(self, tenants: dict, *more: str) -> int:
        """Lay these tenants' paths; how many tasks changed something."""
        return self.must(f"{PLAYS}/data_path", "-e", json.dumps({"tenants": tenants}), *more).changed


class Writer:
    """The writer, seen from outside."""

    def __init__(self, site: DataPath) -> None:
        self.site = site

    def start(self) -> None:
        text = Path(__file__).with_name("writer.py").read_text()
        self.site.says(COMPUTE, f"cat <<'END' | (\n{text}END\n{START})")
        within(60, lambda: len(self.acknowledged()) > 10, "the writer writes")

    def acknowledged(self) -> list[tuple[int, float]]:
        """Each record that it was told is kept, and when (seconds of the node's clock)."""
        said = self.site.tries(COMPUTE, "cat /root/told/acks").stdout
        return [(int(number), float(when)) for number, when in re.findall(r"^(\d+) ([0-9.]+)$", said, re.MULTILINE)]

    def trouble(self) -> str:
        """The error that reached it; empty if none did."""
        return self.site.says(COMPUTE, "cat /root/told/error 2>/dev/null || true")

    @contextmanager
    def stage(self, what: str, stall: float) -> Iterator[None]:
        """While something happens: no error, it goes on, and its longest stall (printed) is below ``stall`` seconds."""
        before = self.acknowledged()[-1]
        yield
        within(240, lambda: self.acknowledged()[-1][0] > before[0], f"the writer writes on: {what}")
        now = float(self.site.says(COMPUTE, "cut -d ' ' -f 1 /proc/uptime"))
        within(240, lambda: self.acknowledged()[-1][1] > now + 1, f"the writer writes on: {what}")
        times = [when for number, when in self.acknowledged() if number >= before[0]]
        longest = max(later - earlier for earlier, later in itertools.pairwise(times))
        print(f"\n{what}: {len(times)} records, longest stall {longest:.1f} s")
        assert self.trouble() == ""
        assert longest < stall


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataPath]:
    reason = qemu.why_not()
    if reason:
        pytest.skip(reason)
    site = DataPath(tmp_path_factory.mktemp("site"))
    try:
        site.lay(TENANTS)
        site.meet()
        yield site
    finally:
        site.close()


@pytest.fixture(scope="package")
def writer(site: DataPath) -> Writer:
    """Writes from its first use on, until the last module removes it."""
    writer = Writer(site)
    writer.start()
    return writer
