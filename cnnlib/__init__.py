"""Convolutional networks in NumPy, every number checked against PyTorch.

Read it in this order, beside the chapters:

====================  ======================================================================  ========
module                what is in it                                                           chapter
====================  ======================================================================  ========
``activations``       ReLU and its relatives, sigmoid, tanh, softmax                          1, 2
``linear``            a layer of neurons as one matrix product; flatten                       3
``init``              weights to start from                                                   3
``losses``            how wrong: squared error, cross-entropy and others                      4
``gradcheck``         finite differences, which judge every backward function                 5
``module, layers``    parameters, layers over the pairs of functions, ``Sequential``          5
``criteria``          the losses as objects                                                   5
``optim, schedules``  SGD, Adam and others; learning rates that change                        6
``data, augment``     digits, MNIST; splitting, batches, changed copies                       7
``metrics``           accuracy, confusion, F1, calibration                                    7
``sounds, scenes``    tones and spectrograms; pictures of several digits                      8, 16
``training``          the loop, with history, early stopping, checkpoints and exact resume    7, 13
``padding, conv``     borders; convolution, its transpose, unfold                             9, 10
``engine``            the same networks, fast                                                 10, 13
``pooling``           maxima and means of windows                                             11
``normalization``     batch, layer and group normalisation                                    12
``dropout``           noise that keeps a network honest                                       12
``models, summary``   the course's networks; a table of their layers                          12
``receptive``         which pixels an output can see                                          12
``checkpoint``        weights in a file                                                       13
``interpret``         feature maps, saliency, occlusion, Grad-CAM                             14
``detection``         boxes: overlap, suppression, average precision                          16
``segmentation``      metrics over pixels                                                     16
``sliding``           a classifier that scores every place of a larger image                  16
``crosscheck``        the measured agreement with PyTorch; the only module that imports it    all
====================  ======================================================================  ========

An operation is a pair of functions without state, ``y = f(x, ...)`` and ``dx, ... = f_backward(dy, x, ...)``.
A layer is a few lines over a pair. Names, argument order, defaults and meaning are PyTorch's.

``import cnnlib`` imports none of its modules; ``from cnnlib.conv import conv2d`` loads what that needs and no more.
"""

__all__ = [
    "activations", "linear", "init", "losses", "gradcheck", "module", "layers", "criteria", "optim", "schedules",
    "data", "augment", "metrics", "sounds", "scenes", "training", "padding", "conv", "engine", "pooling",
    "normalization", "dropout", "models", "summary", "receptive", "checkpoint", "interpret", "detection",
    "segmentation", "sliding", "crosscheck",
]  # fmt: skip
