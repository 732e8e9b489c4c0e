"""Take the picture of the README: a page whose figure moves, and feedback that names a mistake.

make course && .venv/bin/python .ci/readme_picture.py  # writes book/_static/readme.png
"""

import base64
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = ROOT / "_build" / "html" / "book" / "06-self-attention" / "chapter.html"
FEEDBACK = ROOT / "class" / "feedback" / "learner-03" / "06-self-attention"
PICTURE = ROOT / "book" / "_static" / "readme.png"
WIDTH, HEIGHT = 760, 920  # of each of the two windows


def window(browser: Browser, file: Path, top: str) -> str:
    """What a page shows when the element ``top`` stands at its upper edge, as a data URL."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    page.locator(top).first.evaluate(
        "node => scrollBy(0, node.getBoundingClientRect().top - 70)"  # below the page's header
    )
    page.wait_for_timeout(500)
    shot = page.screenshot()
    page.close()
    return "data:image/png;base64," + base64.b64encode(shot).decode()


def main() -> None:
    """Put the two windows side by side."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox"],
        )
        windows = (
            window(browser, CHAPTER, "figure.moving"),
            window(browser, next(FEEDBACK.glob("*.html")), "body"),
        )
        page = browser.new_page(viewport={"width": 2 * WIDTH + 72, "height": HEIGHT + 48})
        images = "".join(f'<img src="{image}" style="border-radius:8px">' for image in windows)
        page.set_content(
            '<body style="margin:0;padding:24px;display:flex;gap:24px;background:#d5dbe3">' + images
        )
        page.screenshot(path=PICTURE)
        browser.close()
    print("wrote", PICTURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
