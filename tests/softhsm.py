"""A PKCS#11 token made of software (SoftHSM), of one test's own."""

import os
import pathlib
import shutil
import subprocess
from unittest import mock

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
           "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((path for path in MODULES if pathlib.Path(path).exists()), None)
IS_THERE = bool(MODULE and shutil.which("softhsm2-util"))
PIN = "12345678"


class Token:
    """The token "works", for `case` and all programs that it starts, in a folder."""

    def __init__(self, case, folder):
        self.place = folder / "tokens"
        self.place.mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {self.place}\nlog.level = ERROR\n", encoding="utf-8")
        # SoftHSM loses some octets with each key: its leaks are not ours.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        changed = mock.patch.dict(os.environ, SOFTHSM2_CONF=str(configuration), ASAN_OPTIONS=sanitizer)
        changed.start()
        case.addCleanup(changed.stop)
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "works", "--so-pin", "98765432", "--pin", PIN], check=True,
                       capture_output=True)
        self.pin = folder / "pin"
        self.pin.write_text(PIN + "\n", encoding="utf-8")
        self.pin.chmod(0o600)

    def uri(self, label):
        return f"pkcs11:token=works;object={label}?module-path={MODULE}&pin-source={self.pin}"
