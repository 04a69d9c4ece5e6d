"""A sweep as JUnit XML, which CI systems show test by test.

A case that differs is a failure; one that crashed or took too long is an error; one that apimap
refuses is skipped, with the reason. One that its own framework rejects is no test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as Xml

from apimap.parity.records import CaseRecord, Results
from apimap.parity.told import finding

OUTCOME = {"differs": "failure", "crashed": "error", "timeout": "error", "refused": "skipped"}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(results: Results, path: Path) -> None:
    """Write the XML; a suite for each API."""
    root = Xml.Element("testsuites", name="apimap parity")
    cases = sorted((c for c in results.cases if c.state != "rejected"), key=lambda c: c.torch)
    for api, group in groupby(cases, key=lambda case: case.torch):
        _suite(root, api, list(group), results)
    _count(root, cases)
    Xml.indent(root)
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _suite(root: Xml.Element, api: str, cases: Sequence[CaseRecord], results: Results) -> None:
    suite = Xml.SubElement(root, "testsuite", name=api)
    _count(suite, cases)
    if results.finished:
        suite.set("timestamp", results.finished)
    properties = Xml.SubElement(suite, "properties")
    facts = {**results.versions, "device": results.device, "seed": results.seed}
    facts["interrupted"] = str(results.interrupted).lower()
    for name, value in facts.items():
        Xml.SubElement(properties, "property", name=name, value=str(value))
    for case in cases:
        _case(suite, case)


def _case(suite: Xml.Element, case: CaseRecord) -> None:
    made = Xml.SubElement(
        suite, "testcase", classname=case.torch, name=_clean(case.id), time=f"{case.seconds:.3f}"
    )
    kind = OUTCOME.get(case.state)
    if kind is None:
        return
    words = case.reason or "; ".join(case.problems) or "PyTorch and MindSpore differ"
    outcome = Xml.SubElement(made, kind, message=_clean(words))
    if kind != "skipped":
        outcome.set("type", case.state)
        outcome.text = _clean(finding(case))


def _count(element: Xml.Element, cases: Sequence[CaseRecord]) -> None:
    kinds = [OUTCOME.get(case.state) for case in cases]
    element.set("tests", str(len(cases)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if name != "skipped" or element.tag == "testsuite":
            element.set(name, str(kinds.count(kind)))
    element.set("time", f"{sum(case.seconds for case in cases):.3f}")


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)
