"""Open a page in a browser and say what is wrong with it."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 900}

# Each gives the faults of one kind on the page as it stands, as a list of strings.
LOOKS = {
    "an image without alternative text": """() => [...document.images]
        .filter((image) => !image.alt.trim() && image.getAttribute("role") !== "presentation")
        .map((image) => image.outerHTML.slice(0, 120))""",
    "mathematics that was not rendered": """() => [...document.querySelectorAll(".math")]
        .filter((node) => !node.querySelector(".katex"))
        .map((node) => node.textContent.slice(0, 80))""",
    "a formula with an error": """() => [...document.querySelectorAll(".katex-error")]
        .map((node) => node.textContent.slice(0, 80))""",
    "a figure that does not move": """() =>
        [...document.querySelectorAll("figure.moving:not([data-ready])")]
        .map((node) => node.dataset.kind)""",
    "a control without a name": """() =>
        [...document.querySelectorAll("figure.moving :is(input, button)")]
        .filter((node) => !(node.labels?.length || node.textContent.trim()))
        .map((node) => node.outerHTML.slice(0, 120))""",
    "wider than the window": """() => {
        const room = document.documentElement.clientWidth;
        return document.documentElement.scrollWidth <= room ? [] :
          [...document.querySelectorAll("main *, footer *")]
          .filter((node) => node.getBoundingClientRect().right > room + 1 && !node.closest("pre"))
          .slice(0, 5).map((node) => node.outerHTML.slice(0, 100));
      }""",
}
SETTLED = "() => document.fonts.ready.then(() => null)"


@dataclass
class Visit:
    """A page that is open, and what went wrong on it so far."""

    page: object
    faults: list[str] = field(default_factory=list)

    def look(self):
        """Add the faults that can be seen now, and return all of them."""
        for name, script in LOOKS.items():
            self.faults += [f"{name}: {found}" for found in self.page.evaluate(script)]
        return self.faults


@contextmanager
def visit(tab, address, theme="light", window=LAPTOP):
    """Open a page, wait until it has settled, and record its errors and requests."""
    seen = Visit(tab)
    note = seen.faults.append
    home = urlsplit(address).netloc

    def leaving(request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != home:
            note(f"a request to another host: {request.url}")

    def said(message):
        if message.type == "error":
            note(f"console error: {message.text} ({message.location['url']})")

    heard = {
        "console": said,
        "pageerror": lambda error: note(f"script error: {error}"),
        "request": leaving,
        "requestfailed": lambda r: note(f"a request failed: {r.url} ({r.failure})"),
        "response": lambda r: note(f"status {r.status}: {r.url}") if r.status > 399 else None,
    }
    tab.emulate_media(color_scheme=theme)
    tab.set_viewport_size(window)
    with listening(tab, heard):
        tab.goto(address, wait_until="networkidle")
        tab.evaluate(SETTLED)
        yield seen


@contextmanager
def listening(tab, heard):
    """Listen to a tab's events; afterwards nothing of its page is left to cause any."""
    for event, listener in heard.items():
        tab.on(event, listener)
    try:
        yield
    finally:
        for event, listener in heard.items():
            tab.remove_listener(event, listener)
        tab.goto("about:blank")
