"""report.html: one well-formed file that says what the metrics say."""

import base64
import html.parser
import io
import re
import shutil
import subprocess

import pytest
from matplotlib.figure import Figure
from PIL import Image

from infomax.cli.report_page import write_report
from infomax.cli.run_folder import RunFolder

BROWSERS = "chromium", "chromium-browser", "google-chrome", "chrome"
VOID = {"meta", "link", "img"}


class Page(html.parser.HTMLParser):
    """Text, pictures and links of a page, and the elements left open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.pictures, self.links = [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.links += [given[name] for name in ("src", "href") if name in given]
        if tag == "img":
            self.pictures.append(given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + " "


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.start({"configuration": {"epochs": 3}, "versions": {"keras": "3.x"}})
    metrics = {"dataset": "a <small> set", "train_seconds": 61.2}
    metrics |= {"selected_head": "head_1", "accuracy": 0.9926}
    metrics["warnings"] = ["training looks stuck: I = 0.20 & falling"]
    metrics["heads"] = [
        {"head": "head_0", "clusters": 10, "entropy": 2.25, "accuracy": 0.5},
        {"head": "head_1", "clusters": 10, "entropy": 2.3, "accuracy": 0.9926},
    ]
    folder.write_metrics(metrics)
    figure = Figure()
    figure.subplots().plot([1, 2])
    folder.write_figure("training", figure)
    return folder


def page(run):
    write_report(run, "iic on <b>")
    return Page((run.path / "report.html").read_text())


def test_page_is_well_formed_and_says_what_the_metrics_say(run):
    seen = page(run)
    assert not seen.open
    for words in (
        *("iic on <b>", "Trained on a <small> set in 61 seconds", "2.250", "50.00 %"),
        *("99.26 % of the test images", "selected by its training loss", "epochs"),
        "training looks stuck: I = 0.20 & falling",
    ):
        assert words in seen.text


def test_page_contains_its_pictures_and_loads_nothing(run):
    seen = page(run)
    assert all(link.startswith("data:") for link in seen.links)
    (picture,) = seen.pictures
    assert picture["alt"].startswith("The training, epoch by epoch")
    data = base64.b64decode(picture["src"].removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(data)) as image:
        assert min(image.size) > 100


def test_page_without_labels_says_so(run):
    metrics = run.metrics
    del metrics["accuracy"], metrics["heads"], metrics["selected_head"]
    run.write_metrics(metrics)
    assert "not compared with labels" in page(run).text


@pytest.mark.slow
def test_browser_finds_no_error_and_no_missing_picture(run, tmp_path):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium here; apt-get install chromium")
    write_report(run, "iic on toy images")
    path = run.path / "report.html"
    widths = "[...document.images].map(image => image.naturalWidth).join()"
    script = f"<script>document.title = {widths}</script></body>"
    path.write_text(path.read_text().replace("</body>", script))
    shown = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        + ["--enable-logging=stderr", f"--user-data-dir={tmp_path}", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "CONSOLE" not in shown.stderr
    (widths,) = re.findall("<title>(.*)</title>", shown.stdout)
    assert [int(width) > 100 for width in widths.split(",")] == [True]
