"""Two guests, a compute and a storage node, joined by IPsec, and a writer on the tenant's mount."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.guests import Guests
from support.playbooks import Outcome, play
from support.site import PATIENCE, PLAYS
from vdclab.machines.base import MachineSpec, Nic
from vdclab.machines.qemu import QemuMachines

GIB = 1024**3
COMPUTE, STORAGE = "lab-compute-1", "lab-storage-1"
ADDRESS = {COMPUTE: "203.0.113.10", STORAGE: "198.51.100.10"}
PLAY = f"{PLAYS}/tunnel"
LOG = "/srv/vdc/acme/log"
INVENTORY = """\
all:
  vars: {{ansible_user: root, ansible_python_interpreter: /usr/bin/python3, ansible_ssh_private_key_file: {key},
          vdc_private_dir: {private}, tunnel_ca_directory: {private}/tunnel}}
  children:
    role_compute: {{hosts: {{lab-compute-1: {{ansible_host: 203.0.113.10}}}}}}
    role_storage: {{hosts: {{lab-storage-1: {{ansible_host: 198.51.100.10}}}}}}
"""
# Writes numbered records, each on the server before the next, and prints the longest pause between two.
WRITER = """\
import os, sys, time
file, worst, last, number = open(sys.argv[1], "w"), 0.0, time.monotonic(), 0
while not os.path.exists("/root/enough"):
    number += 1
    print(number, file=file, flush=True)
    os.fsync(file.fileno())
    now = time.monotonic()
    worst, last = max(worst, now - last), now
    time.sleep(0.1)
print(number, round(worst, 1))
"""


class Pair(Guests):
    """The two guests, with a writer and playbooks."""

    def __init__(self, directory: Path) -> None:
        key = directory / "ssh_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        super().__init__(directory / "lab", key, ADDRESS)
        self.directory, self.inventory, self.authority = directory, directory / "inventory.yml", directory / "tunnel"
        self.inventory.write_text(INVENTORY.format(key=key, private=directory))
        self.machines = QemuMachines(self.run_dir)

    def boot(self) -> None:
        """Start both, and wait until they answer."""
        public = self.key.with_suffix(".pub").read_text().strip()
        for number, (name, address) in enumerate(ADDRESS.items()):
            gateway = address.rpartition(".")[0] + ".1"
            nic = Nic("public", f"52:54:00:00:01:{number:02x}", f"{address}/24", gateway)
            self.machines.create(MachineSpec(name, name, 2, 2 * GIB, 10 * GIB, (nic,), (public,))).result(timeout=120)
        for name in ADDRESS:
            self.wait_for_ssh(name)

    def play(self, name: str, *more: str, backend: str = "ipsec") -> Outcome:
        """Run ``playbooks/<name>.yml``."""
        ssh = {"ANSIBLE_SSH_COMMON_ARGS": f"-F {self.run_dir}/ssh_config", "ANSIBLE_HOST_KEY_CHECKING": "false"}
        choice = ("-e", f"tunnel_backend={backend}")
        return play(
            name,
            self.directory,
            *choice,
            *more,
            seconds=PATIENCE,
            inventory=self.inventory,
            ANSIBLE_TIMEOUT="120",
            **ssh,
        )

    def changes(self, name: str, *more: str, backend: str = "ipsec") -> int:
        """Run a playbook, which must succeed; return the number of tasks that changed something."""
        done = self.play(name, *more, backend=backend)
        assert done.ok, done.output
        return done.changed

    def write(self) -> subprocess.Popen:
        """Start the writer."""
        self.check_output(COMPUTE, f"rm -f /root/enough; cat > /root/writer.py <<'END'\n{WRITER}END")
        command = self.ssh(COMPUTE, f"python3 /root/writer.py {LOG}")
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def longest_stall(self, writer: subprocess.Popen) -> float:
        """Stop the writer; return its longest stall in seconds. Every record must be on the storage node once and in order."""
        self.check_output(COMPUTE, "touch /root/enough")
        count, worst = writer.communicate(timeout=120)[0].split()
        records = self.check_output(STORAGE, f"cat {LOG}").split()
        assert records == [str(number) for number in range(1, int(count) + 1)]
        return float(worst)
