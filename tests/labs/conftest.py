"""What the laboratories' tests in a browser share."""

import pytest


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium, one for a file of tests. The pages are the tests' own: the book need not be built."""
    from helpers_book import start_browser

    driver = start_browser()
    driver.set_script_timeout(60)
    yield driver
    driver.quit()
