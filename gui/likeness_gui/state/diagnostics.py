"""One zip that tells a developer what is going on; names of people and pictures are not in it."""

import zipfile
from pathlib import Path

from likeness_core import __version__
from likeness_core.jobs import encode
from likeness_plugin.registration import Report

from likeness_gui.state.core import Core
from likeness_gui.state.job_queue import JobQueue
from likeness_gui.state.machine_report import MachineReport


def write_diagnostics(target: Path, core: Core, machine: MachineReport, queue: JobQueue, hosts: Report | None) -> None:
    """Write it. Raises OSError."""
    jobs = [
        " ".join(
            (job.job, job.state.value, str(len(job.frames)), job.output.format, job.error.code if job.error else "")
        )
        for job in queue.jobs.values()
    ]
    checks = [f"{check.name}: {check.text} {check.hint}" for check in machine.doctor.checks] if machine.doctor else []
    places = [f"{entry.what}: {entry.state}" for entry in hosts.entries] if hosts else []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("version.txt", f"Likeness {__version__}, core {core.version or 'not running'}\n")
        archive.writestr("core.log", "\n".join(core.log))
        archive.writestr("machine.txt", "\n".join(checks))
        archive.writestr("packs.json", encode(machine.packs) if machine.packs else b"null")
        archive.writestr("jobs.txt", "\n".join(jobs))
        archive.writestr("hosts.txt", "\n".join(places))
