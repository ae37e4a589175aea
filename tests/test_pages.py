"""Every results folder has a page that opens from disk alone, and can be shown."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from build_targets.cpp import CppTarget
from build_targets.runtime import NumpyTarget
from pfc_standalone.commands import run
from pfc_standalone.commands.pages.results import differing
from pfc_standalone.commands.verbs import gain, show
from pfc_standalone.parameters import Parameters, with_values

SMALL = (
    *("--n-per-unit", "10", "--trials", "1", "--delay", "0.75", "--replicates", "2"),
    *("--traces", "--set", "memory.gain=0.95"),
)
#: The elements that HTML never closes.
VOID = {"meta", "img", "br", "link", "hr"}


class Page(HTMLParser):
    """Text, headings, images and table rows of a page; every element must be closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.heads, self.links, self.rows, self.wide = [], [], [], [], set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.links += [attrs[n] for n in ("src", "href") if n in attrs]
        if tag == "tr":
            self.rows.append([])
            self.wide.add(("div", "wide") in self.open)
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append((tag, attrs.get("class", "")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if {"h1", "h2"} & set(tags):
            self.heads.append(data)
        if {"td", "th"} & set(tags):
            self.rows[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, build_cache):
    folder = tmp_path_factory.mktemp("pages") / "run"
    arguments = [*SMALL, "--output", str(folder)]
    assert run.main("cpp", lambda chosen: CppTarget(), argv=arguments) == 0
    return folder


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    """Nothing opens while tests run."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


# ------------------------------------------------------------------------------- the page
def test_the_page_says_what_the_summary_says(folder):
    text = (folder / "report.html").read_text()
    page, summary = Page(text), json.loads((folder / "summary.json").read_text())
    assert page.heads[1:] == [
        "Behaviour", "Rates", "Spikes", "Traces", "Parameters that are not the defaults",
        "Where it comes from", "What it cost",
    ]  # fmt: skip
    images = [link for link in page.links if link.startswith("data:image/png;base64,")]
    assert len(images) == len(list(folder.glob("*.png"))) == 4
    assert page.links == images  # nothing comes from elsewhere
    assert not re.search(r"https?://|url\(|<script|<link|@import", text)
    assert page.wide == {True}  # tables scroll in their own box
    a = summary["accuracy"]["0.75"]["AX"]
    row = ["AX", "0.75", "1", f"{a['value']:.3f} ({a['low']:.3f} to {a['high']:.3f})"]
    assert row in [r[:4] for r in page.rows]
    rates = summary["population_rates_hz"]["memory_A"]
    assert ["memory_A", f"{rates['spontaneous']:.2f}", f"{rates['delay']:.2f}"] in [
        r[:3] for r in page.rows
    ]
    assert ["memory.gain", "0.95", "1.0"] in [r[:3] for r in page.rows]
    made = summary["provenance"]
    for name in ("command", "digest", "processor"):
        assert [name, made[name]] in page.rows
    assert ["compiler", made["built_with"]["compiler"]] in page.rows
    assert f"{summary['phases_s']['simulate']:.2f}" in [cell for row in page.rows for cell in row]


def test_differing_parameters():
    assert differing([Parameters()]) == []
    both = [with_values(Parameters(), {"memory.gain": g}) for g in (1.0, 0.8, 0.8)]
    ((name, values, usual, _, doc),) = differing(both)
    assert (name, values, usual) == ("memory.gain", "1.0 or 0.8", "1.0")
    assert len(doc) > 10


def test_without_figures_and_without_spikes(tmp_path):
    command = ["--model", "rate", "--trials", "2", "--delay", "0.75", "--replicates", "2"]
    command += ["--no-figures", "--output", str(tmp_path / "rate")]
    assert run.main("numpy", lambda chosen: NumpyTarget(), argv=command) == 0
    text = (tmp_path / "rate" / "report.html").read_text()
    page = Page(text)
    assert "Activities" in page.heads
    assert "No figures were drawn." in text
    assert page.links == []
    assert len([row for row in page.rows if row[0].startswith("output_")]) == 2


def test_texts_are_escaped(folder, tmp_path):
    from pfc_standalone.commands.pages.results import write_page

    summary = json.loads((folder / "summary.json").read_text())
    summary["provenance"]["command"] = "<b>--output a&b</b>"
    write_page(tmp_path, "task.html.jinja", summary, [Parameters()])
    page = Page((tmp_path / "report.html").read_text())
    assert ["command", "<b>--output a&b</b>"] in page.rows


def test_the_page_of_reduced_gain(tmp_path, capsys):
    command = ["--model", "rate", "--trials", "2", "--delay", "0.75", "--delay", "5"]
    command += ["--set", "rate.training_seed=1", "--target", "numpy", "--replicates", "2"]
    assert gain.main([*command, "--output", str(tmp_path / "gain")]) == 0
    printed = capsys.readouterr().out
    page = Page((tmp_path / "gain" / "report.html").read_text())
    assert {"Errors and reaction times", "Indices", "Where it comes from"} <= set(page.heads)
    assert len(page.links) == 1
    gains = [row for row in page.rows if row[0] == "memory.gain"]
    assert gains[0][1] == "1.0 or 0.8"
    assert show.main([str(tmp_path / "gain"), "--print"]) == 0
    assert capsys.readouterr().out == printed


# ---------------------------------------------------------------------------------- show
def test_show_prints_what_the_run_did(folder, tmp_path, capsys):
    command = [*SMALL, "--no-figures", "--output", str(tmp_path / "again")]
    assert run.main("cpp", lambda chosen: CppTarget(), argv=command) == 0
    printed = capsys.readouterr().out
    assert "Behaviour" in printed
    for options in ([], ["--print"]):
        assert show.main([str(tmp_path / "again"), *options]) == 0
        assert capsys.readouterr().out == printed


def test_show_opens_the_page_where_there_is_a_display(folder, monkeypatch, capsys):
    opened = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(show.webbrowser, "open", lambda uri: opened.append(uri) or True)
    assert show.main([str(folder)]) == 0
    assert opened == [(folder / "report.html").as_uri()]
    assert show.main([str(folder), "--print"]) == 0
    assert len(opened) == 1
    monkeypatch.setattr(show.webbrowser, "open", lambda uri: False)
    assert show.main([str(folder)]) == 0
    assert "Behaviour" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "holds no summary.json"),
        ("", "cannot be read"),
        ('{"accuracy": {', "cannot be read"),
        ("[1]", "is no result of this program"),
        ('{"accuracy": {}}', "is not as this version of the program writes it"),
        ('{"experiment": "abacus"}', "an experiment called abacus"),
        ('{"experiment": "learn"}', "is not as this version of the program writes it"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(folder, tmp_path, text, said, capsys):
    shutil.copy(folder / "report.html", tmp_path)
    if text is not None:
        (tmp_path / "summary.json").write_text(text)
    assert show.main([str(tmp_path)]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert said in sentence
