#!/usr/bin/env bash
# Versions: vl-convert-python 1.9.0.post1, font-fredoka-one 0.0.4 (PyPI).
#
# vl-convert reads font files again for each picture, although its documentation says that register_font_directory adds the
# fonts of a folder. When a file is away (or no further file may be opened, as in a sandbox), the text is missing from
# the picture: no error is raised, and no other font is used. Fonts of the system are read in the same way.
#
# So a process that has drawn a picture cannot be kept from opening files afterwards.
#
# Output seen:
#   font file is there   text drawn
#   font file is away    no text
#   font file is back    text drawn
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps vl-convert-python==1.9.0.post1 font-fredoka-one==0.0.4
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
from pathlib import Path

import vl_convert

SEEN = {"there": "text drawn", "away": "no text", "back": "text drawn"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60">{}</svg>'
TEXT = '<text x="5" y="40" font-size="30" font-family="Fredoka One">Uphold</text>'

folder = Path(sys.argv[1])
(installed,) = folder.glob("venv/lib/*/site-packages/font_fredoka_one/files/FredokaOne-Regular.ttf")
font = folder / "fonts" / installed.name
font.parent.mkdir()
installed.rename(font)
vl_convert.register_font_directory(str(font.parent))
empty = vl_convert.svg_to_png(SVG.format(""))
changed = False
for state, seen in SEEN.items():
    if state == "away":
        font.rename(installed)
    elif state == "back":
        installed.rename(font)
    found = "no text" if vl_convert.svg_to_png(SVG.format(TEXT)) == empty else "text drawn"
    print(f"font file is {state:7} {found}")
    changed = changed or found != seen
sys.exit(changed)
PYTHON
