"""The Settings page in the browser: what is ready, what is used, limits that are kept, a backup made. No key shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import Site, show

Open = Callable[..., Page]


def test_engines_say_what_they_need(open_page: Open) -> None:
    page = open_page("settings")
    draft, alibaba = (page.locator(f'[data-engine="{name}"]') for name in ("draft", "alibaba"))
    expect(draft).to_contain_text("Ready")
    expect(alibaba.locator("code", has_text="DASHSCOPE_API_KEY")).to_be_visible()
    expect(alibaba.locator('[data-variable="DASHSCOPE_API_KEY"]')).to_contain_text("Not set")
    alibaba.get_by_text("6 optional variables, 0 set").click()
    expect(alibaba.locator("code", has_text="ALIBABA_REGION")).to_be_visible()


def test_what_is_kept_for_the_own_card_is_counted_apart(open_page: Open, site: Site) -> None:
    kept = site.studio.settings.data / "cache" / "local" / "latents" / "x.safetensors"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(bytes(3_000_000))
    page = open_page("settings")
    expect(page.locator(".st-legend li", has_text="GPU cache")).to_contain_text("3.0 MB")
    kept.unlink()


def test_limits_are_kept(open_page: Open, site: Site) -> None:
    page = open_page("settings")
    page.get_by_label("Per day").fill("12.5")
    page.locator("[data-do=save-limits]").click()
    expect(page.get_by_text("Limits saved.")).to_be_visible()
    assert site.studio.admin.limits().day_usd == 12.5
    page.get_by_label("Per day").fill("")
    page.locator("[data-do=save-limits]").click()
    expect(page.get_by_text("Limits saved.")).to_have_count(2)
    assert site.studio.admin.limits().day_usd is None


def test_a_fresh_form_starts_with_the_default_and_a_changed_one_keeps_its_own(
    open_page: Open, browser: Browser, site: Site
) -> None:
    site.studio.local.presets.set_form_default("text-to-image", {})
    changed = open_page("t2i")
    first = changed.locator("#t2i-model .sp-name").inner_text()
    changed.locator("#t2i-prompt textarea").fill("kept as it was")
    changed.wait_for_function("localStorage.getItem('studio-form-t2i')")
    show(changed, "settings")
    default = changed.locator('.st-default[data-task="text-to-image"]')
    chosen = default.locator("[name=model] optgroup option").last
    model, label = chosen.get_attribute("value"), chosen.inner_text()
    default.locator("[name=model]").select_option(model)
    default.locator("[name=aspect]").select_option("9:16")
    expect(changed.get_by_text("Default saved.")).to_have_count(2)
    assert site.studio.local.presets.form_default("text-to-image") == {"model": model, "aspect": "9:16"}
    changed.reload()
    expect(changed.locator("#tab-settings-button")).to_have_attribute("aria-selected", "true")
    show(changed, "t2i")
    expect(changed.locator("#t2i-prompt textarea")).to_have_value("kept as it was")
    expect(changed.locator("#t2i-model .sp-name")).to_have_text(first)
    expect(changed.locator('#t2i-aspect input[value="9:16"]')).not_to_be_checked()
    other = browser.new_context(locale="en-US")
    fresh = other.new_page()
    fresh.goto(site.url)
    show(fresh, "t2i")
    expect(fresh.locator("#t2i-model .sp-name")).to_have_text(label)
    expect(fresh.locator('#t2i-aspect input[value="9:16"]')).to_be_checked()
    other.close()
    site.studio.local.presets.set_form_default("text-to-image", {})


def test_a_default_outlasts_a_restart_and_belongs_to_its_user(tmp_path: Path) -> None:
    body = {"model": "draft/animatic", "aspect": "1:1"}
    with Studio.open(Settings(data=tmp_path)) as studio:
        studio.on_behalf_of("mia").presets.set_form_default("text-to-video", body)
    with Studio.open(Settings(data=tmp_path)) as studio:
        assert studio.on_behalf_of("mia").presets.form_default("text-to-video") == body
        assert studio.local.presets.form_default("text-to-video") is None


def test_a_backup_is_made_and_listed(open_page: Open, site: Site) -> None:
    page = open_page("settings")
    page.locator("[data-do=backup]").click()
    expect(page.get_by_text("Backup created and verified")).to_be_visible()
    [made, *_] = site.studio.admin.backups()
    expect(page.locator(".st-backups")).to_contain_text(made.name)
    page.get_by_text("How to restore").click()
    expect(page.get_by_text(str(site.studio.admin.storage().data)).last).to_be_visible()


def test_storage_and_versions_are_told(open_page: Open, site: Site) -> None:
    page = open_page("settings")
    expect(page.locator(".st-box.storage")).to_contain_text(str(site.studio.admin.storage().data))
    expect(page.locator(".st-box.versions")).to_contain_text("Apache-2.0")
    page.locator("[data-do=by-model]").click()
    expect(page.locator("[data-do=by-model]")).to_have_attribute("aria-pressed", "true")


def test_the_page_speaks_chinese(open_page: Open) -> None:
    page = open_page("settings")
    page.evaluate("localStorage.setItem('studio-language', 'zh-CN')")
    page.reload()
    page.locator("#tab-settings-button").click()
    expect(page.locator(".st-box.storage h2")).to_have_text("存储")
    page.locator("#tab-queue-button").click()
    expect(page.locator("#queue")).to_contain_text("运行中")
