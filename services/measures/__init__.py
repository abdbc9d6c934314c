"""Measures: computed from what happened, one formula in one place (`applications`, `service`),
summed by day (`refresh`), read by any cut (`query`). Definitions are in `catalogue.yaml`."""
