"""The training laboratory: a small network learns to tell points of the plane apart."""

from cnnlib.course.labs._laboratory import Laboratory


class TrainingLab(Laboratory):
    """A small network learns to tell points of the plane apart."""

    script, name, title = "lab-training", "lab-training", "Training laboratory"
