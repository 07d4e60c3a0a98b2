"""Labels, number formats, charts and the HTML report."""
