import { libraries } from '../peers/libraries.js';
import type { PeerOptions } from '../peers/peer.js';
import { startTorch } from '../peers/torch.js';
import type { Contestant } from './contestant.js';
import { startNodeContestant } from './node-contestant.js';

/** Our own implementation, which everything is compared with. */
export const ours = 'cotangent';
/** Ours again, with graphs built anew for each run. */
export const oursLazily = 'cotangent-lazy';

/** Peers that run where nothing else is said: those that npm installs. */
export const defaultPeers = ['jax-js', 'tfjs', 'onnxruntime-web'] as const;

/** Every peer by name. */
export const peerNames = [...defaultPeers, 'jax-js-eager', 'torch'] as const;
export type PeerName = (typeof peerNames)[number];

/** Starts an implementation in a process. */
export const startContestant = (implementation: string, options: PeerOptions): Contestant => {
  if (implementation === 'torch') return startTorch(options);
  const library = libraries[implementation];
  if (library === undefined) throw new Error(`There is no implementation '${implementation}'.`);
  return startNodeContestant(implementation, library, options);
};
