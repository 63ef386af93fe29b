"""What each model of each provider can do, as data: one TOML file a provider in this folder.

From a row come the form, the validation, the price and the documents; no model name stands in an `if` outside engines.
"""

from studio.catalogue.loading import Catalogue, load
from studio.catalogue.schema import AccountLimits, InputSpec, Model, ParamSpec, Price, RefundTerms

__all__ = ["AccountLimits", "Catalogue", "InputSpec", "Model", "ParamSpec", "Price", "RefundTerms", "load"]
