"""Build of the documentation site: generated pages, links, screenshots."""
