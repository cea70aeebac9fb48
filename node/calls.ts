import type { z } from 'zod'
import type { CallSpec } from '../spec/calls/call.ts'
import type { Principal } from './principal.ts'

/** A call and what answers it. Rooms export arrays of these; `node.ts` puts them in one table. Throws HearthError to refuse. */
export interface CallHandler {
  readonly spec: CallSpec
  handle(principal: Principal, input: never): Promise<unknown>
}

export const answer = <I extends z.ZodType, O extends z.ZodType>(
  spec: CallSpec<I, O>,
  handle: (principal: Principal, input: z.output<I>) => Promise<z.input<O>>,
): CallHandler => ({ spec, handle })
