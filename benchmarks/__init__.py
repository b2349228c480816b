"""cnnlib against PyTorch and other NumPy libraries: ``python -m benchmarks --help``.

Every figure is a ratio of medians, measured in turns (A B A B ...) in one process, on the same data, after
both sides were seen to compute the same numbers. `timing` is the stopwatch, `contenders` are who runs,
`works` is what they run, `suite` runs it for one number of threads, `mnist` is the recipe for 99 %; `goals`
is what is required, and `report` prints it all.
"""
