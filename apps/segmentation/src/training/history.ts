/** Intersection over union on the validation scenes. */
export interface Validation {
  /** Steps taken before. */
  readonly step: number;
  /** Mean over the classes that are labelled or predicted. */
  readonly miou: number;
  /** Background, then the digits from 0; null where a class is neither labelled nor predicted. */
  readonly iouPerClass: readonly (number | null)[];
}

/** What happened in a run so far; entry `i` of a list is that of step `i + 1`. */
export interface History {
  readonly loss: number[];
  readonly lr: number[];
  readonly stepSeconds: number[];
  readonly validations: Validation[];
  /** Whole running time, over all sessions. */
  seconds: number;
}

export const emptyHistory = (): History => ({ loss: [], lr: [], stepSeconds: [], validations: [], seconds: 0 });

/** The line of `metrics.jsonl` for a step, counted from 1. */
export const stepLine = ({ loss, lr, stepSeconds }: History, step: number): string =>
  `${JSON.stringify({ step, loss: loss[step - 1], lr: lr[step - 1], seconds: stepSeconds[step - 1] })}\n`;

/** The line of `metrics.jsonl` for a validation. */
export const validationLine = ({ step, miou, iouPerClass }: Validation): string =>
  `${JSON.stringify({ step, miou, iouPerClass })}\n`;

/** `metrics.jsonl` as it stands: every step, and after it the validation that followed. */
export const metricLines = (history: History): string =>
  history.loss
    .map((_, index) => {
      const validation = history.validations.find(({ step }) => step === index + 1);
      return stepLine(history, index + 1) + (validation === undefined ? '' : validationLine(validation));
    })
    .join('');
