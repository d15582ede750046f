// Elements, made without markup: names of a user's are text and nothing else.

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {readonly (Node | string)[]} children
 */
export function element(tag, attributes = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} attributes
 */
export function svgElement(tag, attributes = {}) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/**
 * The element of a selector; the page is ours, so it is there.
 * @param {string} selector
 * @param {ParentNode} within
 * @returns {HTMLElement}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** A number with the way to what it means. @param {string} metric @param {string} text */
export function metricLink(metric, text) {
  return element('a', { class: 'metric', href: `#metric-${metric}` }, [text]);
}
