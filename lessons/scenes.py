"""What is to be done on a host at a step, in its order, and which checks it brings about."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.blocks import Block
from lessons.library import Lesson, Step
from playground.hub.acting import Action

_ACTIONS = ("run", "keys", "file")


@dataclass
class Scene:
    """Checks that the same blocks bring about."""

    checks: list[Block]
    actions: list[Block]


def scenes(step: Step) -> list[Scene]:
    """The step's commands with the checks they are for; the last scene may have no check."""
    source = step.read()
    own = {block.solution for block in source.blocks if block.solution}
    found: list[Scene] = []
    waiting: list[Block] = []
    for block in source.blocks:
        if block.kind in _ACTIONS and "skip" not in block.words and not block.solution:
            waiting.append(block)
        elif block.kind == "check":
            if waiting or block.name in own or not found:
                solution = [each for each in source.blocks if each.solution == block.name]
                played = [each for each in solution if each.kind in _ACTIONS]
                found.append(Scene([block], waiting + played))
                waiting = []
            else:
                found[-1].checks.append(block)
    if waiting:
        found.append(Scene([], waiting))
    return found


def acts(step: Step) -> bool:
    """Whether a step does anything on a host."""
    return any(scene.actions for scene in scenes(step))


def action_of(block: Block) -> Action:
    """A block as the hub does it."""
    return Action(block.kind, block.name, block.text)


def before(lesson: Lesson, step: Step) -> list[Action]:
    """All that the steps before one do on a host, their tasks' solutions included."""
    earlier = lesson.steps[: lesson.steps.index(step)]
    return [
        action_of(block) for each in earlier for scene in scenes(each) for block in scene.actions
    ]
