import { ceilDivide, roundUp } from './plan.js';

/** Outputs along a tile's sides, and products of a tile; assembly/winograd.ts. */
export const tileSize = 4;
export const points = 36;
/** Bytes at the start of a thread's scratch: row block, tile block, product, and what four tiles are transformed in. */
export const headByteLength = 32 + 64 + 192 + 16 * points + 256;

/** Channels on either side below which transforms cost more than products save. */
export const minChannels = 8;

/** Part of the tiles' area that has to lie in the image. */
const minCoverage = 0.5;

export const isCovered = (height: number, width: number): boolean =>
  height * width >= minCoverage * roundUp(height, tileSize) * roundUp(width, tileSize);

/** Distance of the points' matrices; `spread` in the assembly. */
export const spread = (byteLength: number): number => roundUp(byteLength, 4096) + 64;

/** Cuts images of `height` by `width` tiles into units of about `tiles`: parts of one image, or whole images. */
export const chooseTiles = ({
  height,
  width,
  images,
  tiles,
}: {
  height: number;
  width: number;
  images: number;
  tiles: number;
}): { unitRows: number; unitColumns: number; unitImages: number } => {
  const perImage = roundUp(height * width, 4);
  if (perImage <= tiles) {
    return { unitRows: height, unitColumns: width, unitImages: Math.min(images, Math.floor(tiles / perImage)) };
  }
  if (width <= tiles) {
    const blocks = ceilDivide(height, Math.floor(tiles / width));
    return { unitRows: ceilDivide(height, blocks), unitColumns: width, unitImages: 1 };
  }
  const blocks = ceilDivide(width, tiles);
  return { unitRows: 1, unitColumns: roundUp(ceilDivide(width, blocks), 4), unitImages: 1 };
};
