"""Limits of workbooks that are read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ImportSettings(BaseModel):
    """How large a workbook may be and how errors are reported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(10 * 1024 * 1024, ge=1, description="largest file, bytes")
    max_unpacked_bytes: int = Field(
        200 * 1024 * 1024, ge=1, description="largest workbook after unpacking, bytes"
    )
    max_rows: int = Field(50_000, ge=1, description="rows of data")
    max_columns: int = Field(200, ge=1, description="columns of a sheet")
    max_cell_characters: int = Field(500, ge=1, description="characters of one cell")
    header_rows: int = Field(20, ge=1, description="rows searched for the column names")
    max_errors: int = Field(200, ge=1, description="errors listed; more are only counted")
    oldest_hire_year: int = Field(1950, description="hire dates before it are refused")
    future_hire_days: int = Field(366, description="hire dates may lie so far ahead, days")
