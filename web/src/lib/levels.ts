// The JSON of `rampart levels --json` as types, and how a page reads it: docs/formats/levels.md.

export type Answer = 'met' | 'compensated' | 'not-applicable' | 'not-met' | 'not-assessed';
export type Time = string;

export interface Dispute { row: string; lowest: number; other: number; level_then: number }
export interface Cell {
  fr: string; code: string; achieved: number; target: number; assessed: boolean;
  blocked_by: string[]; reached_with: string[]; disputed: Dispute[];
}
export interface Unseen { fact: string; scope: string }
export interface AspectStatus {
  aspect: string; answer: Answer; why?: string; share?: number; until?: Time; stated?: boolean; contradicted?: boolean;
  facts?: number[]; facts_more?: number; missing?: number[]; missing_more?: number; statements?: string[];
}
export interface RowStatus { row: string; answer: Answer; aspects: AspectStatus[] }
export interface Unit {
  kind: 'zone' | 'conduit'; id: string; name: string; level?: number; safety?: boolean; joins?: string[];
  target: number[]; achieved: number[]; gap: number[]; cells: Cell[]; rows: RowStatus[];
}
export interface Source { record?: number; journal?: number; packet?: number; plant_line?: number; statement?: string }
export interface Fact {
  fact: string; scope: string; holds: boolean; since: Time; time: Time; until?: Time; share: number; count: number;
  text?: string; sources: Source[];
}
export interface Aspect { id: string; what: string; where?: string; fact?: string; days: number; share: number; check?: string }
export type Confidence = 'confirmed' | 'majority' | 'disputed' | 'single-source';
export interface Row {
  id: string; fr: string; title: string; summary: string; lowest: number; own?: string; confidence: Confidence;
  differing?: string; note?: string; aspects: Aspect[];
}
export interface FactKind { fact: string; scope: string; source: string; so: string; not_so: string; mend: string; effort: number }
export interface Step {
  do: string; where: string; fact?: string; statement?: string; effort: number; rows: number; levels: number;
  lifts: { unit: number; fr: number; from: number; to: number }[];
  lightens: { unit: number; fr: number; rows: number; left: number }[];
}
export interface Change {
  time: Time; kind: string; id: string; fr: string; before: number; after: number; target: number; row?: string;
  cause?: string; fact?: string; record: number;
}
export interface SinceCell {
  unit: number; fr: number; before: number; before_assessed: boolean; after: number; after_assessed: boolean;
  rows: { row: string; before: Answer; after: Answer }[];
}
export interface Statement {
  id: string; person: string; what: string; scope: string; answer?: string; maturity?: number; despite: string[];
  document?: string; sha256?: string; reason?: string; made: Time; until: Time; withdrawn?: Time; counts: boolean;
}
export interface Clause { id: string; title: string; maturity: number; statement?: string; facts: string[] }
export interface Programme { part: string; groups: { id: string; title: string; clauses: Clause[] }[] }
export interface Metric { id: string; title: string; value?: number; unit?: string; of?: string; say?: string }
export interface AssetCapability {
  id: string; zone?: string; kind: string; component: string; capability: number[];
  cells: { achieved: number; assessed: boolean; blocked_by: string[] }[];
}
export interface MapZone { id: string; name: string; level?: number; safety?: boolean; unit: number; assets: string[] }
export interface MapAsset { id: string; name: string; kind?: string; zone?: string; heard: boolean; last_heard?: Time; essential: boolean }
export interface MapConduit {
  id: string; name: string; unit: number; joins: string[]; mode: string; guard?: string; enforced: boolean; heard: boolean;
  encrypted?: number; denied: number; rules: number; reviewed: boolean;
}
export interface PlantMap { zones: MapZone[]; assets: MapAsset[]; conduits: MapConduit[] }
export interface Levels {
  format: number; program: string; at: Time;
  plant: { name: string; file: string; sha256: string; tolerable_risk?: string };
  journals: { place: number; folder: string; records: number; first?: Time; last?: Time; unreadable: number }[];
  summary: {
    zones: number; conduits: number; cells: number; cells_reached: number; cells_short: number; cells_not_assessed: number;
    worst: { unit: number; fr: number; gap: number }[]; say: string[];
  };
  units: Unit[]; facts: Fact[]; unseen: Unseen[];
  foundational: { id: string; code: string; title: string; summary: string }[];
  rows: Row[]; fact_kinds: FactKind[]; steps: Step[];
  contradictions: { unit: number; aspect: string; statement?: string; facts: number[] }[];
  changes: Change[]; since?: { at: Time; cells: SinceCell[] };
  statements: Statement[]; techniques: { id: string; name: string; findings: number; first: Time; last: Time }[];
  programmes: Programme[]; metrics: Metric[]; assets: AssetCapability[]; map: PlantMap;
}

/** Book is the data with what is looked up by name. */
export interface Book {
  levels: Levels; row: Map<string, Row>; aspect: Map<string, Aspect>; kind: Map<string, FactKind>; statement: Map<string, Statement>;
  asset: Map<string, MapAsset>;
}

const byId = <T extends { id: string }>(all: T[]) => new Map(all.map((one) => [one.id, one]));

export function bookOf(levels: Levels): Book {
  return {
    levels, row: byId(levels.rows), aspect: byId(levels.rows.flatMap((row) => row.aspects)),
    kind: new Map(levels.fact_kinds.map((kind) => [kind.fact, kind])), statement: byId(levels.statements),
    asset: byId(levels.map.assets),
  };
}

/** readEmbedded gives the data of an element that holds gzip in base64. Rejects where it is not of format 1. */
export async function readEmbedded(element: Element | null): Promise<Levels> {
  const packed = Uint8Array.from(atob((element?.textContent ?? '').trim()), (c) => c.charCodeAt(0));
  if (typeof DecompressionStream === 'undefined') throw new Error('this browser is too old: it cannot unpack the data (2023 or newer)');
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const levels = (await new Response(stream).json()) as Levels;
  if (levels.format !== 1) throw new Error(`the data are of format ${levels.format}, this page reads format 1`);
  return levels;
}
