#!/usr/bin/env python3
"""web/dist/report.html is what its sources make, and they have no fault of type or accessibility that svelte-check sees."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import pages

node, why = pages.node()
if node is None:
    pages.skip(why)
with tempfile.TemporaryDirectory() as folder:
    made = pathlib.Path(folder)
    built = subprocess.run([node, "node_modules/vite/bin/vite.js", "build", "--outDir", made, "--logLevel", "warn"], cwd=pages.WEB, check=False)
    if built.returncode != 0:
        sys.exit("the page cannot be built, see above")
    if (made / "report.html").read_bytes() != (pages.WEB / "dist/report.html").read_bytes():
        shutil.copy(made / "report.html", pathlib.Path(tempfile.gettempdir()) / "report-built.html")
        sys.exit("web/dist/report.html is not what web/src makes: run `npm run build` in web/ and commit it")
checked = subprocess.run([node, "node_modules/svelte-check/bin/svelte-check", "--fail-on-warnings"], cwd=pages.WEB, check=False)
sys.exit("svelte-check found faults, see above" if checked.returncode else 0)
