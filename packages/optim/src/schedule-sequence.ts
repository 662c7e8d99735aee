import { ValueError } from '@cotangent/tensor';
import type { Optimizer } from './optimizer.js';
import { requireSteps, type Schedule, type ScheduleState } from './schedule.js';

/** A schedule and how many steps it lasts; the last of a sequence may go on. */
export interface SequencePart {
  readonly create: (optimizer: Optimizer) => Schedule;
  readonly steps?: number;
}

/** Where a sequence stands: plain values, for JSON. */
export interface SequenceState {
  readonly part: number;
  readonly stepsInPart: number;
  readonly baseRates: readonly number[];
  readonly active: ScheduleState;
}

/**
 * Schedules one after the other, each from the rates that the optimizer had at first.
 *
 * ```ts
 * new SequentialLR(optimizer, [
 *   { create: (o) => new LinearLR(o, { startFactor: 0.1, totalSteps: 100 }), steps: 100 },
 *   { create: (o) => new CosineAnnealingLR(o, { period: 900 }) },
 * ]);
 * ```
 */
export class SequentialLR {
  readonly #parts: readonly SequencePart[];
  #baseRates: readonly number[];
  #part = 0;
  #stepsInPart = 0;
  #active: Schedule;

  constructor(
    readonly optimizer: Optimizer,
    parts: readonly SequencePart[],
  ) {
    const [first] = parts;
    if (first === undefined) throw new ValueError('SequentialLR', 'there is no schedule.');
    for (const { steps } of parts.slice(0, -1)) requireSteps('SequentialLR', { steps: steps ?? 0 });
    this.#parts = parts;
    this.#baseRates = optimizer.groups.map(({ lr }) => lr);
    this.#active = first.create(optimizer);
  }

  /** Sets the rates of the next step. */
  step(): void {
    const next = this.#parts[this.#part + 1];
    if (next === undefined || ++this.#stepsInPart < (this.#parts[this.#part]?.steps as number)) {
      this.#active.step();
      return;
    }
    this.#part++;
    this.#stepsInPart = 0;
    this.#active = this.#begin(next);
  }

  #begin(part: SequencePart): Schedule {
    for (const [i, group] of this.optimizer.groups.entries()) group.lr = this.#baseRates[i] as number;
    return part.create(this.optimizer);
  }

  stateDict(): SequenceState {
    return {
      part: this.#part,
      stepsInPart: this.#stepsInPart,
      baseRates: this.#baseRates,
      active: this.#active.stateDict(),
    };
  }

  /** Continues from a state; load the optimizer's own state after it, which brings the rates. */
  loadStateDict({ part, stepsInPart, baseRates, active }: SequenceState): void {
    const chosen = this.#parts[part];
    if (chosen === undefined)
      throw new ValueError('loadStateDict', 'the state is of a longer sequence.', { sides: { part } });
    this.#baseRates = baseRates;
    this.#part = part;
    this.#stepsInPart = stepsInPart;
    this.#active = this.#begin(chosen);
    this.#active.loadStateDict(active);
  }
}
