"""Simplified to traditional."""

from __future__ import annotations


def to_traditional(text: str) -> str:
    return text
