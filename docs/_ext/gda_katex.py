"""Mathematics rendered while building, by KaTeX, with its style sheet and fonts beside the pages.

`sphinxcontrib.katex` does the work. Three things are added. A formula that KaTeX does not know
stops the build, where the default would print it in red. The server may take longer to come up than
the five seconds that the package allows, and its socket exists before it listens, so connecting is
tried again. And the style sheet with its fonts is copied from the npm package, whose folder is
``gda_katex_dist``, since the default one is on a network; it has to be of the version of the code.
One process writes: two would talk to one server.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinxcontrib import katex

__all__ = ["setup"]

_PATIENCE = 120.0
_STYLE = "katex.min.css"
_OTHER_FONTS = re.compile(r',url\(fonts/[\w-]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)')


def _patient_start(cls: type[katex.KaTeXServer]) -> katex.KaTeXServer:
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            return _start.__func__(cls)
        except ConnectionRefusedError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


_start = katex.KaTeXServer.start


def _configure(app: Sphinx, config: Any) -> None:
    katex.STARTUP_TIMEOUT = _PATIENCE
    katex.RENDER_TIMEOUT = _PATIENCE
    katex.KATEX_DEFAULT_OPTIONS = {
        "throwOnError": True,
        "strict": "error",
        "output": "htmlAndMathml",
    }
    katex.KaTeXServer.start = classmethod(_patient_start)
    dist = Path(config.gda_katex_dist)
    if not (dist / _STYLE).is_file():
        raise ConfigError(f"gda_katex_dist: no {_STYLE} in {config.gda_katex_dist!r}")
    style = json.loads((dist.parent / "package.json").read_text(encoding="utf-8"))["version"]
    if style != katex.katex_version:
        raise ConfigError(f"gda_katex_dist: KaTeX {style}, the renderer has {katex.katex_version}")


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    source, target = Path(app.config.gda_katex_dist), app.outdir / "_static" / "katex"
    fonts = target / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    # woff2 alone: every browser of the last ten years reads it
    for font in sorted((source / "fonts").glob("*.woff2")):
        shutil.copyfile(font, fonts / font.name)
    style = _OTHER_FONTS.sub("", (source / _STYLE).read_text(encoding="utf-8"))
    (target / _STYLE).write_text(style, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Load the renderer and see to its files."""
    app.setup_extension("sphinxcontrib.katex")
    app.add_config_value("gda_katex_dist", "", "html")
    app.connect("config-inited", _configure)
    app.connect("build-finished", _copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
