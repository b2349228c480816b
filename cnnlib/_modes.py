"""Running a model as it is used for prediction, without a trace."""

from contextlib import contextmanager


@contextmanager
def predicting(model):
    """Evaluation mode for a while; modes and gradients are afterwards what they were."""
    modes = [(layer, layer.training) for layer in model.modules()]
    grads = [(parameter, parameter.grad) for parameter in model.parameters()]
    model.eval()
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training
        for parameter, grad in grads:
            parameter.grad = grad  # `add_grad` makes a new array, so the old one is untouched
        model.forget()
