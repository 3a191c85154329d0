"""A checkout's folder is called audiolab too: beside it, Python must find the package, not the folder."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_package_is_found_beside_its_checkout(tmp_path):
    (tmp_path / "audiolab").symlink_to(ROOT)
    script = "import audiolab; print(audiolab.__file__)"
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(ran.stdout.strip()).samefile(ROOT / "audiolab" / "__init__.py")
