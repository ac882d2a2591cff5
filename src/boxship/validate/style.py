"""How the page looks, by day and by night."""

STYLE = """
:root{--ink:#1c2128;--paper:#fff;--soft:#59636e;--line:#d1d9e0;--one:#0b62c4;--other:#9a6700;--bad:#b4232c;--good:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9198a1;--line:#3d444d;--one:#58a6ff;\
--other:#d29922;--bad:#ff7b72;--good:#3fb950}}
body{background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}
code{overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600}
.confusion td{background:color-mix(in srgb,var(--one) calc(var(--share,0%)*.6),transparent);padding:.25rem .75rem}
.key{color:var(--other)}
.bad{color:var(--bad)}.good{color:var(--good)}
.plots{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;max-width:22rem;flex:1 1 18rem}figcaption{color:var(--soft);font-size:.85rem}
svg{width:100%;height:auto}svg.bar{width:9rem;height:.8rem}
svg text{fill:var(--soft);font-size:11px}
svg .axis,svg .ideal,svg .track{stroke:var(--line);fill:none}svg .ideal{stroke-dasharray:4 4}
svg polyline{fill:none;stroke-width:2}
svg .one{stroke:var(--one);stroke-width:2}svg circle.one{fill:var(--one)}
svg .other{stroke:var(--other);stroke-width:2}svg circle.other{fill:var(--other)}
svg .mark{stroke:var(--ink);stroke-width:1}
"""
