// Where a plant map puts its boxes and lines: Purdue levels as rows, enterprise above. Pure; pixels.
import type { MapConduit, MapZone, PlantMap } from './levels';

export interface Box { zone: MapZone; x: number; y: number; width: number; height: number; lines: string[]; more: number }
export interface Band { level: number | undefined; y: number; height: number }
export interface Line { conduit: MapConduit; paths: string[]; x: number; y: number }
export interface Layout { width: number; height: number; boxes: Box[]; bands: Band[]; lines: Line[]; compact: boolean }

const kGap = 20, kHead = 60, kAsset = 17, kMostAssets = 8, kLabel = 24, kBetween = 84, kMark = 180;

/** columns that fit, and how wide each box is then. */
function columnsOf(width: number, compact: boolean): { columns: number; box: number } {
  const least = compact ? 116 : 216;
  const columns = Math.max(1, Math.floor((width + kGap) / (least + kGap)));
  return { columns, box: compact ? least : Math.min(300, Math.floor((width + kGap) / columns) - kGap) };
}

/** closer orders zones of a row by where those above that they are joined to stand: lines cross less. */
function closer(zones: MapZone[], conduits: MapConduit[], placed: Map<string, number>): MapZone[] {
  const wish = new Map(zones.map((zone, i) => {
    const above = conduits.filter((c) => c.joins.includes(zone.id)).flatMap((c) => c.joins).map((id) => placed.get(id)).filter((x) => x !== undefined);
    return [zone.id, above.length ? above.reduce((sum, x) => sum + x, 0) / above.length : i * 1e-3 + 1e6] as const;
  }));
  return [...zones].sort((left, right) => (wish.get(left.id) ?? 0) - (wish.get(right.id) ?? 0));
}

export function layOut(map: PlantMap, width: number): Layout {
  const compact = map.zones.length > 24;
  const { columns, box } = columnsOf(width, compact);
  const levels = [...new Set(map.zones.map((zone) => zone.level))].sort((left, right) => (right ?? -1) - (left ?? -1));
  const boxes: Box[] = [], bands: Band[] = [], placed = new Map<string, number>();
  const names = new Map(map.assets.map((asset) => [asset.id, asset]));
  const between = compact ? 28 : kBetween;
  let y = 0;
  for (const level of levels) {
    const top = y;
    const zones = closer(map.zones.filter((zone) => zone.level === level), map.conduits, placed);
    y += kLabel;
    for (let start = 0; start < zones.length; start += columns) {
      const row = zones.slice(start, start + columns);
      const used = row.length * (box + kGap) - kGap;
      let tallest = 0;
      row.forEach((zone, i) => {
        const lines = compact ? [] : zone.assets.slice(0, kMostAssets).map((id) => names.get(id)?.name ?? id);
        const more = zone.assets.length - lines.length;
        const height = compact ? 44 : kHead + (lines.length + (more > 0 ? 1 : 0)) * kAsset + 8;
        const x = Math.max(0, (width - used) / 2) + i * (box + kGap);
        boxes.push({ zone, x, y, width: box, height, lines, more: compact ? 0 : more });
        placed.set(zone.id, x + box / 2);
        tallest = Math.max(tallest, height);
      });
      y += tallest + (start + columns < zones.length ? (compact ? 16 : kBetween) : 0);
    }
    bands.push({ level, y: top, height: y - top + 12 });
    y += between;
  }
  const height = y - between + (compact ? 16 : 64);
  return { width, height, boxes, bands, lines: compact ? linesOf(map, boxes, true) : spread(linesOf(map, boxes, false), width), compact };
}

/** linesOf draws each conduit from a mark in the gap under its upper zone to all zones that it joins. */
function linesOf(map: PlantMap, boxes: Box[], compact: boolean): Line[] {
  const of = new Map(boxes.map((box) => [box.zone.id, box]));
  return map.conduits.flatMap((conduit) => {
    const ends = conduit.joins.map((id) => of.get(id)).filter((box) => box !== undefined);
    const upper = ends.reduce<Box | undefined>((least, box) => (least && least.y <= box.y ? least : box), undefined);
    if (!upper) return [];
    const under = Math.max(...boxes.filter((box) => box.y === upper.y).map((box) => box.y + box.height));
    const x = ends.reduce((sum, box) => sum + box.x + box.width / 2, 0) / ends.length;
    return [{ conduit, x, y: under + (compact ? 8 : kBetween / 2), paths: ends.map((box) => `${box.x + box.width / 2} ${box.y} ${box.height}`) }];
  });
}

/** spread keeps the marks of one gap apart, and makes the paths. */
function spread(lines: Line[], width: number): Line[] {
  const rows = new Map<number, Line[]>();
  for (const line of lines) rows.set(line.y, [...(rows.get(line.y) ?? []), line]);
  for (const row of rows.values()) {
    row.sort((left, right) => left.x - right.x);
    const apart = Math.min(kMark, row.length > 1 ? (width - kMark) / (row.length - 1) : kMark);
    let least = kMark / 2;
    row.forEach((line, i) => {
      const most = width - kMark / 2 - (row.length - 1 - i) * apart;
      line.x = Math.min(Math.max(line.x, least), Math.max(most, least));
      least = line.x + apart;
    });
  }
  return lines;
}

/** pathOf is the way from a conduit's mark to one of its zones. */
export function pathOf(line: Line, end: string): string {
  const [x = 0, top = 0, height = 0] = end.split(' ').map(Number);
  const below = top > line.y;
  const y = below ? top : top + height;
  const middle = (line.y + y) / 2;
  return `M${line.x} ${line.y}C${line.x} ${middle} ${x} ${middle} ${x} ${y}`;
}
