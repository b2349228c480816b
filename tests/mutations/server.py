"""Run pytest many times without importing PyTorch many times: a process that forks for each run.

Each line of standard input is a JSON list of pytest's arguments; each line of standard output is the exit status. What
pytest printed stands in ``pytest.txt``. Nothing of cnnlib is imported here, so that each run reads it afresh.
"""

import json
import os
import signal
import sys

import hypothesis  # noqa: F401  (imported to be there when the process forks, as are the next three)
import numpy.random  # noqa: F401
import pytest
import torch.nn.functional  # noqa: F401


def main(seconds: int) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.alarm(seconds)
            output = os.open("pytest.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            status = pytest.main(json.loads(line))
            sys.stdout.flush()
            os._exit(int(status))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
