"""账户合并: a double relation is moved to the one that is kept, whose agency then clears it."""

from __future__ import annotations

from services.applications.matters.transfer import Transfer
from storage.models import ApplicationKind


class Merge(Transfer):
    """先转后清 (000000-duplicate_enrolment-03): on the wire it is a transfer. `reason` is the
    insurance, the region the relation that is kept, `details["origin"]` the one that is cleared."""

    kind = ApplicationKind.MERGE
