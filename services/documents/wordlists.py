"""Words that a household register prints in fields whose values are all known."""

from __future__ import annotations

_EDUCATIONS = """
研究生 博士研究生 硕士研究生 博士 硕士 大学本科 本科 大学专科 大学 大专 中专 中等专科 中等职业
技工学校 职业高中 普通高中 高中 初级中学 初中 小学 文盲 半文盲 文盲或半文盲
"""
_MARITAL_STATES = "未婚 已婚 初婚 再婚 复婚 丧偶 离婚 离异 有配偶"
_RELATIONS = """
户主 本人 配偶 夫 妻 丈夫 妻子 子 独生子 长子 次子 二子 三子 四子 五子 养子 继子 女婿 女 独生女
长女 次女 二女 三女 四女 五女 养女 继女 儿媳 孙子 孙女 外孙 外孙子 外孙女 孙媳 孙媳妇 孙女婿
曾孙 曾孙子 曾孙女 父 母 父亲 母亲 公公 婆婆 岳父 岳母 继父 继母 养父 养母 祖父 祖母 外祖父
外祖母 兄 弟 姐 妹 哥哥 弟弟 姐姐 妹妹 嫂 弟媳 弟媳妇 姐夫 妹夫 伯父 伯母 叔父 婶母 舅父 舅母
姨父 姨母 姑父 姑母 侄子 侄女 侄 外甥 外甥子 外甥女 堂兄 堂弟 堂姐 堂妹 表兄 表弟 表姐 表妹 保姆
非亲属 其他亲属 其他
"""

EDUCATIONS = frozenset(_EDUCATIONS.split())
"""Levels of schooling (GB/T 4658 and older words)."""

MARITAL_STATES = frozenset(_MARITAL_STATES.split())
"""GB/T 2261.2, and 有配偶 of its first edition."""

RELATIONS = frozenset(_RELATIONS.split())
"""Relations to the head of a household (GB/T 4761 and what registers print beside it)."""

HOUSEHOLDS = frozenset(
    f"{residents}{household}"
    for residents in ("", "居民", "城镇", "农村", "农业", "非农业", "城镇居民", "农村居民")
    for household in ("家庭户", "集体户")
)
"""Kinds of households that index pages print (before and after the registers were united)."""

CLOSED = {"education": EDUCATIONS, "marital_status": MARITAL_STATES, "relation": RELATIONS}
"""Fields of a person's page whose values are all known: another value is doubted."""
