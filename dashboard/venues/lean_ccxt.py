"""Imports ccxt, and ccxt.pro, without their hundred other exchanges.

`import ccxt.async_support.okx` first runs the initialisation of the packages around it, which
imports every exchange twice: 900 modules, where 600 do, and 100 MB, where 56 do. Here the two
packages are registered without running them; the names their own modules take from `ccxt` (the
errors and the base class) are looked up where they are defined.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
_NAMES_ARE_IN = ("ccxt.base.errors", "ccxt.base.exchange")


def install() -> bool:
    """Have ccxt's packages stand uninitialised; False where ccxt is imported already."""
    if any(name.partition(".")[0] == "ccxt" for name in sys.modules):
        return False
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            return False
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
        else:
            package.__dict__["__getattr__"] = _defined_elsewhere
    return True


def exchange_module(ccxt_id: str) -> ModuleType:
    """The module of one exchange, lean if `install` was called, else after all the others.

    Should a later ccxt need more of its packages than they lend, they are initialised after all.
    """
    name = f"ccxt.async_support.{ccxt_id}"
    try:
        return importlib.import_module(name)
    except ImportError:
        if not _installed():
            raise
        for loaded in [n for n in sys.modules if n.partition(".")[0] == "ccxt"]:
            del sys.modules[loaded]
        return importlib.import_module(name)


def stream_module(ccxt_id: str) -> ModuleType:
    """The module of one exchange's ccxt.pro class, lean or not as above.

    These modules look for their parents as attributes of the packages, where the packages'
    initialisation would have put them.
    """
    for name in _parents_of(ccxt_id):
        parent = getattr(exchange_module(name), name)
        if _installed():
            setattr(sys.modules["ccxt.async_support"], name, parent)
    return importlib.import_module(f"ccxt.pro.{ccxt_id}")


def _parents_of(ccxt_id: str) -> tuple[str, ...]:
    """The REST classes that a ccxt.pro module names."""
    return ("binance", ccxt_id) if ccxt_id.startswith("binance") else (ccxt_id,)


def _installed() -> bool:
    return "__getattr__" in vars(sys.modules.get("ccxt", ModuleType("ccxt")))


def _defined_elsewhere(name: str) -> object:
    if not name.startswith("_"):
        for module_name in _NAMES_ARE_IN:
            found = getattr(importlib.import_module(module_name), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module 'ccxt' has no attribute {name!r}")
