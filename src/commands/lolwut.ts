/**
 * The drawing of LOLWUT: rust on a plate of iron.
 *
 * A few drops fall on the plate; each eats around itself by a random walk, and the more often a spot was eaten, the
 * darker it is drawn.
 *
 * @since 0.1.0
 */

const SHADES = [' ', '·', '░', '▒', '▓', '█'];
const COLUMNS_MAX = 200;
const ROWS_MAX = 60;
const STEPS_PER_DROP = 140;
/** Area that one drop stands for, in characters. */
const AREA_PER_DROP = 110;

const clamp = (value: number, max: number): number => Math.min(Math.max(value, 1), max);

/** Draws `rows` lines of `columns` characters, within limits. `random` yields numbers in [0, 1). */
export const drawing = (columns: number, rows: number, random: () => number): string => {
  const width = clamp(columns, COLUMNS_MAX);
  const height = clamp(rows, ROWS_MAX);
  const eaten = new Uint8Array(width * height);
  const drops = Math.max(1, Math.round((width * height) / AREA_PER_DROP));
  for (let drop = 0; drop < drops; drop++) {
    let x = Math.floor(random() * width);
    let y = Math.floor(random() * height);
    for (let step = 0; step < STEPS_PER_DROP; step++) {
      const at = y * width + x;
      eaten[at] = Math.min((eaten[at] ?? 0) + 1, SHADES.length - 1);
      // Twice as wide as high, as characters are twice as high as wide.
      x = clamp(x + 1 + Math.floor(random() * 5) - 2, width) - 1;
      y = clamp(y + 1 + Math.floor(random() * 3) - 1, height) - 1;
    }
  }
  const lines: string[] = [];
  for (let y = 0; y < height; y++) {
    let line = '';
    for (let x = 0; x < width; x++) line += SHADES[eaten[y * width + x] ?? 0];
    lines.push(line.trimEnd());
  }
  return `${lines.join('\n')}\n`;
};
