"""When, of which commit and on what a report was made: what a reader needs who makes it again."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime

from mamlcheck.formats.made import Made
from mamlcheck.shipped import shipped


def made_now() -> Made:
    """The day (in UTC; that of SOURCE_DATE_EPOCH, where this is set), the commit of a checkout, and the platform."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return Made(date=now.date().isoformat(), commit=_commit(), platform=_platform())


def _platform() -> str:
    cores = os.cpu_count() or 1
    return f"{platform.system()} on {platform.machine()}, {cores} core{'' if cores == 1 else 's'}"


def _commit() -> str | None:
    """The commit of the checkout that mamlcheck runs from, None where it is installed or there is no git."""
    proofs = shipped("proofs")
    if not (proofs.parent / ".git").exists():
        return None
    asked = ["git", "-C", str(proofs), "rev-parse", "--short=10", "HEAD"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
