"""Templates that stand for words of their sentence."""

from __future__ import annotations

import pytest

from embedrec.text.wikitext import strip_wikitext


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("建筑师{{link-de|朗汉斯|Langhans}}和{{le|某人|Somebody|他}}。", "建筑师朗汉斯和他。"),
        ("市长{{Link-en|李四|Li Si|}}说", "市长李四说"),
        ("名为{{lang|de|Berlin}}的城市", "名为Berlin的城市"),
        ("名为{{lang|de|size=2|Berlin}}的城市", "名为Berlin的城市"),
        ("前{{lang|de}}后", "前后"),
        ("前{{link-de|{{x}}|y}}后", "前后"),
        ("前{{linkage-de|甲|乙}}后", "前后"),
    ],
)
def test_words_stay(source: str, expected: str) -> None:
    assert strip_wikitext(source) == expected
