"""Analogy questions whose answers stand in the sample: a capital to its country, and the like.

Only names that jieba keeps whole are listed; the pairs themselves come from the tables.
"""

from __future__ import annotations

from .facts import Facts

# section, table, the words asked about, the column that answers
SECTIONS = [
    ("首都-国家", "capital", "country",
     "东京 首尔 河内 曼谷 马尼拉 雅加达 新德里 巴格达 德黑兰 莫斯科 基辅 赫尔辛基 奥斯陆 "
     "哥本哈根 伦敦 巴黎 柏林 维也纳 华沙 罗马 马德里 里斯本 雅典 开罗 内罗毕 华盛顿 渥太华 哈瓦那 "
     "利马 堪培拉 惠灵顿"),
    ("省会-省份", "province_capital", "",
     "石家庄 太原 沈阳 长春 哈尔滨 南京 杭州 合肥 福州 南昌 济南 郑州 武汉 长沙 广州 南宁 成都 "
     "贵阳 昆明 拉萨 西安 兰州 西宁 银川 乌鲁木齐 呼和浩特"),
    ("城市-省份", "city", "province",
     "苏州 无锡 扬州 宁波 温州 绍兴 厦门 泉州 青岛 烟台 洛阳 开封 桂林 柳州 丽江 大理 大连 鞍山 "
     "深圳 珠海 大庆 敦煌 遵义 绵阳"),
    ("运动员-项目", "athlete", "sport",
     "姚明 科比 乔丹 费德勒 刘翔 林丹 郭晶晶 丁俊晖 舒马赫 聂卫平 郎平 邓亚萍 贝利 马拉多纳"),
    ("人物-朝代", "figure", "dynasty",
     "孔子 秦始皇 刘邦 韩信 班固 诸葛亮 周瑜 王羲之 李世民 武则天 包拯 司马光 朱元璋 郑和 康熙"),
]  # fmt: skip


def write_analogies(facts: Facts) -> str:
    """All questions `a b c d` (a is to b as c to d), a section a relation, as word2vec's set."""
    capitals = {entity.cells["capital"][0]: entity.name for entity in facts.kinds["province"]}
    lines = []
    for section, kind, column, words in SECTIONS:
        pairs = []
        for word in words.split():
            if kind == "province_capital":
                pairs.append((word, capitals[word]))
            else:
                target = facts.follow(facts.pages[word], column)[0]
                pairs.append((word, facts.pages[target].name))
        lines.append(f": {section}")
        lines += [f"{a} {b} {c} {d}" for a, b in pairs for c, d in pairs if a != c and b != d]
    return "\n".join(lines) + "\n"
