"""What a new draft begins with."""

from __future__ import annotations

import json

_TOML = """track = {track}
order = {order}
level = "beginner"
minutes = 10
tags = []
requires = []
images = ["busybox"]

[title]
en = {en}
ko = {ko}

[summary]
en = {en}
ko = {ko}

[checks.said-hello]
container = {{ image = "busybox", exit_code = 0, logs = "hello" }}
"""
_EN = """# {title}

What is to be learnt, in a sentence or two.

::: check said-hello
A container of `busybox` has said hello.
:::

::: solution said-hello
```run
docker run busybox echo hello
```
:::
"""
_KO = """# {title}

무엇을 배우는지 한두 문장으로 씁니다.

::: check said-hello
`busybox` 컨테이너가 hello라고 말했습니다.
:::

::: solution said-hello
```run
docker run busybox echo hello
```
:::
"""


def scratch(track: str, order: int, title_en: str, title_ko: str) -> dict[str, bytes]:
    """The files of a lesson with one step that can be played as it is."""
    quoted = {
        "en": json.dumps(title_en, ensure_ascii=False),
        "ko": json.dumps(title_ko, ensure_ascii=False),
    }
    facts = _TOML.format(track=json.dumps(track), order=order, **quoted)
    return {
        "lesson.toml": facts.encode(),
        "01-start.en.md": _EN.format(title=title_en).encode(),
        "01-start.ko.md": _KO.format(title=title_ko).encode(),
    }
