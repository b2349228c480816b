"""Detection: where is it? Boxes, how far two of them agree, and how good a list of boxes is.

A box is a row ``(x1, y1, x2, y2)``: left, top, right and bottom edge, with x1 <= x2 and y1 <= y2. Edges are positions
between pixels, so the box of pixel (row 0, column 0) alone is ``(0, 0, 1, 1)``, and widths need no ``+ 1``.

- `box_area`, `box_iou`: how large, and how much of two boxes is common to both.
- `nms`, `batched_nms`: keep the best of several boxes around one object.
- `match`, `precision_recall`, `average_precision`: judge a detector on many images.
"""

from typing import NamedTuple

import numpy as np

from cnnlib import _checks as checks

# --- Boxes ----------------------------------------------------------------------------------------------------------


def box_area(boxes):
    """Return the area of each box.

    Parameters
    ----------
    boxes : array of float (N, 4)
        Rows ``(x1, y1, x2, y2)``.

    Returns
    -------
    array (N,)
        In the dtype of ``boxes``; infinite where that is too small for it.

    Raises
    ------
    ValueError
        If a box ends before it begins, or is not finite.

    Examples
    --------
    >>> box_area(np.array([[0.0, 0.0, 4.0, 3.0]]))
    array([12.])
    """
    x1, y1, x2, y2 = _boxes("boxes", boxes).T
    with np.errstate(over="ignore"):
        return (x2 - x1) * (y2 - y1)


def box_iou(boxes1, boxes2):
    """Return intersection over union of every box of one list with every box of another.

    Parameters
    ----------
    boxes1 : array of float (N, 4)
    boxes2 : array of float (M, 4)
        Rows ``(x1, y1, x2, y2)``, in the dtype of ``boxes1``.

    Returns
    -------
    array (N, M)
        From 0 (nothing in common) to 1 (the same box). Two boxes without area have 0.

    Raises
    ------
    ValueError
        If a box ends before it begins, or is not finite.

    Notes
    -----
    area(A ∩ B) / (area(A) + area(B) - area(A ∩ B)). The intersection reaches from the larger of the left edges to the
    smaller of the right ones; where that is negative, the boxes do not meet. Boxes may be as large and as small as
    numbers can be: lengths are compared in units of the pair's longest.

    Examples
    --------
    >>> box_iou(np.array([[0.0, 0.0, 4.0, 3.0]]), np.array([[2.0, 1.0, 6.0, 4.0]]))      # 4 / (12 + 12 - 4)
    array([[0.2]])
    """
    _boxes("boxes1", boxes1), _boxes("boxes2", boxes2)
    checks.same_dtype(boxes1=boxes1, boxes2=boxes2)
    boxes1, boxes2 = boxes1[:, None] / 2, boxes2 / 2  # halves, so that no length is beyond the largest number
    first, last = np.maximum(boxes1[..., :2], boxes2[:, :2]), np.minimum(boxes1[..., 2:], boxes2[:, 2:])
    lengths = boxes1[..., 2:] - boxes1[..., :2], boxes2[:, 2:] - boxes2[:, :2], np.maximum(last - first, 0)
    unit = np.frexp(np.maximum(lengths[0], lengths[1]))[1]  # a power of two for each axis: dividing by it is exact
    scaled = (np.ldexp(length, -unit) for length in lengths)
    area1, area2, common = (sides[..., 0] * sides[..., 1] for sides in scaled)
    union = area1 + area2 - common
    return np.divide(common, union, out=np.zeros_like(union), where=union > 0)


# --- One box for each object ----------------------------------------------------------------------------------------


def nms(boxes, scores, iou_threshold):
    """Non-maximum suppression: keep the boxes that no better box covers.

    Parameters
    ----------
    boxes : array of float (N, 4)
        Rows ``(x1, y1, x2, y2)``.
    scores : array of float (N,)
        The higher the surer. Of equal scores the first counts as the higher.
    iou_threshold : float
        A box goes if its `box_iou` with a better one that stays is larger than this.

    Returns
    -------
    array of int64
        Indices of the boxes that stay, the best first.

    Raises
    ------
    ValueError
        If a score is NaN, or ``iou_threshold`` is not in [0, 1].

    References
    ----------
    .. [1] P. Viola and M. Jones, "Robust Real-Time Face Detection", 2004, section 5.6, for the idea.

    Examples
    --------
    >>> boxes = np.array([[0.0, 0.0, 4.0, 4.0], [0.0, 1.0, 4.0, 5.0], [8.0, 0.0, 9.0, 1.0]])     # IoU of 0 and 1: 0.6
    >>> nms(boxes, np.array([0.8, 0.9, 0.1]), iou_threshold=0.5)
    array([1, 2])
    """
    _boxes("boxes", boxes)
    _scores("scores", scores, len(boxes))
    iou_threshold = checks.number("iou_threshold", iou_threshold, 0, 1)
    gone, kept = np.zeros(len(boxes), bool), []
    for i in _best_first(scores):
        if not gone[i]:
            kept.append(i)
            gone |= box_iou(boxes[i : i + 1], boxes)[0] > iou_threshold  # one row at a time: few boxes stay
    return np.array(kept, np.int64)


def batched_nms(boxes, scores, labels, iou_threshold):
    """`nms` for each class by itself: a 3 does not suppress the 5 that it overlaps.

    Parameters
    ----------
    boxes, scores, iou_threshold
        As for `nms`.
    labels : array of int (N,)
        The class of each box.

    Returns
    -------
    array of int64
        Indices of the boxes that stay, the best of all classes first.

    Examples
    --------
    >>> boxes = np.array([[0.0, 0.0, 4.0, 4.0], [0.0, 1.0, 4.0, 5.0]])
    >>> batched_nms(boxes, np.array([0.8, 0.9]), np.array([3, 5]), iou_threshold=0.5)
    array([1, 0])
    """
    _boxes("boxes", boxes)
    _scores("scores", scores, len(boxes))
    checks.shape("labels", checks.integers("labels", labels, ndim=1), (len(boxes),))
    checks.number("iou_threshold", iou_threshold, 0, 1)
    kept = np.zeros(len(boxes), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        kept[own[nms(boxes[own], scores[own], iou_threshold)]] = True
    return np.array([i for i in _best_first(scores) if kept[i]], np.int64)


# --- How good is a detector? ----------------------------------------------------------------------------------------


class Detections(NamedTuple):
    """What a detector says about one image: boxes (N, 4) and their scores (N,)."""

    boxes: np.ndarray
    scores: np.ndarray


def match(detections, truth, iou_threshold=0.5):
    """Say of each detection in one image whether it is right.

    Parameters
    ----------
    detections : Detections or pair (boxes, scores)
        Of one class, in one image.
    truth : array of float (M, 4)
        The true boxes of that class in the image.
    iou_threshold : float
        How much of its object a box must have: `box_iou` of at least this, and over 0.

    Returns
    -------
    array of bool (N,)
        In the order of ``detections``.

    Notes
    -----
    PASCAL VOC's rule: the best detection goes first; each looks at the true box that it overlaps most, and is right if
    that is enough and the box was not claimed before. **A second box on the same object is wrong.**

    References
    ----------
    .. [1] M. Everingham and others, "The PASCAL Visual Object Classes (VOC) Challenge", 2010, section 4.2.2.

    Examples
    --------
    >>> truth = np.array([[0.0, 0.0, 4.0, 4.0]])
    >>> found = Detections(np.array([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0]]), np.array([0.7, 0.9]))
    >>> match(found, truth)             # the second is the surer, and comes first
    array([False,  True])
    """
    boxes, scores = _detections("detections", detections)
    _boxes("truth", truth)
    iou_threshold = checks.number("iou_threshold", iou_threshold, 0, 1)
    right = np.zeros(len(boxes), bool)
    if len(truth) == 0:
        return right
    overlap = box_iou(boxes.astype(np.float64), truth.astype(np.float64))
    claimed = np.zeros(len(truth), bool)
    for i in _best_first(scores):
        best = overlap[i].argmax()
        enough = overlap[i, best] >= iou_threshold and overlap[i, best] > 0
        right[i] = enough and not claimed[best]
        claimed[best] |= enough
    return right


def precision_recall(detections, truth, iou_threshold=0.5):
    """Return precision and recall of a detector, as detections are taken in one by one, the best first.

    Parameters
    ----------
    detections : list of Detections
        Of one class, one entry for each image (with no rows where nothing was found).
    truth : list of array of float (M, 4)
        The true boxes of that class, one entry for each image.
    iou_threshold : float
        See `match`.

    Returns
    -------
    precision, recall, scores : array of float64 (total number of detections,)
        Entry k: of the k + 1 best detections the share that is right; of all true boxes the share that they found
        (NaN where there is no true box); the score that one must ask for to get just these.

    Raises
    ------
    ValueError
        If there are not as many entries for ``detections`` as for ``truth``, or a box or score is not valid.

    Examples
    --------
    >>> truth = [np.array([[0.0, 0.0, 4.0, 4.0]]), np.array([[0.0, 0.0, 2.0, 2.0]])]
    >>> found = [Detections(truth[0], np.array([0.6])), Detections(truth[0], np.array([0.9]))]
    >>> precision_recall(found, truth)[:2]          # the surer box is four times too large
    (array([0. , 0.5]), array([0. , 0.5]))
    """
    right, scores, total = _judge(detections, truth, iou_threshold)
    found = np.cumsum(right)
    return found / np.arange(1, len(right) + 1), found / total if total else np.full(len(right), np.nan), scores


def average_precision(detections, truth, iou_threshold=0.5):
    """Return the average precision of a detector for one class: the area under precision over recall.

    Parameters
    ----------
    detections, truth, iou_threshold
        As for `precision_recall`. The mean over the classes is known as mAP.

    Returns
    -------
    float
        From 0 to 1; NaN where there is no true box.

    Notes
    -----
    With precision replaced by the best precision at the same or a higher recall, as PASCAL VOC does since 2010; each
    right detection adds that, times the step in recall, 1 / M. True boxes that nothing finds add 0. Detections of equal
    score are taken in the order in which they are given.

    References
    ----------
    .. [1] M. Everingham and others, "The PASCAL Visual Object Classes Challenge: A Retrospective", 2015, section 3.2.

    Examples
    --------
    >>> truth = [np.array([[0.0, 0.0, 4.0, 4.0]]), np.array([[0.0, 0.0, 2.0, 2.0]])]
    >>> found = [Detections(truth[0], np.array([0.6])), Detections(truth[0], np.array([0.9]))]
    >>> average_precision(found, truth)             # half of the boxes, at a precision of one half
    0.25
    """
    right, _, total = _judge(detections, truth, iou_threshold)
    if total == 0:
        return float("nan")
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[right].sum() / total)


def _judge(detections, truth, iou_threshold):
    """Whether each detection of all images is right, best first; the scores; how many true boxes there are."""
    for name, value in (("detections", detections), ("truth", truth)):
        if not isinstance(value, (tuple, list)) or isinstance(value, Detections):
            raise TypeError(f"{name} must be a list with one entry for each image, got {type(value).__name__}")
    if len(detections) != len(truth):
        raise ValueError(
            f"detections and truth must have one entry for each image, got {len(detections)} and {len(truth)}"
        )
    right = [match(found, boxes, iou_threshold) for found, boxes in zip(detections, truth, strict=True)]
    scores = [np.asarray(found[1], np.float64) for found in detections]
    right, scores = np.concatenate([np.zeros(0, bool), *right]), np.concatenate([np.zeros(0), *scores])
    order = _best_first(scores)
    return right[order], scores[order], sum(map(len, truth))


# --- Checks ---------------------------------------------------------------------------------------------------------


def _boxes(name, boxes):
    checks.floats(name, boxes, ndim=2)
    if boxes.shape[1] != 4:
        raise ValueError(f"{name} must have shape (N, 4), rows (x1, y1, x2, y2), got {boxes.shape}")
    if not np.isfinite(boxes).all():
        row = np.argwhere(~np.isfinite(boxes))[0, 0]
        raise ValueError(f"{name} must be finite, got {boxes[row].tolist()} in row {row}")
    backwards = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if backwards.any():
        row = int(backwards.argmax())
        raise ValueError(f"{name} must have x1 <= x2 and y1 <= y2, got {boxes[row].tolist()} in row {row}")
    return boxes


def _scores(name, scores, count):
    checks.shape(name, checks.floats(name, scores, ndim=1), (count,))
    if np.isnan(scores).any():
        raise ValueError(f"{name} must not be NaN, got NaN at index {int(np.isnan(scores).argmax())}")
    return scores


def _detections(name, detections):
    if not isinstance(detections, (tuple, list)) or len(detections) != 2:
        raise TypeError(f"{name} must be Detections or a pair (boxes, scores), got {type(detections).__name__}")
    boxes, scores = detections
    return _boxes(f"the boxes of {name}", boxes), _scores(f"the scores of {name}", scores, len(boxes))


def _best_first(scores):
    """Indices by falling score; of equal scores the first comes first."""
    return np.argsort(-scores, kind="stable")
