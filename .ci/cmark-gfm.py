# Renders Markdown from standard input as cmark-gfm does, GitHub's renderer,
# with all of its extensions; .ci/peers makes it a program of that name.
import sys

import cmarkgfm
from cmarkgfm.cmark import Options

text = sys.stdin.buffer.read().decode("utf-8")
html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
sys.stdout.buffer.write(html.encode("utf-8"))
