#!/usr/bin/env python3
"""Makes reports (demonstration plant, 200 zones, hostile texts) and has browser.test.mjs look at them in Chromium."""

import os
import pathlib
import subprocess
import sys
import unittest

import pages


class Browser(pages.ReportCase):
    def test_browser_shows_what_the_reports_hold(self):
        made = self.folder
        self.watched(ago=3600)
        self.watched(self.attacked, ago=60)
        self.report("--since", "10m", name="demo.html")
        self.edit("plant: Riverside Water Works, demonstration", "plant: " + pages.json.dumps(pages.HOSTILE, ensure_ascii=False))
        self.edit("name: Process control", "name: " + pages.json.dumps(pages.HOSTILE, ensure_ascii=False))
        self.report(name="hostile.html")
        self.plant.write_text(pages.large_plant(200), "utf-8")
        self.report(name="large.html")
        for name in ("demo", "hostile", "large"):
            carried, _ = pages.inside((made / f"{name}.html").read_text("utf-8"))
            (made / f"{name}.json").write_text(pages.json.dumps(carried), "utf-8")
        keep = os.environ.get("RAMPART_REPORT_KEEP")
        if keep:
            pages.shutil.copytree(made, pathlib.Path(keep), dirs_exist_ok=True, ignore=pages.shutil.ignore_patterns("journal"))
        node, _ = pages.node()
        ran = subprocess.run([node, "--test", "--test-reporter=spec", "browser.test.mjs"], cwd=pages.HERE, check=False,
                             env={**os.environ, "PAGES": str(made), "HOSTILE": pages.HOSTILE})
        self.assertEqual(ran.returncode, 0)


if __name__ == "__main__":
    NODE, WHY = pages.node()
    if NODE is None:
        pages.skip(WHY)
    if pages.chromium() is None:
        pages.skip("no chromium")
    sys.argv = sys.argv[:1]
    unittest.main()
