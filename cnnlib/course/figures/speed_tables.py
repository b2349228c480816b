"""Tables and small pieces of text of the page on speed, made from the record of the benchmarks."""

import re

from cnnlib.course.figures._table import table

__all__ = [
    "arithmetic_table", "label", "listed", "machine_table", "many", "mnist_table", "operations_table", "others_table",
    "percent", "recipe", "short", "steps_table", "table", "trained",
]  # fmt: skip
CLOCKS = {"process_time": "processor time", "perf_counter": "wall clock"}


def label(name):
    """A record's name as it is printed: arrows, times signs, and PyTorch by its name."""
    name = re.sub(r"(?<=\d)x(?=\d)", "×", name.replace("->", "→"))
    name = re.sub(r"batch (?=\d)", "batch\N{NO-BREAK SPACE}", name)
    return re.sub(r"\btorch\b", "PyTorch", name)


def many(count, noun):
    """``1 thread``, ``2 threads``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(names):
    """Words with commas, and *and* before the last."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def short(value):
    """A number with three digits, or a dash where there is none."""
    return "–" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"


def percent(share, digits=0):
    """A share of one as a percentage."""
    return f"{100 * share:.{digits}f} %"


def quartiles(record):
    """The middle half of the ratios, turn by turn."""
    return "–".join(f"{value:.2f}" for value in record["spread"])


def machine_table(runs, caption):
    """What was in force: a column for each number of threads."""

    def kernels(run):
        found = [f"{k['internal_api']} {k['architecture']}" for k in run["kernels"] if k["architecture"]]
        return ", ".join(found).replace("openblas", "OpenBLAS") or "unknown"

    rows = [
        ["kernels in force", *map(kernels, runs)],
        ["peak of a matrix product, NumPy", *(f"{run['peak']['numpy']:.1f} GFLOP/s" for run in runs)],
        ["peak of a matrix product, PyTorch", *(f"{run['peak']['torch']:.1f} GFLOP/s" for run in runs)],
        ["clock", *(CLOCKS.get(run["clock"], run["clock"]) for run in runs)],
        ["images", *(run["data"] for run in runs)],
    ]
    return table(caption, ["what", *(many(run["threads"], "thread") for run in runs)], rows)


def steps_table(run, caption):
    """The ratio of each training step, its quartiles, and the milliseconds of cnnlib and of PyTorch's modes."""
    names = [who for who in dict.fromkeys(who for step in run["steps"] for who in step["ms"])
             if who.startswith(("cnnlib", "torch"))]
    head = ["training step", "ratio", "quartiles", *(re.sub("^(torch|cnnlib) ", "", name) for name in names)]
    rows = [[label(step["name"]), f"{step['ratio']:.2f}", quartiles(step),
             *(short(step["ms"].get(name)) for name in names)] for step in run["steps"]]
    return table(caption, head, rows, numbers=True)


def others_table(runs, name, caption):
    """All contenders of one step as multiples of PyTorch eager, a column for each number of threads."""
    found = {run["threads"]: s["multiple_of_eager"] for run in runs for s in run["steps"] if s["name"] == name}
    names = list(dict.fromkeys(who for multiples in found.values() for who in multiples))
    rows = [[label(who), *(short(multiples.get(who)) for multiples in found.values())] for who in names]
    return table(caption, ["library", *(many(threads, "thread") for threads in found)], rows, numbers=True)


def operations_table(operations, caption):
    """The ratio of each operation, its quartiles, and the milliseconds, forward and backward."""
    rows = []
    for record in operations:
        times = [short(record["ms"].get(who)) for who in
                 ("cnnlib", "torch eager", "torch channels_last", "torch compile")]
        rows.append([label(record["name"]), f"{record['ratio']:.2f}", quartiles(record), *times])
    return table(caption, ["operation", "ratio", "quartiles", "cnnlib", "eager", "channels_last", "compile"], rows,
                 numbers=True)


def arithmetic_table(operations, caption):
    """GFLOP/s of the operations that are counted, and cnnlib's share of the peak of a matrix product."""
    rows = []
    for record in (record for record in operations if "gflops" in record):
        speed = record["gflops"]
        fastest = speed[record["fastest"]]
        rows.append([label(record["name"]), f"{speed['cnnlib']:.1f}", f"{fastest:.1f}", percent(record["of_peak"])])
    return table(caption, ["operation", "cnnlib", "PyTorch", "of peak"], rows, numbers=True)


def trained(record):
    """The names of those who trained, cnnlib first: they hold a list of runs."""
    return sorted((name for name, runs in record.items() if isinstance(runs, list) and runs), key=str.lower)


def mnist_table(record, caption):
    """Accuracy and seconds of each seed, cnnlib's and PyTorch's."""
    whos = trained(record)
    runs = {(who, run["seed"]): run for who in whos for run in record[who]}
    rows = []
    for seed in sorted({seed for _, seed in runs}):
        row = [f"seed {seed}"]
        for who in whos:
            run = runs.get((who, seed))
            row += [percent(run["accuracy"], 2), f"{run['seconds']:.1f} s"] if run else ["–", "–"]
        rows.append(row)
    return table(caption, ["network", *("right", "time") * len(whos)], rows, tuple(map(label, whos)))


RECIPE = {
    "epochs": "{} epochs", "batch": "batches of {}", "max_lr": "a one-cycle schedule up to a learning rate of {}",
    "momentum": "Nesterov momentum {}", "weight_decay": "weight decay {}",
}  # fmt: skip


def recipe(settings):
    """The settings of a training in words; those without words of their own by their names."""
    return listed([RECIPE.get(key, f"{key.replace('_', ' ')} {{}}").format(value) for key, value in settings.items()])
