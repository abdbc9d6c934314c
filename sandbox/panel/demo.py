"""What the demo launcher posts to /admin/demo and the demo page shows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Picture(BaseModel):
    """One sample picture: `src` is a path inside the company folder, or an http(s) address."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str
    src: str
    filename: str = ""


class DemoPerson(BaseModel):
    """One of the company's people. `pictures` maps a kind (front, back, portrait,
    portrait_blue, …) to a source, or to a full Picture."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: str
    name: str
    region: str = ""
    note: str = ""
    invite_url: str = ""
    pictures: dict[str, str | Picture] = Field(default_factory=dict)


class Link(BaseModel):
    """A further page, such as the HR console."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str
    url: str


class Demo(BaseModel):
    """The demo page's frames and people."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    company: str = "示例公司"
    employee_url: str = ""
    hr_url: str = ""
    links: list[Link] = Field(default_factory=list)
    regions: dict[str, str] = Field(default_factory=dict, description="code to name, for show")
    people: list[DemoPerson] = Field(default_factory=list)
