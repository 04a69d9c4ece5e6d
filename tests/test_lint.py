"""What a well-formed entry can still get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from apimap.lint import lint

HEAD = "- torch: torch.nn.LeakyReLU\n  mindspore: mindspore.nn.LeakyReLU\n"
INPLACE = '    - {torch_only: inplace, ignored: true, because: "MindSpore never works in place."}\n'
SLOPE = "    - {torch: negative_slope, mindspore: alpha}\n"
PARITY = "  parity: {torch: {inputs: [[2, 3]]}}\n"


def findings(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    return [str(problem) for problem in lint([file])]


def test_a_complete_entry_is_clean(tmp_path: Path) -> None:
    assert findings(tmp_path, f"{HEAD}  params:\n{INPLACE}{SLOPE}{PARITY}") == []


def test_own_mapping_files_are_clean() -> None:
    assert [str(problem) for problem in lint()] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{HEAD}  params:\n{INPLACE}{PARITY}", "'negative_slope' is not accounted for"),
        (f"{HEAD}  params:\n{INPLACE}{SLOPE}{SLOPE}{PARITY}", "mapped 2 times"),
        (
            f"{HEAD}  params:\n{INPLACE}    - {{torch: negative_slop, mindspore: alpha}}\n{PARITY}",
            "did you mean 'negative_slope'",
        ),
        (
            f"{HEAD}  params:\n{INPLACE}"
            f"    - {{torch: negative_slope, mindspore: alpha, rule: complemen}}\n{PARITY}",
            "no rule 'complemen'",
        ),
        (
            f"{HEAD}  params:\n{INPLACE}"
            f"    - {{torch: negative_slope, mindspore: alpha, values: {{1: 2, 3: 2}}}}\n{PARITY}",
            "no bijection",
        ),
        (f"{HEAD}  params:\n{INPLACE}{SLOPE}", "has no parity cases"),
        ("- {torch: torch.nn.Bilinear}\n", "names no API of mindspore and gives no reason"),
        ("- {composed: {mindspore: Tanh}}\n", "names no API"),
        (f"{HEAD}  only_from: mindspore\n  params:\n{INPLACE}{SLOPE}{PARITY}", "no case starts"),
        (f"{HEAD}  params:\n{INPLACE}{SLOPE}  composed: {{torch: Nothing}}\n{PARITY}", "Nothing"),
        (
            f"{HEAD}  params:\n{INPLACE}{SLOPE}"
            f"  read: {{torch: {{slope: {{as: nonesuch}}}}}}\n{PARITY}",
            "no reader 'nonesuch'",
        ),
        (
            f"{HEAD}  params:\n{INPLACE}{SLOPE}"
            f"  tensors: [{{same: w, layout: 'a b -> a'}}]\n{PARITY}",
            "does not reverse",
        ),
        (f"{HEAD.replace('LeakyReLU', 'LeakyRelu')}{PARITY}", "did you mean 'torch.nn.LeakyReLU'"),
        (
            f"{HEAD}  params:\n{INPLACE}{SLOPE}"
            "  parity: {torch: {args: {slope: 1}, inputs: [[2, 3]]}}\n",
            "parity.torch: no parameter 'slope'",
        ),
        (f"{HEAD}  params:\n{INPLACE}{SLOPE}{PARITY}" * 2, "has an entry already"),
        (
            f"{HEAD}  params:\n{SLOPE}"
            '    - {torch_only: inplace, because: "MindSpore never works in place."}\n'
            f"{PARITY}",
            "exactly one of neutral, ignored, construction",
        ),
    ],
)
def test_a_finding_has_file_line_and_words(tmp_path: Path, text: str, words: str) -> None:
    found = findings(tmp_path, text)
    assert any(words in item for item in found), found
    assert all(item.startswith(f"{tmp_path}/own.yaml:") for item in found)
