"""Measure chapter 16's record: ``python -m cnnlib.course.beyond``."""

import json

from cnnlib.course.beyond import RECORD, finding, labelling, listening, painting
from cnnlib.segmentation import class_iou, pixel_accuracy

SEEDS, SCENES = range(10), 100


def measure():
    """All runs, by experiment.

    ``finding`` has AP and mAP by variant, seed and way (`finding.WAYS`), on 100 scenes; ``longer`` is the classifier
    without background after as many steps as the one with it. ``labelling`` has pixel accuracy and the IoU of each
    class by seed; ``painting`` by task and kind before, after and error, by seed; ``listening`` by rival the share of
    right and of changed answers, by seed.
    """
    variants = {
        "without": (False, finding.EPOCHS), "longer": (False, finding.EPOCHS * (1 + finding.PER_DIGIT)),
        "with": (True, finding.EPOCHS),
    }  # fmt: skip
    record = {"finding": {}}
    for name, (background, epochs) in variants.items():
        models = (finding.trained(background, seed, epochs) for seed in SEEDS)
        record["finding"][name] = [finding.judged(model, SCENES, mean=True) for model in models]
    tables = [labelling.judged(labelling.labels(labelling.trained(seed))) for seed in SEEDS]
    record["labelling"] = {"accuracy": [pixel_accuracy(table) for table in tables],
                           "iou": [class_iou(table).tolist() for table in tables]}
    record["painting"] = {task: {kind: [painting.measured(kind, task, seed) for seed in SEEDS]
                                 for kind in painting.KINDS} for task in painting.TASKS}
    runs = [listening.measured(seed) for seed in SEEDS]
    record["listening"] = {name: [run[name] for run in runs] for name in listening.RIVALS}
    return record


if __name__ == "__main__":
    RECORD.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8", newline="\n")
