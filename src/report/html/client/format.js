// Numbers as the rest of the page writes them.

/** `12,345`; one decimal below a hundred. @param {number} value */
export function count(value) {
  const text = Math.abs(value) < 100 ? String(Number(value.toFixed(1))) : value.toFixed(0);
  return text.replace('-', '−').replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');
}

/** `0.4 ms`, `6.2 s`, `6 min 51 s`, `2 h 5 min`. @param {number} seconds @returns {string} */
export function duration(seconds) {
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.9995) return `${Number((seconds * 1_000).toPrecision(3))} ms`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An instant of the run: `10 min 5 s`. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  return `${hours > 0 ? `${hours} h ` : ''}${minutes} min ${whole % 60} s`;
}

/** @param {number} value of one */
export function share(value) {
  const percent = value * 100;
  if (percent === 0) return '0 %';
  return `${Number(percent.toPrecision(3))} %`;
}

/** @param {number | null} value */
export function ratio(value) {
  return value === null ? '–' : value.toFixed(2);
}
