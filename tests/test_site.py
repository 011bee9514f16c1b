"""The documentation as a site: it is built without a warning, has all that there is, and no page asks for anything."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import mamlcheck
from mamlcheck.claims import claim_ids
from mamlcheck.cli import main
from mamlcheck.findings import find
from mamlcheck.proof.catalogue import has_proof
from mamlcheck.proof.kernel import axioms_by_name

PROJECT = Path(__file__).parents[1]
SCHEMAS = sorted(path.stem for path in (PROJECT / "mamlcheck" / "schemas").glob("*.json"))
GENERATED = "reference/generated"
# Elements by whose attribute a browser fetches something when it shows the page. A link that is clicked is none.
LOADS = {
    "audio": "src", "embed": "src", "frame": "src", "iframe": "src", "image": "href", "img": "src", "input": "src",
    "link": "href", "object": "data", "script": "src", "source": "src", "track": "src", "use": "href", "video": "src",
}  # fmt: skip


@dataclass
class Page(HTMLParser):
    """What a page holds: its anchors, where its links lead, and what it loads."""

    text: str
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    in_a_style: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADS:
            self.loads += [given[name] for name in (LOADS[tag], "srcset", "xlink:href") if name in given]
        self.loads += in_style(given.get("style", ""))
        self.in_a_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.in_a_style = False

    def handle_data(self, data: str) -> None:
        if self.in_a_style:
            self.loads += in_style(data)


def in_style(css: str) -> list[str]:
    """What a style loads."""
    found = re.findall(r"url\(([^)]*)\)|@import\s+(['\"][^'\"]*)", css)
    return [(one or other).strip("'\" ") for one, other in found]


def is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc or parts.scheme) and parts.scheme != "data"


@cache
def page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def anchors(target: Path) -> set[str]:
    return page(target.resolve()).anchors if target.suffix == ".html" else set()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built once, whichever workers ask for it; what Sphinx said is in `built.txt` there."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built.txt").exists():
            words = [
                "-W",
                "--keep-going",
                "-q",
                "-E",
                "-b",
                "html",
                "-d",
                str(shared / "doctrees"),
                "docs",
                str(folder),
            ]
            done = subprocess.run(
                [sys.executable, "-m", "sphinx", *words], cwd=PROJECT, capture_output=True, text=True, check=False
            )
            folder.mkdir(exist_ok=True)
            (folder / "built.txt").write_text(f"{done.returncode}\n{done.stderr}", encoding="utf-8")
    return folder


def pages(site: Path) -> Iterator[tuple[str, Page]]:
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), page(path)


def test_it_is_built_without_a_warning(site: Path) -> None:
    assert (site / "built.txt").read_text(encoding="utf-8") == "0\n"


def test_all_that_there_is_has_its_page(site: Path) -> None:
    names = [
        *(f"claims/{name}" for name in claim_ids()),
        *(f"proofs/{name}" for name in claim_ids() if has_proof(name)),
        *(f"findings/{finding.id}" for finding in find()),
        *(f"schemas/{name}" for name in SCHEMAS),
    ]
    assert [name for name in names if not (site / GENERATED / f"{name}.html").is_file()] == []
    made = {path.relative_to(site / GENERATED).as_posix()[:-5] for path in (site / GENERATED).rglob("*.html")}
    assert made - set(names) == {
        f"{kind}/index" for kind in ("api", "axioms", "claims", "findings", "proofs", "schemas")
    }


def test_axioms_commands_and_python_have_their_anchors(site: Path) -> None:
    axioms, commands, api = (
        page(site / "reference" / f"{name}.html").anchors
        for name in ("generated/axioms/index", "commands", "generated/api/index")
    )
    assert {f"axiom-{name.replace('_', '-')}" for name in axioms_by_name()} <= axioms
    assert {f"mamlcheck-{name}" for name in main.commands} <= commands
    functions = {name for name in mamlcheck.__all__ if callable(getattr(mamlcheck, name)) and name != "Checked"}
    assert len(functions) > 10
    assert {f"mamlcheck.{name}" for name in functions} | {"mamlcheck.check.checked.Checked"} <= api


def test_a_proof_is_there_step_by_step(site: Path) -> None:
    text = page(site / GENERATED / "proofs" / "lemma_4_8.html").text
    assert "Jensen over tasks" in text
    assert '#axiom-jensen-norm"' in text
    proof = mamlcheck.prove("lemma_4_8")
    formulas = sum(1 + len(chain.links) for chain in (*proof.chains, *proof.lemmas))
    assert text.count('class="formula"') == text.count("<math") == formulas > 30
    assert "the claim is proved, as it is printed" in text
    assert "Not accepted" not in text


def test_each_picture_stands_under_the_lines_that_make_it(site: Path) -> None:
    source = (PROJECT / "docs" / "gallery.md").read_text(encoding="utf-8")
    text = page(site / "gallery.html").text
    under = re.findall(r'</pre></div>\n</div>\n(?:<style>.*?</style>\n)?<figure class="picture"><svg', text, re.DOTALL)
    assert len(under) == source.count("```{picture}") == text.count('<svg class="chart"') > 4


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = {(name, one) for name, held in pages(site) for one in held.loads}
    for path in site.rglob("*.css"):
        loaded |= {(path.name, one) for one in in_style(path.read_text(encoding="utf-8"))}
    assert len(loaded) > 100
    assert {(name, one) for name, one in loaded if is_elsewhere(one)} == set()


def test_every_link_leads_somewhere(site: Path) -> None:
    broken = []
    for name, held in pages(site):
        for link in {one for one in held.links if not is_elsewhere(one)}:
            parts = urlsplit(link)
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            if not target.is_file() or unquote(parts.fragment) not in {"", *anchors(target)}:
                broken.append((name, link))
    assert broken == []


def test_what_a_page_loads_would_be_seen() -> None:
    """The reader of pages, on a page that is as it should not be."""
    bad = '<link rel="stylesheet" href="https://a.test/x.css"><p style="background: url(//b.test/y)"><img src="z">'
    bad += "<style>@import 'https://c.test';</style> url(https://text.test)"
    assert [one for one in Page(bad).loads if is_elsewhere(one)] == [
        "https://a.test/x.css", "//b.test/y", "https://c.test",
    ]  # fmt: skip
