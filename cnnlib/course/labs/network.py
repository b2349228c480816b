"""The network laboratory: every number of a network that reads digits."""

from cnnlib.course.labs._laboratory import Laboratory


class NetworkLab(Laboratory):
    """Every number of a network that reads digits."""

    script, name, title = "lab-network", "lab-network", "Network laboratory"
