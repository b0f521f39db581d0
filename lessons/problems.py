"""Every mistake in the lessons that can be found without running them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from lessons import blocks, library
from lessons.blocks import Block, Quiz
from lessons.format import LANGUAGES
from lessons.library import Lesson, LessonError, Problem, Step
from playground.checks import spec
from playground.dockerline.options import canonical
from playground.dockerline.options import command as docker_command
from playground.dockerline.parse import parse
from playground.dockerline.reference import full_name
from playground.runtime.catalogue import recipe, store
from playground.runtime.config import RuntimeConfig

#: Words behind ``run``: not played; played although the CLI will not take it.
_RUN_WORDS = ("skip", "wrong")
_KEYS = re.compile(r"(Ctrl-[A-Z]|Enter|Esc|Tab|Up|Down)\Z")
_PICTURES = (".svg", ".png", ".jpg", ".webp")


def problems(content: Path = library.CONTENT, only: tuple[str, ...] = ()) -> list[Problem]:
    """All mistakes, of all lessons or some."""
    found: list[Problem] = []
    try:
        tracks = set(library.tracks(content))
    except LessonError as error:
        return error.problems
    lessons: dict[str, Lesson] = {}
    for folder in library.folders(content):
        try:
            lessons[folder.name] = library.read(folder)
        except LessonError as error:
            if not only or folder.name in only:
                found += error.problems
    for slug, lesson in lessons.items():
        if not only or slug in only:
            found += sorted(set(_of_lesson(lesson, lessons, tracks)))
    found += [
        Problem(content, 0, f"there is no lesson {slug}")
        for slug in only
        if slug not in lessons and not (content / slug / "lesson.toml").exists()
    ]
    return found


def of_files(files: Mapping[str, bytes], folder: Path) -> list[Problem]:
    """All mistakes of a lesson that is not in the library, or not yet as it is there."""
    try:
        lesson = library.read_files(files, folder)
    except LessonError as error:
        return error.problems
    others = {each.slug: each for each in library.lessons()} | {lesson.slug: lesson}
    return sorted(set(_of_lesson(lesson, others, set(library.tracks()))))


def _of_lesson(
    lesson: Lesson, lessons: Mapping[str, Lesson], tracks: set[str]
) -> Iterator[Problem]:
    file = lesson.folder / "lesson.toml"
    text = lesson.files["lesson.toml"].decode().replace("\r\n", "\n")

    def at(message: str, *keys: str) -> Problem:
        return Problem(file, library.line_of(text, list(keys)), message)

    if lesson.track not in tracks:
        yield at(f"there is no track {lesson.track}", "track")
    for slug in lesson.requires:
        if slug not in lessons:
            yield at(f"it requires {slug}, which is no lesson", "requires")
    if _requires_itself(lesson, lessons):
        yield at("its prerequisites lead back to it", "requires")
    for other in lessons.values():
        same = (other.track, other.order) == (lesson.track, lesson.order)
        if same and other.slug < lesson.slug:
            yield at(f"{other.slug} has the same order in its track", "order")
    for image in lesson.images:
        if full_name(image) not in catalogue():
            yield at(f"{image} is not in the catalogue", "images")
    shown = Counter(name for step in lesson.steps for name in step.tasks)
    for name, check in lesson.checks.items():
        if not shown[name]:
            yield at(f"no step shows the check {name}", "checks", name)
        if why := spec.cannot_fail(check):
            yield at(f"the check {name} cannot fail: {why}", "checks", name)
        for why in _bad_command(check):
            yield at(f"the check {name}: {why}", "checks", name)
    for name, times in shown.items():
        if times > 1:
            yield Problem(lesson.folder, 0, f"there is more than one check or quiz {name}")
    known = _names_made(lesson) | {full_name(image) for image in lesson.images}
    for step in lesson.steps:
        yield from _translations(lesson, step)
        for language in LANGUAGES:
            source = step.sources[language]
            path = lesson.folder / f"{step.name}.{language}.md"
            for line, message in _of_step(lesson, source, lessons, known):
                yield Problem(path, line, message)


def _bad_command(check: spec.Check) -> Iterator[str]:
    wanted = check.command
    if wanted is None or wanted.docker is None:
        return
    found = docker_command(canonical(wanted.docker.split()))
    if found is None:
        yield f"docker has no command {wanted.docker}"
        return
    for name in (*wanted.options, *wanted.without):
        if found.long(name) is None:
            near = ", ".join(found.nearest(name)) or "none is near"
            yield f"docker {wanted.docker} has no option --{name} ({near})"


def _requires_itself(lesson: Lesson, lessons: Mapping[str, Lesson]) -> bool:
    seen: set[str] = set()
    ahead = list(lesson.requires)
    while ahead:
        slug = ahead.pop()
        if slug == lesson.slug:
            return True
        if slug not in seen and slug in lessons:
            seen.add(slug)
            ahead += lessons[slug].requires
    return False


def _translations(lesson: Lesson, step: Step) -> Iterator[Problem]:
    """A translation explains; blocks, commands and right answers stay the same."""
    first = step.read(LANGUAGES[0])
    for language in LANGUAGES[1:]:
        path = lesson.folder / f"{step.name}.{language}.md"
        other = step.read(language)
        for mine, theirs in zip(_signature(first), _signature(other), strict=False):
            if mine[1:] != theirs[1:]:
                was = f"`{mine[1]}` of line {mine[0]} in the {LANGUAGES[0]} file"
                yield Problem(path, theirs[0], f"this block is not as {was}")
                break
        else:
            if len(first.blocks) != len(other.blocks):
                count = f"{len(other.blocks)} blocks, the {LANGUAGES[0]} file {len(first.blocks)}"
                yield Problem(path, 0, f"it has {count}")
        for one, two in zip(first.quizzes, other.quizzes, strict=False):
            same = (len(one.answers), one.right) == (len(two.answers), two.right)
            if not same and one.kind != "text":
                yield Problem(path, two.line, "its answers are not the same ones right")


def _signature(source: blocks.StepSource) -> list[tuple[int, str, tuple[str, ...], str]]:
    found = []
    for block in source.blocks:
        words = () if block.kind in ("hint", "note") else block.words
        text = block.text if block.kind in ("run", "keys") else ""
        found.append((block.line, block.kind, words, text))
    return found


def _of_step(
    lesson: Lesson, source: str, lessons: Mapping[str, Lesson], known: set[str]
) -> Iterator[tuple[int, str]]:
    read = blocks.read(source)
    for block in read.blocks:
        yield from ((block.line, message) for message in _of_block(lesson, block, known))
    for quiz in read.quizzes:
        yield from ((quiz.line, message) for message in _of_quiz(quiz))
    names = [block.name for block in read.blocks if block.kind == "check"]
    for block in read.blocks:
        if block.kind == "solution" and block.name not in names:
            name = block.name or "nothing"
            yield block.line, f"a solution of {name}, which this step does not show"
    lines = source.splitlines()
    for token in read.tokens:
        line = token.map[0] + 1 if token.map else 0
        if token.type.startswith("container_") and token.map and token.nesting == 1:
            end = token.map[1]
            if end >= len(lines) or not lines[end].strip().startswith(":::"):
                yield line, f"this {token.type.split('_')[1]} is not closed by :::"
        if token.type != "inline":
            continue
        if token.content.startswith(":::"):
            word = token.content[3:].split()
            what = word[0] if word else "block"
            if what not in blocks.CONTAINERS:
                kinds = ", ".join(blocks.CONTAINERS)
                yield line, f"unknown block {what}; there are {kinds}"
            else:
                yield line, f"this {what} is not closed by :::"
        for child in token.children or []:
            if child.type == "link_open":
                target = str(child.attrGet("href") or "")
                if target.startswith("lesson:") and target[7:].partition("#")[0] not in lessons:
                    yield line, f"dead link: there is no lesson {target[7:]}"
                elif not target.startswith(("lesson:", "https://", "http://", "#")):
                    yield line, f"dead link {target}: write lesson:slug or a whole address"
            elif child.type == "image":
                name = str(child.attrGet("src") or "")
                if not name.endswith(_PICTURES) or "/" in name:
                    yield line, f"{name} is no picture of the lesson's folder"
                elif name not in lesson.files:
                    yield line, f"dead link: there is no picture {name}"
                if not child.content:
                    yield line, f"the picture {name} has no text for who cannot see it"


def _of_block(lesson: Lesson, block: Block, known: set[str]) -> Iterator[str]:
    if block.kind == "check" and block.name not in lesson.checks:
        yield f"no check {block.name or 'without a name'} in lesson.toml"
    elif block.kind == "layers" and full_name(block.name or "-") not in known:
        yield f"{block.name or 'no image'}: `images` does not list it"
    elif block.kind == "file" and not re.fullmatch(r"/[^\s]{1,200}", block.name):
        yield "a file has a place: ```file /root/name"
    elif block.kind == "keys":
        for key in block.text.split():
            if not _KEYS.match(key):
                yield f"unknown key {key}: Ctrl-A to Ctrl-Z, Enter, Esc, Tab, Up, Down"
    elif block.kind == "run":
        for word in block.words:
            if word not in _RUN_WORDS:
                yield f"unknown word {word} behind run; there are {', '.join(_RUN_WORDS)}"
        if not block.text.strip():
            yield "nothing to run"
        if not set(block.words) & set(_RUN_WORDS):
            yield from of_commands(block.text, known)


def of_commands(text: str, known: set[str]) -> Iterator[str]:
    """What is wrong with commands; ``known`` are the names of images that are there."""
    for command in parse(text.replace("\\\n", "  ")):
        if not command.is_docker:
            continue
        for problem in command.problems:
            if problem.code in ("option", "value", "bad-value", "command", "image", "one-dash"):
                yield f"docker will not take {problem.text} (`run wrong` if that is meant)"
        image = command.image.text if command.image else ""
        if not image or "$" in image or re.fullmatch(r"[0-9a-f]{6,64}", image):
            continue
        if full_name(image) not in known:
            where = "the catalogue" if full_name(image) not in catalogue() else "`images`"
            yield f"the image {image} is not in {where}"


def _of_quiz(quiz: Quiz) -> Iterator[str]:
    if quiz.kind not in blocks.QUIZZES:
        yield f"a quiz has a name and is one of {', '.join(blocks.QUIZZES)}"
    elif not quiz.name:
        yield "a quiz has a name"
    elif not quiz.answers:
        yield "a quiz has a list of answers: - [ ] or - [x]"
    elif quiz.kind == "one" and len(quiz.right) != 1:
        yield f"{len(quiz.right)} answers are marked as right, with `one` it must be one"
    elif quiz.kind == "several" and not quiz.right:
        yield "no answer is marked as right"
    elif quiz.kind == "text" and len(quiz.right) != len(quiz.answers):
        yield "with `text` every line is an answer that is taken: - [x]"
    if quiz.kind in ("one", "several") and len(quiz.answers) == len(quiz.right):
        yield "a quiz that no answer fails"


def _names_made(lesson: Lesson) -> set[str]:
    """Images that are there or that a lesson's own commands make."""
    found = {full_name(image) for image in lesson.images}
    for step in lesson.steps:
        for block in step.read().blocks:
            if block.kind == "run":
                found |= made_by(block.text)
    return found


def made_by(text: str) -> set[str]:
    """The names of images that commands make."""
    found: set[str] = set()
    for command in parse(text.replace("\\\n", "  ")):
        if command.path[-1:] == ("build",):
            found |= {full_name(o.value) for o in command.given("tag") if o.value}
        elif command.path[-1:] in (("tag",), ("commit",), ("import",)):
            found |= {full_name(name) for name in command.arguments[1:2]}
    return found


def catalogue() -> set[str]:
    """The names of all images that new sandboxes have, an operator's too."""
    found = store.find(RuntimeConfig.from_environ())
    return _own_names() | (_names_in(found) if found else set())


@cache
def _own_names() -> set[str]:
    return {full_name(tag) for each in recipe.read_all() for tag in each.tags}


@lru_cache(maxsize=4)
def _names_in(found: store.Catalogue) -> set[str]:
    return {full_name(tag) for each in found.images() for tag in each["tags"]}
