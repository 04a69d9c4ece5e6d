"""The commands: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apimap import cli, parse
from apimap.errors import InvalidCall
from apimap.signatures import Name

CONV = "torch.nn.ConvTranspose1d"
PASTED = "torch.nn.ConvTranspose1d(3, 64, 5, stride=3, padding=2, output_padding=2)"


def test_explain_shows_signatures_tables_routes_and_evidence(apimap: Any) -> None:
    code, text, errors = apimap("explain", CONV)
    assert (code, errors) == (0, "")
    for expected in (
        "torch.nn.ConvTranspose1d(in_channels",
        "mindspore.nn.Conv1dTranspose(in_channels",
        "groups",
        "renamed",
        "derived by",
        "PyTorch only",
        "MindSpore only",
        "! defaults differ",
        "i o k -> i o 1 k",
        "apimap.composed.mindspore.ConvTranspose1d",
        "on CPU",
        "GPU and Ascend have not been run",
    ):
        assert expected in text


def test_explain_marks_exactly_the_defaults_that_differ(apimap: Any) -> None:
    rows = apimap("explain", CONV, "--json").data["parameters"]
    differing = {row["mindspore"] for row in rows if row["defaults_differ"]}
    assert differing == {"pad_mode", "has_bias"}


def test_explain_is_the_same_from_both_sides(apimap: Any) -> None:
    assert apimap("explain", CONV)[1] == apimap("explain", "mindspore.nn.Conv1dTranspose")[1]


def test_an_unknown_api_gets_the_nearest_names(apimap: Any) -> None:
    code, output, errors = apimap("explain", "torch.nn.ConvTranpose1d")
    assert (code, output) == (2, "")
    assert CONV in errors
    assert "Traceback" not in errors


def test_a_pasted_call_is_translated_with_notes(apimap: Any) -> None:
    code, text, _ = apimap("translate", PASTED)
    line, *notes = text.splitlines()
    assert code == 0
    assert line.startswith("apimap.composed.mindspore.ConvTranspose1d(3, 64, 5, stride=3")
    assert notes
    assert all(note.startswith("# ") for note in notes)


def test_a_translated_line_can_be_pasted(apimap: Any) -> None:
    import mindspore

    line = apimap("translate", f"{CONV}(3, 64, 5, stride=3)")[1].splitlines()[0]
    cell = eval(line, {"mindspore": mindspore})
    assert isinstance(cell, mindspore.nn.Conv1dTranspose)
    assert cell.has_bias


def test_native_only_refuses_with_the_reason(apimap: Any) -> None:
    code, output, errors = apimap("translate", PASTED, "--native-only", "--json")
    assert code == 1
    told = json.loads(output)
    assert told["error"] == "Unsupported"
    assert "MindSpore" in told["message"]
    assert told["message"] in errors


@pytest.mark.parametrize(
    "text",
    [
        "torch.nn.Linear(3, __import__('os').system('true'))",
        "torch.nn.Linear(3, n)",
        "torch.nn.Linear(*[3, 4])",
        "torch.nn.Linear(**{'in_features': 3})",
        "torch.nn.Linear",
        "torch.nn.Linear(3,",
        "torch.nn.Linear(3, 4)(5)",
        "(lambda: 3)()",
        "torch.nn.Linear(3, f'{4}')",
        "",
        "\0",
    ],
)
def test_what_is_no_literal_call_is_refused_unevaluated(apimap: Any, text: str) -> None:
    code, output, errors = apimap("translate", text)
    assert (code, output) == (2, "")
    assert "hint:" in errors
    with pytest.raises(InvalidCall):
        parse.parse_call(text)


def test_names_of_the_frameworks_are_read_as_names() -> None:
    api, args, kwargs = parse.parse_call("mindspore.nn.Dense(3, -4, dtype=mindspore.float32)")
    assert (api, args, kwargs) == ("mindspore.nn.Dense", [3, -4], {"dtype": "mindspore.float32"})
    assert isinstance(kwargs["dtype"], Name)


def test_a_misspelt_parameter_gets_the_nearest_name(apimap: Any) -> None:
    code, _, errors = apimap("translate", f"{CONV}(3, 64, 5, strid=3)")
    assert code == 2
    assert "stride" in errors


def test_list_takes_patterns(apimap: Any) -> None:
    names = {row["torch"] for row in apimap("list", "torch.nn.ConvTranspose?d", "--json").data}
    assert sorted(names) == [f"torch.nn.ConvTranspose{n}d" for n in (1, 2, 3)]
    assert apimap("list")[0] == 0
    assert apimap("list", "nothing*")[0] == 2


def test_lint_reports_every_problem_with_file_and_line(apimap: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        "- torch: torch.nn.Linear\n  mindspore: mindspore.nn.Dense\n  torc: 1\n"
        "- torch: torch.nn.ReLU\n  mindspore: mindspore.nn.ReLU\n  kind: nothing\n"
    )
    code, text, _ = apimap("lint", str(broken))
    assert code == 1
    assert f"{broken}:3:" in text
    assert f"{broken}:6:" in text
    assert len(apimap("lint", str(broken), "--json").data) == 2


def test_lint_of_apimaps_own_files_is_clean(apimap: Any) -> None:
    assert apimap("lint")[:2] == (0, "no problems\n")


def test_lint_of_a_file_that_is_not_there(apimap: Any) -> None:
    assert apimap("lint", "nowhere.yaml")[0] == 2


def test_coverage_has_the_shape_that_other_programs_read(apimap: Any) -> None:
    found = apimap("coverage", "--json").data
    assert {"apimap", "torch", "mindspore"} <= set(found["versions"])
    names = [row["torch"] for row in found["entries"]]
    assert len(names) == len(set(names))
    words = {"native", "composed", "unsupported"}
    keys = {"torch", "mindspore", "kind", "state", "because", "evidence"}
    assert {*keys} == {key for row in found["mindspore"] for key in row}
    for row in found["entries"]:
        assert {*keys, "to_torch"} == set(row)
        assert {row["state"], row["to_torch"]} <= words
        assert row["because"] or "unsupported" not in (row["state"], row["to_torch"])
    assert apimap("coverage")[0] == 0


def test_every_command_can_print_json() -> None:
    for command in cli.app.registered_commands:
        assert command.callback is not None
        assert "as_json" in inspect.signature(command.callback).parameters


@pytest.mark.parametrize("arguments", [["explain"], ["nothing"], ["list", "--nothing"]])
def test_unusable_arguments_exit_with_2(apimap: Any, arguments: list[str]) -> None:
    assert apimap(*arguments)[0] == 2


@pytest.mark.parametrize("arguments", [["explain", CONV], ["translate", PASTED], ["list"]])
def test_no_framework_is_imported(arguments: list[str]) -> None:
    script = (
        f"import sys; sys.argv = ['apimap', *{arguments!r}]\n"
        "from apimap.cli import main\n"
        "try: main()\n"
        "finally: assert not {'torch', 'mindspore', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_the_demo_shows_the_wrong_recipe_and_apimaps_exact_one() -> None:
    command = [sys.executable, "-m", "apimap.cli", "demo", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    official = [row["official"] for row in found["examples"]]
    assert official[0] < 1e-5
    assert official[1] > 0.1
    assert official[2] < 1e-5
    assert all(row["apimap"] < 1e-5 for row in found["examples"])
    assert found["network"]["back_bit_equal"]
