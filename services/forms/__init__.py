"""Forms and letters as PDF, and their data as JSON.

A form is a file in `definitions/`; rendering it is a pure function of its values.
"""

from __future__ import annotations

from services.forms.rendering import FORMS, FormData, FormError, as_json, render

__all__ = ["FORMS", "FormData", "FormError", "as_json", "render"]
