import type { z } from 'zod'

/** A call from one node to another (NCALL-1). One file each: `server.join.ts`. Inputs are strict; outputs may gain fields. */
export interface NodeCallSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly method: string
  readonly input: I
  readonly output: O
}

export const defineNodeCall = <I extends z.ZodType, O extends z.ZodType>(
  spec: NodeCallSpec<I, O>,
): NodeCallSpec<I, O> => spec
