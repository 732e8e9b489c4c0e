"""Which pages the table of contents names."""

import yaml

from .conftest import ROOT


def toc_pages(toc=ROOT / "_toc.yml"):
    """Names of all pages, in order, such as ``book/06-self-attention/chapter``."""

    def below(node):
        if isinstance(node, dict):
            yield from (node[key] for key in ("root", "file") if key in node)
            for key in ("parts", "chapters", "sections"):
                for child in node.get(key, ()):
                    yield from below(child)

    return list(below(yaml.safe_load(toc.read_text(encoding="utf-8"))))


PAGES = toc_pages()
CHAPTERS = [name for name in PAGES if name.endswith("/chapter")]
