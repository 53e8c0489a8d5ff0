"""What the tests of service units share: their settings, and what systemd says of them."""

import pathlib
import subprocess
import tempfile

PACKAGING = pathlib.Path(__file__).resolve().parents[1] / "packaging"


def settings(unit):
    """The values of each key, in the order of the file."""
    found = {}
    for line in (PACKAGING / unit).read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def analyze(unit, program, user, name=None):
    """What `systemd-analyze verify` and `security` say: two finished processes. Where nothing is installed the program and
    the user are not there: others stand in for them. `name`: of an instance, where the unit is a template."""
    text = (PACKAGING / unit).read_text(encoding="utf-8").replace(f"/usr/bin/{program}", "/bin/true")
    text = text.replace(f"User={user}", "User=daemon").replace(f"Group={user}", "Group=daemon")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / (name or unit)
        path.write_text(text, encoding="utf-8")
        return [subprocess.run(["systemd-analyze", *words, str(path)], capture_output=True, text=True, timeout=60, check=False)
                for words in (["verify", "--man=no"], ["security", "--offline=yes", "--threshold=30"])]
