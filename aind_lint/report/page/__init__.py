"""HTML pages of reports: one self-contained file each, for a browser, a phone, and paper.

``render`` makes a page from templates, styles and a script; ``svg_charts`` draws charts; ``rule_links`` knows which
rules have a page in the documentation. A report has templates of its own, which extend ``templates/base.html``.
"""
