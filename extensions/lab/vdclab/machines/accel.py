"""KVM where it boots the golden kernel, TCG elsewhere."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from .emulator import Emulator
from .golden import Golden

# A stock kernel under working KVM says its first words within a second; one that hangs says
# nothing ever. Without a root disk it then panics and, told to, leaves.
SECONDS = 10.0
MARKER = b"Linux version"


def arguments(kvm: bool) -> list[str]:
    """QEMU's words for the accelerator and the processor.

    For TCG as measured: a thread per core, 256 MiB for translated code, and a processor without
    AVX, whose wide registers cost at every switch of tasks (a tenth of the time of a boot).
    """
    if kvm:
        return ["-accel", "kvm", "-cpu", "host"]
    return ["-accel", "tcg,thread=multi,tb-size=256", "-cpu", "Nehalem"]


def kvm_works(cache: Path, emulator: Emulator, golden: Golden) -> bool:
    """Whether KVM boots the golden kernel here; the verdict is kept until the host reboots."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    verdict = cache / "kvm-verdict"
    if verdict.exists():
        seen, _, said = verdict.read_text().partition(" ")
        if seen == boot:
            return said == "works"
    works = _probe(emulator, golden)
    verdict.write_text(f"{boot} {'works' if works else 'fails'}")
    return works


def _probe(emulator: Emulator, golden: Golden) -> bool:
    command = [*emulator.system(), *arguments(kvm=True)]
    command += ["-machine", "q35", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    command += ["-kernel", str(golden.kernel), "-append", "console=ttyS0 panic=-1", "-serial", "stdio"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=emulator.env()
    ) as probe:
        assert probe.stdout is not None
        os.set_blocking(probe.stdout.fileno(), False)
        said, limit = b"", time.monotonic() + SECONDS
        # The marker alone is not enough: kernels were seen to hang after their first lines.
        while time.monotonic() < limit and not (MARKER in said and b"Kernel panic" in said):
            said += probe.stdout.read() or b""
            if probe.poll() is not None:
                said += probe.stdout.read() or b""
                break
            time.sleep(0.05)
        probe.kill()
    return MARKER in said and b"Kernel panic" in said
