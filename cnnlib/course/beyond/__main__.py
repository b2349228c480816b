"""Measure chapter 16's record: ``python -m cnnlib.course.beyond``, or a part of it, ``python -m … painting``."""

from cnnlib.course import _record
from cnnlib.course.beyond import RECORD, labelling, listening, painting, showing
from cnnlib.segmentation import class_iou, pixel_accuracy

FEW, SEEDS, MANY = range(8), range(10), range(40)


def finding_part():
    """By rival and seed AP and mAP for each of `finding.WAYS`, on 100 scenes; the rule of thumb; blank paper."""
    runs = [showing.measured(seed) for seed in SEEDS]
    return {name: [run[name] for run in runs] for name in runs[0]}


def labelling_part():
    """By rival and seed the pixel accuracy and the IoU of each class."""
    runs = [labelling.measured(seed) for seed in SEEDS]
    controls = [labelling.controlled(seed) for seed in FEW]
    return {name: {"accuracy": [pixel_accuracy(run[name]) for run in found],
                   "iou": [class_iou(run[name]).tolist() for run in found]}
            for found in (runs, controls) for name in found[0]}


def painting_part():
    """By task and kind, for each of forty seeds: checkerboard before and after training, and the whole error."""
    return {task: {kind: [painting.measured(kind, task, seed) for seed in MANY] for kind in painting.KINDS}
            for task in painting.TASKS}


def listening_part():
    """By rival and seed the share of right answers, and of answers that change when the sound is played backwards."""
    runs = [listening.measured(seed) for seed in SEEDS]
    return {name: [run[name] for run in runs] for name in listening.RIVALS}


PARTS = {"finding": finding_part, "labelling": labelling_part, "painting": painting_part,
         "listening": listening_part}

if __name__ == "__main__":
    _record.renew(RECORD, _record.named(PARTS), __doc__)
