import { expect, it } from 'vitest';
import { OnnxGraph } from '../src/peers/onnx-model.js';

it('encodes a model field by field', () => {
  const graph = new OnnxGraph();
  const x = graph.input('x', 'float32', [300]);
  const [y] = graph.node('Neg', [x]);
  const bytes = graph.encode([{ value: y!, type: 'float32' }]);
  const text = (word: string) => [...new TextEncoder().encode(word)];
  const node = [10, 1, ...text('x'), 18, 6, ...text('value0'), 34, 3, ...text('Neg')];
  const inputInfo = [10, 1, ...text('x'), 18, 11, 10, 9, 8, 1, 18, 5, 10, 3, 8, 172, 2];
  const outputInfo = [10, 6, ...text('value0'), 18, 4, 10, 2, 8, 1];
  const graphBytes = [
    ...[10, node.length, ...node],
    ...[18, 5, ...text('graph')],
    ...[90, inputInfo.length, ...inputInfo],
    ...[98, outputInfo.length, ...outputInfo],
  ];
  expect([...bytes]).toEqual([8, 8, 58, graphBytes.length, ...graphBytes, 66, 2, 16, 17]);
});
