"""Empty packages in place of what old ones import for their data sets, and do not need for what is tested here."""

import importlib.util
import sys
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec


class _Stub(types.ModuleType):
    """A package all of whose attributes are there, as classes that take anything."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *arguments, **named: None})


class _Stubs(MetaPathFinder, Loader):
    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self.names else None

    def create_module(self, spec):
        return _Stub(spec.name)

    def exec_module(self, module):
        pass


def stub(*names):
    """Stand in for those of these packages that are not installed."""
    missing = {name for name in names if importlib.util.find_spec(name) is None}
    sys.meta_path.append(_Stubs(missing))
