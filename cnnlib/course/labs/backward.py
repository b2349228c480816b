"""The backward laboratory: a convolution and a pooling on their way back, term by term."""

from cnnlib.course.labs._laboratory import Laboratory


class BackwardLab(Laboratory):
    """A convolution and a pooling on their way back, term by term."""

    script, name, title = "lab-backward", "lab-backward", "Backward laboratory"
