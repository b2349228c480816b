"""Chapter 9's explorers: what the page computes is what `cnnlib` computes, and both faces show the same."""

import numpy as np
import pytest

from cnnlib.conv import conv2d
from cnnlib.course.figures import conv_explorers as explore
from cnnlib.padding import pad


def settings(count=40):
    """Random settings of the sliding window, with kernels whose products are exact."""
    rng = np.random.default_rng(9)
    for _ in range(count):
        yield {
            "image": str(rng.choice(list(explore.SMALL_IMAGES))), "kernel": (rng.integers(-8, 9, (3, 3)) / 4).tolist(),
            "padding": int(rng.integers(3)), "stride": int(rng.integers(1, 4)), "dilation": int(rng.integers(1, 3)),
            "step": int(rng.integers(64)),
        }


@pytest.mark.browser
def test_both_faces_of_the_sliding_window_are_the_same(render):
    for values in settings():
        page = render("conv-window", values, explore.window_config())
        html, caption, _ = explore.sliding_window(**values)
        assert page["caption"] == caption
        assert page["html"] == html
        x = pad(explore.SMALL_IMAGES[values["image"]], (values["padding"],) * 4)
        y = conv2d(x[None, None], np.array(values["kernel"])[None, None], None, values["stride"], 0, values["dilation"])
        np.testing.assert_array_equal(page["result"]["y"], y[0, 0])
        assert page["limits"] == {"step": y.size - 1}


@pytest.mark.browser
@pytest.mark.parametrize("picture", explore.PICTURES)
def test_both_faces_of_the_photograph_agree(render, picture):
    own, config = [[0.5, -1, 0], [2, 0.25, 0], [0, 0, -0.75]], explore.photo_config()
    for kernel in explore.KERNELS:
        page = render("photo-kernel", {"picture": picture, "kernel": kernel, "own": own}, config)
        _, caption, _ = explore.photo_kernel(picture, kernel, own)
        y = conv2d(explore.photograph(picture)[None, None], explore.weights_of(kernel, own)[None, None])
        assert page["caption"] == caption
        expected = {"low": y.min(), "high": y.max(), "mean": np.abs(y).mean()}
        assert page["result"] == pytest.approx(expected, rel=1e-9)


def test_an_empty_kernel_draws():
    stage, caption, _ = explore.sliding_window("mixed", np.zeros((3, 3)), 2, 1, 2, 99)
    assert "NaN" not in stage + caption and "add up to 0," in caption
    stage, caption, _ = explore.photo_kernel("flower", "your own", np.zeros((3, 3)))
    assert "nan" not in caption and "add up to 0:" in caption


@pytest.mark.parametrize(("value", "text"), [(0.125, "0.13"), (-0.125, "−0.13"), (-0.001, "0"), (100, "100")])
def test_numbers_read_as_in_the_page(value, text):
    assert explore.number(value) == text
