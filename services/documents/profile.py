"""What a region asks of a portrait.

The usual one (358 x 441 px, 350 dpi, pure white, 26 x 32 mm) is shared by many bureaus and equals
the picture of the second-generation ID card; the file size differs by city, so it is data.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Background = Literal["white", "blue", "red", "any"]


class PortraitProfile(BaseModel):
    """One region's photo rules; lengths in pixels, sizes in KB of 1024 bytes, angles in degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "usual"
    width_px: int = Field(358, ge=100, le=3000)
    height_px: int = Field(441, ge=100, le=3000)
    dpi: int | None = Field(350, ge=72, le=1200)
    min_kb: float | None = Field(5, ge=0)
    max_kb: float | None = Field(100, gt=0)
    background: Background = "white"
    min_face_share: float = Field(0.30, gt=0, lt=1, description="chin to crown / picture height")
    max_face_share: float = Field(0.82, gt=0, lt=1, description="chin to crown / picture height")
    target_face_share: float = Field(0.62, gt=0, lt=1, description="what a mended picture aims at")
    max_offset_share: float = Field(0.12, gt=0, lt=0.5, description="face centre from the middle")
    max_tilt_degrees: float = Field(8.0, gt=0, le=45)
    hat_allowed: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_kb is not None and self.max_kb is not None and self.min_kb >= self.max_kb:
            raise ValueError("min_kb must be below max_kb")
        if not self.min_face_share < self.target_face_share < self.max_face_share:
            raise ValueError("target_face_share must lie between min and max")
        return self


USUAL = PortraitProfile()
