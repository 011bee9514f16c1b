"""The sections of the page, one file each; `mamlcheck.report.section` says what such a file holds."""
