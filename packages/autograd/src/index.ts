export { type BackwardOptions, backward } from './backward.js';
export { type CheckOptions, checkGradients } from './check-gradients.js';
export { customVjp, noGrad } from './custom.js';
export { detectAnomalies } from './detect-anomalies.js';
export type { Rule } from './rules/rule.js';
export { rules } from './rules/table.js';
export { Tape } from './tape.js';
export {
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  type Pullback,
  type ValueAndGradient,
  valueAndGrad,
  vjp,
} from './transforms.js';
export type { TensorTree } from './tree.js';
