"""What tests of every kind share."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

# No sandbox inside a container, no GPU, and none of the browser's own traffic.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
FLAGS += ("--disable-component-update", "--no-first-run")


def launch(playwright):
    """Start headless Chromium, the system's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "no Chromium found; `make setup` installs it or says how"
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))


@pytest.fixture(scope="session")
def browser():
    """The one browser of its process, which can drive no second."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def tab(browser):
    """The one tab for all pages: a window of its own costs more than the page in it."""
    return browser.new_context().new_page()
