"""The accelerator: KVM where it boots the golden kernel, else TCG."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from .emulator import Emulator
from .golden import Golden

# Under working KVM the kernel prints within a second; under broken KVM it hangs without output.
# Without a root disk it then panics, and with panic=-1 QEMU ends.
PROBE_SECONDS = 10.0
MARKER = b"Linux version"


def arguments(kvm: bool) -> list[str]:
    """QEMU's arguments for accelerator and processor.

    For TCG, as measured: one thread per core, 256 MiB for translated code, and a processor without
    AVX, whose wide registers make every task switch slower (a tenth of the boot time).
    """
    if kvm:
        return ["-accel", "kvm", "-cpu", "host"]
    return ["-accel", "tcg,thread=multi,tb-size=256", "-cpu", "Nehalem"]


def kvm_works(cache: Path, emulator: Emulator, golden: Golden) -> bool:
    """Whether KVM boots the golden kernel on this host; the result is cached until the host reboots."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    verdict = cache / "kvm-verdict"
    if verdict.exists():
        recorded, _, result = verdict.read_text().partition(" ")
        if recorded == boot:
            return result == "works"
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
        output, limit = b"", time.monotonic() + PROBE_SECONDS
        # The marker alone is not enough: some kernels hang after their first lines.
        while time.monotonic() < limit and not (MARKER in output and b"Kernel panic" in output):
            output += probe.stdout.read() or b""
            if probe.poll() is not None:
                output += probe.stdout.read() or b""
                break
            time.sleep(0.05)
        probe.kill()
    return MARKER in output and b"Kernel panic" in output
