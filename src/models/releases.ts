// Wazuh releases that existed, and which of them are modelled. Sources: the release notes of documentation.wazuh.com (index of
// 3.x and 4.x, release-4-x-y.rst) and the tags of github.com/wazuh/wazuh that were read. Pages of 4.12.1, 4.12.2, 4.10.5, 4.10.6
// and 4.14.8 were drafted and never filled or tagged; 4.14.9 is a branch with its changes (PR #38401), 5.0.0 a beta.

/** Patch releases by minor release. */
const patches: Readonly<Record<string, readonly number[]>> = {
  '3.12': upTo(3),
  '3.13': upTo(6),
  '4.0': upTo(4),
  '4.1': upTo(5),
  '4.2': upTo(7),
  '4.3': upTo(11),
  '4.4': upTo(5),
  '4.5': upTo(4),
  '4.6': upTo(0),
  '4.7': upTo(5),
  '4.8': upTo(2),
  '4.9': upTo(2),
  '4.10': upTo(4),
  '4.11': upTo(2),
  '4.12': upTo(0),
  '4.13': upTo(1),
  '4.14': [...upTo(7), 9],
  '5.0': upTo(0),
};

/** The only preview of 5.0 that was read; "5.0.0" means it as well. */
export const previewRelease = '5.0.0-beta4';

/** Shown where somebody names a release that is not modelled. */
const ranges = '3.12.0 to 3.13.6, 4.0.0 to 4.14.7, 4.14.9 (its branch), and 5.0.0 as preview (5.0.0-beta4)';

export type ReleaseParts = readonly [major: number, minor: number, patch: number];

/** `null`: no release by its form. A preview counts as the release it leads to. */
export function releaseParts(version: string): ReleaseParts | null {
  const match = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:-(?:alpha|beta|rc)\d{1,3})?$/.exec(version);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** True for a release that was read before it was published: what it does may change. */
export function isPreview(version: string): boolean {
  return releaseParts(version)?.[0] === 5;
}

/** True for a release that is known from its branch only. */
export function isBranch(version: string): boolean {
  return version === '4.14.9';
}

/**
 * @param who `Agents` or `Managers`, for the message.
 * @returns `null` when this release is modelled, else what is wrong and how to mend it.
 */
export function whyUnknownRelease(version: string, who: string): string | null {
  const range = `${who} of ${ranges} are modelled`;
  const parts = releaseParts(version);
  if (parts === null) {
    const without = version.trim().replace(/^v/i, '');
    const hint = releaseParts(without) === null ? 'Write a release such as 4.14.7.' : `Write ${without}.`;
    return `${JSON.stringify(version.slice(0, 40))} is no Wazuh release. ${hint}`;
  }
  const [major, minor, patch] = parts;
  if (version.includes('-') && version !== previewRelease) {
    return `${version} was not read. ${range}: write one of these.`;
  }
  if (major < 3 || (major === 3 && minor < 12)) return `${version} is too old. ${range}: write one of these.`;
  const known = patches[`${major}.${minor}`];
  if (known?.includes(patch) === true) return null;
  if (version === '4.14.8') {
    return `There is no Wazuh 4.14.8: it was never tagged, and its branch went on as 4.14.9. ${range}: write one of these.`;
  }
  const near = known === undefined ? '' : ` Of ${major}.${minor} there are ${known.map((p) => `.${p}`).join(' ')}.`;
  return `There is no Wazuh ${version}.${near} ${range}: write one of these.`;
}

/**
 * True when an agent is newer than its manager as remoted and authd compare them: by major and minor release, not by patch.
 * Wazuh 4.9.0, shared/version_op.c, compare_wazuh_versions() with compare_patch false.
 */
export function isNewerThan(agent: string, manager: string): boolean {
  const a = releaseParts(agent);
  const b = releaseParts(manager);
  if (a === null || b === null) throw new Error(`not a release: ${a === null ? agent : manager}`);
  return a[0] !== b[0] ? a[0] > b[0] : a[1] > b[1];
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last + 1 }, (_, patch) => patch);
}
