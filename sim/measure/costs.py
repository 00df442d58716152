"""Prices. FACTS 4 and 8: every one is an assumption of a teaching line, to be replaced by yours."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from sim.units import Money


class Costs(BaseModel):
    """What things cost, in dollars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inspector_minute: Money = Field(0.10, validate_default=True, description="a rostered minute, idle or not")
    server_hour: Money = Field(
        0.80, validate_default=True, description="one replica for an hour, with traffic or without"
    )
    escape: Money = Field(150.0, validate_default=True, description="a defective phone at a customer's")
    rework: Money = Field(32.0, validate_default=True, description="a defective phone rejected and repaired")
    false_reject: Money = Field(1.5, validate_default=True, description="a good phone rejected")
    audit: Money = Field(0.3, validate_default=True, description="an expert's second look")
    picture: Money = Field(
        0.0,
        validate_default=True,
        description="a phone's pictures kept to learn from (`retraining.logging`); default: not counted",
    )
