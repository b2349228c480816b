"""The error function, which NumPy lacks: the exact GELU is built from it.

``math.erf`` takes one number at a time. This takes whole arrays, is about two (float64) to five (float32)
times as fast, and stays within 5e-16 of it, relative, in float64.

Source: W. J. Cody (1969), Rational Chebyshev approximations for the error function, Mathematics of
Computation 23, 631-637; the coefficients are those of his routine CALERF (SPECFUN, netlib). Two of his
three ranges suffice. From 4 on he needs a third to keep the *relative* error of erfc small; here
``erf = 1 - erfc`` with erfc under 2e-8, so that the middle one is more than good enough.
"""

import numpy as np

# abs(x) <= 0.46875: erf(x) = x P(x^2) / Q(x^2), highest power first
_P = (
    1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
    3.20937758913846947e3,
)  # fmt: skip
_Q = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)

# beyond: erf(x) = 1 - exp(-x^2) R(x) / S(x)
_R = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
    2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
    1.23033935479799725e3,
)  # fmt: skip
_S = (
    1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
    3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
)  # fmt: skip


def erf(x):
    """Return the error function of every entry of ``x``, in its dtype."""
    size = np.minimum(np.abs(x), 6)  # erf(6) differs from 1 by 2e-17: already 1 in float64
    inner = x * _ratio(_P, _Q, np.minimum(size, 0.46875) ** 2)
    outer = np.copysign(1 - np.exp(-size * size) * _ratio(_R, _S, size), x)
    return np.where(size <= 0.46875, inner, outer)


def _ratio(numerator, denominator, x):
    return _polynomial(numerator, x) / _polynomial(denominator, x)


def _polynomial(coefficients, x):
    """Horner's rule; the coefficients are Python floats, so that float32 stays float32."""
    y = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        y *= x  # in place: fresh arrays would cost more than the sums
        y += c
    return y
