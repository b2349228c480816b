"""The convolution laboratory: an image, a kernel, and what one makes of the other."""

from cnnlib.course.labs._laboratory import Laboratory


class ConvolutionLab(Laboratory):
    """An image, a kernel, and what one makes of the other."""

    script, name, title = "lab-convolution", "lab-convolution", "Convolution laboratory"
