import { multiplyAdd, sumLanes } from './vector';

@inline
function put<T>(place: usize, value: T, accumulates: bool): void {
  store<T>(place, accumulates ? load<T>(place) + value : value);
}

/**
 * Products of `rows` rows and `columns` columns that are contiguous along `depth`: element (row, column) goes to
 * `target + row·targetRow + column·targetColumn`. All strides are bytes. Four rows by two columns at a time keep eight
 * accumulators busy; missing ones repeat the last.
 */
export function multiplyDots<T>(
  left: usize,
  leftRow: isize,
  right: usize,
  rightColumn: isize,
  rows: i32,
  columns: i32,
  depth: i32,
  target: usize,
  targetRow: isize,
  targetColumn: isize,
  accumulates: bool,
): void {
  const bytes = <usize>depth * sizeof<T>();
  const vectorBytes = bytes & ~15;
  for (let row = 0; row < rows; row += 4) {
    const lastRow = rows - 1 - row;
    for (let column = 0; column < columns; column += 2) {
      const isPair = column + 1 < columns;
      let a0 = left + row * leftRow;
      let a1 = a0 + min(1, lastRow) * leftRow;
      let a2 = a0 + min(2, lastRow) * leftRow;
      let a3 = a0 + min(3, lastRow) * leftRow;
      let b0 = right + column * rightColumn;
      let b1 = isPair ? b0 + rightColumn : b0;
      let c00 = i32x4.splat(0);
      let c01 = i32x4.splat(0);
      let c10 = i32x4.splat(0);
      let c11 = i32x4.splat(0);
      let c20 = i32x4.splat(0);
      let c21 = i32x4.splat(0);
      let c30 = i32x4.splat(0);
      let c31 = i32x4.splat(0);
      for (const end = b0 + vectorBytes; b0 < end; b0 += 16) {
        const x0 = v128.load(b0);
        const x1 = v128.load(b1);
        const y0 = v128.load(a0);
        c00 = multiplyAdd<T>(y0, x0, c00);
        c01 = multiplyAdd<T>(y0, x1, c01);
        const y1 = v128.load(a1);
        c10 = multiplyAdd<T>(y1, x0, c10);
        c11 = multiplyAdd<T>(y1, x1, c11);
        const y2 = v128.load(a2);
        c20 = multiplyAdd<T>(y2, x0, c20);
        c21 = multiplyAdd<T>(y2, x1, c21);
        const y3 = v128.load(a3);
        c30 = multiplyAdd<T>(y3, x0, c30);
        c31 = multiplyAdd<T>(y3, x1, c31);
        a0 += 16;
        a1 += 16;
        a2 += 16;
        a3 += 16;
        b1 += 16;
      }
      let s00 = sumLanes<T>(c00);
      let s01 = sumLanes<T>(c01);
      let s10 = sumLanes<T>(c10);
      let s11 = sumLanes<T>(c11);
      let s20 = sumLanes<T>(c20);
      let s21 = sumLanes<T>(c21);
      let s30 = sumLanes<T>(c30);
      let s31 = sumLanes<T>(c31);
      for (let rest: usize = 0; rest < bytes - vectorBytes; rest += sizeof<T>()) {
        const x0 = load<T>(b0 + rest);
        const x1 = load<T>(b1 + rest);
        s00 += load<T>(a0 + rest) * x0;
        s01 += load<T>(a0 + rest) * x1;
        s10 += load<T>(a1 + rest) * x0;
        s11 += load<T>(a1 + rest) * x1;
        s20 += load<T>(a2 + rest) * x0;
        s21 += load<T>(a2 + rest) * x1;
        s30 += load<T>(a3 + rest) * x0;
        s31 += load<T>(a3 + rest) * x1;
      }
      const place = target + row * targetRow + column * targetColumn;
      const second = place + targetColumn;
      put<T>(place, s00, accumulates);
      if (lastRow > 0) put<T>(place + targetRow, s10, accumulates);
      if (lastRow > 1) put<T>(place + 2 * targetRow, s20, accumulates);
      if (lastRow > 2) put<T>(place + 3 * targetRow, s30, accumulates);
      if (!isPair) continue;
      put<T>(second, s01, accumulates);
      if (lastRow > 0) put<T>(second + targetRow, s11, accumulates);
      if (lastRow > 1) put<T>(second + 2 * targetRow, s21, accumulates);
      if (lastRow > 2) put<T>(second + 3 * targetRow, s31, accumulates);
    }
  }
}
