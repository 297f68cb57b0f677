"""What a link's prefix means: file, category, another language's page, another project's page.

The names are those that the wikis of the larger languages give their namespaces 6, -2 and 14,
with the old names (aliases) that pages still use.
"""

from __future__ import annotations

_MEDIA = """
afbeelding archivo arquivo attēls berkas bestand bild bilde billede datei datoteka delwedd
dosiero dosya fail fails fayl ficheiro ficheru fichier fil file fitxategi fitxer fişier fișier
fájl gambar grafika hình image imagem imagen imagine imatge imaxe imej immagine irudi iánn-siōng
kuva kép media medio medium multimédia mynd média obrázok phương_tiện pilt plik resim slika
soubor soubory súbor tiedosto tóng-àn tập_tin vaizdas íomhá şəkil αρχείο εικόνα μέσο датотека
зображення изображение картинка медиа медия медіа слика сурет файл מדיה קובץ תמונה تصویر
رسانه صورة ملف وسائط پرونده चित्र मीडिया চিত্র ছবি படிமம் ภาพ สื่อ ไฟล์ ファイル メディア
图像 图片 圖像 圖片 媒体 媒體 影像 文件 档案 檔 檔案 画像 그림 미디어 파일
"""
_CATEGORY = """
aicme categori categoria categorie category categoría catégorie flokkur kategooria kategori
kategoria kategorie kategoriija kategorija kategorio kategória kateqoriya luokka lūi-pia̍t
thể_loại turkum κατηγορία категория категорија категорія катэгорыя санат קטגוריה تصنيف رده
श्रेणी বিষয়শ্রেণী பகுப்பு หมวดหมู่ カテゴリ 分类 分類 분류
"""
# Codes of Wikipedia's languages, which are the interlanguage prefixes.
_LANGUAGES = """
aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb
ba ban bar bat-smg bbc bcl bdr be be-tarask be-x-old bew bg bh bi bjn blk bm bn bo bpy br bs btm
bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq
dsb dtp dty dv dz ee el eml en eo es et eu ext fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy
ga gag gan gcr gd gl glk gn gom gor got gpe gsw gu guc gur guw gv ha hak haw he hi hif ho hr hsb
ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab kbd kbp
kcg kg kge ki kj kk kl km kn ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg li
lij lld lmo ln lo lrc lt ltg lv lzh mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mos
mr mrj ms mt mus mwl my myv mzn na nah nan nap nds nds-nl ne new ng nia nl nn no nov nqo nr nrm
nso nup nv ny oc olo om or os pa pag pam pap pcd pcm pdc pdt pfl pi pih pl pms pnb pnt ps pt pwn
qu rm rmy rn ro roa-rup roa-tara rsk ru rue rup rw sa sah sat sc scn sco sd se sg sgs sh shi shn
si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw szl szy ta tay tcy tdd te tet tg
th ti tig tk tl tly tn to tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo
vro wa war wo wuu xal xh xmf yi yo yue za zea zgh zh zh-classical zh-cn zh-min-nan zh-tw zh-yue
zu
"""
_PROJECTS = """
b betawikiversity books c commons cz d doi foundation google hdl iarchive imdb incubator m
mediawikiwiki meta metawikimedia mw n oeis oldwikisource outreach phab phabricator q s species
toollabs v voy w wikibooks wikidata wikimedia wikinews wikiquote wikisource wikispecies
wikiversity wikivoyage wikt wiktionary wmf
"""

MEDIA = frozenset(name.replace("_", " ").strip() for name in _MEDIA.split())
CATEGORY = frozenset(name.replace("_", " ") for name in _CATEGORY.split())
LANGUAGE = frozenset(_LANGUAGES.split())
PROJECT = frozenset(_PROJECTS.split())


def classify_prefix(target: str) -> str:
    """Tell what a link target's prefix makes of the link.

    Args:
        target: the target without a leading colon, e.g. "File:A.jpg".

    Returns:
        "media", "category", "language", "project", or "page" for everything else.
    """
    colon = target.find(":", 0, 40)
    if colon < 0:
        return "page"
    prefix = target[:colon].replace("_", " ").strip().lower()
    if prefix in MEDIA:
        return "media"
    if prefix in CATEGORY:
        return "category"
    if prefix in LANGUAGE:
        return "language"
    return "project" if prefix in PROJECT else "page"
