import { ConvolveArguments } from './convolve-arguments';
import { panelColumns } from './pack';

/**
 * Where the columns of a block of a convolution's right operand begin. A column is one output position of one image; its
 * patch begins at byte `base` of the image data, at coordinates `z`, `y`, `x` of the unpadded image. Five tables of
 * 32-bit words lie `capacity` words apart: base, z, y, x, and the column's place in the output.
 */
@inline
export function columnTablesBytes(capacity: i32): usize {
  return 20 * capacity;
}

/** Coordinate of columns that fill up the last panel: outside of any image. */
const OUTSIDE: i32 = -0x40000000;

/** Fills the tables for `count` columns from `first`, and for what is missing to whole panels. */
export function prepareColumns<T>(args: ConvolveArguments, first: i32, count: i32, tables: usize): void {
  const capacity = 4 * args.blockColumns;
  let rest = first;
  let p2 = rest % args.positions2;
  rest /= args.positions2;
  let p1 = rest % args.positions1;
  rest /= args.positions1;
  let p0 = rest % args.positions0;
  let image = rest / args.positions0;
  const padded = (count + panelColumns<T>() - 1) & -panelColumns<T>();
  for (let column = 0; column < padded; column++) {
    const z = p0 * args.step0 + args.start0;
    const y = p1 * args.step1 + args.start1;
    const x = p2 * args.step2 + args.start2;
    const base = image * args.leftBatch + z * args.left0 + y * args.left1 + x * args.left2;
    const place = image * args.targetBatch + p0 * args.target0 + p1 * args.target1 + p2 * args.target2;
    store<i32>(tables, column < count ? base : 0);
    store<i32>(tables + capacity, column < count ? z : OUTSIDE);
    store<i32>(tables + 2 * capacity, y);
    store<i32>(tables + 3 * capacity, x);
    store<i32>(tables + 4 * capacity, place);
    tables += 4;
    if (++p2 == args.positions2) {
      p2 = 0;
      if (++p1 == args.positions1) {
        p1 = 0;
        if (++p0 == args.positions0) {
          p0 = 0;
          image++;
        }
      }
    }
  }
}
