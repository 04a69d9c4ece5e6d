"""Measures of images by their own windows, look-ups on the host, and numbers read back."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import Tensor, nn

import apimap

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.random((2, 3, 16, 17)).astype("float32")
NEAR = np.clip(IMAGE + 0.1 * RANDOM.standard_normal(IMAGE.shape), 0, 1).astype("float32")
TABLE = RANDOM.standard_normal((7, 5)).astype("float32")
ROWS = np.array([[0, 6, 3, 3], [-1, 7, 2, 5]], "int32")
WEIGHTS = np.array([[1.5, 0.5, -2.0, 0.0], [1.0, 2.0, 0.0, 0.25]], "float32")
FIELDS = np.array([[-1, 0, 2, 1], [0, 1, 1, -1]], "int32")


@pytest.mark.parametrize("other", [NEAR, 1 - IMAGE, IMAGE], ids=["near", "opposite", "same"])
@pytest.mark.parametrize(
    "cell",
    [nn.PSNR(), nn.SSIM(1.0, 5), nn.MSSSIM(1.0, (0.3, 0.7), 4)],
    ids=lambda cell: type(cell).__name__,
)
def test_images_are_as_alike_and_gradients_too(cell: Any, other: Any) -> None:
    """With the Gaussian window, which random weights of the cases replace."""
    sens = Tensor(np.array([1.0, 2.0], "float32"))
    compiled = mindspore.jit(mindspore.value_and_grad(cell, (0, 1), None, sens_param=True))
    expected, gradients = compiled(Tensor(IMAGE), Tensor(other), sens)
    pair = [torch.tensor(each, requires_grad=True) for each in (IMAGE, other)]
    found = apimap.to_torch(cell)(*pair)
    found.backward(torch.tensor([1.0, 2.0]))
    np.testing.assert_allclose(found.detach().numpy(), expected.asnumpy(), 2e-6, 1e-6)
    for image, gradient in zip(pair, gradients, strict=True):
        assert image.grad is not None
        np.testing.assert_allclose(image.grad.numpy(), gradient.asnumpy(), 1e-5, 1e-7)


@pytest.mark.parametrize("cell", [nn.SSIM(), nn.MSSSIM()])
def test_a_new_composed_layer_has_mindspores_window(cell: Any) -> None:
    """Built by its arguments alone, as a user pastes it."""
    built = type(apimap.to_torch(cell))()
    for name, parameter in cell.parameters_and_names():
        window = built.state_dict()[name].numpy()
        np.testing.assert_array_equal(window, parameter.asnumpy())


@pytest.mark.parametrize("images", [np.float32, np.float64, np.uint8])
def test_psnr_raises_in_mindspores_eager_mode(images: Any) -> None:
    """It is why only ms.jit is compared; with a MindSpore that mends it this turns red."""
    image = Tensor(np.ones((1, 1, 2, 2), images))
    with pytest.raises(ValueError, match="ScalarCast"):
        nn.PSNR()(image, image)


@pytest.mark.parametrize("operator", ["SUM", "MAX", "MEAN"])
def test_a_look_up_on_the_host_reads_zeros_outside(operator: str) -> None:
    """No case runs it: MindSpore's gradient of its table is sparse there.

    Fields outside count to the neighbours in the batch.
    """
    cell = nn.MultiFieldEmbeddingLookup(7, 5, 2, param_init=Tensor(TABLE), operator=operator)
    expected = cell(Tensor(ROWS), Tensor(WEIGHTS), Tensor(FIELDS)).asnumpy()
    module = apimap.to_torch(cell)
    found = module(torch.tensor(ROWS), torch.tensor(WEIGHTS), torch.tensor(FIELDS))
    np.testing.assert_allclose(found.detach().numpy(), expected, 1e-6, 1e-6)


def test_a_field_past_the_last_raises_as_in_mindspore() -> None:
    cell = nn.MultiFieldEmbeddingLookup(7, 5, 2, param_init=Tensor(TABLE))
    fields = np.full_like(FIELDS, 2)
    with pytest.raises(RuntimeError):
        cell(Tensor(ROWS), Tensor(WEIGHTS), Tensor(fields)).asnumpy()
    inputs = map(torch.tensor, (ROWS, WEIGHTS, fields))
    with pytest.raises(ValueError, match="field outside"):
        apimap.to_torch(cell)(*inputs)


def test_max_norm_is_refused() -> None:
    with pytest.raises(apimap.Unsupported, match="wrong along an axis"):
        apimap.to_torch(nn.MultiFieldEmbeddingLookup(7, 5, 2, max_norm=1.0))


@pytest.mark.parametrize("arguments", [(3, 4), (3, 3), (1.5, 2)])
def test_fewer_than_two_numbers_do_not_tell_the_step(arguments: Any) -> None:
    with pytest.raises(apimap.Unsupported, match="fewer than two numbers"):
        apimap.to_torch(nn.Range(*arguments))


@pytest.mark.parametrize("arguments", [(5,), (9, 1, -2), (1 / 3, 4, 1 / 3), (0.0, 1.0, 1e-3)])
def test_a_range_of_read_back_arguments_has_the_same_numbers(arguments: Any) -> None:
    """Also where the first difference alone does not give the others."""
    cell = nn.Range(*arguments)
    found = apimap.to_torch(cell)().numpy()
    np.testing.assert_array_equal(found, cell().asnumpy(), strict=True)
