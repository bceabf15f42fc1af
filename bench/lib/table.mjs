/**
 * Figures as Markdown tables that also read well in a terminal.
 *
 * In:  columns and rows of text.
 * Out: a table; medians; numbers as people read them.
 */

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const count = (number) => Math.round(number).toLocaleString('en-US');
export const milliseconds = (number) => number.toFixed(number < 10 ? 2 : 1);
export const mebibytes = (bytes) => (bytes / 1024 / 1024).toFixed(1);
export const times = (number) => `${number.toFixed(2)}x`;

/** `reached` or `missed`, with the target: `reached (>= 1.25x)`. */
export const verdict = (isReached, target) => `${isReached ? 'reached' : '**missed**'} (${target})`;

/** Text columns are aligned left, all others right. */
export const table = (header, rows) => {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, i) => Math.max(3, ...all.map((row) => row[i].length)));
  const isText = header.map((_, i) => rows.every((row) => !/^[\d,.]+( |x|$)/.test(String(row[i]))));
  const line = (row) =>
    `| ${row.map((cell, i) => (isText[i] ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (isText[i] ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
};
