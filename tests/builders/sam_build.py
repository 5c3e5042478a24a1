"""What `sam build` makes of the project: built once for all workers of a test run."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from local.deployment import BUILT, ROOT

SAM = ROOT / ".sam/bin"
DONE = "done"


def sam_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with one folder for each function and layer, and the template; to be copied, never changed."""
    if not (SAM / "python3.13").exists():
        reason = "`sam build` needs Python 3.13 on the PATH or in ~/.pyenv; then `rm -rf .sam` and `make test`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, cache = run / "sam-build", BUILT / "sam"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DONE).exists():
            sam("build", "--build-dir", str(folder / "build"), "--cache-dir", str(cache))
            (folder / DONE).touch()
    return folder / "build"


def sam(*command: str, template: Path = ROOT / "template.yaml") -> str:
    """What SAM prints without an account; its telemetry is off."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    no_one = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    here = {"PATH": f"{SAM}:{os.environ['PATH']}", "AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"}
    assert (SAM / "sam").exists(), "`make test` installs SAM into .sam"
    done = subprocess.run(
        [SAM / "sam", *command, "--template-file", template],
        cwd=ROOT,
        env=own | no_one | here,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
