"""The strict loader: every problem at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from apimap.errors import MappingFileError
from apimap.loader import load_files
from apimap.mapping_files import mapping_files, mapping_folder

BROKEN = """\
- torch: torch.nn.ReLU
  mindspore: mindspore.nn.ReLU
  params:
    - {sam: x}
    - same: [x, y]
      same: z
    - {torch: a, mindspore: b, rul: c}
    - {torch_only: inplace, ignored: true, because: too short}
  on: true
- {torch: torch.nn.Tanh, mindspore: mindspore.nn.Tanh, parms: []}
- torch: torch.nn.SiLU
  use: [nothing]
  mindspore: mindspore.nn.SiLU
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(MappingFileError) as caught:
        load_files([file])
    for problem in caught.value.problems:
        assert problem.file == str(file)
    return [
        f"{problem.line}: {problem.message} {problem.mend}" for problem in caught.value.problems
    ]


def test_every_problem_at_once_with_its_line(tmp_path: Path) -> None:
    found = problems(tmp_path, BROKEN)
    expected = [
        ("4:", "needs one of: same"),
        ("6:", "duplicate key 'same'"),
        ("7:", "unknown key 'rul' did you mean 'rule'"),
        ("8:", "names PyTorch or MindSpore"),
        ("9:", "'on' is a boolean in YAML 1.1"),
        ("10:", "unknown key 'parms' did you mean 'params'"),
        ("12:", "no shared group 'nothing'"),
    ]
    for line, words in expected:
        assert any(item.startswith(line) and words in item for item in found), (line, words, found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- torch: [", "not YAML"),
        ("torch: torch.nn.ReLU", "a list of entries"),
        ("", "a list of entries"),
        ("- {torch: a, mindspore: b, params: [{torch_only: c, neutral: 1}]}", "because"),
        ("- {torch: a, mindspore: b, tensors: [{same: w, fill: nine}]}", "'ones' or 'zeros'"),
    ],
)
def test_one_problem(tmp_path: Path, text: str, words: str) -> None:
    assert any(words in item for item in problems(tmp_path, text))


def test_a_reason_names_a_framework(tmp_path: Path) -> None:
    text = "- {torch: a, mindspore: b, params: [{torch_only: c, neutral: 1, because: %s}]}"
    assert "names PyTorch or MindSpore" in problems(tmp_path, text % "it is not there at all")[0]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingFileError, match="cannot be read"):
        load_files([tmp_path / "absent.yaml"])


def test_own_files_are_found() -> None:
    assert [path.name for path in mapping_files(mapping_folder())].count("conv.yaml") == 1
