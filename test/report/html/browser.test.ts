// The page in a real browser: what a reader sees, points at and reaches with the keyboard.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { reportHtml } from '../../../src/report/html/report.ts';
import { aComparison, failoverUdp, loadBalancer, nastyName } from '../../support/comparison.ts';

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executable === undefined) console.warn('No Chromium is installed: report.html is not opened by these tests.');

/** A node is killed after four minutes for four. */
const comparison = aComparison({
  minutes: 12,
  faults: [{ text: 'worker01 is killed at 4 min for 4 min', fromMinute: 4, toMinute: 8 }],
});

describe.skipIf(executable === undefined)('report.html in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let folder: string;
  /** The page that most tests look at, each at another side of it. */
  let page: Page;
  /** What the browser complained about, and what left the file. */
  const troubles: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleetfall-html-'));
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] });
    page = await open('report.html', reportHtml(comparison));
  }, 60_000);

  afterEach(() => {
    expect(troubles).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(name: string, text: string): Promise<Page> {
    writeFileSync(join(folder, name), text);
    const url = pathToFileURL(join(folder, name)).href;
    const opened = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
    opened.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
    });
    opened.on('pageerror', (error) => troubles.push(error.message));
    opened.on('dialog', (dialog) => troubles.push(dialog.message()));
    opened.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) troubles.push(`asks for ${request.url()}`);
    });
    await opened.goto(url);
    await opened.waitForSelector('html[data-drawn="yes"]', { timeout: 50_000, state: 'attached' });
    return opened;
  }

  /** Of the page, whose objects this program does not know: an expression. */
  const ask = <T>(expression: string, of = page): Promise<T> => of.evaluate<T>(expression);
  const tooWide = (of = page): Promise<number> =>
    ask('document.documentElement.scrollWidth - document.documentElement.clientWidth', of);
  const openAll = (of = page, isOpen = true): Promise<void> =>
    ask(`void document.querySelectorAll("details").forEach((each) => (each.open = ${isOpen}))`, of);

  test('opens without an error, asks for nothing, and draws every chart', async () => {
    expect(await page.locator('.chart').count()).toBe(4 * 3 + 4);
    expect(await page.locator('.chart svg').count()).toBe(4 * 3 + 4);
    expect(await page.locator('.verdict .sentence').isVisible()).toBe(true);
  });

  test('the keyboard reaches everything that can be used, in the order of the page', async () => {
    const usable = await ask<number>(`
      const all = [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')];
      const seen = all.filter((one) => one.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }));
      seen.forEach((one, index) => one.setAttribute('data-stop', String(index)));
      seen.length;
    `);
    const reached: string[] = [];
    for (let step = 0; step < usable; step++) {
      await page.keyboard.press('Tab');
      reached.push(await ask('String(document.activeElement?.getAttribute("data-stop"))'));
    }

    expect(usable).toBeGreaterThan(40);
    expect(reached).toEqual(Array.from({ length: usable }, (_, index) => String(index)));
  });

  test('the slider moves all modes to one instant, with what each side knows', async () => {
    const texts = (): Promise<string[]> => page.locator('.known').allInnerTexts();
    const slider = page.locator('#replay-time');

    // It begins where the fault does: after four minutes, a step a second.
    expect(await slider.inputValue()).toBe('240');
    await slider.fill('100');
    for (const text of await texts()) expect(text).toContain('2,000 report, 0 have not noticed');
    await slider.fill('260');
    expect(await page.locator('#replay-clock').innerText()).toContain('4 min 20 s: worker01 is killed');
    const [balanced, listed, silent] = await texts();
    expect(balanced).toContain('passes over worker01');
    expect(listed).toMatch(/0 report, 0 have not noticed that nobody hears them, 2,000 look for a node/);
    expect(silent).toMatch(/2,000 have not noticed/);
    expect(await page.locator('.box.hit').count()).toBe(3);

    // The same with the keyboard, and by itself.
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#replay-clock').innerText()).toContain('4 min 21 s');
    await page.locator('[data-replay="play"]').press('Enter');
    await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(265);
    await page.locator('[data-replay="play"]').press('Enter');
    await page.locator('[data-jump="0"]').click();
    expect(await slider.inputValue()).toBe('240');
  });

  test.each(['light', 'dark'] as const)('%s: axe finds nothing serious', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const found = await ask<string[]>(`
      axe.run().then(({ violations }) => violations.flatMap(({ id, impact, nodes }) =>
        nodes.map(({ html, any }) => [impact, id, html.slice(0, 200), any[0]?.message].join(' '))))
    `);

    expect(found.filter((text) => /^(serious|critical)/.test(text))).toEqual([]);
  });

  test('who wants no motion sees none', async () => {
    const duration = (): Promise<string> => ask('getComputedStyle(document.querySelector(".cell")).transitionDuration');

    expect(await duration()).not.toBe('0s');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await duration()).toBe('0s');
  });

  test('pointing at a chart tells what is there', async () => {
    const tip = page.locator('.tooltip');
    const pointAt = async (selector: string): Promise<string> => {
      const place = page.locator(selector).first();
      await place.scrollIntoViewIfNeeded();
      await place.hover();
      return tip.innerText();
    };

    expect(await pointAt('#chart-fleet-1')).toMatch(/failover, \d min[^]*worker01[^]*look for a node[^]*report/);
    expect(await pointAt('#chart-stock-2')).toMatch(/lost so far\s+[\d,]+/);
    expect(await pointAt('#chart-losses .mark-rect path')).toMatch(/^(load-balancer|failover)/);
    await page.keyboard.press('Escape');
    expect(await tip.isHidden()).toBe(true);
  });

  test('every chart has its data as a table, and says in words what it shows', async () => {
    const sections = await page.locator('.chart-section').count();
    expect(await page.locator('.chart-section > details.data').count()).toBe(sections);
    await openAll();
    await expect.poll(() => page.locator('details.data table').count(), { timeout: 20_000 }).toBe(sections);

    const rows = await ask<number[]>(
      '[...document.querySelectorAll("details.data table")].map((table) => table.querySelectorAll("tbody tr").length)',
    );
    expect(rows[0]).toBe(721); // an instant a second
    for (const count of rows) expect(count).toBeGreaterThan(0);
    const [first] = await page.locator('[data-table="fleet"] tbody tr').first().locator('td').allInnerTexts();
    expect(first).toBe(String(comparison.modes[0]!.timeline.connectedByNode[0]![0]));
    const labels = await ask<string[]>('[...document.querySelectorAll(".chart")].map((chart) => chart.ariaLabel)');
    for (const label of labels) expect(label).toMatch(/^(load-balancer|failover|failover-udp): .{20}/);
    await openAll(page, false);
  });

  test.each(['light', 'dark'] as const)(
    '%s: nothing is wider than a phone, a tablet or a desk',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await ask(
        'void document.querySelectorAll("details:not(.data), [data-table=losses]").forEach((each) => (each.open = true))',
      );
      for (const width of [375, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await ask('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
        expect({ width, over: await tooWide() }).toEqual({ width, over: 0 });
      }
    },
  );

  test('the reader may choose the colours, and paper is white', async () => {
    const paper = (): Promise<string> => ask('getComputedStyle(document.body).backgroundColor');

    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await paper()).toBe('rgb(20, 24, 31)');
    await page.locator('[data-theme-choice="light"]').click();
    expect(await paper()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('[data-theme-choice="light"]').getAttribute('aria-pressed')).toBe('true');
    await page.locator('[data-theme-choice="dark"]').click();
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await paper()).toBe('rgb(20, 24, 31)');
    await page.emulateMedia({ media: 'print' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.theme').isHidden()).toBe(true);
  });

  test('names that somebody hostile has chosen appear as text', async () => {
    const nasty = `${nastyName}\u202e"'--></script><img src=x onerror=alert(1)>`;
    const hostile = aComparison({
      title: nasty,
      modes: [{ ...loadBalancer, name: nasty, description: nasty }, failoverUdp],
      nodes: [nasty, `${nasty} 2`, "datum['x']"],
      faults: [{ text: `${nasty} is killed`, fromMinute: 10, toMinute: 20 }],
      minutes: 22,
    });
    const opened = await open('hostile.html', reportHtml(hostile));
    await openAll(opened);

    expect(await opened.locator('img').count()).toBe(0);
    expect(await opened.locator('h1').innerText()).toContain('<script>alert("x")</script>␊␛[31mred');
    expect(await opened.locator('[data-legend="fleet"]').innerText()).toContain('<script>');
    expect(await opened.locator('#chart-load-0').innerText()).toContain("datum['x']");
    expect(await tooWide(opened)).toBe(0);
    await opened.close();
  });

  test('a page of 100,000 agents stays below 5 MB and draws all of it', async () => {
    const nodes = Array.from({ length: 12 }, (_, at) => `worker${at}`);
    const opened = await open('large.html', reportHtml(aComparison({ agents: 100_000, replications: 1, nodes })));

    expect(statSync(join(folder, 'large.html')).size).toBeLessThan(5_000_000);
    expect(await opened.locator('#replay-key').innerText()).toContain('stands for 500 agents');
    await opened.close();
  });
});
