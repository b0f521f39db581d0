
import pytest
from tests.site.test_authoring import *
from tests.site.test_authoring import desk
def test_shots(desk, browser, site):
    p = desk.ahn
    p.goto("/author/new/?lesson=ports")
    p.locator("details[open] button").click()
    expect(p.locator("[data-found]")).to_have_text("No mistake")
    a = p.url.split("#")[0]
    out = "/tmp/h/shots9/"
    p.wait_for_timeout(600)
    p.screenshot(path=out+"edit.png")
    write(p, "01-", "# A title\n\n::: check nothing\nabc\n:::\n\n```run\ndocker run --nam x busybox\n```\n") if False else None
    ed = p.get_by_role("textbox", name=re.compile("en.md"))
    ed.click(); p.keyboard.press("Control+End"); p.keyboard.type("\n```run\ndocker run --na")
    p.wait_for_timeout(900)
    p.screenshot(path=out+"complete.png")
    p.keyboard.press("Escape")
    p.keyboard.press("Control+s"); p.wait_for_timeout(500)
    p.goto(a+"versions/"); p.screenshot(path=out+"versions.png", full_page=True)
    p.goto("/author/"); p.screenshot(path=out+"list.png")
    p.emulate_media(color_scheme="dark")
    p.goto(a); p.wait_for_timeout(900); p.screenshot(path=out+"dark.png")
    p.set_viewport_size({"width":390,"height":844})
    p.goto(a); p.wait_for_timeout(900); p.screenshot(path=out+"m-edit.png", full_page=True)
    p.goto(a+"versions/"); p.screenshot(path=out+"m-versions.png", full_page=True)
    p.goto("/author/new/"); p.screenshot(path=out+"m-new.png", full_page=True)
