"""A layer over any pair of functions: most layers without parameters need no more."""

from cnnlib.module import Layer


class PairLayer(Layer):
    """A layer over a pair ``f(x, **options)`` and ``f_backward(dy, x, **options)``.

    Attributes
    ----------
    pair : tuple of two functions
        Forward and backward.
    options : tuple of str
        The attributes that are handed to both as keywords.
    """

    pair = (None, None)
    options = ()

    def _keywords(self):
        return {name: getattr(self, name) for name in self.options}

    def forward(self, x):
        """Apply the first function of the pair."""
        y = self.pair[0](x, **self._keywords())
        self.save(x)
        return y

    def backward(self, dy):
        """Apply the second."""
        return self.pair[1](dy, self.recall(), **self._keywords())

    def extra_repr(self):
        return ", ".join(f"{name}={value!r}" for name, value in self._keywords().items())
