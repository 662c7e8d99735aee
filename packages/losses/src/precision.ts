import { cast, type Tensor } from '@cotangent/tensor';

/** float16 is computed in float32; other dtypes stay. */
export const widenHalf = (x: Tensor): Tensor => (x.dtype === 'float16' ? cast(x, 'float32') : x);
