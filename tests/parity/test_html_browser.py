"""The HTML report in a real browser, with real keys and clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apimap.parity.html import write_page
from tests.parity.browser import Browser, find_browser
from tests.parity.samples import HOSTILE, hostile, results


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, where this machine has one."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium is installed (Debian: `apt-get install chromium`)")
    with Browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 5000 cases."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(results(5000, 30), path)
    return path


def _count(browser: Browser) -> str:
    return str(browser.run("document.querySelector('#count').textContent"))


def _states(browser: Browser) -> set[str]:
    found = browser.run("[...document.querySelectorAll('#rows .badge')].map(e => e.textContent)")
    return set(found)


def _errors(browser: Browser) -> list[Any]:
    kinds = ("Log.entryAdded", "Runtime.exceptionThrown")
    return [event for event in browser.events if event.get("method") in kinds]


def test_search_and_filter(browser: Browser, large: Path) -> None:
    """With real keys and clicks; the address keeps the view."""
    cases = results(5000).cases
    browser.screen(1280, 900)
    browser.open(large.as_uri())
    assert _count(browser) == "5,000 cases"
    browser.click("#q")
    browser.press("conv2d kernel_size=3")
    fitting = [case for case in cases if "nn.Conv2d" in case.torch and "kernel_size=3" in case.id]
    assert _count(browser) == f"{len(fitting)} of 5,000 cases"
    browser.click("[name=state][value=equal]")
    equal = sum(case.state == "equal" for case in fitting)
    assert _count(browser) == f"{equal} of 5,000 cases"
    assert _states(browser) == {"equal"}
    browser.wait("location.hash.includes('state=equal') && location.hash.includes('q=conv2d')")
    browser.press("no such thing")
    browser.click("#reset")
    assert _count(browser) == "5,000 cases"
    browser.run(
        "const s = document.querySelector('#dtype'); s.value = 'bfloat16';"
        " s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    assert _count(browser) == f"{sum(c.dtype == 'bfloat16' for c in cases)} of 5,000 cases"
    assert _errors(browser) == []


def test_pages_sorting_and_details(browser: Browser, large: Path) -> None:
    """Fifty a page; a row opens to its values and its repro line."""
    browser.screen(1280, 900)
    browser.open(large.as_uri())
    browser.click("#next")
    assert browser.run("document.querySelector('#where').textContent") == "2 / 100"
    assert browser.run("document.querySelectorAll('#rows tr').length") == 50
    browser.click("[data-sort=used] button")
    assert browser.run("document.querySelector('[data-sort=used]').ariaSort") == "descending"
    worst = max(results(5000).cases, key=lambda case: case.tolerance_used or 0)
    browser.click("#rows .open")
    text = browser.run("document.querySelector('.detail').textContent")
    assert worst.repro in text
    assert "gradient of weight" in text
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    browser.click(".detail [data-copy]")
    browser.wait("document.querySelector('.detail [data-copy]').textContent === 'Copied'")
    assert browser.run("navigator.clipboard.readText()") == worst.repro


def test_the_matrix_opens_its_cases(browser: Browser, large: Path) -> None:
    """A cell is a link to what it counts."""
    browser.screen(1280, 900)
    browser.open(large.as_uri())
    browser.click("#matrix-find")
    browser.press("batchnorm2")
    seen = "[...document.querySelectorAll('.matrix [data-name]')].filter(e => e.offsetHeight)"
    assert browser.run(f"{seen}.length") == 1
    browser.click(".matrix tr:not([hidden]) td.differs a, .matrix tr:not([hidden]) td.equal a")
    browser.wait("!document.querySelector('#api').hidden")
    cell = browser.run("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
    fitting = [
        case
        for case in results(5000).cases
        if (case.torch, case.dtype, case.mode, str(int(case.jit)))
        == (cell["api"], cell["dtype"], cell["mode"], cell["jit"])
    ]
    assert _count(browser) == f"{len(fitting)} of 5,000 cases"


def test_without_a_script(browser: Browser, large: Path) -> None:
    """The first page of cases, no dead controls, and a word on why."""
    browser.screen(1280, 900)
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(large.as_uri())
        assert browser.run("document.querySelectorAll('#rows tr').length") == 25
        assert browser.run("document.querySelector('#filters').offsetHeight") == 0
        assert browser.run("document.querySelector('.cards button').offsetHeight") == 0
        assert browser.run("document.querySelector('noscript p').offsetHeight") > 0
        assert browser.run("document.querySelector('.tiles strong').offsetHeight") > 0
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_typing_is_fluent(browser: Browser, large: Path) -> None:
    """A key takes a fraction of what a person notices."""
    browser.open(large.as_uri())
    taken = browser.run(
        "(() => { const q = document.querySelector('#q'), start = performance.now();"
        " for (let i = 0; i < 20; i++) { q.value = `conv${i % 3 + 1}`;"
        " q.dispatchEvent(new Event('input', {bubbles: true})); }"
        " return (performance.now() - start) / 20; })()"
    )
    assert taken < 100


def test_hostile_texts_stay_texts(browser: Browser, tmp_path: Path) -> None:
    """In the page, in the table, in the opened row."""
    path = tmp_path / "hostile.html"
    write_page(hostile(), path)
    browser.open(path.as_uri())
    for number in range(1, 4):
        browser.click(f"#rows tr:nth-last-child({number}) .open")
    assert HOSTILE in browser.run("document.querySelector('#rows').textContent")
    assert browser.run("document.images.length") == 0
    assert browser.run("document.title").startswith("Parity: 2 findings")
    assert _errors(browser) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_the_screen(browser: Browser, large: Path, width: int, dark: bool) -> None:
    """No sideways scrolling of the page, and nothing asked of the network."""
    browser.screen(width, 844, dark=dark, touch=width < 600)
    browser.open(large.as_uri())
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("scrollY") == 0
    shade = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", shade)[0]) < 128) == dark
    asked = [e for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    assert {e["params"]["request"]["url"] for e in asked} <= {large.as_uri()}
    assert _errors(browser) == []


def test_colours_can_be_read(browser: Browser, large: Path) -> None:
    """Text has the contrast that WCAG asks for, 4.5 to 1, on badges and cells of both schemes."""
    script = """(() => {
      const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => {
        v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      return Math.min(...[...document.querySelectorAll('.badge, .matrix td a')].map((e) => {
        const s = getComputedStyle(e), a = light(s.color), b = light(s.backgroundColor);
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); })); })()"""
    for dark in (False, True):
        browser.screen(1280, 900, dark=dark)
        browser.open(large.as_uri())
        assert browser.run(script) >= 4.5
