"""What a training run leaves behind: its history, and the best weights that it came across."""

import math
from dataclasses import dataclass, field, fields

from cnnlib import _checks as checks


@dataclass
class History:
    """The course of a training run. Every list but the last has a number for each epoch.

    Attributes
    ----------
    train_loss, train_accuracy : list of float
        Averages over the epoch's batches, each measured before its step: the network was changing meanwhile, and
        dropout was at work. The accuracy is NaN where the targets are not class labels.
    validation_loss, validation_accuracy : list of float
        After the epoch, in evaluation mode. Empty without validation data.
    lr : list of float
        The learning rate of the epoch's last step.
    step_loss : list of float
        The loss of every single step.
    best_epoch : int or None
        With early stopping: the epoch (from 0) whose weights the model has in the end.
    stopped_early : bool
        Whether early stopping ended the run.
    """

    train_loss: list = field(default_factory=list)
    train_accuracy: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_accuracy: list = field(default_factory=list)
    lr: list = field(default_factory=list)
    step_loss: list = field(default_factory=list)
    best_epoch: int | None = None
    stopped_early: bool = False

    @property
    def epochs(self):
        """How many epochs are complete."""
        return len(self.train_loss)

    def __repr__(self):
        if not self.epochs:
            return "History(0 epochs)"
        lists = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name not in ("lr", "step_loss")]
        last = [f"{name} {values[-1]:.4f}" for name, values in lists if isinstance(values, list) and values]
        return f"History({self.epochs} epochs; the last: {', '.join(last)})"


class EarlyStopping:
    """End training when nothing has improved for some epochs, and go back to the best weights.

    Parameters
    ----------
    patience : int
        Stop after this many epochs in a row without improvement.
    min_delta : float
        An improvement is more than this.
    monitor : {"validation_loss", "validation_accuracy", "train_loss", "train_accuracy"}
        What is watched: a loss should fall, an accuracy should rise.

    Notes
    -----
    The best weights come back however the run ends, also when its epochs are over. NaN is no improvement.

    References
    ----------
    .. [1] L. Prechelt, "Early Stopping - But When?", in "Neural Networks: Tricks of the Trade", 1998.

    Examples
    --------
    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.update(loss) for loss in (0.9, 0.7, 0.8, 0.7, 0.6)]     # better?
    [True, True, False, False, True]
    >>> [stopping.update(loss) for loss in (0.7, 0.8)], stopping.stop
    ([False, False], True)
    >>> stopping.best, stopping.best_epoch
    (0.6, 4)
    """

    def __init__(self, patience=5, min_delta=0.0, monitor="validation_loss"):
        self.patience = checks.integer("patience", patience, least=1)
        self.min_delta = checks.number("min_delta", min_delta, low=0)
        losses, accuracies = ("validation_loss", "train_loss"), ("validation_accuracy", "train_accuracy")
        self.monitor = checks.one_of("monitor", monitor, losses + accuracies)
        self._sign = -1 if monitor in losses else 1
        self.reset()

    def reset(self):
        """Forget everything, as before the first epoch."""
        self.best, self.best_epoch, self.best_weights = None, None, {}
        self.epoch = self.waited = 0

    def update(self, value, model=None):
        """Take note of an epoch's value; if it is the best so far, keep the model's weights and return True."""
        if self.best is None:
            better = not math.isnan(value)
        else:
            better = self._sign * (value - self.best) > self.min_delta
        if better:
            self.best, self.best_epoch, self.waited = float(value), self.epoch, 0
            self.best_weights = {} if model is None else model.state_dict()
        else:
            self.waited += 1
        self.epoch += 1
        return better

    @property
    def stop(self):
        """Whether patience is at an end."""
        return self.waited >= self.patience

    def restore(self, model):
        """Give the model the best weights that were kept, if any were."""
        if self.best_weights:
            model.load_state_dict(self.best_weights)

    def state_dict(self):
        """Everything that changes from epoch to epoch."""
        return {name: getattr(self, name) for name in ("best", "best_epoch", "best_weights", "epoch", "waited")}

    def load_state_dict(self, state_dict):
        """Take up what `state_dict` returned."""
        for name in self.state_dict():
            setattr(self, name, state_dict[name])

    def __repr__(self):
        return f"EarlyStopping(patience={self.patience}, min_delta={self.min_delta}, monitor={self.monitor!r})"
