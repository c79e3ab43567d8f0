// Generated from schemas/ by schemas/generate.mjs; do not edit.
import type { Spec, Started, Exit, Orders, Report, Activity, Sample, Verdict, Postmortem, Manager, Look, Removed, Config, Batch } from './types.ts';

export interface Validator<T> {
  (data: unknown): data is T;
  errors: { instancePath: string; message?: string }[] | null;
}
export declare const spec: Validator<Spec>;
export declare const started: Validator<Started>;
export declare const exit: Validator<Exit>;
export declare const orders: Validator<Orders>;
export declare const report: Validator<Report>;
export declare const activity: Validator<Activity>;
export declare const sample: Validator<Sample>;
export declare const verdict: Validator<Verdict>;
export declare const postmortem: Validator<Postmortem>;
export declare const manager: Validator<Manager>;
export declare const look: Validator<Look>;
export declare const removed: Validator<Removed>;
export declare const config: Validator<Config>;
export declare const batch: Validator<Batch>;
