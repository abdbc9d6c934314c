"""The bureau's judgement of an application's content, written apart from the bot's checks.

A fault found here isn't refused at the counter: the application is taken and later returned with
the reason, as a real bureau does.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass
from datetime import date

from sandbox.bureau.models import Applicant, Employer, Reason, Submission
from sandbox.bureau.pictures import judge_identity_card, judge_portrait

# GB 11643: weight of place i is 2**(17-i) mod 11; the check character makes the sum 1 mod 11
_CHECK = "0123456789X"
_SAME_ADDRESS = 0.8  # ratio of equal text at which two writings of an address are one


@dataclass(frozen=True)
class Known:
    """What the bureau has on file; None where it has nothing to compare with."""

    name: str | None = None
    address: str | None = None
    employer_known: bool = True


def judge_content(submission: Submission, today: date) -> Reason | None:
    """The first fault that the papers show by themselves. Decodes pictures: call it in a thread."""
    front, back = submission.document("id_front"), submission.document("id_back")
    portrait = submission.document("portrait")
    return (
        _judge_number(submission.applicant)
        or _judge_validity(submission.applicant, today)
        or (judge_identity_card(front, "id_front") if front else None)
        or (judge_identity_card(back, "id_back") if back else None)
        or (judge_portrait(portrait, submission.region) if portrait else None)
    )


def judge_against_file(applicant: Applicant, known: Known) -> Reason | None:
    """The first disagreement with what the bureau has on file."""
    if known.name is not None and known.name != applicant.name:
        return Reason(code="name_mismatch", field="name", message="姓名与公民身份号码不一致")
    filed, written = known.address, applicant.address
    if filed is not None and written is not None and not _same_address(filed, written):
        return Reason(code="address_mismatch", field="address", message="住址与登记信息不一致")
    if not known.employer_known:
        return Reason(
            code="employer_mismatch", field="employer", message="单位编号与统一社会信用代码不符"
        )
    return None


def hidden_fault(number: str, revision: int, rate: float, seed: int) -> Reason | None:
    """A return that no check can foresee: drawn from the number and the seed, so that a repeated
    run draws the same."""
    digest = hashlib.sha256(f"{seed}:{number}:{revision}".encode()).digest()
    if int.from_bytes(digest[:8], "big") / 2**64 >= rate:
        return None
    return Reason(code="other", field=None, message="人工复核未通过，请核对资料后重新提交")


def employer_key(employer: Employer) -> tuple[str, str]:
    """By what the bureau knows an employer."""
    return employer.credit_code, employer.unit_number


def valid_id_number(number: str) -> bool:
    """Check character and a real birth date (GB 11643)."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return _CHECK[(12 - total) % 11] == number[17] and _birth(number) is not None


def _birth(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _judge_number(applicant: Applicant) -> Reason | None:
    number = applicant.id_number
    sex = "男" if int(number[16]) % 2 else "女"
    if not valid_id_number(number):
        message, field = "公民身份号码校验不通过", "id_number"
    elif applicant.birth is not None and _birth(number) != applicant.birth:
        message, field = "出生日期与公民身份号码不一致", "birth"
    elif applicant.sex is not None and sex != applicant.sex:
        message, field = "性别与公民身份号码不一致", "sex"
    else:
        return None
    return Reason(code="number_mismatch", field=field, message=message)


def _judge_validity(applicant: Applicant, today: date) -> Reason | None:
    until = applicant.valid_to
    if isinstance(until, date) and until < today:
        return Reason(code="id_expired", field="valid_to", message="居民身份证已过有效期")
    return None


def _same_address(one: str, other: str) -> bool:
    left, right = (re.sub(r"[\W_]+", "", text) for text in (one, other))
    return difflib.SequenceMatcher(None, left, right).ratio() >= _SAME_ADDRESS
