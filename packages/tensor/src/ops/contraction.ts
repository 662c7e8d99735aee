import { broadcastShapes, DtypeError, ShapeError, sizeOf } from '@cotangent/ir';
import type { Tensor } from '../tensor.js';
import { emit, requireAlive, requireSameDevice, requireSameDtype } from './argument.js';
import { broadcastTo, reshape } from './movement.js';

const requireContractible = (op: string, a: Tensor, b: Tensor): void => {
  requireAlive(op, a);
  requireAlive(op, b);
  requireSameDevice(op, a, b);
  requireSameDtype(op, a, b);
  if (a.dtype === 'bool') throw new DtypeError(op, 'bool has no product.', { hint: "Use cast(x, 'float32')." });
};

/**
 * Matrix product `[..., m, k] · [..., k, n]` → `[..., m, n]`, leading axes broadcast. A vector on the left is a row, on
 * the right a column, and its axis goes. Transposed operands are read in place.
 */
export const matmul = (a: Tensor, b: Tensor): Tensor => {
  requireContractible('matmul', a, b);
  if (a.rank === 0 || b.rank === 0) {
    throw new ShapeError('matmul', 'a scalar is no matrix.', {
      sides: { left: a.shape, right: b.shape },
      hint: 'Use multiply(a, b).',
    });
  }
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
  const [m, k] = left.shape.slice(-2) as [number, number];
  const [inner, n] = right.shape.slice(-2) as [number, number];
  if (k !== inner) {
    throw new ShapeError('matmul', `inner sizes differ, ${k} and ${inner}.`, {
      sides: { left: a.shape, right: b.shape },
    });
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
  if (batch === undefined) {
    throw new ShapeError('matmul', 'the leading axes do not broadcast.', { sides: { left: a.shape, right: b.shape } });
  }
  const product =
    right.rank === 2 && left.rank > 2
      ? emit('matmul', {}, [reshape(left, [sizeOf(batch) * m, k]), right], a.dtype, [sizeOf(batch) * m, n])
      : emit('matmul', {}, [broadcastTo(left, [...batch, m, k]), broadcastTo(right, [...batch, k, n])], a.dtype, [
          ...batch,
          m,
          n,
        ]);
  return reshape(product, [...batch, ...(a.rank === 1 ? [] : [m]), ...(b.rank === 1 ? [] : [n])]);
};

/** How `convolve` walks; one entry for each spatial axis. */
export interface ConvolveOptions {
  readonly stride?: readonly number[];
  /** Negative cuts. */
  readonly padding?: readonly (readonly [number, number])[];
  /** 1 puts no gaps between input elements. */
  readonly inputDilation?: readonly number[];
  /** 1 puts no gaps between kernel elements. */
  readonly kernelDilation?: readonly number[];
}

/**
 * Cross-correlation with an explicit group axis: `[n, g, c, ...spatial]` with `[g, o, c, ...kernel]` to
 * `[n, g, o, ...out]`, 1 to 3 spatial axes. Both gradients are convolutions of this form again.
 */
export const convolve = (input: Tensor, kernel: Tensor, options: ConvolveOptions = {}): Tensor => {
  requireContractible('convolve', input, kernel);
  const spatial = input.shape.slice(3);
  const size = kernel.shape.slice(3);
  const {
    stride = spatial.map(() => 1),
    padding = spatial.map(() => [0, 0] as const),
    inputDilation = spatial.map(() => 1),
    kernelDilation = spatial.map(() => 1),
  } = options;
  const fits = input.rank >= 4 && input.rank <= 6 && input.rank === kernel.rank;
  if (!fits || input.shape[1] !== kernel.shape[0] || input.shape[2] !== kernel.shape[2]) {
    throw new ShapeError('convolve', 'groups or channels differ.', {
      sides: { input: input.shape, kernel: kernel.shape },
      hint: 'The input is [n, g, c, ...spatial], the kernel [g, o, c, ...kernel].',
    });
  }
  const out = spatial.map((extent, d) => {
    const [low, high] = padding[d] as readonly [number, number];
    const dilated = extent === 0 ? 0 : (extent - 1) * (inputDilation[d] as number) + 1;
    const reach = ((size[d] as number) - 1) * (kernelDilation[d] as number) + 1;
    return Math.floor((dilated + low + high - reach) / (stride[d] as number)) + 1;
  });
  if (out.some((extent) => !(extent >= 0))) {
    throw new ShapeError('convolve', 'the kernel is larger than the padded input.', {
      sides: { input: input.shape, kernel: kernel.shape, padding },
    });
  }
  const shape = [input.shape[0] as number, kernel.shape[0] as number, kernel.shape[1] as number, ...out];
  return emit('convolve', { stride, padding, inputDilation, kernelDilation }, [input, kernel], input.dtype, shape);
};
