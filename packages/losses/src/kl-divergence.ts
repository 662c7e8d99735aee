import { add, divide, exp, multiply, ShapeError, subtract, sum, type Tensor, xlogy } from '@cotangent/tensor';
import { requireSameShape } from './elementwise-pair.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses, requireChoice } from './reduction.js';

/** How the divergence is taken. */
export interface KlDivergenceOptions {
  /** `'batchMean'` divides the sum by the first axis, which is the divergence itself; `'mean'` by all elements. */
  readonly reduction?: LossReduction | 'batchMean';
  /** The target holds log probabilities. */
  readonly logTarget?: boolean;
}

/**
 * Kullback–Leibler divergence `Σ t·(ln t − x)` of a target distribution `t` from log probabilities `x`, both floating
 * point of one shape. A target of 0 adds 0.
 */
export const klDivergenceLoss = (
  logProbabilities: Tensor,
  target: Tensor,
  { reduction = 'mean', logTarget = false }: KlDivergenceOptions = {},
): Tensor => {
  const op = 'klDivergenceLoss';
  requireChoice(op, 'reduction', reduction, ['mean', 'sum', 'none', 'batchMean']);
  requireSameShape(op, logProbabilities, target);
  const x = widenHalf(logProbabilities);
  const t = widenHalf(target);
  const losses = logTarget ? multiply(exp(t), subtract(t, x)) : subtract(xlogy(t, t), multiply(t, x));
  if (reduction === 'batchMean') return divide(sum(losses), losses.shape[0] ?? 1);
  return reduceLosses(op, losses, reduction);
};

/** `Σ p·(ln p − ln q)` over the last two axes. */
const heatmapDivergence = (p: Tensor, q: Tensor): Tensor => sum(subtract(xlogy(p, p), xlogy(p, q)), { axes: [-2, -1] });

const requireHeatmaps = (op: string, prediction: Tensor, target: Tensor): void => {
  requireSameShape(op, prediction, target);
  if (prediction.rank < 2) {
    throw new ShapeError(op, 'heatmaps are [..., h, w].', { sides: { prediction: prediction.shape } });
  }
};

/** How the divergences of heatmaps are reduced; `'none'` keeps `[...]`. */
export interface HeatmapDivergenceOptions {
  readonly reduction?: LossReduction;
}

/** Kullback–Leibler divergence of target heatmaps from predicted ones, `[..., h, w]` of probabilities that add up to 1. */
export const klDivergenceLoss2d = (
  prediction: Tensor,
  target: Tensor,
  { reduction }: HeatmapDivergenceOptions = {},
): Tensor => {
  requireHeatmaps('klDivergenceLoss2d', prediction, target);
  return reduceLosses('klDivergenceLoss2d', heatmapDivergence(widenHalf(target), widenHalf(prediction)), reduction);
};

/** Jensen–Shannon divergence of heatmaps, `[..., h, w]` of probabilities that add up to 1. */
export const jsDivergenceLoss2d = (
  prediction: Tensor,
  target: Tensor,
  { reduction }: HeatmapDivergenceOptions = {},
): Tensor => {
  requireHeatmaps('jsDivergenceLoss2d', prediction, target);
  const [p, q] = [widenHalf(target), widenHalf(prediction)];
  const middle = multiply(add(p, q), 0.5);
  const divergence = add(heatmapDivergence(p, middle), heatmapDivergence(q, middle));
  return reduceLosses('jsDivergenceLoss2d', multiply(divergence, 0.5), reduction);
};
