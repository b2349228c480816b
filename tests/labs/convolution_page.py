"""What the tests of the convolution laboratory's page share: what it should show, and how it is pointed at."""

import numpy as np
from selenium.webdriver import ActionChains

from cnnlib.conv import conv2d
from cnnlib.course.labs import ConvolutionLab

LAB = ConvolutionLab()
PICTURES, KERNELS = LAB.config["pictures"], LAB.config["kernels"]
OUTLINE = {"kernel": "outline", "weights": KERNELS["outline"]}


def expected(picture="small numbers", kernel="right minus left", channels=1, bias=0.0, **options):
    x = np.array(PICTURES[picture]["planes"])[None, :channels]
    return conv2d(x, np.array(KERNELS[kernel])[None, :channels], np.array([bias]), **options)[0, 0]


def follows(page):
    """What the mouse points at is what is shown."""
    for i, j in ((0, 1), (2, 0)):
        page.point(page.cell("input", i, j))
        assert f"The pixel at row {i}, column {j}" in page.caption


def click(page, *cell):
    ActionChains(page.browser, duration=50).move_to_element(page.cell(*cell)).click().perform()
