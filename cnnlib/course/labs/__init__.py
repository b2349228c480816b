"""Laboratories: pages on which everything can be moved, and everything is computed where it is seen.

A laboratory is a module of ``page/`` that computes and draws by itself, in the book and in Jupyter; here are the
objects that stand for it in a notebook, and that take the reader's own data there: ``NetworkLab(model)`` shows the
network that the notebook has just trained.
"""

from cnnlib.course.labs._laboratory import Laboratory
from cnnlib.course.labs.backward import BackwardLab
from cnnlib.course.labs.convolution import ConvolutionLab
from cnnlib.course.labs.network import NetworkLab
from cnnlib.course.labs.training import TrainingLab

__all__ = ["BackwardLab", "ConvolutionLab", "Laboratory", "NetworkLab", "TrainingLab"]
