import type { z } from 'zod'

/**
 * A call: published to `u/{me}/call/{method}`, answered on the MQTT 5 Response Topic or on `u/{me}/reply`.
 * One file per call; file name = method = topic level (`server.create.ts`, `u/alice/call/server.create`).
 * Inputs are strict objects: an unknown field is refused (spec/calls.md CALL-3).
 */
export interface CallSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly method: string
  /** One line for help and docs. */
  readonly summary: string
  readonly input: I
  readonly output: O
}

export const defineCall = <I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>): CallSpec<I, O> => spec
