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
_HMT = ("810000", "820000", "830000")
_CITIZEN_LENGTH, _OLD_PERMIT_LENGTH, _PASSPORT_LENGTH = 18, 15, 9
_SAME_ADDRESS = 0.8  # ratio of equal text at which two writings of an address are one


@dataclass(frozen=True)
class Known:
    """What the bureau has on file; None where it has nothing to compare with."""

    name: str | None = None
    address: str | None = None
    employer_known: bool = True


def judge_content(submission: Submission, today: date) -> Reason | None:
    """The first fault that the papers show by themselves. Decodes pictures: call it in a thread."""
    portrait = submission.document("portrait")
    shown = [each for each in submission.documents if each.kind != "portrait"]
    papers = (judge_identity_card(each.data, each.kind) for each in shown)
    return (
        _judge_number(submission.applicant)
        or _judge_validity(submission.applicant, today)
        or next((fault for fault in papers if fault), None)
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
    number, paper = applicant.id_number, applicant.document_type
    if paper in ("foreign_permit", "passport"):
        return _judge_abroad(applicant)
    if len(number) != _CITIZEN_LENGTH or (number[:6] in _HMT) != (paper == "hmt_permit"):
        message = "号码与证件类型不一致"
        return Reason(code="number_mismatch", field="id_number", message=message)
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


def _judge_abroad(applicant: Applicant) -> Reason | None:
    """A permanent residence card: 18 characters from 9 with the check of a citizen's number, or the
    old form of three letters and twelve digits. A passport: its look only."""
    number, birth = applicant.id_number, applicant.birth
    fault: str | None = None
    if applicant.document_type == "passport":
        fault = None if len(number) <= _PASSPORT_LENGTH else "护照号码不对"
    elif number[0] == "9":
        fault = None if valid_id_number(number) else "永久居留证号码校验不通过"
        if fault is None and birth is not None and _birth(number) != birth:
            fault = "出生日期与证件号码不一致"
    elif len(number) != _OLD_PERMIT_LENGTH:
        fault = "永久居留证号码不对"
    if fault is None:
        return None
    return Reason(code="number_mismatch", field="id_number", message=fault)


def _judge_validity(applicant: Applicant, today: date) -> Reason | None:
    until = applicant.valid_to
    if isinstance(until, date) and until < today:
        return Reason(code="id_expired", field="valid_to", message="证件已过有效期")
    return None


def _same_address(one: str, other: str) -> bool:
    left, right = (re.sub(r"[\W_]+", "", text) for text in (one, other))
    return difflib.SequenceMatcher(None, left, right).ratio() >= _SAME_ADDRESS
