"""One file for each kind of generated pages; `pages()` gives them by name, each in MyST Markdown."""
