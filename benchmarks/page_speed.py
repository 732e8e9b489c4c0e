"""What the first visit of a page transfers, and how long a reader waits for it.

    python benchmarks/page_speed.py                                   # _build/html
    python benchmarks/page_speed.py --site before=A --site after=B    # two builds compared

Chromium with an empty cache, from a local server that compresses as web hosts do, at 1.6 Mbit/s
and 150 ms to each answer. Writes results/page_speed.json: bytes as they were sent, the largest
files, and milliseconds, each the median of all visits, until something is painted, until the
mathematics can be read (every formula set, by whatever sets it, and its fonts loaded), and until
everything is loaded.
"""

from __future__ import annotations

import argparse
import gzip
import re
import statistics
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

import measure

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.book.serving import serve  # noqa: E402
from tests.conftest import launch  # noqa: E402

LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
IMAGE = re.compile(rb"data:image/[^\"')\s]*")
PAGE = "book/06-self-attention/chapter"
# Looks at every frame; a page without formulas has no such time.
WATCH = """() => {
    const set = (node) => node.querySelector(".katex-html, mjx-container > *");
    const look = () => {
      const all = [...document.querySelectorAll(".math")];
      const fonts = [...document.fonts].filter((font) => /^"?(KaTeX|MJX)/.test(font.family));
      if (document.readyState !== "loading" && all.length && all.every(set)
          && fonts.some((font) => font.status === "loaded")
          && fonts.every((font) => font.status !== "loading"))
        window.mathematicsReadable = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
TIMES = """() => ({
    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    mathematics: window.mathematicsReadable ?? null,
    loaded: performance.getEntriesByType("navigation")[0].loadEventEnd,
})"""


def visit(browser: Browser, address: str) -> tuple[dict[str, float], dict[str, tuple[str, int]]]:
    """Open a page for the first time; return its times, and kind and bytes of each file."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    line = context.new_cdp_session(page)
    named, files = {}, {}
    line.on("Network.responseReceived", lambda e: named.update({e["requestId"]: e}))

    def finished(event: dict) -> None:
        answer = named.get(event["requestId"])
        if answer and answer["response"]["url"].startswith("http"):  # the rest is in the page
            name = urlsplit(answer["response"]["url"]).path.lstrip("/")
            files[name] = (answer["type"], round(event["encodedDataLength"]))

    line.on("Network.loadingFinished", finished)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    page.add_init_script(f"({WATCH})()")
    page.goto(address, wait_until="networkidle", timeout=120_000)
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    if page.locator(".math").count():
        page.wait_for_function("window.mathematicsReadable", timeout=60_000)
    times = page.evaluate(TIMES)
    context.close()
    return times, files


def images_within(page: Path) -> int:
    """Return how many of a page's compressed bytes are pictures written into it."""
    text = page.read_bytes()
    return len(gzip.compress(text, 6)) - len(gzip.compress(IMAGE.sub(b"", text), 6))


def measured(browser: Browser, folder: Path, page: str, visits: int) -> dict[str, object]:
    """Visit a page of a built book several times; what was sent is the same each time."""
    server, address = serve(folder)
    seen = [visit(browser, f"{address}/{page}.html") for _ in range(visits)]
    server.shutdown()
    times = {
        name: [round(one[name]) if one[name] is not None else None for one, _ in seen]
        for name in seen[0][0]
    }
    files = dict(sorted(seen[-1][1].items(), key=lambda item: -item[1][1]))
    images = sum(size for kind, size in files.values() if kind == "Image")
    images += images_within(folder / f"{page}.html")
    total = sum(size for _, size in files.values())
    return {
        "bytes": total,
        "bytes_without_images": total - images,
        "requests": len(files),
        "ms": {
            name: statistics.median(found) if None not in found else None
            for name, found in times.items()
        },
        "visits": times,
        "files": {name: size for name, (_, size) in files.items()},
    }


def main() -> None:
    """Measure each build, print a line and the largest files, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", action="append", metavar="NAME=FOLDER", help="a built book")
    parser.add_argument("--page", action="append", help=f"default: {PAGE}")
    parser.add_argument("--visits", type=int, default=5)
    options = parser.parse_args()
    sites = dict(site.split("=", 1) for site in options.site or ["now=_build/html"])
    rows = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        version = browser.version
        for page in options.page or [PAGE]:
            for name, folder in sites.items():
                row = measured(browser, Path(folder), page, options.visits)
                rows.append({"site": name, "page": page, **row})
                print(name, page, {key: row[key] for key in row if key not in ("files", "visits")})
                for file, size in row["files"].items():
                    print(f"{size:>9,}  {file}")
        browser.close()
    words = [f"--site {name}=..." for name in sites] if options.site else []
    words += [f"--page {page}" for page in options.page or []]
    command = " ".join(["python benchmarks/page_speed.py", *words, f"--visits {options.visits}"])
    path = measure.record("page_speed", command, chromium=version, line=LINE, rows=rows)
    print("wrote", path.relative_to(ROOT))


if __name__ == "__main__":
    main()
