"""What works without a framework imports none."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, apimap
from apimap.lint import lint
apimap.translate("torch.nn.ConvTranspose1d", 3, 64, 5, stride=3, padding=2, output_padding=2)
apimap.translate("mindspore.nn.BatchNorm2d", 3)
apimap.explain("torch.nn.Conv2d")
lint()
loaded = [name for name in sys.modules if name.split(".")[0] in ("torch", "mindspore")]
sys.exit(f"imported: {loaded[:5]}" if loaded else 0)
"""


def test_translate_explain_and_lint_import_no_framework() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
