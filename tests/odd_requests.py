"""Requests nobody expects: of no words, of every script, and of a million characters."""

from __future__ import annotations

ODD = {
    "nothing": "",
    "spaces": " \t\n\u3000",
    "emoji": "😀",
    "flag of two letters": "🇩🇪",
    "combined emoji": "👩‍👩‍👧‍👦",
    "control characters": "\x00\x01\x02\x1b[31m\x7f",
    "a NUL in a word": "scat\x00ter",
    "no-break and zero width": "\u00a0\u200b\u200d\ufeff",
    "half a pair": "\ud800",
    "half a pair in a word": "draw \udfff a plot",
    "Chinese": "画一张散点图",
    "Chinese, long": "画一张散点图，然后发送邮件。" * 3,
    "Arabic": "ارسم مخططًا مبعثرًا",
    "Arabic with marks": "بِسْمِ ٱللَّٰهِ",
    "Hebrew, Thai, Hindi": "שלום สวัสดี नमस्ते",
    "mixed scripts": "наprawда 混ぜ🎌 createΣcatter",
    "marks alone": "\u0301\u0301\u0301",
    "digits": "3.14 1e999 -0 ٣",
    "syntax": '"; DROP TABLE entry; -- NEAR(a b) * ^ {name}: OR AND NOT',
    "key": "tool:🧪",
    "private use": "\ue000\U0010ffff",
}
LONG = {
    "a million letters": "a" * 1_000_000,
    "a million of words": "plot " * 200_000,
    "a million different words": " ".join(f"w{i:x}" for i in range(160_000)),
    "a million emoji": "😀" * 1_000_000,
    "a million spaces": " " * 1_000_000,
    "a million NULs": "\x00" * 1_000_000,
    "a million of Chinese": "画一张图" * 250_000,
    "a million sentences": "Draw. Then mail it. " * 50_000,
    "a million half pairs": "\ud800" * 1_000_000,
    "a million lines": "\n" * 1_000_000 + "draw",
}
