"""Every conversation, in the order in which they are asked whether a turn is theirs."""

from __future__ import annotations

from handlers import (
    ask,
    basics,
    behalf,
    broadcast,
    cards,
    collection,
    console,
    enrol,
    follow,
    gaps,
    guide,
    moved,
    mydata,
    newhires,
    policies,
    proxy,
    rate,
    status,
    summary,
)
from handlers.applying import (
    checking,
    choosing,
    matters,
    mending,
    papers,
    road,
    start,
    submitting,
)
from handlers.desk import asking, group, hearing, hub, officers, working
from handlers.handout import giving, taking
from handlers.merge import looking as merge_looking
from handlers.merge import request as merge_request
from handlers.move import asking as move_asking
from handlers.move import handing as move_handing
from handlers.move import hr as move_hr
from handlers.move import mending as move_mending
from handlers.move import start as move_start
from handlers.steps import Registry


def registry() -> Registry:
    """All flows. `basics.first` sees stale buttons before anybody; `basics.last` what is left."""
    return Registry(
        [
            basics.first,
            enrol.flow,
            asking.talking,
            ask.value,
            ask.wanted,
            start.flow,
            matters.flow,
            choosing.flow,
            road.flow,
            checking.flow,
            papers.flow,
            submitting.flow,
            mending.flow,
            status.flow,
            cards.flow,
            collection.flow,
            *(taking.flow, giving.flow),
            proxy.flow,
            merge_looking.flow,
            merge_request.flow,
            behalf.flow,
            rate.flow,
            follow.flow,
            summary.flow,
            ask.flow,
            guide.flow,
            move_start.flow,
            move_asking.flow,
            move_mending.flow,
            move_handing.flow,
            move_hr.flow,
            policies.flow,
            gaps.flow,
            asking.flow,
            hearing.flow,
            hub.flow,
            group.flow,
            working.flow,
            officers.flow,
            console.flow,
            broadcast.flow,
            mydata.flow,
            moved.flow,
            newhires.flow,
            basics.last,
        ]
    )
