// The words of levels for people: the same everywhere.
import type { Answer, Book, Cell, Source, Time, Unit } from './levels';

export const kAnswers: Record<Answer, string> = {
  met: 'met', compensated: 'compensated', 'not-applicable': 'does not apply', 'not-met': 'not met', 'not-assessed': 'not assessed',
};
const kWheres: Record<string, string> = {
  zone: 'asked of the zone', conduit: 'asked of the conduit', conduits: 'asked of its conduits', asset: 'asked of each asset',
  plant: 'asked of the plant', journal: 'asked of the journal',
};
/** whereWords is where an aspect is asked: "asset:host" is "asked of each host". */
export function whereWords(where: string): string {
  const [what = '', kind] = where.split(':');
  return kind ? `asked of each ${kind}` : (kWheres[what] ?? `asked of: ${where}`);
}
/** sentence begins with a capital and ends with a stop. */
export function sentence(text: string): string {
  const plain = text.trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1) + (/[.!?]$/.test(plain) ? '' : '.');
}
/** phrase is a sentence inside another: its stop is left out. */
export function phrase(text: string): string { return text.trim().replace(/\.$/, ''); }
export const kEfforts = ['', 'minutes', 'hours', 'days', 'weeks', 'a project'];
export const kPurdue = ['Process', 'Basic control', 'Supervisory control', 'Site operations', 'Site business', 'Enterprise'];
export const kConfidence = {
  confirmed: 'sources agree', majority: 'most sources agree', disputed: 'sources disagree', 'single-source': 'one source only',
};

const kMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** dayAndTime is "26 Nov 2026, 10:42"; day only its first part. Both UTC, as the data are. */
export function dayAndTime(time: Time): string { return `${day(time)}, ${time.slice(11, 16)}`; }
export function day(time: Time): string {
  return `${Number(time.slice(8, 10))} ${kMonths[Number(time.slice(5, 7)) - 1] ?? time.slice(5, 7)} ${time.slice(0, 4)}`;
}

/** count is "1 level", "3 levels", "1,204 records". */
export function count(number: number, one: string, many = `${one}s`): string { return `${grouped(number)} ${number === 1 ? one : many}`; }
export function grouped(number: number): string {
  return (Number.isInteger(number) ? String(number) : String(Math.round(number * 100) / 100)).replace(/\B(?=(\d{3})+(?!\d)(?!.*\..*\d))/g, ',');
}
export function percent(share: number): string {
  const whole = Math.round(share * 100);
  return `${whole === 100 && share < 1 ? 99 : whole === 0 && share > 0 ? 1 : whole} %`;
}

/** inWords is a cell for who cannot see it: "level 1 of target 3, 2 short". */
export function inWords(cell: Cell): string {
  if (cell.target === 0) return cell.assessed ? `level ${cell.achieved}, no target` : 'not assessed, no target';
  const short = cell.target - cell.achieved;
  if (!cell.assessed) return `not assessed, target ${cell.target}`;
  return `level ${cell.achieved} of target ${cell.target}, ${short > 0 ? `${short} short` : 'reached'}`;
}

/** gapOf is how a cell is drawn: as look.md says. */
export function gapOf(cell: Cell): 'unknown' | 'none' | 'one' | 'more' {
  if (!cell.assessed) return 'unknown';
  const short = cell.target - cell.achieved;
  return short <= 0 ? 'none' : short === 1 ? 'one' : 'more';
}

export interface Tally { reached: number; short: number; unknown: number }
export function tally(unit: Unit): Tally {
  const out = { reached: 0, short: 0, unknown: 0 };
  for (const cell of unit.cells) {
    if (cell.target === 0) continue;
    if (cell.achieved >= cell.target) ++out.reached;
    else if (cell.assessed) ++out.short;
    else ++out.unknown;
  }
  return out;
}
export function tallyWords(unit: Unit): string {
  const { reached, short, unknown } = tally(unit);
  const parts = [];
  if (short) parts.push(`${short} short`);
  if (unknown) parts.push(`${unknown} not assessed`);
  if (reached) parts.push(`${reached} reached`);
  return parts.join(', ') || 'no targets';
}

export function sourceWords(source: Source, book: Book): string {
  if (source.plant_line !== undefined) return `plant file, line ${source.plant_line}`;
  if (source.statement !== undefined) {
    const by = book.statement.get(source.statement);
    return `statement ${source.statement}${by ? ` by ${by.person}` : ''}`;
  }
  const journals = book.levels.journals;
  const of = journals.length > 1 ? ` of ${journals[source.journal ?? 0]?.folder ?? 'a journal'}` : '';
  return `journal record ${source.record}${of}${source.packet ? `, packet ${source.packet}` : ''}`;
}

/** placeOf is where a link to a unit, or one of its cells, leads. */
export function placeOf(unit: Unit, code?: string): string {
  return `#${unit.kind}/${encodeURIComponent(unit.id)}${code ? `/${code}` : ''}`;
}
