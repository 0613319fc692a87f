#!/bin/sh
# Makes the bundled font files from the npm packages @expo-google-fonts/{playfair-display,inter,oswald} 0.4.2
# (unmodified static instances of the Google Fonts releases). Needs npm, tar and `pip install fonttools==4.68.0`.
# Usage: ./subset.sh   (writes the .ttf files beside itself)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Basic Latin, Latin-1, Latin Extended-A (Western and Central European), the comma-below letters of Romanian,
# the capital sharp s, typographic punctuation and spaces, currency and a few signs.
unicodes='U+0020-007E,U+00A0-00AC,U+00AE-017F,U+0218-021B,U+1E9E,U+2009,U+2010-2015,U+2018-201A,U+201C-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032,U+2033,U+2039,U+203A,U+2044,U+20AC,U+2116,U+2122,U+2190-2193,U+2212,U+2215,U+2248,U+2260,U+2264,U+2265'

face() { # package, folder and file in it, result
    [ -d "$1" ] || { npm pack --silent "@expo-google-fonts/$1@0.4.2" >/dev/null; mkdir "$1"; tar xzf expo-google-fonts-"$1"-0.4.2.tgz -C "$1" --strip 1; cp "$1/LICENSE_FONT" "$here/OFL-$1.txt"; }
    # Kerning is the only layout feature kept, so that a line's width is the sum of advances and pair adjustments:
    # the same in our own measuring, in usvg and in a browser.
    pyftsubset "$1/$2" --output-file="$here/$3" --unicodes="$unicodes" --layout-features=kern --no-hinting --desubroutinize \
        --name-IDs=0,1,2,4,6,13,14,16,17 --notdef-outline --no-recommended-glyphs --drop-tables+=DSIG,GDEF,STAT,gasp,MVAR,HVAR,GSUB
}

face playfair-display 400Regular/PlayfairDisplay_400Regular.ttf playfair-display-400.ttf
face playfair-display 700Bold/PlayfairDisplay_700Bold.ttf playfair-display-700.ttf
face playfair-display 900Black/PlayfairDisplay_900Black.ttf playfair-display-900.ttf
face playfair-display 400Regular_Italic/PlayfairDisplay_400Regular_Italic.ttf playfair-display-400-italic.ttf
face playfair-display 700Bold_Italic/PlayfairDisplay_700Bold_Italic.ttf playfair-display-700-italic.ttf
face inter 400Regular/Inter_400Regular.ttf inter-400.ttf
face inter 600SemiBold/Inter_600SemiBold.ttf inter-600.ttf
face inter 800ExtraBold/Inter_800ExtraBold.ttf inter-800.ttf
face oswald 300Light/Oswald_300Light.ttf oswald-300.ttf
face oswald 500Medium/Oswald_500Medium.ttf oswald-500.ttf
face oswald 700Bold/Oswald_700Bold.ttf oswald-700.ttf

# Playfair Display has a Reserved Font Name, which a modified version must not carry (OFL 1.1, section 3): rename it.
cd "$here"
python3 - playfair-display-*.ttf <<'PY'
import os, sys
from fontTools.ttLib import TTFont
for path in sys.argv[1:]:
    font = TTFont(path, recalcTimestamp=False)
    for record in font["name"].names:
        if record.nameID in (1, 4, 6, 16):
            text = str(record).replace("PlayfairDisplay", "AsknpicSerif").replace("Playfair Display", "Asknpic Serif")
            font["name"].setName(text, record.nameID, record.platformID, record.platEncID, record.langID)
    result = path.replace("playfair-display", "asknpic-serif")
    font.save(result)
    os.remove(path)
PY
mv OFL-playfair-display.txt OFL-asknpic-serif.txt
