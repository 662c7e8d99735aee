import { ShapeError } from '@cotangent/ir';
import { broadcastTo, concat, flip, narrow } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';

/** `[low, high]` new elements for each axis. */
export type PadWidths = readonly (readonly [number, number])[];

type Border = (x: Tensor, axis: number, width: number) => Tensor;

const padBorders = (
  name: string,
  x: Tensor,
  widths: PadWidths,
  reach: (extent: number) => number,
  low: Border,
  high: Border,
): Tensor => {
  if (widths.length !== x.rank) {
    throw new ShapeError(name, 'one pair of widths is needed for each axis.', {
      sides: { shape: x.shape, widths: widths.length },
    });
  }
  return widths.reduce((padded, [before, after], axis) => {
    const extent = x.shape[axis] as number;
    const isWhole = Number.isInteger(before) && Number.isInteger(after) && before >= 0 && after >= 0;
    if (!isWhole || Math.max(before, after) > reach(extent)) {
      throw new ShapeError(name, `axis ${axis} takes widths from 0 to ${reach(extent)}.`, {
        sides: { shape: x.shape, widths: [before, after] },
      });
    }
    const parts = [
      ...(before > 0 ? [low(padded, axis, before)] : []),
      padded,
      ...(after > 0 ? [high(padded, axis, after)] : []),
    ];
    return concat(parts, axis);
  }, x);
};

const last = (x: Tensor, axis: number): number => (x.shape[axis] as number) - 1;

/** Adds elements on each axis that mirror those inside, the border element itself not repeated. */
export const padReflect = (x: Tensor, widths: PadWidths): Tensor =>
  padBorders(
    'padReflect',
    x,
    widths,
    (extent) => Math.max(0, extent - 1),
    (inner, axis, width) => flip(narrow(inner, axis, 1, width), axis),
    (inner, axis, width) => flip(narrow(inner, axis, last(inner, axis) - width, width), axis),
  );

const repeatEdge = (x: Tensor, axis: number, position: number, width: number): Tensor =>
  broadcastTo(
    narrow(x, axis, position, 1),
    x.shape.map((extent, i) => (i === axis ? width : extent)),
  );

/** Adds elements on each axis that repeat the border element. */
export const padReplicate = (x: Tensor, widths: PadWidths): Tensor =>
  padBorders(
    'padReplicate',
    x,
    widths,
    (extent) => (extent === 0 ? 0 : Number.POSITIVE_INFINITY),
    (inner, axis, width) => repeatEdge(inner, axis, 0, width),
    (inner, axis, width) => repeatEdge(inner, axis, last(inner, axis), width),
  );

/** Adds elements on each axis that continue from the other end. */
export const padCircular = (x: Tensor, widths: PadWidths): Tensor =>
  padBorders(
    'padCircular',
    x,
    widths,
    (extent) => extent,
    (inner, axis, width) => narrow(inner, axis, last(inner, axis) + 1 - width, width),
    (inner, axis, width) => narrow(inner, axis, 0, width),
  );
