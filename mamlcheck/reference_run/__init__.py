"""The reference run as tests: pytest modules that hold this installation to the reference run that came with it.

`pytest --pyargs mamlcheck` runs them anywhere; nothing but mamlcheck and pytest is needed.
"""
