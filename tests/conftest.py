"""``pytest -m gpu`` reads only the files that hold GPU tests: the others may import what a bare GPU machine lacks."""

import signal

import pytest


def pytest_configure(config):
    """Let Ctrl-C interrupt, as the tests of resuming need: a shell starts what runs in its background without."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path, config):
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.option.markexpr.strip() == "gpu" and is_test:
        return "pytest.mark.gpu" not in collection_path.read_text(encoding="utf-8") or None
    return None


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium, one for a file of tests."""
    from helpers_book import need_book, start_browser  # here: a bare GPU machine lacks what these need

    need_book()
    driver = start_browser()
    driver.set_script_timeout(300)
    yield driver
    driver.quit()
