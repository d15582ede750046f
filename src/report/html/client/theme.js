// Light or dark: as the system has it, or as the reader wants it. Colours are variables of the style sheet, so nothing is drawn again.
import { find } from './dom.js';

export function startTheme() {
  const buttons = document.querySelectorAll('[data-theme-choice]');
  const group = find('.theme');
  group.classList.add('works');
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const choice = button.getAttribute('data-theme-choice') ?? 'auto';
      if (choice === 'auto') document.documentElement.removeAttribute('data-theme');
      else document.documentElement.setAttribute('data-theme', choice);
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
    });
  }
}
