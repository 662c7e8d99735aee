export { matmulFloat32, matmulFloat64, matmulInt32 } from './matmul';
export { sumFloat32, sumFloat64, sumInt32 } from './sum';
