"""The HTML report: what is on it, and that no text gets out of its place."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from apimap.parity.html import page
from apimap.parity.matrix import worst_cases
from tests.parity.samples import hostile, results


def test_numbers_are_there_without_a_script() -> None:
    """Totals, versions, device, seed, repro lines and verdicts lie in the page itself."""
    found = results(300, 20, seed=3, interrupted=True)
    text = page(found)
    totals = found.totals
    for part in (
        f"<strong>{totals.equal}</strong>",
        f"<strong>{totals.differs}</strong>",
        "Interrupted.",
        str(found.versions["torch"]),
        "<dt>Seed</dt><dd>3</dd>",
        "<dt>Device</dt><dd>CPU</dd>",
        "is the first layer whose outputs differ, 18 of 20",
        worst_cases(found.cases)[0].case.id.replace("'", "&#39;"),
    ):
        assert part in text, part


def test_nothing_is_loaded() -> None:
    """No address but the name of SVG, and a policy that forbids the rest."""
    text = page(results(50, 5))
    assert set(re.findall(r"\w+://[^\s\"'<]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|<link|<iframe|\ssrc=", text)
    assert "default-src 'none'" in text


def test_every_text_is_escaped() -> None:
    """A case may be called what it likes."""
    text = page(hostile())
    assert "<img" not in text
    assert text.count("</script>") == 2


@pytest.mark.parametrize("number", [0, 1, 3])
def test_few_or_no_cases(number: int) -> None:
    """Sections without content are left out."""
    text = page(results(number))
    assert ("Nothing was compared" in text) == (number == 0)
    for part in ('id="matrix"', 'id="cases"', "<script"):
        assert (part in text) == (number > 0)


def test_layers_alone() -> None:
    """What `--layers` writes: no case, but a verdict."""
    assert "The two models differ" in page(results(0, 20))
    assert "All 9 layers agree" in page(results(0, 9))


def test_worst_cases_are_a_mixture() -> None:
    """Two of an API, and crashes are never crowded out."""
    chosen = worst_cases(results(2500).cases)
    states = [each.case.state for each in chosen]
    assert len(chosen) == 12
    assert states.count("crashed") == states.count("timeout") == 2
    assert states[0] == "differs"
    assert any(each.more for each in chosen)


def test_no_framework_and_no_template_engine_until_asked() -> None:
    """A report is made from its JSON on any machine; `import apimap` stays light."""
    script = (
        "import sys, apimap; early = 'jinja2' in sys.modules\n"
        "from apimap.parity.html import page\n"
        "loaded = {n.split('.')[0] for n in sys.modules} & {'torch', 'mindspore'}\n"
        "sys.exit(f'{early} {loaded}' if early or loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_five_thousand_cases_are_quick() -> None:
    """Made in seconds, and small enough to send."""
    found = results(5000)
    start = time.process_time()
    text = page(found)
    assert time.process_time() - start < 10
    assert len(text) < 4e6
