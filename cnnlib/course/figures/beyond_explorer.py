"""Explorer of chapter 16: which boxes stay, and where on the precision–recall curve that puts the detector."""

import numpy as np

from cnnlib.course.beyond import finding
from cnnlib.course.figures._numbers import fixed, number
from cnnlib.course.figures._panels import ACCENT, FLEX, LINE, WARM, panel
from cnnlib.detection import average_precision, match, precision_recall

THRESHOLDS = (0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
OVERLAPS = (0.1, 0.3, 0.7, 1.0)  # at 1 no box goes: no two windows share more than all
OVERLAP_TEXTS = ("0.1", "0.3", "0.7", "no NMS")
SCALE, PLOT, LEVELS, NAMED = 9, 190, 3, 6
MARGIN, EDGE = 18, 8  # around the plot: numbers on the left and below; room for the ring above and on the right
STEP = 4  # of the plot's 190 units: the curve is drawn no finer


class Boxes:
    """The detections of several networks on the same scenes, ready to be thinned out and judged.

    Parameters
    ----------
    found : dict of str to list of (boxes, scores, labels)
        For each network what `finding.detect` gave.
    scenes : Scenes
    shown : int
        Index of the scene that is drawn.
    """

    def __init__(self, found, scenes, shown):
        self.found, self.scenes, self.shown, self._seen = found, scenes, shown, {}

    def _judged(self, network, overlap):
        """For one overlap, once: the scene's boxes that stay, and the curve and AP of all scenes."""
        if (network, overlap) not in self._seen:
            kept = finding.thinned(self.found[network], finding.WAYS[1], overlap)
            pairs = finding.together(kept, self.scenes)
            self._seen[network, overlap] = kept[self.shown], precision_recall(*pairs), average_precision(*pairs)
        return self._seen[network, overlap]

    def numbers(self, network, threshold, overlap):
        """What one frame shows, without its drawing.

        Parameters
        ----------
        network : str
            One of the keys of ``found``.
        threshold : float
            Boxes with a lower score are left out.
        overlap : float
            Of two boxes of a class with a higher IoU, the worse goes.

        Returns
        -------
        dict
            For the scene: ``boxes`` (x1, y1, x2, y2), ``scores``, ``labels``, ``right``, and how many objects are
            ``missed``. For all scenes: how many boxes are ``kept``, how many of them ``hits``, how many ``objects``
            there are, ``precision`` (None without boxes), ``recall``, the ``curve`` as pairs (recall, precision) of
            the right boxes, and ``ap`` of the whole curve.
        """
        (boxes, scores, labels), (precision, recall, order), ap = self._judged(network, overlap)
        above = scores >= threshold
        boxes, scores, labels = boxes[above], scores[above], labels[above]
        truth, classes = self.scenes.boxes[self.shown], self.scenes.labels[self.shown]
        right = np.zeros(len(boxes), bool)
        for label in np.unique(labels):
            own = labels == label
            right[own] = match((boxes[own], scores[own]), truth[classes == label])
        kept, objects = int((order >= threshold).sum()), sum(map(len, self.scenes.labels))
        steps = np.flatnonzero(np.diff(np.r_[0, recall]) > 0)
        return {
            "boxes": boxes, "scores": scores, "labels": labels, "right": right,
            "missed": len(truth) - int(right.sum()), "shown": len(truth), "kept": kept, "objects": objects,
            "hits": round(recall[kept - 1] * objects) if kept else 0,
            "precision": float(precision[kept - 1]) if kept else None,
            "recall": float(recall[kept - 1]) if kept else 0.0,
            "curve": np.stack([recall[steps], precision[steps]], axis=1), "ap": ap,
        }

    def __call__(self, network, threshold, overlap):
        """The stage and the caption of one frame."""
        n = self.numbers(network, threshold, overlap)
        label = f"a scene with {n['shown']} digits and {len(n['boxes'])} boxes"
        scene = panel("the scene", 32 * SCALE, 24 * SCALE, label,
                       _ink(self.scenes.images[self.shown, 0]) + _rectangles(n, self.scenes.images[self.shown, 0]))
        plot = panel("precision (up) over recall (right)", PLOT + MARGIN + EDGE, PLOT + MARGIN + EDGE,
                      "the curve for all scores, a ring where this score puts the detector", _curve(n))
        thin = "no NMS" if overlap == 1 else f"NMS at {number(overlap)}"
        judged = (f"{n['hits']:,} are right: precision {fixed(n['precision'], 2)}, recall {fixed(n['recall'], 2)}"
                  if n["kept"] else "recall 0.00, and precision is not defined")
        return f'<div style="{FLEX}">{scene}{plot}</div>', (
            f"{network}, score at least {number(threshold, 3)}, {thin}. This scene: "
            f"{_count(len(n['boxes']), 'box', 'boxes')}, {int(n['right'].sum())} right (blue), "
            f"{n['missed']} of {n['shown']} digits missed. All {len(self.scenes)} scenes: "
            f"{_count(n['kept'], 'box', 'boxes')} for {n['objects']} digits, {judged}. "
            f"AP of the whole curve: {fixed(n['ap'], 2)}."
        )


def _count(n, one, many):
    return f"{n:,} {one if n == 1 else many}"


def _ink(image):
    """The scene as short strokes, darker where there is more ink."""
    level, paths = np.ceil(LEVELS * image).astype(int), []
    for k in range(1, LEVELS + 1):
        edges = [(i, *pair) for i, line in enumerate(level == k)
                 for pair in np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0])).reshape(-1, 2)]
        if edges:
            strokes = "".join(f"M{start} {i}h{end - start}" for i, start, end in edges)
            paths.append(f'<path d="{strokes}" stroke-opacity="{0.7 * k / LEVELS:.2f}"/>')
    h, w = image.shape
    return (f'<rect width="{w * SCALE}" height="{h * SCALE}" fill="none" stroke="{LINE}"/>'
            f'<g transform="scale({SCALE}) translate(0,.5)" stroke="currentColor">{"".join(paths)}</g>')


def _rectangles(n, image):
    """Right boxes in blue, wrong ones dashed; with few boxes each has its label."""
    body = ""
    for good, style in ((False, f'stroke="{WARM}" stroke-dasharray=".5 .35" stroke-width=".22"'),
                        (True, f'stroke="{ACCENT}" stroke-width=".35"')):
        d = "".join(f"M{x1:g} {y1:g}h{x2 - x1:g}v{y2 - y1:g}h{x1 - x2:g}z"
                    for x1, y1, x2, y2 in n["boxes"][n["right"] == good])
        body += f'<path d="{d}" fill="none" {style}/>' if d else ""
    words = ""
    if len(n["boxes"]) <= NAMED:
        for (x1, y1, x2, y2), label, good in zip(n["boxes"], n["labels"], n["right"], strict=True):
            x, y = _clear(image, n["boxes"].astype(int), *(int(v) for v in (x1, y1, x2, y2)), prefer=0 if good else 1)
            words += (f'<text x="{x:g}" y="{y:g}" font-size="14" font-weight="bold" '
                      f'fill="{ACCENT if good else WARM}">{label}</text>')
    return f'<g transform="scale({SCALE})">{body}</g>{words}'


def _clear(image, boxes, x1, y1, x2, y2, prefer):
    """Where a box's label stands: of places in and beside its corners the one with no edge and the least ink.

    A place is 2 × 2 pixels; of equal ones the preferred corner comes first.
    """
    places = [(x1, y2 - 2), (x2 - 2, y1), (x1, y1), (x2 - 2, y2 - 2)]  # inside, each by its upper left pixel
    places += [(x2, y1), (x1 - 2, y1), (x2, y2 - 2), (x1 - 2, y2 - 2)]  # and outside
    h, w = image.shape
    places = [at for at in places[prefer:] + places[:prefer] if 0 <= at[0] <= w - 2 and 0 <= at[1] <= h - 2]

    def crowd(at):
        x, y = at
        left, top, right, bottom = boxes.T
        beside = (y < bottom) & (top < y + 2)
        between = (x < right) & (left < x + 2)
        across = beside & (((x < left) & (left < x + 2)) | ((x < right) & (right < x + 2)))
        across |= between & (((y < top) & (top < y + 2)) | ((y < bottom) & (bottom < y + 2)))
        return across.sum(), image[y : y + 2, x : x + 2].sum()

    x, y = min(places, key=crowd)
    return SCALE * x + 4, SCALE * y + 14


def _curve(n):
    at = np.rint(PLOT * (n["curve"] * (1, -1) + (0, 1))).astype(int)
    seen = np.diff(at[:, 0] // STEP, append=PLOT) > 0  # of the points in a step the last
    points = " ".join(f"{x},{y}" for x, y in at[seen])
    ring = ""
    if n["kept"]:
        ring = (f'<circle cx="{PLOT * n["recall"]:.0f}" cy="{PLOT * (1 - n["precision"]):.0f}" r="7" fill="none" '
                f'stroke="{WARM}" stroke-width="3"/>')
    words = "".join(f'<text x="{x}" y="{y}" font-size="13" fill="currentColor">{text}</text>'
                    for x, y, text in ((-11, 9, "1"), (-11, PLOT + 17, "0"), (PLOT - 7, PLOT + 17, "1")))
    return (f'<g transform="translate({MARGIN},{EDGE})"><path d="M0 0V{PLOT}H{PLOT}" fill="none" stroke="{LINE}" '
            f'stroke-width="1.5"/>{words}<polyline points="{points}" fill="none" stroke="{ACCENT}" stroke-width="2"/>'
            f'{ring}</g>')
