"""Chapter 10's explorers: what the page computes is what `cnnlib` computes, and both faces show the same."""

import numpy as np
import pytest

from cnnlib.conv import conv2d, conv2d_backward
from cnnlib.course.figures import back_explorers as explore


def exact(kernel, stride):
    """Output and gradients of the whole picture, from `cnnlib.conv`."""
    x, w = explore.X[None, None], np.array(kernel)[None, None]
    y = conv2d(x, w, stride=stride)
    dy = explore.DY[None, None, :y.shape[2], :y.shape[3]]
    dx, dw, _ = conv2d_backward(dy, x, w, stride=stride)
    return y[0, 0], dx[0, 0], dw[0, 0]


def kernels(count=3):
    rng = np.random.default_rng(10)
    return [(rng.integers(-8, 9, (3, 3)) / 4).tolist() for _ in range(count)]


@pytest.mark.browser
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("rule", explore.RULES)
def test_both_faces_of_the_backward_pass_are_the_same(render, stride, rule):
    for kernel in kernels():
        for step in range(18):
            values = {"kernel": kernel, "stride": stride, "rule": rule, "step": step}
            page = render("conv-back", values, explore.back_config())
            html, caption, _ = explore.gradients(**values)
            assert page["caption"] == caption
            assert page["html"] == html
        y, dx, dw = exact(kernel, stride)
        np.testing.assert_array_equal(page["result"]["y"], y)
        assert page["limits"] == {"step": 2 * y.size - 1}
        same = np.array_equal(page["result"]["dx"], dx) and np.array_equal(page["result"]["dw"], dw)
        assert same == (rule == "+=")


@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_add_up_to_the_library_s(stride):
    for kernel in kernels():
        y, dx, dw = exact(kernel, stride)
        dy = explore.DY[:len(y), :len(y)]
        ours = explore.accumulate(dy, explore.X, np.array(kernel), stride, "+=", y.size)
        np.testing.assert_array_equal(ours[0], dx)
        np.testing.assert_array_equal(ours[1], dw)


def test_captions_tell_the_truth():
    _, caption, _ = explore.gradients(3, 1, "+=", explore.W)
    assert caption.startswith("Forward, window 4 of 9") and "No gradient yet" in caption
    _, caption, _ = explore.gradients(99, 2, "+=", explore.W)
    assert caption.startswith("Backward, window 4 of 4")
    _, caption, _ = explore.gradients(17, 1, "=", explore.W)
    wrong = explore.accumulate(explore.DY, explore.X, explore.W, 1, "=", 9)[0]
    count = np.count_nonzero(wrong != exact(explore.W, 1)[1])
    assert f"{count} of 25 numbers of dx" in caption


@pytest.mark.parametrize("stride", [1, 2])
def test_every_pixel_gathers_its_gradient(stride):
    _, dx, _ = exact(explore.W, stride)
    for pixel in range(25):
        stage, caption = explore.touches(pixel, stride)
        assert caption.endswith(f"= {explore.number(dx.flat[pixel])}.")
        assert f'data-set="pixel:{pixel}"' in stage
