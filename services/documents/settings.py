"""Limits and thresholds of the document reader, in one place."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LoadingSettings(BaseModel):
    """What a file may be before anything in it is decoded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(20 * 1024 * 1024, description="largest file taken, bytes (Bot API cap)")
    max_pixels: int = Field(52_000_000, description="largest picture decoded (48 MP phones)")
    min_side_px: int = Field(60, description="pictures with a shorter side hold nothing to read")
    max_aspect: float = Field(12.0, description="longer side / shorter side")
    working_side_px: int = Field(2200, description="longer side after loading, pixels")
    max_pages: int = Field(8, description="pages of a PDF")
    pdf_dpi: int = Field(200, description="resolution PDF pages are drawn at, dots per inch")
    jpeg_quality: int = Field(90, description="quality of re-encoded pictures, 1 to 95")


class OcrSettings(BaseModel):
    """How text is found and when a reading is believed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threads: int = Field(2, description="threads of one worker's inference")
    detect_side_px: int = Field(960, description="longer side given to the text detector, pixels")
    rectified_width_px: int = Field(1200, description="width of the straightened card, pixels")
    sure: float = Field(0.80, description="lowest character probability that needs no second look")
    steady: float = Field(0.97, description="below this a line is read again, cut a bit larger")
    doubtful: float = Field(0.60, description="below this a value is shown as doubtful")
    faint: float = Field(0.6, description="share of a value's usual ink below which it is doubted")
    unread: float = Field(
        0.25, description="printed width with no character read, in line heights, that is a doubt"
    )
    blank: float = Field(0.30, description="lines whose mean probability is lower are dropped")


class PortraitSettings(BaseModel):
    """Thresholds of portrait checks that don't depend on a region's profile."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    face_score: float = Field(0.5, description="detector score of a face")
    min_source_face_px: int = Field(100, description="smallest face (brow to chin box) to mend, px")
    max_flat_spread: float = Field(10.0, description="Lab spread of a plain background")
    max_slope: float = Field(6.5, description="Lab change over a wall of one colour")
    white_level: float = Field(92.0, description="CIE L of a background that passes as white")
    white_chroma: float = Field(7.0, description="CIE chroma of a background that passes as white")
    grey_chroma: float = Field(11.0, description="CIE chroma below which a colour is grey")
    min_sharpness: float = Field(8.0, description="Laplacian variance of the face at 200 px")
    min_face_level: float = Field(60.0, description="median L (0-255) of a face lit enough")
    max_face_level: float = Field(248.0, description="median L (0-255) of an over-exposed face")
    closed_eyes: float = Field(0.20, description="eye ratio below which eyes may be closed")


class DocumentSettings(BaseModel):
    """Everything the document room can be tuned with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loading: LoadingSettings = LoadingSettings()
    ocr: OcrSettings = OcrSettings()
    portrait: PortraitSettings = PortraitSettings()
    workers: int = Field(
        2,
        ge=1,
        description="reader processes (up to 700 MB each); with one, a stuck picture delays others",
    )
    time_limit_seconds: float = Field(45.0, gt=0, description="longest time for one file")
    start_limit_seconds: float = Field(90.0, gt=0, description="longest time for a worker's start")
    memory_limit_mb: int = Field(4096, description="address space of a worker, MiB")
    recycle_rss_mb: int = Field(640, description="a worker that grew past this is replaced, MiB")
    max_waiting: int = Field(64, ge=1, description="files waiting for a worker; more are refused")
