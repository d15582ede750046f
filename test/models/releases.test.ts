import { describe, expect, test } from 'vitest';
import { isBranch, isNewerThan, isPreview, whyUnknownRelease } from '../../src/models/releases.ts';

describe('a release', () => {
  test('of 5.0 is a preview, and 4.14.9 a branch', () => {
    expect(['4.14.7', '4.14.9', '5.0.0', '5.0.0-beta4'].map(isPreview)).toEqual([false, false, true, true]);
    expect(['4.14.7', '4.14.9', '5.0.0', '5.0.0-beta4'].map(isBranch)).toEqual([false, true, false, false]);
  });

  test.each([
    // agent, manager, newer
    ['4.14.7', '4.14.0', false],
    ['4.14.0', '4.13.1', true],
    ['5.0.0', '4.14.9', true],
    ['4.9.2', '4.14.0', false],
    ['4.14.0', '5.0.0', false],
  ])('counts as newer by major and minor number only: %s against %s', (agent, manager, newer) => {
    expect(isNewerThan(agent, manager)).toBe(newer);
  });

  test('that never was is refused by the word for whom it was meant', () => {
    expect(whyUnknownRelease('4.99.0', 'Managers')).toMatch(/^There is no Wazuh 4\.99\.0\. Managers of 3\.12\.0/);
  });
});
