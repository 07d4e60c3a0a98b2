"""Labels, number formats, statistics of returns, charts and the HTML reports."""
