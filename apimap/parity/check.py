"""Check a pair of layers by running both: ``check_parity`` and ``assert_parity``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Optional, Union

from apimap.errors import ParityError
from apimap.parity.cases import Mode
from apimap.parity.examine import MODES, Bounds, Examination, Options
from apimap.parity.report import ParityReport
from apimap.parity.repro import write_repro

Folder = Union[str, Path, None]


def check_parity(
    a: Any,
    b: Any,
    inputs: Any,
    *,
    gradients: bool = True,
    modes: Sequence[Mode] = MODES,
    dtypes: Optional[Sequence[str]] = None,
    tolerance: Bounds = None,
    seed: int = 0,
    by_layer: bool = False,
    names: Optional[Mapping[str, str]] = None,
    report_dir: Folder = None,
) -> ParityReport:
    """Run a PyTorch module and a MindSpore cell on the same inputs, and compare all they compute.

    Outputs, gradients of inputs and parameters (of one random cotangent, drawn from ``seed``) and
    buffers are compared, each output under its path (``out[0].logits``). Both layers keep their
    training flags and buffers. Each side is run twice in each mode, and reported where its outputs
    are not the same both times.

    Args:
        a, b: one layer of each framework, in either order, or one plain function of each (the
            PyTorch one first; where that fails, the other order is tried); ``a`` is taken as
            right. Tensors pair by their mapping entries where apimap knows the layers, by name
            elsewhere.
        inputs: one array, a list or tuple of positional arguments, or a dict of named ones, nested
            as the layers want them: NumPy arrays or tensors of either framework, in the shapes and
            dtypes that both layers take; anything else is passed as it is.
        modes: "train" and "eval" are run one after the other; functions have no modes.
        dtypes: floating dtypes to run in, such as ("float32", "float16"): inputs and tensors are
            cast for the run. By default all stay as they are.
        tolerance: ``(rtol, atol)``, or a mapping of dtype to such a pair; by default those of
            ``torch.testing.assert_close``.
        by_layer: also run layer by layer and name the first that differs (``report.layers``).
        names: which sublayer or tensor of the PyTorch side (key) is which of MindSpore's (value),
            by dotted name, where names and order do not say.
        report_dir: a folder for the report, the inputs, the weights and a script that repeats the
            check; nothing is written where it is left out.

    Returns:
        a report; ``report.ok`` is False where anything differs by more than rounding.

    Raises:
        InvalidCall: these are not one layer of each framework. BackendUnavailable: a framework
        is missing. Whatever a layer raises is a finding of the report.

    MindSpore runs its operators one by one in this process from then on (``launch_blocking``).

    >>> import numpy, torch, apimap
    >>> module = torch.nn.Linear(2, 3)
    >>> x = numpy.float32([[1.0, 2.0]])
    >>> check_parity(module, apimap.to_mindspore(module), x).verdict
    'equal'
    """
    options = Options(gradients, tuple(modes), dtypes, tolerance, seed, by_layer, names)
    examination = Examination.of(a, b, inputs, options)
    report = examination.run(report_dir)
    return report if report_dir is None else write_repro(examination, report, Path(report_dir))


def assert_parity(
    a: Any, b: Any, inputs: Any, *, report_dir: Folder = None, **options: Any
) -> None:
    """Raise ``ParityError`` where ``check_parity`` finds a difference beyond rounding.

    It takes the arguments of ``check_parity``. The message says which output or gradient differs,
    where, by how much, and what float64 gives, and names the script that repeats the check; it
    lies in ``report_dir``, by default a new folder for temporary files.
    """
    examination = Examination.of(a, b, inputs, Options(**options))
    report = examination.run(report_dir)
    if report.ok and report_dir is None:
        return
    first = report.layers.first if report.layers is not None else None
    saved = Path(first.inputs).parent if first is not None else None
    folder = report_dir or saved or mkdtemp(prefix="apimap-")
    report = write_repro(examination, report, Path(folder))
    if not report.ok:
        raise ParityError(str(report), hint="its folder holds the inputs and weights too")
